"""What a holder does through a link, for the own card or a bound member's: what it all shares.

The order of refusals is the contract's: the channel's own link and binding, then (in the own rule
of the command) its proof, then the holder's card and the member's, then the matter itself.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from essc_platform.core import cards
from essc_platform.core.cards import Person
from essc_platform.core.decisions import Rejected
from essc_platform.core.policy import HOLDER_CONSENT, Policy
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Binding,
    CitizenKey,
    Instant,
    Level,
    Link,
    LinkState,
)
from essc_platform.core.times import HOUR

__all__ = [
    "Acting",
    "BindingName",
    "OfSerial",
    "Person",
    "ThroughLink",
    "allow_until",
    "blocked_reason",
    "card_refusal",
    "is_linked",
    "level",
    "link_refusal",
    "member_refusal",
    "opened_until",
    "serial_refusal",
]


class BindingName(NamedTuple):
    """A binding as a command names it. Whose it is never changes, so the edge may look it up."""

    number: int
    member: CitizenKey


class ThroughLink(Protocol):
    """A command that a holder gives through a link."""

    @property
    def at(self) -> Instant: ...
    @property
    def channel(self) -> str: ...
    @property
    def citizen(self) -> CitizenKey: ...
    @property
    def link_number(self) -> int: ...
    @property
    def binding(self) -> BindingName | None: ...


class OfSerial(Protocol):
    """A command about a link under one serial."""

    @property
    def link_number(self) -> int: ...
    @property
    def serial(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """Who acts, through which link, and for whom: the holder, or a bound member."""

    link: Link | None
    holder: Person
    binding: Binding | None = None
    member: Person | None = None

    @property
    def subject(self) -> Person:
        """Whose card it is about."""
        return self.holder if self.member is None else self.member


def link_refusal(command: ThroughLink, acting: Acting) -> Rejected | None:
    """R14, R44: an own, active link, and an own binding that is good, if one is named."""
    link = acting.link
    if link is None or link.number != command.link_number:
        return Rejected(Reason.LINK_NOT_FOUND)
    if not link.is_active:
        return Rejected(Reason.LINK_NOT_ACTIVE)
    if command.binding is None:
        return None
    if not is_named(acting.binding, command.binding):
        return Rejected(Reason.BINDING_NOT_FOUND)
    return None


def is_named(binding: Binding | None, name: BindingName) -> bool:
    """R44: whether a good binding is the one that a command names."""
    return binding is not None and binding.member == name.member and binding.is_good


def serial_refusal(command: OfSerial, link: Link | None) -> Rejected | None:
    """R13, R14: an own, active link, and under this serial."""
    if link is None or link.number != command.link_number:
        return Rejected(Reason.LINK_NOT_FOUND)
    if command.serial != link.serial:
        return Rejected(Reason.LINK_SERIAL_OLD)
    if not link.is_active:
        return Rejected(Reason.LINK_NOT_ACTIVE)
    return None


def card_refusal(acting: Acting, at: Instant, policy: Policy) -> Rejected | None:
    """R3, R44: the holder's card may be used through this link, and the member's card is normal."""
    reason = blocked_reason(acting.holder, acting.link, at, policy)
    if reason is not None:
        return Rejected(reason)
    if acting.member is None:
        return None
    return member_refusal(acting.member, at)


def member_refusal(member: Person, at: Instant) -> Rejected | None:
    """R44: what is done for a member dies with the member's card status."""
    reason = blocked_reason(member, None, at, None)
    if reason is None:
        return None
    return member_not_normal(reason)


def member_not_normal(reason: Reason) -> Rejected:
    """R41, R44: why the member's card cannot be used is the holder's business too."""
    return Rejected(Reason.MEMBER_CARD_NOT_NORMAL, (("status", reason.value),))


def blocked_reason(
    person: Person, link: Link | None, at: Instant, policy: Policy | None
) -> Reason | None:
    """R3: why a card may not be used now, through this link; None if it may.

    A link that its holder opened for the loss is not blocked by that loss; without a policy, or
    without a link, no loss is excepted.
    """
    physical_card = person.physical_card
    if person.citizen is None or person.card is None or physical_card is None:
        return Reason.PHYSICAL_CARD_NOT_FOUND
    now = cards.worth(
        physical_card.status,
        physical_card.lift_time,
        person.citizen.cancel_time,
        person.card.expire_time,
        at,
    )
    if not now.blocked_reason:
        return None
    if link is not None and policy is not None and allow_until(link, person, at, policy):
        return None
    return Reason(now.blocked_reason)


def allow_until(link: Link, person: Person, at: Instant, policy: Policy) -> Instant | None:
    """R3: until when a link is open although the card is lost; None if it is not."""
    if not link.is_active:
        return None
    return opened_until(link.allow_time, cards.loss_of(person, at), at, policy)


def opened_until(
    allow_time: Instant | None, loss_time: Instant | None, at: Instant, policy: Policy
) -> Instant | None:
    """R3: the same, from when the link was opened and when the loss that stands was reported.

    A loss that was reported later than that, or formally after temporarily, is another one.
    """
    if allow_time is None or loss_time is None or policy.loss != HOLDER_CONSENT:
        return None
    until = allow_time + policy.allow_while_lost_hours * HOUR
    return until if loss_time <= allow_time and at < until else None


def level(link: Link, holder: Person) -> Level:
    """R26: what a link may do at this moment: no more than query without an open bank account."""
    return link.level if holder.bank_account is not None else Level.QUERY


def is_linked(link: Link | None, serial: int) -> bool:
    """R34: whether what belonged to a link of this serial still has it."""
    return link is not None and link.state is LinkState.ACTIVE and link.serial == serial
