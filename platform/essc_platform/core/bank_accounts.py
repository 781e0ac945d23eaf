"""The bank account of a physical card (金融账户, R26): a bureau opens it, and closes it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from essc_platform.core import cards, levels
from essc_platform.core.cards import Person
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.physical_cards import answer_of, own_physical_card, status_forbids
from essc_platform.core.quick import replace
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    BankAccount,
    CitizenKey,
    Entry,
    EntryKind,
    EntryPlace,
    EventKind,
    Instant,
    Link,
    Password,
    PhysicalCardStatus,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateBankAccount:
    """A bureau opens the bank account of a card of one of its regions."""

    at: Instant
    citizen: CitizenKey
    number: int
    regions: frozenset[str]
    bank_id: str
    reserved_phone: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseBankAccount:
    """A bureau closes the bank account of a card of one of its regions."""

    at: Instant
    citizen: CitizenKey
    number: int
    regions: frozenset[str]


def activate_bank_account(
    command: ActivateBankAccount, person: Person, password: Password | None, held: Sequence[Link]
) -> Decision:
    """R26: a card in order gets its one account; every channel is told, and raises by itself."""
    found = own_physical_card(command, person)
    if isinstance(found, Rejected):
        return found
    if cards.status_at(found, command.at) is not PhysicalCardStatus.NORMAL:
        return status_forbids(found, command.at)
    if person.account_of(command.number) is not None:
        return Rejected(Reason.BANK_ACCOUNT_OPEN_ALREADY)
    opened = BankAccount(
        citizen=command.citizen,
        physical_card=command.number,
        bank_id=command.bank_id,
        reserved_phone=command.reserved_phone,
        open_time=command.at,
    )
    now = person.after(opened)
    return Accepted(
        answer=answer_of(found, now),
        changes=(opened,),
        events=cards.events_of(
            EventKind.CARD_STATUS_CHANGED, now, password, _tied(command, person, held), command.at
        ),
        entries=(_entry(command, EntryKind.BANK_ACCOUNT_ACTIVATED),),
    )


def close_bank_account(
    command: CloseBankAccount, person: Person, password: Password | None, held: Sequence[Link]
) -> Decision:
    """R26: no payment without the account: every link that could pay falls back to query."""
    found = own_physical_card(command, person)
    if isinstance(found, Rejected):
        return found
    account = person.account_of(command.number)
    if account is None:
        return Rejected(Reason.BANK_ACCOUNT_NOT_OPEN)
    closed = replace(account, close_time=command.at)
    now = person.after(closed)
    tied = _tied(command, person, held)
    after = levels.lowered(tied)
    fallen = [each for each in after if each not in tied]
    others = [each for each in after if each in tied]
    return Accepted(
        answer=answer_of(found, now),
        changes=(closed, *fallen),
        events=(
            *cards.events_of(EventKind.LEVEL_CHANGED, now, password, fallen, command.at),
            *cards.events_of(EventKind.CARD_STATUS_CHANGED, now, password, others, command.at),
        ),
        entries=(
            _entry(command, EntryKind.BANK_ACCOUNT_CLOSED),
            *levels.entries_of(fallen, command.at),
        ),
    )


def _tied(
    command: ActivateBankAccount | CloseBankAccount, person: Person, held: Sequence[Link]
) -> Sequence[Link]:
    """The links of the electronic card, if it is this physical card that it points to."""
    is_mapped = person.card is not None and person.card.physical_card == command.number
    return held if is_mapped else ()


def _entry(command: ActivateBankAccount | CloseBankAccount, kind: EntryKind) -> Entry:
    return Entry(citizen=command.citizen, kind=kind, at=command.at, place=EntryPlace.BUREAU)
