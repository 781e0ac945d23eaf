"""Physical cards: their lifecycle as a table, and what their changes mean for the electronic card.

R3: the electronic card has the physical card's status at once in all channels, so a change of the
mapped card tells every channel that holds the card.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from essc_platform.core import cards
from essc_platform.core.cards import Person
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.policy import Policy
from essc_platform.core.quick import replace
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    CitizenKey,
    Entry,
    EntryKind,
    EntryPlace,
    Event,
    EventKind,
    Instant,
    Link,
    Password,
    PhysicalCard,
    PhysicalCardStatus,
)
from essc_platform.core.times import china_day, end_of_china_day


class Verb(Enum):
    """What can be done to a physical card."""

    ENABLE = "enable"
    REPORT_TEMPORARY_LOSS = "report a temporary loss"
    REPORT_LOSS = "report a loss"
    LIFT_LOSS = "lift a loss"
    LOCK = "lock"
    UNLOCK = "unlock"
    CANCEL = "cancel"
    LAPSE = "note that a temporary loss has lifted itself"


_S, _V = PhysicalCardStatus, Verb

# What is absent is refused.
LIFECYCLE: dict[tuple[PhysicalCardStatus, Verb], PhysicalCardStatus] = {
    (_S.SEALED, _V.ENABLE): _S.NORMAL,
    (_S.NORMAL, _V.REPORT_TEMPORARY_LOSS): _S.TEMPORARILY_LOST,
    (_S.NORMAL, _V.REPORT_LOSS): _S.LOST,
    (_S.TEMPORARILY_LOST, _V.REPORT_LOSS): _S.LOST,
    (_S.TEMPORARILY_LOST, _V.LIFT_LOSS): _S.NORMAL,
    (_S.LOST, _V.LIFT_LOSS): _S.NORMAL,
    (_S.NORMAL, _V.LOCK): _S.LOCKED,
    (_S.LOCKED, _V.UNLOCK): _S.NORMAL,
    (_S.SEALED, _V.CANCEL): _S.CANCELLED,
    (_S.NORMAL, _V.CANCEL): _S.CANCELLED,
    (_S.TEMPORARILY_LOST, _V.CANCEL): _S.CANCELLED,
    (_S.LOST, _V.CANCEL): _S.CANCELLED,
    (_S.LOCKED, _V.CANCEL): _S.CANCELLED,
}

_ENTRIES = {
    _V.ENABLE: EntryKind.PHYSICAL_CARD_ENABLED,
    _V.REPORT_TEMPORARY_LOSS: EntryKind.LOSS_REPORTED_TEMPORARILY,
    _V.REPORT_LOSS: EntryKind.LOSS_REPORTED,
    _V.LIFT_LOSS: EntryKind.LOSS_LIFTED,
    _V.LOCK: EntryKind.PHYSICAL_CARD_LOCKED,
    _V.UNLOCK: EntryKind.PHYSICAL_CARD_UNLOCKED,
    _V.CANCEL: EntryKind.PHYSICAL_CARD_CANCELLED,
}


class OfBureau(Protocol):
    """A command about one physical card of the calling bureau's regions."""

    @property
    def number(self) -> int: ...
    @property
    def regions(self) -> frozenset[str] | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePhysicalCard:
    """A bureau, or time, does something to a card."""

    at: Instant
    verb: Verb
    citizen: CitizenKey
    number: int
    regions: frozenset[str] | None
    """The calling bureau's regions; None if time calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteExpiry:
    """Time has ended the electronic card."""

    at: Instant
    citizen: CitizenKey


@dataclass(frozen=True, slots=True, kw_only=True)
class PhysicalCardAnswer:
    """A physical card as it is now."""

    physical_card: PhysicalCard
    status: PhysicalCardStatus
    bank_id: str = ""
    """Of its open bank account; empty if there is none."""


def change_physical_card(
    command: ChangePhysicalCard,
    person: Person,
    password: Password | None,
    held: Sequence[Link],
    policy: Policy,
) -> Decision:
    """R2, R3, R6: moves a card along its lifecycle and tells every channel that holds it."""
    found = own_physical_card(command, person)
    if isinstance(found, Rejected):
        return found
    changed = _moved(command, found, policy)
    if changed is None:
        return status_forbids(found, command.at)
    events: tuple[Event, ...] = ()
    if person.card is not None and person.card.physical_card == changed.number:
        now = person.after(changed)
        events = cards.events_of(EventKind.CARD_STATUS_CHANGED, now, password, held, command.at)
    return Accepted(
        answer=answer_of(changed, person),
        changes=(changed,),
        events=events,
        entries=(
            *lapse_entries(found, command.at),
            *_step_entries(command),
        ),
    )


def note_expiry(
    command: NoteExpiry, person: Person, password: Password | None, held: Sequence[Link]
) -> Decision:
    """R8, R95: writes, once, the events of a card that time has ended."""
    card = person.card
    assert card is not None, "the sweep found this card"
    if card.is_expiry_noted or command.at < card.expire_time:
        return Accepted(answer=None)
    return Accepted(
        answer=None,
        changes=(replace(card, is_expiry_noted=True),),
        events=cards.events_of(EventKind.CARD_STATUS_CHANGED, person, password, held, command.at),
        entries=(_by_time(command.citizen, EntryKind.CARD_EXPIRED, command.at),),
    )


def own_physical_card(command: OfBureau, person: Person) -> PhysicalCard | Rejected:
    """The card of a bureau's command; one of another bureau's region is unknown."""
    found = next((c for c in person.physical_cards if c.number == command.number), None)
    if found is None or (command.regions is not None and found.region not in command.regions):
        return Rejected(Reason.PHYSICAL_CARD_NOT_FOUND)
    return found


def status_forbids(physical_card: PhysicalCard, at: Instant) -> Rejected:
    """That the card's status now does not allow the step."""
    status = cards.status_at(physical_card, at)
    return Rejected(Reason.PHYSICAL_CARD_STATUS_FORBIDS, (("status", status.name),))


def answer_of(physical_card: PhysicalCard, person: Person) -> PhysicalCardAnswer:
    """A physical card with its bank account, which the person's other changes have not touched."""
    account = person.account_of(physical_card.number)
    return PhysicalCardAnswer(
        physical_card=physical_card,
        status=physical_card.status,
        bank_id=account.bank_id if account else "",
    )


def lapse_entries(found: PhysicalCard, at: Instant) -> tuple[Entry, ...]:
    """R93: that a loss had lifted itself, if nobody has noted that yet."""
    if cards.status_at(found, at) is found.status:
        return ()
    return (_by_time(found.citizen, EntryKind.LOSS_LIFTED, at),)


def _moved(command: ChangePhysicalCard, found: PhysicalCard, policy: Policy) -> PhysicalCard | None:
    """The card after the step; None if the lifecycle has no such step."""
    now = cards.status_at(found, command.at)
    if command.verb is Verb.LAPSE:
        # Truth has changed already; this only writes it down, and only once.
        after = now if now is not found.status else None
    else:
        after = LIFECYCLE.get((now, command.verb))
    if after is None:
        return None
    lift_time = None
    if after is _S.TEMPORARILY_LOST:
        days = dict(policy.temporary_loss_days_by_region).get(
            found.region, policy.temporary_loss_days
        )
        lift_time = end_of_china_day(china_day(command.at) + days)
    return replace(found, status=after, status_time=command.at, lift_time=lift_time)


def _step_entries(command: ChangePhysicalCard) -> tuple[Entry, ...]:
    """R93: what the bureau did; what time did is a lapse and noted as such."""
    if command.verb is Verb.LAPSE:
        return ()
    kind = _ENTRIES[command.verb]
    return (Entry(citizen=command.citizen, kind=kind, at=command.at, place=EntryPlace.BUREAU),)


def _by_time(citizen: CitizenKey, kind: EntryKind, at: Instant) -> Entry:
    return Entry(citizen=citizen, kind=kind, at=at, place=EntryPlace.TIME)
