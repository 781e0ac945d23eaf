"""Orders, as providers make them and give them back (R62). `payments.py` has the holder's side.

    open, unpaid  --pay-->     settling   --the bank-->  settled, or unpaid
    settled       --refund-->  refunding  --the bank-->  refunded, or settled as before

An order can never be paid once its link is unlinked or its time is over. Nobody writes that down:
it is *ended* whenever somebody looks (R11).
"""

from dataclasses import dataclass

from essc_platform.core import acting, books, checks
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.policy import Policy
from essc_platform.core.quick import replace
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    CitizenKey,
    Code,
    Entry,
    EntryKind,
    EntryPlace,
    Instant,
    Link,
    Order,
    OrderState,
    Party,
    Ticket,
    Usage,
)
from essc_platform.core.times import HOUR

PAYABLE = frozenset({OrderState.OPEN, OrderState.UNPAID})
# What a code must have been checked for.
_PAYING = frozenset({Usage.PAYMENT, Usage.CROSS_REGION_MEDICAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderUse:
    """A provider makes an order for the holder behind a use."""

    at: Instant
    provider: str
    citizen: CitizenKey
    use_number: int
    channel: str
    """Of the ticket; the edge looked it up."""
    insurance_fen: int
    own_fen: int
    new_number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCheck:
    """A provider makes an order for the holder behind a code that was checked for it."""

    at: Instant
    provider: str
    citizen: CitizenKey
    code_number: int
    channel: str
    """Of the code; the edge looked it up."""
    insurance_fen: int
    own_fen: int
    new_number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """A provider gives a settled order back, whole."""

    at: Instant
    provider: str
    citizen: CitizenKey
    order_number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAnswer:
    """An order, and its state now."""

    order: Order
    state: OrderState


def state_at(order: Order, link: Link | None, at: Instant) -> OrderState:
    """R62: an order that can be paid no more is ended; what is at the bank or past it is not."""
    return seen_state(order, at, is_linked=acting.is_linked(link, order.serial))


def seen_state(order: Order, at: Instant, *, is_linked: bool) -> OrderState:
    """The same, for who has read whether the order's link is still the one that it was made in."""
    if order.state in PAYABLE and (at >= order.expire_time or not is_linked):
        return OrderState.ENDED
    return order.state


def order_use(
    command: OrderUse, ticket: Ticket | None, link: Link | None, policy: Policy
) -> Decision:
    """R62, R44: for the holder's own use, while the link is the one of the ticket."""
    if ticket is None or ticket.provider != command.provider:
        return Rejected(Reason.USE_NOT_FOUND)
    if ticket.binding is not None:
        return Rejected(Reason.MEMBER_CANNOT_PAY)
    return _ordered(command, ticket.serial, link, policy)


def order_check(
    command: OrderCheck,
    code: Code | None,
    provider: Party | None,
    link: Link | None,
    policy: Policy,
) -> Decision:
    """R62, R44: for the holder's own code, checked for payment by a verifier of this provider."""
    if code is None or not checks.is_good(code.use_time, command.at, policy):
        return Rejected(Reason.CHECK_NOT_FOUND)
    if provider is None or code.verifier not in provider.verifier_ids:
        return Rejected(Reason.CHECK_NOT_FOUND)
    if code.usage not in _PAYING:
        return Rejected(Reason.CHECK_NOT_FOUND)
    if code.member is not None:
        return Rejected(Reason.MEMBER_CANNOT_PAY)
    return _ordered(command, code.serial, link, policy)


def refund(command: Refund, order: Order | None) -> Decision:
    """R62: the whole order; it lies in clearing until the bank has given it back."""
    if order is None or order.provider != command.provider:
        return Rejected(Reason.ORDER_NOT_FOUND)
    if order.state is not OrderState.SETTLED:
        return Rejected(Reason.ORDER_STATE_FORBIDS)
    refunding = replace(
        order, state=OrderState.REFUNDING, state_time=command.at, step=order.step + 1
    )
    return Accepted(
        answer=OrderAnswer(order=refunding, state=refunding.state),
        changes=(refunding, *books.postings(refunding, "refund", command.at)),
        entries=(_entry(refunding, EntryKind.ORDER_REFUNDING, command.at),),
    )


def _ordered(
    command: OrderUse | OrderCheck, serial: int, link: Link | None, policy: Policy
) -> Decision:
    if not acting.is_linked(link, serial):
        return Rejected(Reason.ORDER_BASIS_ENDED)
    order = Order(
        citizen=command.citizen,
        number=command.new_number,
        provider=command.provider,
        channel=command.channel,
        serial=serial,
        insurance_fen=command.insurance_fen,
        own_fen=command.own_fen,
        create_time=command.at,
        expire_time=command.at + policy.order_hours * HOUR,
        state=OrderState.OPEN,
        state_time=command.at,
    )
    return Accepted(
        answer=OrderAnswer(order=order, state=order.state),
        changes=(order,),
        entries=(_entry(order, EntryKind.ORDER_CREATED, command.at),),
    )


def _entry(order: Order, kind: EntryKind, at: Instant) -> Entry:
    return Entry(
        citizen=order.citizen,
        kind=kind,
        at=at,
        channel=order.channel,
        place=EntryPlace.PROVIDER,
    )
