"""A member is bound and released again (R40 to R45).

A place in a family is used up for good, so each household's adults have a list of whom they can add
as what; the household that is next adds the next on its list. A card password is entered, which
costs the platform 31 ms, and every binding takes a new photo from the lab.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from essc.authority.v1.authority_service_pb2 import PHOTO_KIND_PHYSICAL_CARD
from essc.family.v1 import family_pb2 as words
from essc.family.v1 import family_service_pb2 as family
from essc.identity.v1 import identity_pb2 as identity
from essc.lab.v1 import lab_service_pb2 as lab
from essc_wire.times import to_instant
from essc_workbench.drills.journeys.calls import Ask, Ended, Line
from essc_workbench.drills.journeys.desk import Desk
from essc_workbench.drills.journeys.people import named
from essc_workbench.drills.journeys.turns import Acted, RequestIds, Turn
from essc_workbench.drills.outcomes import Outcome
from essc_workbench.seeding.people import HOUSEHOLD, Resident, Role

_SERVICE: Final = "essc.family.v1.FamilyService"
_BINDING: Final = ("binding.binding_id", "binding.relation", "binding.add_time", "binding.end_time")


class Adding(NamedTuple):
    """One place of a family: who binds whom as what."""

    holder: Role
    member: Role
    relation: words.Relation.ValueType


_OLD, _ONE, _OTHER = Role.GRANDPARENT, Role.PARENT, Role.OTHER_PARENT
ADDINGS: Final[Sequence[Adding]] = (
    *(4 * [Adding(_ONE, _OLD, words.RELATION_PARENT)]),
    *(4 * [Adding(_OTHER, _OLD, words.RELATION_PARENT)]),
    *(3 * [Adding(_OLD, _ONE, words.RELATION_CHILD)]),
    Adding(_ONE, _OTHER, words.RELATION_SPOUSE),
    Adding(_OTHER, _ONE, words.RELATION_SPOUSE),
    *(2 * [Adding(_ONE, _OTHER, words.RELATION_OTHER)]),
    *(2 * [Adding(_OTHER, _ONE, words.RELATION_OTHER)]),
    *(2 * [Adding(_OLD, _OTHER, words.RELATION_OTHER)]),
)
"""All adults' places; the child is left to grow up."""
HOLDERS: Final = (_OLD, _ONE, _OTHER)


class BindFamily(Acted):
    """A member is bound and released.

    A household of which a journey's end is not known adds nobody any more.
    """

    def __init__(
        self,
        ids: RequestIds,
        desks: Mapping[str, "FamilyDesk"],
        households: Sequence[int],
    ) -> None:
        super().__init__(ids)
        self._desks = desks
        self._free = list(reversed(households))
        self._added = dict.fromkeys(households, 0)

    async def act(self, place: int, channel: str, turn: Turn) -> None:
        if not self._free:
            raise Ended(Outcome.NOT_SENT, "NOBODY_FREE")
        household = self._free.pop()
        adding = ADDINGS[self._added[household]]
        self._added[household] += 1
        desk, first = self._desks[channel], household * HOUSEHOLD
        binding_id = await desk.add(turn, first + adding.holder, first + adding.member, adding)
        await desk.remove(turn, first + adding.holder, binding_id)
        if self._added[household] < len(ADDINGS):
            self._free.insert(0, household)


class FamilyDesk:
    """What one channel does with families at the platform."""

    def __init__(
        self, desk: Desk, line: Line, lab_port: Line, notice_version: str, right: str
    ) -> None:
        self._desk, self._right, self._notice_version = desk, right, notice_version
        self._photo = Ask(lab_port, "essc.lab.v1.PersonaService/GetPhoto", lab.GetPhotoResponse)
        self._add = Ask(
            line,
            f"{_SERVICE}/AddMember",
            family.AddMemberResponse,
            asked=("link_id", "password_proof", "member_proof", "relation", "id_number"),
            told=_BINDING,
            tell=_told,
        )
        self._remove = Ask(
            line,
            f"{_SERVICE}/RemoveMember",
            family.RemoveMemberResponse,
            asked=("link_id", "binding_id", "proof"),
            told=_BINDING,
            tell=_told,
        )

    async def add(self, turn: Turn, holder: int, member: int, adding: Adding) -> str:
        """A holder binds a member, who is present. The binding's id."""
        desk = self._desk
        person, other = desk.people.person(holder), desk.people.person(member)
        password_proof = await desk.checks.password(
            turn, person, identity.PURPOSE_ADD_FAMILY, self._right
        )
        member_proof = await desk.checks.face(turn, other, identity.PURPOSE_JOIN_FAMILY)
        photo = await self._photo_of(turn, other)
        link_id, request_id = desk.links.id_of(holder), turn.request_id()
        request = family.AddMemberRequest(
            request_id=request_id,
            link_id=link_id,
            password_proof=password_proof,
            notice_version=self._notice_version,
            relation=adding.relation,
            name=other.name,
            id_number=other.id_number,
            card_photo=photo,
            member_proof=member_proof,
        )
        proofs = desk.digest("proof", password_proof), desk.digest("proof", member_proof)
        answer = await self._add(
            request.SerializeToString(),
            request_id,
            turn.deadline_s,
            (holder, member),
            (link_id, *proofs, adding.relation, member),
        )
        binding_id: str = answer.binding.binding_id
        return binding_id

    async def remove(self, turn: Turn, holder: int, binding_id: str) -> None:
        """The holder releases the member, by the live face."""
        desk = self._desk
        proof = await desk.checks.face(
            turn, desk.people.person(holder), identity.PURPOSE_END_BINDING
        )
        link_id, request_id = desk.links.id_of(holder), turn.request_id()
        request = family.RemoveMemberRequest(
            request_id=request_id, link_id=link_id, binding_id=binding_id, proof=proof
        )
        await self._remove(
            request.SerializeToString(),
            request_id,
            turn.deadline_s,
            (holder,),
            (link_id, binding_id, desk.digest("proof", proof)),
        )

    async def _photo_of(self, turn: Turn, person: Resident) -> bytes:
        request = lab.GetPhotoRequest(person=named(person).person, kind=PHOTO_KIND_PHYSICAL_CARD)
        answer = await self._photo(request.SerializeToString(), "", turn.deadline_s)
        photo: bytes = answer.photo
        return photo


def _told(answer: family.AddMemberResponse | family.RemoveMemberResponse) -> tuple[Any, ...]:
    binding = answer.binding
    end_us = to_instant(binding.end_time) if binding.HasField("end_time") else None
    return (binding.binding_id, binding.relation, to_instant(binding.add_time), end_us)
