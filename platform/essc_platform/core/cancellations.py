"""A person is cancelled (R9): the card ends in every channel, and nothing else ever ends it.

Only the person is written. What hangs on the person (links, bindings on either side, codes) is
judged through this one fact at the moment of use.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from essc_platform.core import cards
from essc_platform.core.cards import Person
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    CancelCause,
    CitizenKey,
    Entry,
    EntryKind,
    EntryPlace,
    EventKind,
    Instant,
    Link,
    Password,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelCitizen:
    """A bureau cancels a person for good."""

    at: Instant
    citizen: CitizenKey
    id_number: str = field(repr=False)
    cause: CancelCause


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationAnswer:
    """When the person was cancelled."""

    cancel_time: Instant


def cancel_citizen(
    command: CancelCitizen, person: Person, password: Password | None, held: Sequence[Link]
) -> Decision:
    """R9: tells every channel that holds the card that it has ended."""
    citizen = person.citizen
    if citizen is None or citizen.id_number != command.id_number:
        return Rejected(Reason.CITIZEN_NOT_FOUND)
    if citizen.cancel_time is not None:
        return Rejected(Reason.CITIZEN_CANCELLED)
    cancelled = replace(citizen, cancel_time=command.at, cancel_cause=command.cause)
    entry = Entry(
        citizen=command.citizen,
        kind=EntryKind.CITIZEN_CANCELLED,
        at=command.at,
        place=EntryPlace.BUREAU,
    )
    return Accepted(
        answer=CancellationAnswer(cancel_time=command.at),
        changes=(cancelled,),
        events=cards.events_of(
            EventKind.CARD_STATUS_CHANGED, person.after(cancelled), password, held, command.at
        ),
        entries=(entry,),
    )
