"""What the fake platform does with a card: levels, codes, family, certifications, services, orders.

As small as the rest of the fake: enough of the contract's promises for a channel to lean on, with
fixed answers where the real platform judges. The refusals that a flow turns on come in the order of
the contract; everything else a test asks for with `FakePlatform.refusing`.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from google.protobuf.message import Message

from essc.card.v1 import card_pb2, card_service_pb2
from essc.certification.v1 import certification_service_pb2
from essc.code.v1 import code_pb2, code_service_pb2
from essc.directory.v1 import directory_pb2, directory_service_pb2
from essc.event.v1 import event_pb2
from essc.family.v1 import family_pb2, family_service_pb2
from essc.identity.v1 import identity_pb2
from essc.settlement.v1 import order_pb2, payment_service_pb2
from essc_wire.clock import wall_us
from essc_wire.refusals import Refusal
from essc_wire.times import SECOND_US, to_timestamp

if TYPE_CHECKING:
    from tests.wire.channels.fake_platform import FakePlatform, Holder

CARD_PHOTO, FACE_PHOTO = b"a photo of a card", b"a photo of a face"
NOTICE_VERSION = "notice-1"
_TOTALS = {1: 4, 2: 3, 3: 1, 4: 2}
_DAY_S = 24 * 3600


@dataclass
class Binding:
    """A member of a holder."""

    binding_id: str
    member: "Holder"
    relation: int
    ended: bool = False


@dataclass
class FakeErrands:
    """The other half of the fake: it knows what is done with the cards of the first half."""

    fake: "FakePlatform"
    devices: set[tuple[str, str]] = field(default_factory=set)
    """Which device is known to which link."""
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    """By the holder's ID number."""
    used_photos: set[bytes] = field(default_factory=set)
    notice_version: str = NOTICE_VERSION
    children: set[str] = field(default_factory=set)
    """ID numbers under 16, by the platform's clock."""
    certified: dict[str, int] = field(default_factory=dict)
    orders: list[tuple[str, order_pb2.Order]] = field(default_factory=list)
    """With the link's number."""
    password_free: set[str] = field(default_factory=set)
    loss_policy: str = "block"

    # --- levels ---

    def raise_level(self, request: Any) -> Message | Refusal:
        spent = self._spend(request.proof, identity_pb2.PURPOSE_RAISE_LEVEL)
        if isinstance(spent, Refusal):
            return spent
        return self._set_level(request, card_pb2.LEVEL_PAYMENT, card_service_pb2.RaiseLevelResponse)

    def lower_level(self, request: Any) -> Message | Refusal:
        return self._set_level(request, card_pb2.LEVEL_QUERY, card_service_pb2.LowerLevelResponse)

    def _set_level(self, request: Any, level: Any, kind: Any) -> Message | Refusal:
        holder = self._active(request.link_id)
        if isinstance(holder, Refusal):
            return holder
        assert holder.link is not None
        holder.link.level = level
        self.fake.tell(holder, event_pb2.Event.KIND_LEVEL_CHANGED)
        answer: Message = kind(link=holder.link)
        return answer

    def allow_while_lost(self, request: Any) -> Message | Refusal:
        holder = self._active(request.link_id)
        if isinstance(holder, Refusal):
            return holder
        spent = self._spend(request.face_proof, identity_pb2.PURPOSE_ALLOW_WHILE_LOST)
        if isinstance(spent, Refusal):
            return spent
        assert holder.link is not None
        holder.link.allow_until_time.CopyFrom(_now(_DAY_S))
        return card_service_pb2.AllowWhileLostResponse(link=holder.link)

    # --- codes ---

    def issue_code(self, request: Any) -> Message | Refusal:
        holder = self._bound(request)
        if isinstance(holder, Refusal):
            return holder
        device = (request.link_id, request.device_id)
        if device not in self.devices:
            if not request.proof:
                return Refusal("DEVICE_NEW")
            spent = self._spend(request.proof, identity_pb2.PURPOSE_NEW_DEVICE)
            if isinstance(spent, Refusal):
                return spent
            self.devices.add(device)
        code = code_pb2.Code(
            code=_hexadecimal("code", request.request_id),
            state=code_pb2.Code.STATE_CURRENT,
            issue_time=_now(),
            expire_time=_now(60),
        )
        return code_service_pb2.IssueCodeResponse(code=code)

    # --- family ---

    def get_notice(self, request: Any) -> Message:
        return family_service_pb2.GetNoticeResponse(
            version=self.notice_version, text_zh="添加亲情账户告知书", text_en="notice"
        )

    def add_member(self, request: Any) -> Message | Refusal:
        holder = self._active(request.link_id)
        if isinstance(holder, Refusal):
            return holder
        if request.notice_version != self.notice_version:
            return Refusal("NOTICE_OUTDATED")
        member = self.fake.holders.get(request.id_number)
        if member is None or member.name != request.name:
            return Refusal("IDENTITY_MISMATCH")
        if member is holder:
            return Refusal("MEMBER_IS_HOLDER")
        bound = self.bindings.setdefault(holder.id_number, [])
        if any(each.member is member and not each.ended for each in bound):
            return Refusal("MEMBER_BOUND_ALREADY")
        refusal = self._photo_refusal(request) or self._place_refusal(bound, request.relation)
        if refusal is not None:
            return refusal
        proofs = [(request.password_proof, identity_pb2.PURPOSE_ADD_FAMILY)]
        if request.id_number not in self.children:
            if not request.member_proof:
                return Refusal("MEMBER_FACE_NEEDED")
            proofs.append((request.member_proof, identity_pb2.PURPOSE_JOIN_FAMILY))
        for proof, purpose in proofs:
            spent = self._spend(proof, purpose)
            if isinstance(spent, Refusal):
                return spent
        self.used_photos.add(request.card_photo)
        binding = Binding(_hexadecimal("binding", request.request_id), member, request.relation)
        bound.append(binding)
        self.fake.tell(holder, event_pb2.Event.KIND_FAMILY_CHANGED)
        return family_service_pb2.AddMemberResponse(binding=self._binding(binding))

    def _photo_refusal(self, request: Any) -> Refusal | None:
        if request.card_photo in self.used_photos:
            return Refusal("PHOTO_USED")
        if not request.card_photo.startswith(CARD_PHOTO):
            return Refusal("PHOTO_UNREADABLE")
        if request.id_number in self.children and request.face_photo != FACE_PHOTO:
            return Refusal("PHOTO_MISMATCH" if request.face_photo else "FACE_PHOTO_NEEDED")
        return None

    @staticmethod
    def _place_refusal(bound: list[Binding], relation: int) -> Refusal | None:
        used = sum(each.relation == relation for each in bound)
        return Refusal("PLACES_USED_UP") if used >= _TOTALS[relation] else None

    def remove_member(self, request: Any) -> Message | Refusal:
        holder = self._active(request.link_id)
        if isinstance(holder, Refusal):
            return holder
        for each in self.bindings.get(holder.id_number, []):
            if each.binding_id == request.binding_id:
                spent = self._spend(request.proof, identity_pb2.PURPOSE_END_BINDING)
                if isinstance(spent, Refusal):
                    return spent
                each.ended = True
                return family_service_pb2.RemoveMemberResponse(binding=self._binding(each))
        return Refusal("BINDING_NOT_FOUND")

    def leave_binder(self, request: Any) -> Message | Refusal:
        for each in (each for bound in self.bindings.values() for each in bound):
            if each.binding_id == request.binding_id:
                spent = self._spend(request.proof, identity_pb2.PURPOSE_END_BINDING)
                if isinstance(spent, Refusal):
                    return spent
                each.ended = True
                return family_service_pb2.LeaveBinderResponse()
        return Refusal("BINDING_NOT_FOUND")

    def list_members(self, request: Any) -> Message | Refusal:
        holder = self._active(request.link_id)
        if isinstance(holder, Refusal):
            return holder
        bound = self.bindings.get(holder.id_number, [])
        return family_service_pb2.ListMembersResponse(bindings=map(self._binding, bound))

    def list_binders(self, request: Any) -> Message | Refusal:
        member = self._active(request.link_id)
        if isinstance(member, Refusal):
            return member
        binders = [
            family_pb2.Binder(
                binding_id=each.binding_id,
                relation=family_pb2.Relation.ValueType(each.relation),
                masked_name=self.fake.holders[holder].name[0] + "*",
                add_time=_now(),
            )
            for holder, bound in self.bindings.items()
            for each in bound
            if each.member is member and not each.ended
        ]
        return family_service_pb2.ListBindersResponse(binders=binders)

    def get_places(self, request: Any) -> Message | Refusal:
        holder = self._active(request.link_id)
        if isinstance(holder, Refusal):
            return holder
        bound = self.bindings.get(holder.id_number, [])
        places = [
            family_pb2.Places(
                relation=family_pb2.Relation.ValueType(relation),
                total=total,
                used=sum(each.relation == relation for each in bound),
            )
            for relation, total in _TOTALS.items()
        ]
        return family_service_pb2.GetPlacesResponse(places=places)

    def _binding(self, binding: Binding) -> family_pb2.Binding:
        message = family_pb2.Binding(
            binding_id=binding.binding_id,
            relation=family_pb2.Relation.ValueType(binding.relation),
            masked_name=binding.member.name[0] + "*",
            masked_id_number="*" * 16 + binding.member.id_number[-2:],
            add_time=_now(),
        )
        if binding.ended:
            message.end_time.CopyFrom(_now())
        else:
            message.card.CopyFrom(self.fake.card_of(binding.member))
        return message

    # --- certifications ---

    def certify(self, request: Any) -> Message | Refusal:
        person = self._bound(request)
        if isinstance(person, Refusal):
            return person
        is_new = person.id_number not in self.certified
        if is_new:
            spent = self._spend(request.face_proof, identity_pb2.PURPOSE_CERTIFY)
            if isinstance(spent, Refusal):
                return spent
            self.certified[person.id_number] = wall_us()
        certification = self._certification(person.id_number)
        return certification_service_pb2.CertifyResponse(certification=certification, is_new=is_new)

    def list_certifications(self, request: Any) -> Message | Refusal:
        person = self._bound(request)
        if isinstance(person, Refusal):
            return person
        response = certification_service_pb2.ListCertificationsResponse()
        if person.id_number in self.certified:
            response.certifications.append(self._certification(person.id_number))
        return response

    def _certification(self, id_number: str) -> certification_service_pb2.Certification:
        at = self.certified[id_number]
        return certification_service_pb2.Certification(
            certify_time=to_timestamp(at),
            expire_time=to_timestamp(at + 365 * _DAY_S * SECOND_US),
            renewable_time=to_timestamp(at + 275 * _DAY_S * SECOND_US),
        )

    # --- services and orders ---

    def list_services(self, request: Any) -> Message:
        services = [
            directory_pb2.Service(
                service_id="library",
                name_zh="图书馆",
                name_en="library",
                needed_level=card_pb2.LEVEL_QUERY,
                is_open_everywhere=True,
            ),
            directory_pb2.Service(
                service_id="tourism",
                name_zh="旅游",
                name_en="tourism",
                needed_level=card_pb2.LEVEL_QUERY,
                regions=["431222"],
            ),
        ]
        page = int(request.page_token or 0)  # one a page: the catalogue has a page two
        token = str(page + 1) if page + 1 < len(services) else ""
        return directory_service_pb2.ListServicesResponse(
            services=[services[page]], next_page_token=token
        )

    def issue_ticket(self, request: Any) -> Message | Refusal:
        person = self._bound(request)
        if isinstance(person, Refusal):
            return person
        if request.service_id == "tourism":
            return Refusal("SERVICE_NOT_OPEN")
        ticket = _hexadecimal("ticket", request.request_id)
        return directory_service_pb2.IssueTicketResponse(ticket=ticket, expire_time=_now(600))

    def list_uses(self, request: Any) -> Message | Refusal:
        use = directory_pb2.Use(
            use_id="u" * 32,
            service_id="library",
            redeem_time=_now(),
            outcome=directory_pb2.Use.OUTCOME_DONE,
            is_for_member=bool(request.page_token),
        )
        token = "" if request.page_token else "more"
        return directory_service_pb2.ListUsesResponse(uses=[use], next_page_token=token)

    def order(self, holder: "Holder", own_fen: int, insurance_fen: int = 0) -> order_pb2.Order:
        """A provider makes an order."""
        assert holder.link is not None
        order = order_pb2.Order(
            order_id=_hexadecimal("order", str(len(self.orders))),
            state=order_pb2.Order.STATE_OPEN,
            provider_name="江海医院",
            own_fen=own_fen,
            insurance_fen=insurance_fen,
            create_time=_now(),
        )
        self.orders.append((holder.link.link_id, order))
        return order

    def list_orders(self, request: Any) -> Message | Refusal:
        own = [order for link_id, order in reversed(self.orders) if link_id == request.link_id]
        return payment_service_pb2.ListOrdersResponse(orders=own)

    def pay(self, request: Any) -> Message | Refusal:
        order = next(order for _, order in self.orders if order.order_id == request.order_id)
        if order.state != order_pb2.Order.STATE_OPEN:
            return Refusal("ORDER_SETTLING")
        if not request.proof and request.link_id not in self.password_free:
            return Refusal("PASSWORD_NEEDED")
        if request.proof:
            spent = self._spend(request.proof, identity_pb2.PURPOSE_PAY)
            if isinstance(spent, Refusal):
                return spent
        order.state = order_pb2.Order.STATE_SETTLING
        return payment_service_pb2.PayResponse(order=order)

    def set_password_free(self, request: Any) -> Message | Refusal:
        if request.enabled:
            spent = self._spend(request.proof, identity_pb2.PURPOSE_SET_PASSWORD_FREE)
            if isinstance(spent, Refusal):
                return spent
            self.password_free.add(request.link_id)
        else:
            self.password_free.discard(request.link_id)
        return payment_service_pb2.SetPasswordFreeResponse(enabled=request.enabled)

    # --- inside ---

    def _active(self, link_id: str) -> "Holder | Refusal":
        return self.fake.active(link_id)

    def _bound(self, request: Any) -> "Holder | Refusal":
        """The holder, or the bound member whom a request names."""
        holder = self._active(request.link_id)
        if isinstance(holder, Refusal) or not request.binding_id:
            return holder
        return self.member_of(holder, request.binding_id)

    def member_of(self, holder: "Holder", binding_id: str) -> "Holder | Refusal":
        for each in self.bindings.get(holder.id_number, []):
            if each.binding_id == binding_id and not each.ended:
                return each.member
        return Refusal("BINDING_NOT_FOUND")

    def _spend(self, proof: str, purpose: int) -> "Holder | Refusal":
        return self.fake.spend(proof, purpose)


def services_of(errands: FakeErrands) -> dict[Any, dict[str, Any]]:
    """By service, what serves its methods."""
    return {
        code_service_pb2.DESCRIPTOR.services_by_name["CodeService"]: {
            "IssueCode": errands.issue_code,
            "GetCode": lambda _: Refusal("CODE_NOT_FOUND"),
        },
        family_service_pb2.DESCRIPTOR.services_by_name["FamilyService"]: {
            "GetNotice": errands.get_notice,
            "AddMember": errands.add_member,
            "RemoveMember": errands.remove_member,
            "ListMembers": errands.list_members,
            "ListBinders": errands.list_binders,
            "LeaveBinder": errands.leave_binder,
            "GetPlaces": errands.get_places,
        },
        certification_service_pb2.DESCRIPTOR.services_by_name["CertificationService"]: {
            "Certify": errands.certify,
            "ListCertifications": errands.list_certifications,
        },
        directory_service_pb2.DESCRIPTOR.services_by_name["DirectoryService"]: {
            "ListServices": errands.list_services,
            "IssueTicket": errands.issue_ticket,
            "ListUses": errands.list_uses,
        },
        payment_service_pb2.DESCRIPTOR.services_by_name["PaymentService"]: {
            "GetOrder": lambda _: Refusal("ORDER_NOT_FOUND"),
            "ListOrders": errands.list_orders,
            "Pay": errands.pay,
            "SetPasswordFree": errands.set_password_free,
            "ReconcileChannel": lambda _: payment_service_pb2.ReconcileChannelResponse(),
        },
    }


def _hexadecimal(*parts: str) -> str:
    from tests.wire.channels.fake_platform import hexadecimal

    return hexadecimal(*parts)


def _now(after_s: int = 0) -> Any:
    return to_timestamp(wall_us() + after_s * SECOND_US)
