"""Family bindings, and how either side ends one (R40, R43, R44); `joining.py` makes them.

A binding lies on both sides, where its holder lives and where its member lives, and both are
written together. It belongs to the holder nationally and keeps its place after it has ended: places
are counted over all bindings ever made, so that none comes back.
"""

from dataclasses import dataclass, field

from essc_platform.core import cards, proofs
from essc_platform.core.acting import Acting, Person, link_refusal
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.quick import replace
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Binding,
    CardView,
    Citizen,
    CitizenKey,
    Entry,
    EntryKind,
    Event,
    EventKind,
    Instant,
    Link,
    Membership,
    Method,
    Password,
    Proof,
    Purpose,
)

# Ending a binding: one authentication of the holder, or the member's own face.
HOLDER_METHODS = frozenset({Method.FACE, Method.CARD_PASSWORD, Method.TEXT_MESSAGE})
MEMBER_METHODS = frozenset({Method.FACE})


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveMember:
    """The holder ends a binding."""

    at: Instant
    channel: str
    citizen: CitizenKey
    link_number: int
    number: int
    member: CitizenKey
    proof: tuple[int, int, int]
    binding: None = field(default=None, init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveBinder:
    """The member ends a binding."""

    at: Instant
    channel: str
    citizen: CitizenKey
    link_number: int
    number: int
    holder: CitizenKey
    proof: tuple[int, int, int]
    binding: None = field(default=None, init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two people of a binding, and every channel that has to know."""

    person: Person
    password: Password | None
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundMember:
    """A binding as its holder sees it."""

    binding: Binding
    citizen: Citizen
    card: CardView | None
    """None once the binding has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenBinder:
    """A binding as its member sees it."""

    membership: Membership
    citizen: Citizen
    """The holder."""


def remove_member(
    command: RemoveMember,
    acting: Acting,
    binding: Binding | None,
    holder: Side,
    member: Side,
    proof: Proof | None,
) -> Decision:
    """R40, R44: ends a binding, whatever the card's status is. The place stays used up."""
    refusal = link_refusal(command, acting)
    if refusal is not None:
        return refusal
    if binding is None or binding.member != command.member:
        return Rejected(Reason.BINDING_NOT_FOUND)
    citizen = member.person.citizen
    assert citizen is not None, "a member is on record"
    if not binding.is_good:
        return Accepted(answer=BoundMember(binding=binding, citizen=citizen, card=None))
    refusal = proofs.refusal(command, proof, Purpose.END_BINDING, HOLDER_METHODS)
    if refusal is not None:
        return refusal
    ended = replace(binding, end_time=command.at)
    answer = BoundMember(binding=ended, citizen=citizen, card=None)
    return _ended(command, ended, holder, member, proof, answer)


def leave_binder(
    command: LeaveBinder,
    acting: Acting,
    binding: Binding | None,
    holder: Side,
    member: Side,
    proof: Proof | None,
) -> Decision:
    """R44: the member ends a binding with the own face. The binder's place stays used up."""
    refusal = link_refusal(command, acting)
    if refusal is not None:
        return refusal
    if binding is None or binding.member != command.citizen:
        return Rejected(Reason.BINDING_NOT_FOUND)
    binder = holder.person.citizen
    assert binder is not None, "a holder is on record"
    if not binding.is_good:
        return Accepted(answer=SeenBinder(membership=mirrored(binding), citizen=binder))
    refusal = proofs.refusal(command, proof, Purpose.END_BINDING, MEMBER_METHODS)
    if refusal is not None:
        return refusal
    ended = replace(binding, end_time=command.at)
    answer = SeenBinder(membership=mirrored(ended), citizen=binder)
    return _ended(command, ended, holder, member, proof, answer)


def _ended(
    command: RemoveMember | LeaveBinder,
    ended: Binding,
    holder: Side,
    member: Side,
    proof: Proof | None,
    answer: BoundMember | SeenBinder,
) -> Decision:
    """R44: the end on both sides, whoever wanted it."""
    assert proof is not None, "refused before, where there is none"
    return Accepted(
        answer=answer,
        changes=(ended, mirrored(ended), proofs.used(proof)),
        events=(*told(holder, command.at), *told(member, command.at)),
        entries=(
            _entry(command, ended.holder, EntryKind.MEMBER_REMOVED),
            _entry(command, ended.member, EntryKind.UNBOUND_AS_MEMBER),
        ),
    )


def mirrored(binding: Binding) -> Membership:
    """The same binding, where its member lives."""
    return Membership(
        member=binding.member,
        holder=binding.holder,
        number=binding.number,
        relation=binding.relation,
        add_time=binding.add_time,
        end_time=binding.end_time,
    )


def told(side: Side, at: Instant) -> tuple[Event, ...]:
    """R16, R43: every channel that holds the card of this side is told."""
    return cards.events_of(EventKind.FAMILY_CHANGED, side.person, side.password, side.links, at)


def _entry(command: RemoveMember | LeaveBinder, citizen: CitizenKey, kind: EntryKind) -> Entry:
    return Entry(citizen=citizen, kind=kind, at=command.at, channel=command.channel)
