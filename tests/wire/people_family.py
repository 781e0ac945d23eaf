"""Families in the wire tests: people of any age, photos of them, and what is done for members."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.wire.people import (
    CARD_PASSWORD,
    FACE,
    Channel,
    Person,
    World,
    face,
    new_id,
    person,
)

from essc.authority.v1 import authority_service_pb2 as authority
from essc.card.v1 import card_pb2
from essc.certification.v1 import certification_service_pb2 as certification
from essc.certification.v1 import certification_service_pb2_grpc as certification_grpc
from essc.family.v1 import family_pb2, family_service_pb2_grpc
from essc.family.v1 import family_service_pb2 as family
from essc.identity.v1 import identity_pb2
from essc.lab.v1 import lab_service_pb2 as lab
from essc.registry.v1 import registry_service_pb2 as registry
from essc_wire.id_numbers import synthetic

ADD_FAMILY = identity_pb2.PURPOSE_ADD_FAMILY
JOIN_FAMILY = identity_pb2.PURPOSE_JOIN_FAMILY
END_BINDING = identity_pb2.PURPOSE_END_BINDING
CERTIFY = identity_pb2.PURPOSE_CERTIFY
PARENT, CHILD = family_pb2.RELATION_PARENT, family_pb2.RELATION_CHILD
SPOUSE, OTHER = family_pb2.RELATION_SPOUSE, family_pb2.RELATION_OTHER
OF_CARD, OF_FACE = authority.PHOTO_KIND_PHYSICAL_CARD, authority.PHOTO_KIND_FACE
NOTICE = "2026-01"


def born(birth: date, place: int) -> Person:
    """An invented person of some age."""
    return Person(name=f"家人{place}", id_number=synthetic(birth, place), phone=f"111{place:08d}")


async def photo(
    world: World, someone: Person, kind: "authority.PhotoKind.ValueType" = OF_CARD
) -> bytes:
    """A new photo of somebody."""
    request = lab.GetPhotoRequest(person=someone.named.person, kind=kind)
    answer: lab.GetPhotoResponse = await world.lab.do(world.lab.personas.GetPhoto, request)
    return answer.photo


async def with_card(world: World, someone: Person) -> Person:
    """Puts somebody on record, with a normal physical card."""
    await world.enrol(someone)
    await world.issue(someone)
    return someone


async def register_recipient(world: World, someone: Person) -> None:
    request = registry.RegisterRecipientRequest(id_number=someone.id_number)
    await world.bureau.do(world.bureau.registry.RegisterRecipient, request)


@dataclass
class Home:
    """A holder in a channel, and what is done there for the family."""

    channel: Channel
    holder: Person
    link: card_pb2.Link

    def __post_init__(self) -> None:
        connection = self.channel.peer.channel
        self.family = family_service_pb2_grpc.FamilyServiceStub(connection)
        self.certifications = certification_grpc.CertificationServiceStub(connection)

    async def addition(
        self,
        member: Person,
        relation: "family_pb2.Relation.ValueType" = PARENT,
        **changes: Any,
    ) -> family.AddMemberRequest:
        """A good request to add a member from 16 on, but for what is changed."""
        values: dict[str, Any] = {
            "request_id": new_id(),
            "link_id": self.link.link_id,
            "notice_version": NOTICE,
            "relation": relation,
            "name": member.name,
            "id_number": member.id_number,
        }
        if "password_proof" not in changes:
            values["password_proof"] = await self.channel.proof(
                self.holder, CARD_PASSWORD, ADD_FAMILY, link_id=self.link.link_id
            )
        if "card_photo" not in changes:
            values["card_photo"] = await photo(self.channel.world, member)
        if "member_proof" not in changes:
            values["member_proof"] = await self.channel.proof(member, FACE, JOIN_FAMILY)
        return family.AddMemberRequest(**(values | changes))

    async def add(
        self, member: Person, relation: "family_pb2.Relation.ValueType" = PARENT, **changes: Any
    ) -> family_pb2.Binding:
        """Adds a member; the binding."""
        request = await self.addition(member, relation, **changes)
        answer: family.AddMemberResponse = await self.channel.do(self.family.AddMember, request)
        return answer.binding

    async def remove(self, binding: family_pb2.Binding) -> family_pb2.Binding:
        """Ends a binding by the holder's face."""
        request = family.RemoveMemberRequest(
            link_id=self.link.link_id,
            binding_id=binding.binding_id,
            proof=await self.channel.proof(
                self.holder, FACE, END_BINDING, link_id=self.link.link_id
            ),
        )
        answer: family.RemoveMemberResponse = await self.channel.do(
            self.family.RemoveMember, request
        )
        return answer.binding

    async def leave(self, binder: family_pb2.Binder) -> family_pb2.Binder:
        """Ends a binding by its member's face: whose home this is."""
        request = family.LeaveBinderRequest(
            link_id=self.link.link_id,
            binding_id=binder.binding_id,
            proof=await self.channel.proof(
                self.holder, FACE, END_BINDING, link_id=self.link.link_id
            ),
        )
        answer: family.LeaveBinderResponse = await self.channel.do(self.family.LeaveBinder, request)
        return answer.binder

    async def members(self) -> list[family_pb2.Binding]:
        request = family.ListMembersRequest(link_id=self.link.link_id)
        answer: family.ListMembersResponse = await self.channel.do(self.family.ListMembers, request)
        return list(answer.bindings)

    async def binders(self) -> list[family_pb2.Binder]:
        request = family.ListBindersRequest(link_id=self.link.link_id)
        answer: family.ListBindersResponse = await self.channel.do(self.family.ListBinders, request)
        return list(answer.binders)

    async def used(self) -> dict[int, int]:
        """How many places of each relation are used."""
        request = family.GetPlacesRequest(link_id=self.link.link_id)
        answer: family.GetPlacesResponse = await self.channel.do(self.family.GetPlaces, request)
        return {each.relation: each.used for each in answer.places}

    async def member_proof(
        self,
        member: Person,
        binding: family_pb2.Binding,
        purpose: "identity_pb2.Purpose.ValueType" = CERTIFY,
    ) -> str:
        """A bound member's face, who is named by link and binding."""
        subject = identity_pb2.Subject(
            member=identity_pb2.Member(link_id=self.link.link_id, binding_id=binding.binding_id)
        )
        challenge = await self.channel.start(subject, FACE, purpose)
        return await self.channel.answer(challenge, face_capture=face(member, challenge))

    async def certify(
        self, proof: str, binding: family_pb2.Binding | None = None
    ) -> certification.CertifyResponse:
        """Certifies the holder, or a bound member."""
        request = certification.CertifyRequest(
            link_id=self.link.link_id,
            binding_id=binding.binding_id if binding else None,
            face_proof=proof,
        )
        answer: certification.CertifyResponse = await self.channel.do(
            self.certifications.Certify, request
        )
        return answer

    async def own_proof(self) -> str:
        """The holder's face, for a certification."""
        return await self.channel.proof(self.holder, FACE, CERTIFY, link_id=self.link.link_id)

    async def certified(
        self, binding: family_pb2.Binding | None = None
    ) -> list[certification.Certification]:
        """All certifications of the holder, or of a bound member, page by page."""
        found: list[certification.Certification] = []
        token = ""
        while True:
            request = certification.ListCertificationsRequest(
                link_id=self.link.link_id,
                binding_id=binding.binding_id if binding else None,
                page_size=2,
                page_token=token,
            )
            answer: certification.ListCertificationsResponse = await self.channel.do(
                self.certifications.ListCertifications, request
            )
            found += answer.certifications
            token = answer.next_page_token
            if not token:
                return found


async def home(channel: Channel, someone: Person, *, password: bool = True) -> Home:
    """Links somebody's card in a channel, and sets a password."""
    link = await channel.apply(someone)
    if password:
        await channel.set_password(someone, link)
    return Home(channel, someone, link)


async def a_home(world: World, channel_id: str = "bank", place: int = 1) -> Home:
    """A channel, and a citizen at home in it."""
    channel = await world.channel(channel_id)
    await world.citizen(place)
    return await home(channel, person(place))
