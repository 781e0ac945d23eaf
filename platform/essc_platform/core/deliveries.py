"""Deliveries (R5): a new card is put into a channel; there its holder accepts or declines it."""

from dataclasses import dataclass

from essc_platform.core import cards, proofs
from essc_platform.core.cards import Person
from essc_platform.core.decisions import Decision, Rejected
from essc_platform.core.holdings import IDENTITY_METHODS, activated, consent_outdated, ended
from essc_platform.core.policy import Policy
from essc_platform.core.quick import replace
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    CitizenKey,
    Entry,
    EntryKind,
    Instant,
    Level,
    Link,
    LinkState,
    Password,
    Proof,
    Purpose,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptDelivery:
    """The holder accepts a delivered card in this channel."""

    at: Instant
    channel: str
    citizen: CitizenKey
    link_number: int
    serial: int
    proof: tuple[int, int, int]
    consent_version: str
    new_licence_number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineDelivery:
    """The holder declines a delivered card in this channel."""

    at: Instant
    channel: str
    citizen: CitizenKey
    link_number: int
    serial: int
    proof: tuple[int, int, int]


def accept_delivery(
    command: AcceptDelivery,
    person: Person,
    password: Password | None,
    link: Link | None,
    proof: Proof | None,
    policy: Policy,
) -> Decision:
    """R5: a delivered card becomes active once the holder consents and the card is normal."""
    refusal = _refusal(command, link, proof)
    if refusal is not None:
        return refusal
    assert link is not None
    assert proof is not None
    if command.consent_version != policy.consent_version:
        return consent_outdated(policy)
    blocked = cards.view(person, password, command.at).blocked_reason
    if blocked:
        return Rejected(Reason(blocked))
    active = replace(link, state=LinkState.ACTIVE, activate_time=command.at)
    accepted = activated(active, person, password, command.at, command.new_licence_number)
    return replace(
        accepted,
        changes=(active, proofs.used(proof)),
        entries=(
            Entry(
                citizen=command.citizen,
                kind=EntryKind.LINK_ACTIVATED,
                at=command.at,
                channel=command.channel,
            ),
        ),
    )


def decline_delivery(command: DeclineDelivery, link: Link | None, proof: Proof | None) -> Decision:
    """R5: a delivered card that the holder declines is unlinked, whatever the card's status."""
    refusal = _refusal(command, link, proof)
    if refusal is not None:
        return refusal
    assert link is not None
    assert proof is not None
    return ended(link, proof, command.at, EntryKind.DELIVERY_DECLINED)


def delivered(link: Link | None, key: tuple[CitizenKey, str, int], at: Instant) -> Link | None:
    """R5: the link after a delivery; None if a delivered or active one stays as it is."""
    citizen, channel, new_number = key
    if link is not None and link.state is not LinkState.UNLINKED:
        return None
    return Link(
        citizen=citizen,
        channel=channel,
        number=link.number if link else new_number,
        serial=link.serial + 1 if link else 1,
        state=LinkState.DELIVERED,
        level=Level.QUERY,
        deliver_time=at,
        allow_time=link.allow_time if link else None,
    )


def _refusal(
    command: AcceptDelivery | DeclineDelivery, link: Link | None, proof: Proof | None
) -> Rejected | None:
    if link is None or link.number != command.link_number:
        return Rejected(Reason.LINK_NOT_FOUND)
    if command.serial != link.serial:
        return Rejected(Reason.LINK_SERIAL_OLD)
    if link.state is not LinkState.DELIVERED:
        return Rejected(Reason.LINK_NOT_DELIVERED)
    return proofs.refusal(command, proof, Purpose.ACCEPT_DELIVERY, IDENTITY_METHODS)
