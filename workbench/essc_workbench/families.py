"""The families of the personas, made through the contract as a counter with a channel would.

A window of the bureau (人社窗口) is a channel of its own: there a holder links the card, sets the
card password and adds the members who are present; then the card is unlinked from the window again,
and the family stays. Who is unlinked there has been, so setting up again does nothing twice. Who is
to have a link before the card is lost is linked here too, and stays so.
"""

from dataclasses import dataclass

from essc.admin.v1.channel_admin_service_pb2 import RegisterChannelRequest
from essc.admin.v1.channel_admin_service_pb2_grpc import ChannelAdminServiceStub
from essc.admin.v1.party_pb2 import CHANNEL_CLASS_HRSS, PartyKey
from essc.authority.v1.authority_service_pb2 import PHOTO_KIND_PHYSICAL_CARD
from essc.card.v1 import card_service_pb2 as cards
from essc.card.v1.card_pb2 import Link
from essc.card.v1.card_service_pb2_grpc import CardServiceStub
from essc.family.v1 import family_service_pb2 as family
from essc.family.v1.family_pb2 import Binding
from essc.family.v1.family_service_pb2_grpc import FamilyServiceStub
from essc.identity.v1 import identity_pb2 as identity
from essc.identity.v1 import identity_service_pb2 as identity_service
from essc.identity.v1.identity_service_pb2_grpc import IdentityServiceStub
from essc.lab.v1 import lab_service_pb2 as lab
from essc.lab.v1.lab_service_pb2_grpc import PersonaServiceStub
from essc.password.v1.password_service_pb2 import SetPasswordRequest
from essc.password.v1.password_service_pb2_grpc import PasswordServiceStub
from essc.policy.v1.policy_service_pb2 import GetConsentRequest
from essc.policy.v1.policy_service_pb2_grpc import PolicyServiceStub
from essc_wire.client import Peer
from essc_wire.clock import new_request_id
from essc_wire.keys import PartyKeyPair
from essc_workbench.calls import all_of, fixed_id, patient, unless
from essc_workbench.enrolment import bring_live
from essc_workbench.population import Bound, Persona

WINDOW = "bureau-window"
CARD_PASSWORD = "135790"  # noqa: S105 - written down for everybody to use

_VOUCHED = identity.VOUCH_KIND_REAL_NAME_ACCOUNT


async def enrol_window(operator: Peer, key: PartyKeyPair) -> None:
    """Registers the window and brings it live."""
    stub = ChannelAdminServiceStub(operator.channel)
    request = RegisterChannelRequest(
        request_id=fixed_id("register", WINDOW),
        channel_id=WINDOW,
        display_name="人社服务窗口（模拟）",
        channel_class=CHANNEL_CLASS_HRSS,
        key=PartyKey(key_id=key.key_id, public_key=key.public_bytes),
        vouch_kinds=[_VOUCHED],
        tier=1,
    )
    await unless("PARTY_EXISTS", lambda: stub.RegisterChannel(request, **operator.options()))
    await bring_live(operator, WINDOW)


async def make_families(window: Peer, platform_lab: Peer, people: dict[str, Persona]) -> None:
    """Binds whom the personas are said to have bound."""
    at_window = Window(window, platform_lab)
    binders = [each for each in people.values() if each.bindings]
    await all_of(at_window.make_family(each, people) for each in binders)


async def make_links(window: Peer, platform_lab: Peer, people: dict[str, Persona]) -> None:
    """Links whoever is said to be linked at the window."""
    at_window = Window(window, platform_lab)
    await all_of(at_window.linked(each) for each in people.values() if each.is_linked)


@dataclass(frozen=True, slots=True)
class Window:
    """The window, and what is done at it."""

    platform: Peer
    platform_lab: Peer

    async def make_family(self, holder: Persona, people: dict[str, Persona]) -> None:
        """Links, binds and unlinks; nothing if that was done before."""
        link = await self.linked(holder)
        if link is None:
            return
        await self._set_password(holder, link)
        for bound in holder.bindings:
            await self._bind(holder, link, people[bound.member_id], bound)
        await self.unlink(holder, link)

    async def linked(self, holder: Persona) -> Link | None:
        """The holder's link at the window; None if it was unlinked, so that all is done."""
        stub = CardServiceStub(self.platform.channel)
        found = cards.FindLinkRequest(
            name=holder.name,
            id_number=holder.id_number,
            identity_proof=await self.vouched(holder, identity.PURPOSE_FIND_LINK),
        )
        answer = await unless(
            "LINK_NOT_FOUND", lambda: stub.FindLink(found, **self.platform.options())
        )
        if answer is None:
            return await self.link(holder)
        return answer.link if answer.link.state == Link.STATE_ACTIVE else None

    async def link(self, holder: Persona) -> Link:
        """Links the holder's card at the window."""
        stub = CardServiceStub(self.platform.channel)
        consent = await patient(
            lambda: PolicyServiceStub(self.platform.channel).GetConsent(
                GetConsentRequest(), **self.platform.options()
            )
        )
        apply = cards.ApplyRequest(
            request_id=new_request_id(),
            identity_proof=await self.vouched(holder, identity.PURPOSE_APPLY),
            face_proof=await self.face(holder, identity.PURPOSE_APPLY),
            consent_version=consent.version,
        )
        return (await patient(lambda: stub.Apply(apply, **self.platform.options()))).link

    async def _set_password(self, holder: Persona, link: Link) -> None:
        request = SetPasswordRequest(
            request_id=new_request_id(),
            link_id=link.link_id,
            proof=await self.face(holder, identity.PURPOSE_SET_PASSWORD),
            new_password=CARD_PASSWORD,
        )
        stub = PasswordServiceStub(self.platform.channel)
        await unless(
            "PASSWORD_SET_ALREADY", lambda: stub.SetPassword(request, **self.platform.options())
        )

    async def _bind(self, holder: Persona, link: Link, member: Persona, bound: Bound) -> None:
        """Binds a member, and ends that if it has ended; what is there of it already is left."""
        binding = await self._bound(link, bound) or await self._add(holder, link, member, bound)
        if not bound.has_ended or binding.HasField("end_time"):
            return
        remove = family.RemoveMemberRequest(
            request_id=new_request_id(),
            link_id=link.link_id,
            binding_id=binding.binding_id,
            proof=await self.face(holder, identity.PURPOSE_END_BINDING),
        )
        stub = FamilyServiceStub(self.platform.channel)
        await patient(lambda: stub.RemoveMember(remove, **self.platform.options()))

    async def _bound(self, link: Link, bound: Bound) -> Binding | None:
        """The binding, if it was made before: a persona has one of a relation at most."""
        stub = FamilyServiceStub(self.platform.channel)
        request = family.ListMembersRequest(link_id=link.link_id)
        answer = await patient(lambda: stub.ListMembers(request, **self.platform.options()))
        return next((each for each in answer.bindings if each.relation == bound.relation), None)

    async def _add(self, holder: Persona, link: Link, member: Persona, bound: Bound) -> Binding:
        stub = FamilyServiceStub(self.platform.channel)
        request = family.AddMemberRequest(
            request_id=new_request_id(),
            link_id=link.link_id,
            password_proof=await self.password(holder, identity.PURPOSE_ADD_FAMILY),
            notice_version=await self.notice(),
            relation=bound.relation,
            name=member.name,
            id_number=member.id_number,
            card_photo=await self.photo(member),
            member_proof=await self.face(member, identity.PURPOSE_JOIN_FAMILY),
        )
        return (await patient(lambda: stub.AddMember(request, **self.platform.options()))).binding

    async def unlink(self, holder: Persona, link: Link) -> None:
        """Unlinks it again, by the holder's face."""
        request = cards.UnlinkRequest(
            request_id=new_request_id(),
            link_id=link.link_id,
            serial=link.serial,
            proof=await self.face(holder, identity.PURPOSE_UNLINK),
        )
        stub = CardServiceStub(self.platform.channel)
        await patient(lambda: stub.Unlink(request, **self.platform.options()))

    async def notice(self) -> str:
        """The version of the notice that a holder consents to."""
        stub = FamilyServiceStub(self.platform.channel)
        request = family.GetNoticeRequest()
        return (await patient(lambda: stub.GetNotice(request, **self.platform.options()))).version

    async def photo(self, member: Persona) -> bytes:
        """A photo of a person's card."""
        stub = PersonaServiceStub(self.platform_lab.channel)
        request = lab.GetPhotoRequest(person=_named(member), kind=PHOTO_KIND_PHYSICAL_CARD)
        return (await patient(lambda: stub.GetPhoto(request, **self.platform_lab.options()))).photo

    async def vouched(self, person: Persona, purpose: identity.Purpose.ValueType) -> str:
        """A proof by what the window vouches for."""
        challenge = await self._asked(person, identity.METHOD_VOUCHED, purpose)
        return await self._proof(challenge, vouched=True)

    async def password(self, person: Persona, purpose: identity.Purpose.ValueType) -> str:
        """A proof by the card password that is written down for everybody."""
        challenge = await self._asked(person, identity.METHOD_CARD_PASSWORD, purpose)
        return await self._proof(challenge, card_password=CARD_PASSWORD)

    async def face(self, person: Persona, purpose: identity.Purpose.ValueType) -> str:
        """A proof by the live face."""
        challenge = await self._asked(person, identity.METHOD_FACE, purpose)
        capture = lab.FaceCapture(
            id_number=person.id_number,
            actions=challenge.face.actions,
            digits=challenge.face.digits,
        )
        return await self._proof(challenge, face_capture=capture.SerializeToString())

    async def _asked(
        self,
        person: Persona,
        method: identity.Method.ValueType,
        purpose: identity.Purpose.ValueType,
    ) -> identity.Challenge:
        is_vouched = method == identity.METHOD_VOUCHED
        request = identity_service.StartChallengeRequest(
            request_id=new_request_id(),
            subject=identity.Subject(person=_named(person)),
            method=method,
            purpose=purpose,
            vouch_kind=_VOUCHED if is_vouched else identity.VOUCH_KIND_UNSPECIFIED,
        )
        stub = IdentityServiceStub(self.platform.channel)
        answer = await patient(lambda: stub.StartChallenge(request, **self.platform.options()))
        return answer.challenge

    async def _proof(self, challenge: identity.Challenge, **answer: object) -> str:
        request = identity_service.AnswerChallengeRequest(
            request_id=new_request_id(),
            challenge_id=challenge.challenge_id,
            **answer,  # type: ignore[arg-type]
        )
        stub = IdentityServiceStub(self.platform.channel)
        answered = await patient(lambda: stub.AnswerChallenge(request, **self.platform.options()))
        return answered.proof.proof


def _named(person: Persona) -> identity.Person:
    return identity.Person(name=person.name, id_number=person.id_number)
