"""Replacement (补换卡, R4): another physical card takes the place of one that is cancelled.

The electronic card moves to the new one with everything that hangs on it: its links, their levels,
the bank account. It is blocked while the new card is sealed, and recovers by itself when that is
enabled.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from essc_platform.core import cards
from essc_platform.core.cards import Person
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.issues import with_deliveries
from essc_platform.core.physical_cards import (
    LIFECYCLE,
    PhysicalCardAnswer,
    Verb,
    answer_of,
    lapse_entries,
    own_physical_card,
    status_forbids,
)
from essc_platform.core.policy import Policy
from essc_platform.core.quick import replace
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Change,
    CitizenKey,
    Entry,
    EntryKind,
    EntryPlace,
    EventKind,
    Generation,
    Instant,
    Link,
    Password,
    PhysicalCard,
    PhysicalCardStatus,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacePhysicalCard:
    """A bureau replaces a card of one of its regions."""

    at: Instant
    citizen: CitizenKey
    number: int
    regions: frozenset[str]
    generation: Generation
    new_number: int
    receivers: tuple[tuple[str, int], ...]
    """R5: the channels that receive new cards, each with a number for a link it may need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacementAnswer:
    """Both cards as they are now."""

    cancelled: PhysicalCardAnswer
    issued: PhysicalCardAnswer


def replace_physical_card(
    command: ReplacePhysicalCard,
    person: Person,
    password: Password | None,
    held: Sequence[Link],
    policy: Policy,
) -> Decision:
    """R4: cancels the old card, issues a sealed one in its place, and moves what hung on it."""
    old = own_physical_card(command, person)
    if isinstance(old, Rejected):
        return old
    assert person.citizen is not None, "a card belongs to a citizen on record"
    if person.citizen.cancel_time is not None:
        return Rejected(Reason.CITIZEN_CANCELLED)
    after = LIFECYCLE.get((cards.status_at(old, command.at), Verb.CANCEL))
    if after is None:
        return status_forbids(old, command.at)
    cancelled = replace(old, status=after, status_time=command.at, lift_time=None)
    issued = _issued(command, old)
    changes: list[Change] = [cancelled, issued, *_moved_account(command, person)]
    is_mapped = person.card is not None and person.card.physical_card == old.number
    if person.card is not None and is_mapped:
        changes.append(replace(person.card, physical_card=issued.number))
    now = person.after(*changes)
    accepted = Accepted(
        answer=ReplacementAnswer(
            cancelled=answer_of(cancelled, now), issued=answer_of(issued, now)
        ),
        changes=tuple(changes),
        events=cards.events_of(
            EventKind.CARD_REPLACED, now, password, held if is_mapped else (), command.at
        ),
        entries=(*lapse_entries(old, command.at), _entry(command)),
    )
    if command.generation is not Generation.THIRD:
        return accepted
    return with_deliveries(accepted, command, issued, now, password, held, policy)


def _issued(command: ReplacePhysicalCard, old: PhysicalCard) -> PhysicalCard:
    return PhysicalCard(
        citizen=command.citizen,
        number=command.new_number,
        region=old.region,
        generation=command.generation,
        status=PhysicalCardStatus.SEALED,
        issue_time=command.at,
        status_time=command.at,
    )


def _moved_account(command: ReplacePhysicalCard, person: Person) -> tuple[Change, ...]:
    """The open bank account: the same one, now of the new card."""
    account = person.account_of(command.number)
    if account is None:
        return ()
    return (
        replace(account, close_time=command.at),
        replace(account, physical_card=command.new_number),
    )


def _entry(command: ReplacePhysicalCard) -> Entry:
    return Entry(
        citizen=command.citizen,
        kind=EntryKind.PHYSICAL_CARD_REPLACED,
        at=command.at,
        place=EntryPlace.BUREAU,
    )
