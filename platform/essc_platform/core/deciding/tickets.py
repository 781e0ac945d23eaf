"""Tickets to services, and uses."""

from typing import TypeAlias

from essc_platform.core import tickets
from essc_platform.core.deciding.common import acting, acting_of, standing, standing_of
from essc_platform.core.decisions import Decision
from essc_platform.core.policy import Policy
from essc_platform.core.records import Party, Service, Ticket
from essc_platform.core.snapshot import Read, View, one
from essc_platform.core.tickets import CloseUse, IssueTicket, RedeemTicket

Command: TypeAlias = IssueTicket | RedeemTicket | CloseUse


def reads_of(command: Command) -> frozenset[Read]:
    """The keys that a command touches."""
    match command:
        case IssueTicket():
            return acting_of(command) | {one(Service, command.service_id)}
        case RedeemTicket():
            return standing_of(command.citizen, command.channel, command.binding) | {
                one(Ticket, _key(command)),
                one(Party, command.provider),
            }
        case CloseUse():
            return frozenset({one(Ticket, _key(command))})


def decide(command: Command, view: View, policy: Policy) -> Decision:
    """The decision on a command, given what it may see."""
    match command:
        case IssueTicket():
            service = view.one(Service, command.service_id)
            return tickets.issue_ticket(command, acting(view, command), service, policy)
        case RedeemTicket():
            return tickets.redeem_ticket(
                command,
                view.one(Ticket, _key(command)),
                view.one(Party, command.provider),
                standing(view, command.citizen, command.channel, command.binding),
                policy,
            )
        case CloseUse():
            return tickets.close_use(command, view.one(Ticket, _key(command)))


def _key(command: RedeemTicket | CloseUse) -> tuple[int, int, int]:
    return (*command.citizen, command.number)
