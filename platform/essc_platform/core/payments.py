"""Paying an order, and the bank's word on it (R62).

Paying commits *settling* and answers. The bank is asked afterwards, outside of any batch; its word
comes back as a command of its own, which may come twice and late, and is taken once.
"""

from dataclasses import dataclass

from essc_platform.core import acting, books, proofs
from essc_platform.core.acting import Acting, BindingName
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.orders import PAYABLE, OrderAnswer, state_at
from essc_platform.core.policy import Policy
from essc_platform.core.quick import replace
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Change,
    CitizenKey,
    Entry,
    EntryKind,
    EntryPlace,
    Instant,
    Level,
    Link,
    Method,
    Order,
    OrderState,
    PasswordFree,
    Proof,
    Purpose,
)
from essc_platform.core.times import china_day

_BY_PASSWORD = frozenset({Method.CARD_PASSWORD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pay:
    """The holder pays an order, with the card password or without."""

    at: Instant
    channel: str
    citizen: CitizenKey
    link_number: int
    order: tuple[int, int, int]
    proof: tuple[int, int, int] | None
    """None to pay without the password."""
    binding: BindingName | None = None
    """Always: nobody pays for a bound member."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPasswordFree:
    """The holder switches small password-free payment on or off for this link."""

    at: Instant
    channel: str
    citizen: CitizenKey
    link_number: int
    serial: int
    is_on: bool
    proof: tuple[int, int, int]
    binding: BindingName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteTransfer:
    """The bank has said whether the money of one step has moved."""

    at: Instant
    citizen: CitizenKey
    order_number: int
    step: int
    is_moved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordFreeAnswer:
    """Whether password-free payment is on, and its limits."""

    is_on: bool
    one_max_fen: int
    day_max_fen: int


def pay(
    command: Pay,
    who: Acting,
    order: Order | None,
    free: PasswordFree | None,
    proof: Proof | None,
    policy: Policy,
) -> Decision:
    """R62: by whoever may, an order that can be paid; then it is settling."""
    refusal = acting.link_refusal(command, who)
    if refusal is None and command.proof is not None:
        refusal = proofs.refusal(command, proof, Purpose.PAY, _BY_PASSWORD)
    refusal = refusal or acting.card_refusal(who, command.at, policy)
    if refusal is not None:
        return refusal
    assert who.link is not None
    if order is None or (order.citizen, order.channel) != (command.citizen, command.channel):
        return Rejected(Reason.ORDER_NOT_FOUND)
    state = state_at(order, who.link, command.at)
    if state is OrderState.SETTLING:
        return Rejected(Reason.ORDER_SETTLING)
    if state not in PAYABLE:
        return Rejected(Reason.ORDER_STATE_FORBIDS)
    if who.link.level is not Level.PAYMENT:
        return Rejected(Reason.LEVEL_TOO_LOW)
    account = who.holder.bank_account
    if account is None:
        return Rejected(Reason.BANK_ACCOUNT_NOT_OPEN)
    if proof is not None:
        return _paid(command, order, account.bank_id, proofs.used(proof))
    spent = _spent(free, who.link, order, command.at, policy)
    if spent is None:
        return Rejected(Reason.PASSWORD_NEEDED)
    return _paid(command, order, account.bank_id, spent)


def set_password_free(
    command: SetPasswordFree,
    who: Acting,
    free: PasswordFree | None,
    proof: Proof | None,
    policy: Policy,
) -> Decision:
    """R62: on by the card password, while the link may pay; off at any time and without a proof."""
    refusal = _set_refusal(command, who, proof, policy)
    if refusal is not None:
        return refusal
    day = china_day(command.at)
    setting = PasswordFree(
        citizen=command.citizen,
        channel=command.channel,
        serial=command.serial,
        is_on=command.is_on,
        day=day,
        spent_fen=free.spent_fen if free is not None and free.day == day else 0,
    )
    kind = EntryKind.PASSWORD_FREE_ON if command.is_on else EntryKind.PASSWORD_FREE_OFF
    answer = PasswordFreeAnswer(
        is_on=command.is_on,
        one_max_fen=policy.password_free_one_fen,
        day_max_fen=policy.password_free_day_fen,
    )
    changes: tuple[Change, ...] = (setting,)
    if command.is_on:
        assert proof is not None
        changes = (setting, proofs.used(proof))
    return Accepted(answer=answer, changes=changes, entries=(_entry(command, kind),))


def note_transfer(command: NoteTransfer, order: Order | None) -> Decision:
    """R62: the bank's word on the step that it was asked about; on any other it came too late."""
    assert order is not None, "an order stays for good"
    if order.step != command.step or not order.is_at_bank:
        return Accepted(answer=OrderAnswer(order=order, state=order.state))
    if order.state is OrderState.SETTLING:
        movement = "settled" if command.is_moved else "unpaid"
        told = replace(order, settle_time=command.at)
    else:
        movement = "refunded" if command.is_moved else "kept"
        told = replace(order, refund_time=command.at if command.is_moved else None)
    state, kind = _AFTER[movement]
    told = replace(told, state=state, state_time=command.at, step=order.step + 1)
    entry = Entry(
        citizen=command.citizen,
        kind=kind,
        at=command.at,
        channel=order.channel,
        place=EntryPlace.PROVIDER,
    )
    return Accepted(
        answer=OrderAnswer(order=told, state=state),
        changes=(told, *books.postings(told, movement, command.at)),
        entries=(entry,),
    )


_AFTER = {
    "settled": (OrderState.SETTLED, EntryKind.ORDER_SETTLED),
    "unpaid": (OrderState.UNPAID, EntryKind.ORDER_UNPAID),
    "refunded": (OrderState.REFUNDED, EntryKind.ORDER_REFUNDED),
    # It is settled still, and can be given back again.
    "kept": (OrderState.SETTLED, EntryKind.ORDER_SETTLED),
}


def _set_refusal(
    command: SetPasswordFree, who: Acting, proof: Proof | None, policy: Policy
) -> Rejected | None:
    link = who.link
    if link is None or link.number != command.link_number:
        return Rejected(Reason.LINK_NOT_FOUND)
    if link.serial != command.serial:
        return Rejected(Reason.LINK_SERIAL_OLD)
    if not link.is_active:
        return Rejected(Reason.LINK_NOT_ACTIVE)
    if not command.is_on:
        return None
    refusal = proofs.refusal(command, proof, Purpose.SET_PASSWORD_FREE, _BY_PASSWORD)
    refusal = refusal or acting.card_refusal(who, command.at, policy)
    if refusal is not None:
        return refusal
    if acting.level(link, who.holder) is not Level.PAYMENT:
        return Rejected(Reason.LEVEL_TOO_LOW)
    return None


def _spent(
    free: PasswordFree | None, link: Link, order: Order, at: Instant, policy: Policy
) -> PasswordFree | None:
    """What the day has taken with this order too; None if it needs the password.

    It counts what was paid, whatever the bank says of it later.
    """
    if free is None or not free.is_on or free.serial != link.serial:
        return None
    day = china_day(at)
    spent_fen = order.own_fen + (free.spent_fen if free.day == day else 0)
    if order.own_fen > policy.password_free_one_fen or spent_fen > policy.password_free_day_fen:
        return None
    return replace(free, day=day, spent_fen=spent_fen)


def _paid(command: Pay, order: Order, bank_id: str, spent: Proof | PasswordFree) -> Accepted:
    settling = replace(
        order,
        state=OrderState.SETTLING,
        state_time=command.at,
        step=order.step + 1,
        bank_id=bank_id,
        pay_time=command.at,
        settle_time=None,
        is_password_free=isinstance(spent, PasswordFree),
    )
    return Accepted(
        answer=OrderAnswer(order=settling, state=settling.state),
        changes=(settling, spent, *books.postings(settling, "pay", command.at)),
        entries=(_entry(command, EntryKind.ORDER_PAID),),
    )


def _entry(command: Pay | SetPasswordFree, kind: EntryKind) -> Entry:
    return Entry(citizen=command.citizen, kind=kind, at=command.at, channel=command.channel)
