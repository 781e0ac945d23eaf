"""A person is cancelled (R9): the card ends in every channel, and nothing else ever ends it.

Only the person is written. What hangs on the person (links, bindings on either side, codes) is
judged through this one fact at the moment of use. Whoever is bound with the person has to know too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from essc_platform.core import cards, family
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.family import Side
from essc_platform.core.quick import replace
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Binding,
    CancelCause,
    CitizenKey,
    Entry,
    EntryKind,
    EntryPlace,
    Event,
    EventKind,
    Instant,
    Membership,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelCitizen:
    """A bureau cancels a person for good."""

    at: Instant
    citizen: CitizenKey
    id_number: str = field(repr=False)
    cause: CancelCause
    others: tuple[CitizenKey, ...] = ()
    """Who is bound with the person, on either side, as the edge saw it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationAnswer:
    """When the person was cancelled."""

    cancel_time: Instant


def cancel_citizen(
    command: CancelCitizen,
    own: Side,
    bindings: Sequence[Binding],
    memberships: Sequence[Membership],
    others: Mapping[CitizenKey, Side],
) -> Decision:
    """R9, R16: every channel is told that the card has ended, and both sides of each binding."""
    citizen = own.person.citizen
    if citizen is None or citizen.id_number != command.id_number:
        return Rejected(Reason.CITIZEN_NOT_FOUND)
    if citizen.cancel_time is not None:
        return Rejected(Reason.CITIZEN_CANCELLED)
    bound = bound_with(bindings, memberships)
    if not bound <= others.keys():
        # Somebody was bound since the edge looked.
        return Rejected(Reason.CHANGES_CONFLICT)
    cancelled = replace(citizen, cancel_time=command.at, cancel_cause=command.cause)
    after = replace(own, person=own.person.after(cancelled))
    entry = Entry(
        citizen=command.citizen,
        kind=EntryKind.CITIZEN_CANCELLED,
        at=command.at,
        place=EntryPlace.BUREAU,
    )
    return Accepted(
        answer=CancellationAnswer(cancel_time=command.at),
        changes=(cancelled,),
        events=(
            *cards.events_of(
                EventKind.CARD_STATUS_CHANGED, after.person, own.password, own.links, command.at
            ),
            *_family_told(after, [others[each] for each in sorted(bound)], command.at),
        ),
        entries=(entry,),
    )


def bound_with(
    bindings: Sequence[Binding], memberships: Sequence[Membership]
) -> frozenset[CitizenKey]:
    """The people of the good ones among these bindings, on the other side."""
    members = {each.member for each in bindings if each.is_good}
    return frozenset(members | {each.holder for each in memberships if each.is_good})


def _family_told(own: Side, others: Sequence[Side], at: Instant) -> tuple[Event, ...]:
    """R43: each side once. With somebody who is cancelled the binding was good no more before."""
    living = [each for each in others if not _is_cancelled(each)]
    if not living:
        return ()
    return tuple(event for each in (own, *living) for event in family.told(each, at))


def _is_cancelled(side: Side) -> bool:
    assert side.person.citizen is not None, "who is bound is on record"
    return side.person.citizen.cancel_time is not None
