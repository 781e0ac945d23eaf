"""Tickets to services, and uses: what came of a ticket (R61).

    issued  --redeem-->  open use  --close-->  closed use

A ticket is the holder's, also where a bound member uses the service. What became of the link, the
binding or the card since its issue is judged when it is redeemed; so an unlink writes nothing here.
"""

from dataclasses import dataclass

from essc_platform.core import acting
from essc_platform.core.acting import Acting, BindingName
from essc_platform.core.citizens import masked_id_number, masked_name
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.policy import Policy
from essc_platform.core.quick import quick, replace
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    CitizenKey,
    Entry,
    EntryKind,
    EntryPlace,
    Instant,
    Level,
    Outcome,
    Party,
    Service,
    Ticket,
)
from essc_platform.core.times import SECOND


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class IssueTicket:
    """A channel asks for a ticket, for the holder or for a bound member."""

    at: Instant
    channel: str
    citizen: CitizenKey
    link_number: int
    binding: BindingName | None
    service_id: str
    new_number: int


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class RedeemTicket:
    """A provider redeems a ticket. Its channel and binding never change, so the edge named them."""

    at: Instant
    provider: str
    citizen: CitizenKey
    number: int
    channel: str
    binding: BindingName | None


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class CloseUse:
    """A provider says what came of a use."""

    at: Instant
    provider: str
    citizen: CitizenKey
    number: int
    outcome: Outcome


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketAnswer:
    """A ticket, or the use that it became."""

    ticket: Ticket


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed:
    """A use that begins, and who uses the service."""

    ticket: Ticket
    masked_name: str
    masked_id_number: str
    region: str
    level: Level


def issue_ticket(
    command: IssueTicket, who: Acting, service: Service | None, policy: Policy
) -> Decision:
    """R61, R63: a ticket for whoever may use the service through this link now."""
    refusal = acting.link_refusal(command, who)
    refusal = refusal or acting.card_refusal(who, command.at, policy)
    if refusal is not None:
        return refusal
    assert who.link is not None
    physical_card = who.subject.physical_card
    assert physical_card is not None, "a card that may be used has one behind it"
    if service is None:
        return Rejected(Reason.SERVICE_NOT_FOUND)
    if not service.is_open_in(physical_card.region):
        return Rejected(Reason.SERVICE_NOT_OPEN)
    if service.needed_level is Level.PAYMENT and who.member is not None:
        return Rejected(Reason.MEMBER_CANNOT_PAY)
    if acting.level(who.link, who.holder) < service.needed_level:
        return Rejected(Reason.LEVEL_TOO_LOW)
    ticket = Ticket(
        citizen=command.citizen,
        number=command.new_number,
        channel=command.channel,
        serial=who.link.serial,
        binding=command.binding,
        service_id=service.key,
        issue_time=command.at,
        expire_time=command.at + policy.ticket_seconds * SECOND,
    )
    entry = Entry(
        citizen=command.citizen,
        kind=EntryKind.TICKET_ISSUED,
        at=command.at,
        channel=command.channel,
    )
    return Accepted(answer=TicketAnswer(ticket=ticket), changes=(ticket,), entries=(entry,))


def redeem_ticket(
    command: RedeemTicket,
    ticket: Ticket | None,
    provider: Party | None,
    who: Acting,
    policy: Policy,
) -> Decision:
    """R61: once, in time, by a provider of the service, while link, binding and card are good."""
    if ticket is None or provider is None or ticket.service_id not in provider.service_ids:
        return Rejected(Reason.TICKET_NOT_FOUND)
    if ticket.redeem_time is not None:
        return Rejected(Reason.TICKET_REDEEMED)
    if command.at >= ticket.expire_time:
        return Rejected(Reason.TICKET_EXPIRED)
    if not _is_good(ticket, who, command.at, policy):
        return Rejected(Reason.TICKET_REVOKED)
    citizen, physical_card = who.subject.citizen, who.subject.physical_card
    assert who.link is not None
    assert citizen is not None
    assert physical_card is not None
    redeemed = replace(ticket, provider=command.provider, redeem_time=command.at)
    answer = Redeemed(
        ticket=redeemed,
        masked_name=masked_name(citizen.name),
        masked_id_number=masked_id_number(citizen.id_number),
        region=physical_card.region,
        level=acting.level(who.link, who.holder) if who.member is None else Level.QUERY,
    )
    entry = _at_provider(redeemed, EntryKind.TICKET_REDEEMED, command.at)
    return Accepted(answer=answer, changes=(redeemed,), entries=(entry,))


def close_use(command: CloseUse, ticket: Ticket | None) -> Decision:
    """R61: whatever became of the card since, by the provider that redeemed the ticket."""
    if ticket is None or ticket.provider != command.provider:
        return Rejected(Reason.USE_NOT_FOUND)
    if ticket.close_time is not None:
        return Rejected(Reason.USE_CLOSED)
    closed = replace(ticket, close_time=command.at, outcome=command.outcome)
    entry = _at_provider(closed, EntryKind.USE_CLOSED, command.at)
    return Accepted(answer=TicketAnswer(ticket=closed), changes=(closed,), entries=(entry,))


def _is_good(ticket: Ticket, who: Acting, at: Instant, policy: Policy) -> bool:
    """R11, R44: whether the link, the binding and the card still carry the ticket."""
    if not acting.is_linked(who.link, ticket.serial):
        return False
    if ticket.binding is not None and (who.binding is None or not who.binding.is_good):
        return False
    return acting.card_refusal(who, at, policy) is None


def _at_provider(ticket: Ticket, kind: EntryKind, at: Instant) -> Entry:
    return Entry(
        citizen=ticket.citizen,
        kind=kind,
        at=at,
        channel=ticket.channel,
        place=EntryPlace.PROVIDER,
    )
