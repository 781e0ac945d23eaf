"""Orders and payments. Whatever is decided here, the books balance."""

from typing import TypeAlias

from essc_platform.core import books, orders, payments
from essc_platform.core.deciding.common import acting, acting_of
from essc_platform.core.decisions import Decision
from essc_platform.core.orders import OrderCheck, OrderUse, Refund
from essc_platform.core.payments import NoteTransfer, Pay, SetPasswordFree
from essc_platform.core.policy import Policy
from essc_platform.core.records import Code, Link, Order, Party, PasswordFree, Proof, Ticket
from essc_platform.core.snapshot import Read, View, one

Command: TypeAlias = OrderUse | OrderCheck | Refund | Pay | SetPasswordFree | NoteTransfer


def reads_of(command: Command) -> frozenset[Read]:
    """The keys that a command touches."""
    citizen = command.citizen
    match command:
        case OrderUse():
            return frozenset(
                {
                    one(Ticket, (*citizen, command.use_number)),
                    one(Link, (*citizen, command.channel)),
                }
            )
        case OrderCheck():
            return frozenset(
                {
                    one(Code, (*citizen, command.code_number)),
                    one(Party, command.provider),
                    one(Link, (*citizen, command.channel)),
                }
            )
        case Refund() | NoteTransfer():
            return frozenset({one(Order, (*citizen, command.order_number))})
        case Pay():
            proof = frozenset() if command.proof is None else {one(Proof, command.proof)}
            own = {one(Order, command.order), one(PasswordFree, (*citizen, command.channel))}
            return acting_of(command) | own | proof
        case SetPasswordFree():
            return acting_of(command) | {
                one(PasswordFree, (*citizen, command.channel)),
                one(Proof, command.proof),
            }


def decide(command: Command, view: View, policy: Policy) -> Decision:
    """The decision on a command, given what it may see."""
    return books.balanced(_decision(command, view, policy))


def _decision(command: Command, view: View, policy: Policy) -> Decision:
    citizen = command.citizen
    match command:
        case OrderUse():
            return orders.order_use(
                command,
                view.one(Ticket, (*citizen, command.use_number)),
                view.one(Link, (*citizen, command.channel)),
                policy,
            )
        case OrderCheck():
            return orders.order_check(
                command,
                view.one(Code, (*citizen, command.code_number)),
                view.one(Party, command.provider),
                view.one(Link, (*citizen, command.channel)),
                policy,
            )
        case Refund():
            return orders.refund(command, view.one(Order, (*citizen, command.order_number)))
        case NoteTransfer():
            order = view.one(Order, (*citizen, command.order_number))
            return payments.note_transfer(command, order)
        case Pay():
            return payments.pay(
                command,
                acting(view, command),
                view.one(Order, command.order),
                view.one(PasswordFree, (*citizen, command.channel)),
                None if command.proof is None else view.one(Proof, command.proof),
                policy,
            )
        case SetPasswordFree():
            return payments.set_password_free(
                command,
                acting(view, command),
                view.one(PasswordFree, (*citizen, command.channel)),
                view.one(Proof, command.proof),
                policy,
            )
