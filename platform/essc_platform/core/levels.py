"""Levels (R26): what a link may do, raised by a check of the bank account's reserved phone.

A link is at the level of payment only while the physical card behind the electronic one has an open
bank account: where that closes, or another physical card takes its place without it, every link
falls back to query. What a link may do at a moment says `acting.level`, which looks at both.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from essc_platform.core import acting, cards, proofs
from essc_platform.core.acting import Acting, Person
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.holdings import LinkAnswer
from essc_platform.core.policy import Policy
from essc_platform.core.quick import replace
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Channel,
    CitizenKey,
    Entry,
    EntryKind,
    EventKind,
    Instant,
    Level,
    Link,
    Method,
    Password,
    PasswordFree,
    Proof,
    Purpose,
)

# A bank's channel may also vouch itself for the phone that is reserved at its account.
RAISING = frozenset({Method.RESERVED_PHONE})
RAISING_AT_A_BANK = RAISING | {Method.VOUCHED}


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseLevel:
    """The holder raises this channel's link to payment."""

    at: Instant
    channel: str
    citizen: CitizenKey
    link_number: int
    serial: int
    proof: tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class LowerLevel:
    """The holder lowers this channel's link to query."""

    at: Instant
    channel: str
    citizen: CitizenKey
    link_number: int
    serial: int


def raise_level(
    command: RaiseLevel,
    link: Link | None,
    person: Person,
    password: Password | None,
    proof: Proof | None,
    channel: Channel | None,
    free: PasswordFree | None,
    policy: Policy,
) -> Decision:
    """R26: payment too, for a card in order whose bank account's reserved phone was checked.

    It begins without small password-free payment, whatever was switched on before the level fell.
    """
    refusal = acting.serial_refusal(command, link)
    if refusal is not None:
        return refusal
    assert link is not None
    assert channel is not None, "who calls is a channel on record"
    if acting.level(link, person) is Level.PAYMENT:
        return _answer(link, person, command.at, policy)
    methods = RAISING_AT_A_BANK if channel.is_of_a_bank else RAISING
    refusal = proofs.refusal(command, proof, Purpose.RAISE_LEVEL, methods)
    refusal = refusal or acting.card_refusal(Acting(link=link, holder=person), command.at, policy)
    if refusal is not None:
        return refusal
    assert proof is not None
    account = person.bank_account
    if account is None:
        return Rejected(Reason.BANK_ACCOUNT_NOT_OPEN)
    if channel.is_of_a_bank and channel.bank_id != account.bank_id:
        return Rejected(Reason.BANK_DIFFERS)
    if proof.account_open_time != account.open_time:
        # Another account by now: nobody has checked the phone that is reserved at this one.
        return Rejected(Reason.PROOF_EXPIRED)
    raised = replace(link, level=Level.PAYMENT)
    return replace(
        _answer(raised, person, command.at, policy),
        changes=(raised, proofs.used(proof), *_switched_off(free)),
        events=cards.events_of(EventKind.LEVEL_CHANGED, person, password, [raised], command.at),
        entries=(_entry(raised, EntryKind.LEVEL_RAISED, command.at),),
    )


def lower_level(
    command: LowerLevel,
    link: Link | None,
    person: Person,
    password: Password | None,
    policy: Policy,
) -> Decision:
    """R26: back to query, whatever the card's status; who gives up a right proves nothing."""
    refusal = acting.serial_refusal(command, link)
    if refusal is not None:
        return refusal
    assert link is not None
    if link.level is Level.QUERY:
        return _answer(link, person, command.at, policy)
    fallen = lowered([link])
    return replace(
        _answer(fallen[0], person, command.at, policy),
        changes=fallen,
        events=cards.events_of(EventKind.LEVEL_CHANGED, person, password, fallen, command.at),
        entries=entries_of(fallen, command.at),
    )


def lowered(links: Sequence[Link]) -> tuple[Link, ...]:
    """These links, no active one above query."""
    return tuple(
        replace(link, level=Level.QUERY) if link.is_active and link.level > Level.QUERY else link
        for link in links
    )


def entries_of(fallen: Sequence[Link], at: Instant) -> tuple[Entry, ...]:
    """R93: a line for each link that was lowered."""
    return tuple(_entry(link, EntryKind.LEVEL_LOWERED, at) for link in fallen)


def _switched_off(free: PasswordFree | None) -> tuple[PasswordFree, ...]:
    return () if free is None or not free.is_on else (replace(free, is_on=False),)


def _answer(link: Link, person: Person, at: Instant, policy: Policy) -> Accepted:
    until = acting.allow_until(link, person, at, policy)
    return Accepted(answer=LinkAnswer(link=link, allow_until=until))


def _entry(link: Link, kind: EntryKind, at: Instant) -> Entry:
    return Entry(citizen=link.citizen, kind=kind, at=at, channel=link.channel)
