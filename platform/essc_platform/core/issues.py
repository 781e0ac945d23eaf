"""Physical cards are issued, and a third-generation one brings its electronic card along (R5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from essc_platform.core import cards, deliveries
from essc_platform.core.cards import Person
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.physical_cards import PhysicalCardAnswer
from essc_platform.core.policy import Policy
from essc_platform.core.quick import replace
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Card,
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

_S = PhysicalCardStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePhysicalCard:
    """A bureau issues a card of one of its regions."""

    at: Instant
    citizen: CitizenKey
    region: str
    generation: Generation
    is_enabled: bool
    new_number: int
    receivers: tuple[tuple[str, int], ...]
    """R5: the channels that receive new cards, each with a number for a link it may need."""


class Delivering(Protocol):
    """A bureau's command that may put a new card into channels."""

    @property
    def at(self) -> Instant: ...
    @property
    def citizen(self) -> CitizenKey: ...
    @property
    def receivers(self) -> tuple[tuple[str, int], ...]: ...


def issue_physical_card(
    command: IssuePhysicalCard,
    person: Person,
    password: Password | None,
    held: Sequence[Link],
    policy: Policy,
) -> Decision:
    """R5: issues a card. A third-generation one makes the electronic card and delivers it."""
    if person.citizen is None:
        return Rejected(Reason.CITIZEN_NOT_FOUND)
    if person.citizen.cancel_time is not None:
        return Rejected(Reason.CITIZEN_CANCELLED)
    if any(
        c.region == command.region and c.status is not _S.CANCELLED for c in person.physical_cards
    ):
        return Rejected(Reason.PHYSICAL_CARD_EXISTS)
    issued = PhysicalCard(
        citizen=command.citizen,
        number=command.new_number,
        region=command.region,
        generation=command.generation,
        status=_S.NORMAL if command.is_enabled else _S.SEALED,
        issue_time=command.at,
        status_time=command.at,
    )
    accepted = Accepted(
        answer=PhysicalCardAnswer(physical_card=issued, status=issued.status),
        changes=(issued,),
        entries=(_entry(command, EntryKind.PHYSICAL_CARD_ISSUED),),
    )
    if command.generation is not Generation.THIRD:
        return accepted
    return with_deliveries(accepted, command, issued, person.after(issued), password, held, policy)


def with_deliveries(
    accepted: Accepted,
    command: Delivering,
    issued: PhysicalCard,
    person: Person,
    password: Password | None,
    held: Sequence[Link],
    policy: Policy,
) -> Accepted:
    """R5: what a third-generation card brings along. An electronic card that exists stays.

    `person` and `held` are as they are after the issue.
    """
    changes: list[Change] = [*accepted.changes]
    entries = [*accepted.entries]
    if person.card is None:
        card = Card(
            key=command.citizen,
            physical_card=issued.number,
            issue_time=command.at,
            expire_time=cards.expiry(command.at, policy.card_years),
        )
        person = person.after(card)
        changes.append(card)
        entries.append(_entry(command, EntryKind.CARD_ISSUED))
    by_channel = {link.channel: link for link in held}
    links = [
        deliveries.delivered(
            by_channel.get(channel), (command.citizen, channel, number), command.at
        )
        for channel, number in command.receivers
    ]
    fresh = [link for link in links if link is not None]
    entries += (
        Entry(
            citizen=command.citizen,
            kind=EntryKind.LINK_DELIVERED,
            at=command.at,
            channel=link.channel,
        )
        for link in fresh
    )
    told = cards.events_of(EventKind.LINK_DELIVERED, person, password, fresh, command.at)
    return replace(
        accepted,
        changes=(*changes, *fresh),
        events=(*accepted.events, *told),
        entries=tuple(entries),
    )


def _entry(command: Delivering, kind: EntryKind) -> Entry:
    return Entry(citizen=command.citizen, kind=kind, at=command.at, place=EntryPlace.BUREAU)
