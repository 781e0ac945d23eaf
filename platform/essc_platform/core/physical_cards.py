"""Physical cards: their lifecycle as a table, and what their changes mean for the electronic card.

R3: the electronic card has the physical card's status at once in all channels, so a change of the
mapped card tells every channel that holds the card.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from essc_platform.core import cards, deliveries
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.policy import Policy
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Card,
    Change,
    Citizen,
    CitizenKey,
    Entry,
    EntryKind,
    EntryPlace,
    Event,
    EventKind,
    Generation,
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
    _V.LAPSE: EntryKind.LOSS_LIFTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePhysicalCard:
    """A bureau issues a card of one of its regions."""

    at: Instant
    citizen: CitizenKey
    region: str
    generation: Generation
    is_enabled: bool
    new_number: int
    receivers: tuple[tuple[str, int], ...]
    """R5: the channels that receive new cards, each with a number for a link it may need."""


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


def issue_physical_card(
    command: IssuePhysicalCard,
    citizen: Citizen | None,
    physical_cards: Sequence[PhysicalCard],
    card: Card | None,
    password: Password | None,
    held: Sequence[Link],
    policy: Policy,
) -> Decision:
    """R5: issues a card. A third-generation one makes the electronic card and delivers it."""
    if citizen is None:
        return Rejected(Reason.CITIZEN_NOT_FOUND)
    if citizen.cancel_time is not None:
        return Rejected(Reason.CITIZEN_CANCELLED)
    if any(c.region == command.region and c.status is not _S.CANCELLED for c in physical_cards):
        return Rejected(Reason.PHYSICAL_CARD_EXISTS)
    issued = PhysicalCard(
        citizen=command.citizen,
        number=command.new_number,
        region=command.region,
        generation=command.generation,
        status=_S.NORMAL if command.is_enabled else _S.SEALED,
        issue_time=command.at,
        status_time=command.at,
    )
    accepted = Accepted(
        answer=PhysicalCardAnswer(physical_card=issued, status=issued.status),
        changes=(issued,),
        entries=(_bureau_entry(command, EntryKind.PHYSICAL_CARD_ISSUED),),
    )
    if command.generation is not Generation.THIRD:
        return accepted
    return _with_deliveries(
        accepted, command, issued, citizen, physical_cards, card, password, held, policy
    )


def change_physical_card(
    command: ChangePhysicalCard,
    citizen: Citizen | None,
    physical_cards: Sequence[PhysicalCard],
    card: Card | None,
    password: Password | None,
    held: Sequence[Link],
    policy: Policy,
) -> Decision:
    """R2, R3, R6: moves a card along its lifecycle and tells every channel that holds it."""
    found = next((c for c in physical_cards if c.number == command.number), None)
    if found is None or (command.regions is not None and found.region not in command.regions):
        return Rejected(Reason.PHYSICAL_CARD_NOT_FOUND)
    changed = _moved(command, found, policy)
    if changed is None:
        return Rejected(
            Reason.PHYSICAL_CARD_STATUS_FORBIDS,
            (("status", cards.status_at(found, command.at).name),),
        )
    events: tuple[Event, ...] = ()
    if card is not None and card.physical_card == changed.number:
        assert citizen is not None, "a card belongs to a citizen on record"
        events = cards.status_events(card, changed, citizen, password, held, command.at)
    return Accepted(
        answer=PhysicalCardAnswer(physical_card=changed, status=changed.status),
        changes=(changed,),
        events=events,
        entries=_status_entries(command, found),
    )


def note_expiry(
    command: NoteExpiry,
    citizen: Citizen | None,
    physical_cards: Sequence[PhysicalCard],
    card: Card | None,
    password: Password | None,
    held: Sequence[Link],
) -> Decision:
    """R8, R95: writes, once, the events of a card that time has ended."""
    assert citizen is not None
    assert card is not None, "the sweep found this card"
    physical_card = cards.mapped(card, physical_cards)
    assert physical_card is not None
    if card.is_expiry_noted or command.at < card.expire_time:
        return Accepted(answer=None)
    return Accepted(
        answer=None,
        changes=(replace(card, is_expiry_noted=True),),
        events=cards.status_events(card, physical_card, citizen, password, held, command.at),
        entries=(_by_time(command.citizen, EntryKind.CARD_EXPIRED, command.at),),
    )


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


def _status_entries(command: ChangePhysicalCard, found: PhysicalCard) -> tuple[Entry, ...]:
    """R93: the step; before it a loss that had lifted itself, if nobody had noted that yet."""
    lapsed = _by_time(command.citizen, _ENTRIES[Verb.LAPSE], command.at)
    if command.verb is Verb.LAPSE:
        return (lapsed,)
    step = replace(lapsed, kind=_ENTRIES[command.verb], place=EntryPlace.BUREAU)
    if cards.status_at(found, command.at) is not found.status:
        return (lapsed, step)
    return (step,)


def _with_deliveries(
    accepted: Accepted,
    command: IssuePhysicalCard,
    issued: PhysicalCard,
    citizen: Citizen,
    physical_cards: Sequence[PhysicalCard],
    card: Card | None,
    password: Password | None,
    held: Sequence[Link],
    policy: Policy,
) -> Accepted:
    """R5: what a third-generation card brings along. An electronic card that exists stays."""
    changes: list[Change] = [*accepted.changes]
    events: list[Event] = []
    entries = [*accepted.entries]
    if card is None:
        card = Card(
            key=command.citizen,
            physical_card=issued.number,
            issue_time=command.at,
            expire_time=cards.expiry(command.at, policy.card_years),
        )
        changes.append(card)
        entries.append(_bureau_entry(command, EntryKind.CARD_ISSUED))
    physical_card = cards.mapped(card, (*physical_cards, issued))
    assert physical_card is not None
    view = cards.view(card, physical_card, citizen, password, command.at)
    by_channel = {link.channel: link for link in held}
    for channel, number in command.receivers:
        link = deliveries.delivered(
            by_channel.get(channel), (command.citizen, channel, number), command.at
        )
        if link is None:
            continue
        changes.append(link)
        events.append(
            Event(
                channel=channel,
                kind=EventKind.LINK_DELIVERED,
                at=command.at,
                citizen=command.citizen,
                link=link,
                card=view,
            )
        )
        entries.append(
            Entry(
                citizen=command.citizen,
                kind=EntryKind.LINK_DELIVERED,
                at=command.at,
                channel=channel,
            )
        )
    return replace(accepted, changes=tuple(changes), events=tuple(events), entries=tuple(entries))


def _by_time(citizen: CitizenKey, kind: EntryKind, at: Instant) -> Entry:
    return Entry(citizen=citizen, kind=kind, at=at, place=EntryPlace.TIME)


def _bureau_entry(command: IssuePhysicalCard, kind: EntryKind) -> Entry:
    return Entry(citizen=command.citizen, kind=kind, at=command.at, place=EntryPlace.BUREAU)
