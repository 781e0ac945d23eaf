"""What tests of magic values do with people: at the window, at the bureau and in channels."""

from datetime import datetime
from typing import Any

from essc.card.v1 import card_service_pb2 as cards
from essc.card.v1.card_pb2 import Link
from essc.card.v1.card_service_pb2_grpc import CardServiceStub
from essc.channel.v1 import channel_pb2 as channel
from essc.family.v1 import family_service_pb2 as family
from essc.family.v1.family_pb2 import RELATION_OTHER, Binding
from essc.family.v1.family_service_pb2_grpc import FamilyServiceStub
from essc.identity.v1 import identity_pb2 as identity
from essc.lab.v1 import lab_service_pb2 as lab
from essc.lab.v1.lab_service_pb2_grpc import ClockServiceStub, PersonaServiceStub
from essc.policy.v1.policy_service_pb2 import GetConsentRequest
from essc.policy.v1.policy_service_pb2_grpc import PolicyServiceStub
from essc.registry.v1.physical_card_pb2 import PhysicalCard
from essc_wire.client import Peer
from essc_wire.clock import new_request_id
from essc_wire.times import to_duration, to_instant
from essc_workbench.citizens import Phone
from essc_workbench.families import WINDOW, Window
from essc_workbench.population import Persona
from essc_workbench.testing import Meeting

HOLDERS = {"liu-xiao": "zhang-san"}


class Scene:
    """What can be done with a persona at the window, at the bureau and in channels."""

    def __init__(self, meeting: Meeting) -> None:
        self.meeting, self.people, self.bureau = meeting, meeting.people, meeting.bureau
        self.lab = meeting.connections.platform_lab()
        self.platform = meeting.connections.platform(WINDOW)
        self.window = Window(self.platform, self.lab)
        self.cards = CardServiceStub(self.platform.channel)
        self.family = FamilyServiceStub(self.platform.channel)

    async def send(self, method: Any, request: Any, caller: Peer | None = None) -> Any:
        return await method(request, **(caller or self.platform).options())

    async def apply(self, person: Persona, region: str | None = None) -> Link:
        policies = PolicyServiceStub(self.platform.channel)
        request = cards.ApplyRequest(
            request_id=new_request_id(),
            identity_proof=await self.window.vouched(person, identity.PURPOSE_APPLY),
            face_proof=await self.window.face(person, identity.PURPOSE_APPLY),
            consent_version=(await self.send(policies.GetConsent, GetConsentRequest())).version,
            region=region,
        )
        link: Link = (await self.send(self.cards.Apply, request)).link
        return link

    async def linked(self, person: Persona) -> Link:
        """The person's link at the window, new where there is none."""
        return await self.window.linked(person) or await self.window.link(person)

    async def holder(self, person: Persona) -> Link:
        """The same, with the card password set."""
        link = await self.linked(person)
        await self.window._set_password(person, link)
        return link

    async def add(
        self,
        member: Persona,
        holder: Persona | None = None,
        relation: int = RELATION_OTHER,
        *,
        is_present: bool = True,
        photo: bytes = b"",
    ) -> None:
        holder = holder or self.people[HOLDERS.get(member.id, "luo-wen")]
        link = await self.holder(holder)
        proof = await self.window.face(member, identity.PURPOSE_JOIN_FAMILY) if is_present else ""
        request = family.AddMemberRequest(
            request_id=new_request_id(),
            link_id=link.link_id,
            password_proof=await self.window.password(holder, identity.PURPOSE_ADD_FAMILY),
            notice_version=await self.window.notice(),
            relation=relation,  # type: ignore[arg-type]
            name=member.name,
            id_number=member.id_number,
            card_photo=photo or await self.window.photo(member),
            member_proof=proof,
        )
        await self.send(self.family.AddMember, request)

    async def binding(self, holder: Persona) -> tuple[Link, Binding]:
        """The one binding that a persona was set up with."""
        link = await self.linked(holder)
        request = family.ListMembersRequest(link_id=link.link_id)
        (binding,) = (await self.send(self.family.ListMembers, request)).bindings
        return link, binding

    async def card(self, person: Persona) -> PhysicalCard:
        return (await self.bureau.citizen(person.id_number)).physical_cards[0]

    async def phone(self, person: Persona, channel_id: str) -> Phone:
        """A phone whose owner has the card in a channel."""
        phone = self.meeting.citizen(person.id).phone(channel_id)
        await phone.sign_in()
        assert (await phone.walk(channel.FLOW_KIND_APPLY)).is_completed
        return phone

    async def now(self) -> int:
        """The platform's time, in microseconds since 1970."""
        stub = ClockServiceStub(self.lab.channel)
        return to_instant((await self.send(stub.GetTime, lab.GetTimeRequest(), self.lab)).time)

    async def advance(self, by_us: int) -> None:
        """Moves the platform's clock."""
        request = lab.AdvanceRequest(request_id=new_request_id(), by=to_duration(by_us))
        await self.send(ClockServiceStub(self.lab.channel).Advance, request, self.lab)

    async def let_it_be(self, then: datetime) -> None:
        """Moves the platform's clock to a moment."""
        await self.advance(int(then.timestamp()) * 1_000_000 - await self.now())

    async def magic_values(self) -> list[lab.MagicValue]:
        stub = PersonaServiceStub(self.lab.channel)
        answer = await self.send(stub.ListMagicValues, lab.ListMagicValuesRequest(), self.lab)
        return list(answer.values)
