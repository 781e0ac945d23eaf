"""A platform small enough to read: one process, no store, and troubles on request.

It keeps the promises of the contract that a channel leans on: recorded answers by request id,
proofs that are used up, a feed with cursors. It judges texts and faces by fixed answers.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.message import Message
from tests.wire.channels.fake_errands import FakeErrands, services_of

from essc.card.v1 import card_pb2, card_service_pb2
from essc.event.v1 import event_pb2, event_service_pb2
from essc.identity.v1 import identity_pb2, identity_service_pb2
from essc.password.v1 import password_service_pb2
from essc.policy.v1 import policy_service_pb2
from essc.record.v1 import record_service_pb2
from essc.registry.v1 import physical_card_pb2
from essc_wire.clock import wall_us
from essc_wire.guard import Call, Guard
from essc_wire.refusals import Refusal
from essc_wire.serving import Server, start_server
from essc_wire.times import SECOND_US, to_timestamp

TEXT_CODE = "123456"
FACE = b"the right face"
PASSWORD = "205817"
CONSENT_VERSION = "2026-01"

PhoneCall = Call[str]
Method = identity_pb2.Method
Link = card_pb2.Link


@dataclass
class Holder:
    """A person on record, as the fake needs one."""

    name: str
    id_number: str
    regions: tuple[str, ...] = ("320600",)
    link: Link | None = None
    blocked_reason: str = ""
    is_cancelled: bool = False
    password: str = ""
    wrong_passwords: int = 0


@dataclass
class Challenge:
    holder: Holder
    method: int
    purpose: int
    vouch_kind: int
    tries_left: int = 3
    proof: str = ""


@dataclass
class FakePlatform:
    """What it knows, what it was asked, and what it does wrong."""

    holders: dict[str, Holder] = field(default_factory=dict)
    challenges: dict[str, Challenge] = field(default_factory=dict)
    proofs: dict[str, tuple[Challenge, bool]] = field(default_factory=dict)
    ledger: dict[str, tuple[bytes, Message | Refusal]] = field(default_factory=dict)
    events: list[event_pb2.Event] = field(default_factory=list)
    kept_from: int = 0
    consent_version: str = CONSENT_VERSION
    asked: Counter[str] = field(default_factory=Counter)
    """How often each method was called, repeats included."""
    request_ids: dict[str, list[str]] = field(default_factory=dict)
    traceparents: set[str] = field(default_factory=set)
    refusing: dict[str, Refusal] = field(default_factory=dict)
    """By method: refused before anything is looked at."""
    losing: set[str] = field(default_factory=set)
    """Methods whose answers are lost after the change."""
    frozen: set[str] = field(default_factory=set)
    """Methods that never answer."""
    watchers: int = 0
    errands: FakeErrands = field(init=False)
    new_event: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.errands = FakeErrands(self)

    # --- what a test does to it ---

    def add(self, name: str, id_number: str, **more: Any) -> Holder:
        self.holders[id_number] = holder = Holder(name, id_number, **more)
        return holder

    def deliver(self, holder: Holder) -> None:
        """Puts the card into the channel."""
        serial = holder.link.serial + 1 if holder.link else 1
        self._set_link(holder, serial, Link.STATE_DELIVERED)
        self.tell(holder, event_pb2.Event.KIND_LINK_DELIVERED)

    def block(self, holder: Holder, reason: str) -> None:
        """Changes the card's status; empty frees it."""
        holder.blocked_reason = reason
        self.tell(holder, event_pb2.Event.KIND_CARD_STATUS_CHANGED)

    def cancel(self, holder: Holder) -> None:
        """Ends the card for good."""
        holder.is_cancelled = True
        self.block(holder, "CITIZEN_CANCELLED")

    def tell(self, holder: Holder, kind: Any, *, serial: int | None = None) -> None:
        """Appends an event of the holder's link, as it is now or as if of another serial."""
        assert holder.link is not None
        link = Link()
        link.CopyFrom(holder.link)
        link.serial = serial or link.serial
        card = self.card_of(holder)
        card.masked_name = card.masked_id_number = ""
        event = event_pb2.Event(
            cursor=str(len(self.events) + 1), kind=kind, event_time=_now(), link=link, card=card
        )
        self.events.append(event)
        self.new_event.set()

    # --- identity ---

    def start_challenge(self, request: Any) -> Message | Refusal:
        holder = self._subject(request.subject)
        if isinstance(holder, Refusal):
            return holder
        if request.method == Method.METHOD_CARD_PASSWORD and not holder.password:
            return Refusal("PASSWORD_NOT_SET")
        challenge = Challenge(holder, request.method, request.purpose, request.vouch_kind)
        number = hexadecimal("challenge", request.request_id)
        self.challenges[number] = challenge
        message = identity_pb2.Challenge(challenge_id=number, expire_time=_now(300), tries_left=3)
        if request.method == Method.METHOD_TEXT_MESSAGE:
            message.text_message.masked_phone = "111****0001"
        elif request.method == Method.METHOD_RESERVED_PHONE:
            message.text_message.masked_phone = "111****0002"
        elif request.method == Method.METHOD_FACE:
            message.face.actions.append(identity_pb2.FACE_ACTION_READ_DIGITS)
            message.face.digits = "4071"
        return identity_service_pb2.StartChallengeResponse(challenge=message)

    def answer_challenge(self, request: Any) -> Message | Refusal:
        challenge = self.challenges.get(request.challenge_id)
        if challenge is None:
            return Refusal("CHALLENGE_NOT_FOUND")
        if challenge.proof:
            return Refusal("CHALLENGE_ANSWERED")
        if challenge.tries_left == 0:
            return Refusal("TRIES_EXHAUSTED")
        wrong = self._wrong(challenge, request)
        if wrong:
            challenge.tries_left -= 1
            return Refusal(wrong, {"tries_left": str(challenge.tries_left)})
        challenge.proof = hexadecimal("proof", request.challenge_id)
        self.proofs[challenge.proof] = (challenge, False)
        proof = identity_pb2.Proof(proof=challenge.proof, expire_time=_now(600))
        return identity_service_pb2.AnswerChallengeResponse(proof=proof)

    @staticmethod
    def _wrong(challenge: Challenge, request: Any) -> str:
        if challenge.method in (Method.METHOD_TEXT_MESSAGE, Method.METHOD_RESERVED_PHONE):
            return "" if request.text_code == TEXT_CODE else "TEXT_CODE_WRONG"
        if challenge.method == Method.METHOD_FACE:
            return "" if request.face_capture == FACE else "FACE_MISMATCH"
        if challenge.method == Method.METHOD_CARD_PASSWORD:
            return "" if request.card_password == challenge.holder.password else "PASSWORD_WRONG"
        return "" if request.vouched else "VOUCHING_FAILED"

    def _subject(self, subject: Any) -> Holder | Refusal:
        if subject.WhichOneof("subject") == "member":
            binder = self.active(subject.member.link_id)
            if isinstance(binder, Refusal):
                return binder
            return self.errands.member_of(binder, subject.member.binding_id)
        if subject.WhichOneof("subject") == "link_id":
            return self._held(subject.link_id) or Refusal("LINK_NOT_FOUND")
        holder = self.holders.get(subject.person.id_number)
        if holder is None or holder.name != subject.person.name:
            return Refusal("IDENTITY_MISMATCH")
        return holder

    def spend(self, proof: str, purpose: int, *, look_only: bool = False) -> Holder | Refusal:
        known = self.proofs.get(proof)
        if known is None:
            return Refusal("PROOF_UNKNOWN")
        challenge, is_used = known
        if is_used:
            return Refusal("PROOF_USED")
        allowed = {challenge.purpose}
        if look_only:
            allowed.add(purpose)
        if purpose not in allowed:
            return Refusal("PROOF_FOR_OTHER_PURPOSE")
        self.proofs[proof] = (challenge, not look_only)
        return challenge.holder

    # --- cards ---

    def apply(self, request: Any) -> Message | Refusal:
        for proof in (request.identity_proof, request.face_proof):
            if proof not in self.proofs:
                return Refusal("PROOF_UNKNOWN")
        holder = self.proofs[request.identity_proof][0].holder
        if self.proofs[request.identity_proof][1]:
            return Refusal("PROOF_USED")
        if request.consent_version != self.consent_version:
            return Refusal("CONSENT_OUTDATED")
        if holder.blocked_reason:
            return Refusal(holder.blocked_reason)
        if len(holder.regions) > 1 and not request.region:
            return Refusal("REGION_NEEDED", {"regions": ",".join(holder.regions)})
        if holder.link and holder.link.state == Link.STATE_ACTIVE:
            return Refusal("LINK_EXISTS")
        for proof in (request.identity_proof, request.face_proof):
            spent = self.spend(proof, identity_pb2.PURPOSE_APPLY)
            if isinstance(spent, Refusal):
                return spent
        serial = holder.link.serial if holder.link else 0
        if holder.link is None or holder.link.state == Link.STATE_UNLINKED:
            serial += 1
        self._set_link(holder, serial, Link.STATE_ACTIVE)
        self.tell(holder, event_pb2.Event.KIND_LINK_ACTIVATED)
        return self._holding(holder, card_service_pb2.ApplyResponse)

    def find_link(self, request: Any) -> Message | Refusal:
        holder = self.spend(request.identity_proof, identity_pb2.PURPOSE_FIND_LINK, look_only=True)
        if isinstance(holder, Refusal):
            return holder
        if holder.link is None:
            return Refusal("LINK_NOT_FOUND")
        return card_service_pb2.FindLinkResponse(link=holder.link)

    def accept_delivery(self, request: Any) -> Message | Refusal:
        holder = self._delivered(request)
        if isinstance(holder, Refusal):
            return holder
        if request.consent_version != self.consent_version:
            return Refusal("CONSENT_OUTDATED")
        if holder.blocked_reason:
            return Refusal(holder.blocked_reason)
        spent = self.spend(request.identity_proof, identity_pb2.PURPOSE_ACCEPT_DELIVERY)
        if isinstance(spent, Refusal):
            return spent
        self._set_link(holder, request.serial, Link.STATE_ACTIVE)
        self.tell(holder, event_pb2.Event.KIND_LINK_ACTIVATED)
        return self._holding(holder, card_service_pb2.AcceptDeliveryResponse)

    def decline_delivery(self, request: Any) -> Message | Refusal:
        holder = self._delivered(request)
        if isinstance(holder, Refusal):
            return holder
        spent = self.spend(request.identity_proof, identity_pb2.PURPOSE_ACCEPT_DELIVERY)
        if isinstance(spent, Refusal):
            return spent
        self._set_link(holder, request.serial, Link.STATE_UNLINKED)
        self.tell(holder, event_pb2.Event.KIND_LINK_UNLINKED)
        return card_service_pb2.DeclineDeliveryResponse(link=holder.link)

    def _delivered(self, request: Any) -> Holder | Refusal:
        holder = self._held(request.link_id)
        if holder is None or holder.link is None:
            return Refusal("LINK_NOT_FOUND")
        if holder.link.state != Link.STATE_DELIVERED:
            return Refusal("LINK_NOT_DELIVERED")
        return holder

    def get_card(self, request: Any) -> Message | Refusal:
        holder = self._held(request.link_id)
        if holder is None or holder.link is None:
            return Refusal("LINK_NOT_FOUND")
        if holder.link.state == Link.STATE_UNLINKED:
            return Refusal("LINK_NOT_ACTIVE")
        return self._holding(holder, card_service_pb2.GetCardResponse)

    def unlink(self, request: Any) -> Message | Refusal:
        holder = self._held(request.link_id)
        if holder is None or holder.link is None:
            return Refusal("LINK_NOT_FOUND")
        if holder.link.state != Link.STATE_UNLINKED:
            spent = self.spend(request.proof, identity_pb2.PURPOSE_UNLINK)
            if isinstance(spent, Refusal):
                return spent
            self._set_link(holder, request.serial, Link.STATE_UNLINKED)
            self.tell(holder, event_pb2.Event.KIND_LINK_UNLINKED)
        return card_service_pb2.UnlinkResponse(link=holder.link)

    def list_links(self, request: Any) -> Message | Refusal:
        held = [holder for holder in self.holders.values() if holder.link]
        start = int(request.page_token or 0)
        page = card_service_pb2.ListLinksResponse()
        for holder in held[start : start + 1]:  # one a page: every listing has a page two
            page.items.add(link=holder.link, card=self.card_of(holder))
        if start + 1 < len(held):
            page.next_page_token = str(start + 1)
        return page

    # --- passwords, policy, records ---

    def set_password(self, request: Any) -> Message | Refusal:
        return self._new_password(request, [request.proof], identity_pb2.PURPOSE_SET_PASSWORD)

    def change_password(self, request: Any) -> Message | Refusal:
        return self._new_password(request, [request.proof], identity_pb2.PURPOSE_CHANGE_PASSWORD)

    def reset_password(self, request: Any) -> Message | Refusal:
        proofs = [request.text_proof, request.face_proof]
        return self._new_password(request, proofs, identity_pb2.PURPOSE_RESET_PASSWORD)

    def _new_password(self, request: Any, proofs: list[str], purpose: int) -> Message | Refusal:
        if request.new_password in ("123456", "111111"):
            return Refusal("PASSWORD_TOO_SIMPLE")
        holder: Holder | Refusal = Refusal("PROOF_UNKNOWN")
        for proof in proofs:
            holder = self.spend(proof, purpose)
            if isinstance(holder, Refusal):
                return holder
        assert isinstance(holder, Holder)
        holder.password = request.new_password
        self.tell(holder, event_pb2.Event.KIND_PASSWORD_CHANGED)
        name = type(request).__name__.replace("Request", "Response")
        response: Message = getattr(password_service_pb2, name)(change_time=_now())
        return response

    def get_consent(self, request: Any) -> Message:
        return policy_service_pb2.GetConsentResponse(
            version=self.consent_version, text_zh="授权书", text_en="consent"
        )

    def get_policy(self, request: Any) -> Message:
        loss = policy_service_pb2.PolicyValue(name="loss", value=self.errands.loss_policy)
        return policy_service_pb2.GetPolicyResponse(values=[loss])

    def list_records(self, request: Any) -> Message | Refusal:
        if self._held(request.link_id) is None:
            return Refusal("LINK_NOT_FOUND")
        records = record_service_pb2.Record
        if request.face_proof:
            return record_service_pb2.ListRecordsResponse(
                records=[
                    record_service_pb2.Record(
                        kind=records.KIND_LINK_ACTIVATED,
                        place=records.PLACE_ANOTHER_CHANNEL,
                        record_time=_now(),
                        channel_name="微信",
                    )
                ]
            )
        return record_service_pb2.ListRecordsResponse(
            records=[
                record_service_pb2.Record(
                    kind=records.KIND_LINK_ACTIVATED,
                    place=records.PLACE_THIS_CHANNEL,
                    record_time=_now(),
                ),
                record_service_pb2.Record(
                    kind=99,  # type: ignore[arg-type]  # a kind of tomorrow
                    place=records.PLACE_ANOTHER_CHANNEL,
                    record_time=_now(),
                ),
            ],
            next_page_token="more",
        )

    # --- events ---

    async def watch(self, request: Any, call: PhoneCall) -> AsyncIterator[Message | Refusal]:
        if "WatchEvents" in self.refusing:
            yield self.refusing["WatchEvents"]
            return
        place = int(request.cursor or 0)
        if place < self.kept_from:
            yield Refusal("CURSOR_EXPIRED")
            return
        self.watchers += 1
        try:
            while True:
                self.new_event.clear()
                while place < len(self.events):
                    event = self.events[place]
                    place += 1
                    yield event_service_pb2.WatchEventsResponse(event=event)
                beat = event_service_pb2.WatchEventsResponse.Heartbeat(
                    cursor=str(place), time=_now()
                )
                yield event_service_pb2.WatchEventsResponse(heartbeat=beat)
                await self.new_event.wait()
        finally:
            self.watchers -= 1

    def get_head(self, request: Any) -> Message:
        is_live = "CHANNEL_NOT_LIVE" not in {each.reason for each in self.refusing.values()}
        return event_service_pb2.GetHeadResponse(
            cursor=str(len(self.events)), time=_now(), is_live=is_live
        )

    # --- inside ---

    def _held(self, link_id: str) -> Holder | None:
        return next(
            (each for each in self.holders.values() if each.link and each.link.link_id == link_id),
            None,
        )

    def active(self, link_id: str) -> Holder | Refusal:
        """The holder of an active link."""
        holder = self._held(link_id)
        if holder is None or holder.link is None:
            return Refusal("LINK_NOT_FOUND")
        return holder if holder.link.state == Link.STATE_ACTIVE else Refusal("LINK_NOT_ACTIVE")

    def _set_link(self, holder: Holder, serial: int, state: Any) -> None:
        link_id = hexadecimal("link", holder.id_number)
        holder.link = Link(link_id=link_id, serial=serial, state=state, level=card_pb2.LEVEL_QUERY)

    @staticmethod
    def card_of(holder: Holder) -> card_pb2.Card:
        state = card_pb2.Card.STATE_USABLE
        if holder.blocked_reason:
            state = card_pb2.Card.STATE_BLOCKED
        if holder.is_cancelled:
            state = card_pb2.Card.STATE_ENDED
        is_open = holder.link is not None and holder.link.state == Link.STATE_ACTIVE
        return card_pb2.Card(
            state=state,
            physical_card_status=physical_card_pb2.PHYSICAL_CARD_STATUS_NORMAL,
            blocked_reason=holder.blocked_reason,
            masked_name=holder.name[0] + "*" if is_open else "",
            masked_id_number="*" * 16 + holder.id_number[-2:] if is_open else "",
            region=holder.regions[0],
            password_is_set=bool(holder.password),
        )

    def _holding(self, holder: Holder, kind: Any) -> Message:
        response: Any = kind(link=holder.link, card=self.card_of(holder))
        assert holder.link is not None
        if holder.link.state == Link.STATE_ACTIVE:
            response.signed_card.payload = b"payload"
            response.signed_card.signature = b"signature"
            response.signed_card.key_id = "k1"
        answer: Message = response
        return answer


class Servicer:
    """One service of the fake: counts, repeats recorded answers, and makes trouble."""

    def __init__(self, fake: FakePlatform, methods: Mapping[str, Callable[[Any], Any]]) -> None:
        for name, function in methods.items():
            setattr(self, name, self._method(fake, name, function))

    @staticmethod
    def _method(fake: FakePlatform, name: str, function: Callable[[Any], Any]) -> Any:
        async def method(request: Any, call: PhoneCall) -> Any:
            fake.asked[name] += 1
            fake.traceparents.add(call.traceparent)
            if name in fake.frozen:
                await asyncio.Event().wait()
            if name in fake.refusing:
                return fake.refusing[name]
            request_id = getattr(request, "request_id", "")
            if not request_id:
                return function(request)
            fake.request_ids.setdefault(name, []).append(request_id)
            recorded = fake.ledger.get(request_id)
            if recorded and recorded[0] != call.raw:
                return Refusal("REQUEST_ID_REUSED")
            answer = recorded[1] if recorded else function(request)
            if not isinstance(answer, Refusal) or answer.details:
                fake.ledger[request_id] = (call.raw, answer)
            if name in fake.losing:
                await call.context.abort(grpc.StatusCode.UNAVAILABLE, "the answer got lost")
            return answer

        return method


async def serve(fake: FakePlatform, address: str = "127.0.0.1:0") -> Server:
    """Serves the fake. Whoever has a token is the channel."""

    def authenticate(method: Any, metadata: Any) -> str | Refusal:
        is_open = method.name.startswith("essc.policy.")
        has_token = any(key == "authorization" for key, _ in metadata)
        return "channel" if is_open or has_token else Refusal("CALLER_UNKNOWN")

    guard: Guard[str] = Guard(domain="essc.platform", authenticate=authenticate)
    events = Servicer(fake, {"GetHead": fake.get_head})
    events.WatchEvents = fake.watch  # type: ignore[attr-defined]
    cards = {
        "Apply": fake.apply,
        "FindLink": fake.find_link,
        "AcceptDelivery": fake.accept_delivery,
        "DeclineDelivery": fake.decline_delivery,
        "GetCard": fake.get_card,
        "Unlink": fake.unlink,
        "ListLinks": fake.list_links,
        "RaiseLevel": fake.errands.raise_level,
        "LowerLevel": fake.errands.lower_level,
        "AllowWhileLost": fake.errands.allow_while_lost,
    }
    passwords = {
        "SetPassword": fake.set_password,
        "ChangePassword": fake.change_password,
        "ResetPassword": fake.reset_password,
    }
    identity = {
        "StartChallenge": fake.start_challenge,
        "AnswerChallenge": fake.answer_challenge,
    }
    policy = {
        "GetConsent": fake.get_consent,
        "GetPolicy": fake.get_policy,
        "ListReasons": lambda _: policy_service_pb2.ListReasonsResponse(),
    }
    services = {
        identity_service_pb2.DESCRIPTOR.services_by_name["IdentityService"]: Servicer(
            fake, identity
        ),
        card_service_pb2.DESCRIPTOR.services_by_name["CardService"]: Servicer(fake, cards),
        password_service_pb2.DESCRIPTOR.services_by_name["PasswordService"]: Servicer(
            fake, passwords
        ),
        policy_service_pb2.DESCRIPTOR.services_by_name["PolicyService"]: Servicer(fake, policy),
        record_service_pb2.DESCRIPTOR.services_by_name["RecordService"]: Servicer(
            fake, {"ListRecords": fake.list_records}
        ),
        event_service_pb2.DESCRIPTOR.services_by_name["EventService"]: events,
    }
    for service, methods in services_of(fake.errands).items():
        services[service] = Servicer(fake, methods)
    handlers = [guard.handler(service, servicer) for service, servicer in services.items()]
    return await start_server(address, handlers, [each.full_name for each in services])


def hexadecimal(*parts: str) -> str:
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:32]


def _now(after_s: int = 0) -> Any:
    return to_timestamp(wall_us() + after_s * SECOND_US)
