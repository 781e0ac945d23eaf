"""The electronic card: it has no life of its own. What it is worth follows from the physical card.

`view` is the one place that says whether a card is usable, for every rule and every answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from essc_platform.core.decisions import Rejected
from essc_platform.core.quick import replace
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    BankAccount,
    Card,
    CardView,
    Change,
    Citizen,
    Event,
    EventKind,
    Instant,
    Link,
    LinkState,
    Password,
    PhysicalCard,
    PhysicalCardStatus,
)
from essc_platform.core.times import DAY

STATUS_REASONS = {
    PhysicalCardStatus.SEALED: Reason.PHYSICAL_CARD_SEALED,
    PhysicalCardStatus.TEMPORARILY_LOST: Reason.PHYSICAL_CARD_TEMPORARILY_LOST,
    PhysicalCardStatus.LOST: Reason.PHYSICAL_CARD_LOST,
    PhysicalCardStatus.LOCKED: Reason.PHYSICAL_CARD_LOCKED,
    PhysicalCardStatus.CANCELLED: Reason.PHYSICAL_CARD_CANCELLED,
}
_YEAR = 365 * DAY + DAY // 4


LOST = frozenset({PhysicalCardStatus.LOST, PhysicalCardStatus.TEMPORARILY_LOST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """All that says what one person's card is worth."""

    citizen: Citizen | None
    physical_cards: tuple[PhysicalCard, ...]
    card: Card | None
    bank_accounts: tuple[BankAccount, ...] = ()

    @property
    def physical_card(self) -> PhysicalCard | None:
        """The one behind the electronic card."""
        return mapped(self.card, self.physical_cards)

    @property
    def bank_account(self) -> BankAccount | None:
        """The open bank account of the physical card behind the electronic one."""
        return None if self.card is None else self.account_of(self.card.physical_card)

    def account_of(self, physical_card: int) -> BankAccount | None:
        """The open bank account of a physical card."""
        return next(
            (a for a in self.bank_accounts if a.physical_card == physical_card and a.is_open), None
        )

    def after(self, *changes: Change) -> "Person":
        """The same person once these changes are made."""
        after = self
        for change in changes:
            match change:
                case Citizen():
                    after = replace(after, citizen=change)
                case Card():
                    after = replace(after, card=change)
                case PhysicalCard():
                    kept = [c for c in after.physical_cards if c.key != change.key]
                    after = replace(after, physical_cards=(*kept, change))
                case BankAccount():
                    others = [a for a in after.bank_accounts if a.key != change.key]
                    after = replace(after, bank_accounts=(*others, change))
                case _:
                    pass
        return after


class Worth(NamedTuple):
    """What a card is worth at a moment: the physical card's status, and why it is blocked."""

    status: PhysicalCardStatus
    blocked_reason: str
    """Empty while the card is usable."""
    is_ended: bool


def worth(
    status: PhysicalCardStatus,
    lift_time: Instant | None,
    cancel_time: Instant | None,
    expire_time: Instant,
    at: Instant,
) -> Worth:
    """R3: what a card is worth, from the status of the physical card, the person and the time."""
    if lift_time is not None and at >= lift_time:
        status = PhysicalCardStatus.NORMAL
    if cancel_time is not None:
        return Worth(status, Reason.CITIZEN_CANCELLED.value, is_ended=True)
    reason = STATUS_REASONS.get(status)
    if reason is None and at >= expire_time:
        reason = Reason.CARD_EXPIRED
    return Worth(status, "" if reason is None else reason.value, is_ended=False)


def status_at(physical_card: PhysicalCard, at: Instant) -> PhysicalCardStatus:
    """R6: the status now. A temporary loss past its lift time is over, whoever noted it."""
    lift_time = physical_card.lift_time
    if lift_time is not None and at >= lift_time:
        return PhysicalCardStatus.NORMAL
    return physical_card.status


def loss_of(person: Person, at: Instant) -> Instant | None:
    """R3: when the loss was reported that alone blocks the card now; None if there is none such."""
    citizen, card, physical_card = person.citizen, person.card, person.physical_card
    if citizen is None or card is None or physical_card is None:
        return None
    if citizen.cancel_time is not None or at >= card.expire_time:
        return None
    return physical_card.status_time if status_at(physical_card, at) in LOST else None


def view(person: Person, password: Password | None, at: Instant) -> CardView:
    """R3: what the card is worth at a moment, the same in every channel."""
    card, physical_card = person.card, person.physical_card
    assert person.citizen is not None, "a card belongs to a citizen on record"
    assert card is not None
    assert physical_card is not None, "there is something to look at"
    now = worth(
        physical_card.status,
        physical_card.lift_time,
        person.citizen.cancel_time,
        card.expire_time,
        at,
    )
    return CardView(
        status=now.status,
        blocked_reason=now.blocked_reason,
        is_ended=now.is_ended,
        region=physical_card.region,
        issue_time=card.issue_time,
        expire_time=card.expire_time,
        password_is_set=password is not None,
        bank_account_is_open=person.bank_account is not None,
        loss_time=loss_of(person, at),
    )


def events_of(
    kind: EventKind,
    person: Person,
    password: Password | None,
    held: Sequence[Link],
    at: Instant,
) -> tuple[Event, ...]:
    """R3, R16: tells each of these links, if it holds the card, what the card is now worth."""
    holding = [link for link in held if link.state is not LinkState.UNLINKED]
    if not holding:
        return ()
    now = view(person, password, at)
    return tuple(
        Event(channel=link.channel, kind=kind, at=at, citizen=link.citizen, link=link, card=now)
        for link in holding
    )


def mapped(card: Card | None, physical_cards: Sequence[PhysicalCard]) -> PhysicalCard | None:
    """The physical card behind the electronic one."""
    if card is None:
        return None
    return next(each for each in physical_cards if each.number == card.physical_card)


def choose_physical_card(
    card: Card | None, physical_cards: Sequence[PhysicalCard], region: str | None, at: Instant
) -> PhysicalCard | Rejected:
    """R1, R2, R7: which physical card an application maps to, or why none will do.

    The mapping stays once it is made, unless the mapped card is cancelled and another is normal.
    """
    current = mapped(card, physical_cards)
    if current is not None and status_at(current, at) is not PhysicalCardStatus.CANCELLED:
        return _usable(current, region, at)
    normal = [c for c in physical_cards if status_at(c, at) is PhysicalCardStatus.NORMAL]
    if not normal:
        return _none_normal(physical_cards, at)
    if region is not None:
        for each in normal:
            if each.region == region:
                return each
        return Rejected(Reason.REGION_DIFFERS)
    if len(normal) > 1:
        regions = ",".join(sorted(each.region for each in normal))
        return Rejected(Reason.REGION_NEEDED, (("regions", regions),))
    return normal[0]


def _usable(current: PhysicalCard, region: str | None, at: Instant) -> PhysicalCard | Rejected:
    reason = STATUS_REASONS.get(status_at(current, at))
    if reason is not None:
        return Rejected(reason)
    if region is not None and region != current.region:
        return Rejected(Reason.REGION_DIFFERS)
    return current


def _none_normal(physical_cards: Sequence[PhysicalCard], at: Instant) -> Rejected:
    """Why: the newest card that is not cancelled tells; else the cancelled ones do."""
    if not physical_cards:
        return Rejected(Reason.PHYSICAL_CARD_NOT_FOUND)
    living = [c for c in physical_cards if c.status is not PhysicalCardStatus.CANCELLED]
    newest = max(living or physical_cards, key=lambda c: (c.issue_time, c.number))
    return Rejected(STATUS_REASONS[status_at(newest, at)])


def expiry(issue_time: Instant, years: int) -> Instant:
    """When a card issued now expires; a year is 365.25 days."""
    return issue_time + years * _YEAR
