"""Links: applying and unlinking. One link per citizen and channel; `deliveries.py` has the rest.

    none       --apply-->   active      --unlink-->  unlinked
    none       --deliver--> delivered   --accept, apply--> active
    delivered  --decline--> unlinked
    unlinked   --apply-->   active      (a new serial)
    unlinked   --deliver--> delivered   (a new serial)

R11: what an unlink touches is the link, the proof, one event for the own channel and one line of
the citizen's record. Only an application that issues the card anew, or maps it anew, writes links
of other channels: it ends their signed cards, which are out of date, lowers their levels if it
mapped anew, and tells them what the card is now worth.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from essc_platform.core import cards, levels, proofs
from essc_platform.core.cards import Person
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.holdings import (
    IDENTITY_METHODS,
    LinkAnswer,
    activated,
    consent_outdated,
    ended,
    unsigned,
)
from essc_platform.core.policy import Policy
from essc_platform.core.quick import quick, replace
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Card,
    Citizen,
    CitizenKey,
    Entry,
    EntryKind,
    EntryPlace,
    EventKind,
    Instant,
    Level,
    Link,
    LinkState,
    Method,
    Password,
    PhysicalCard,
    Proof,
    Purpose,
)

# Looking for the own link is part of applying too.
_FINDING = frozenset({Purpose.FIND_LINK, Purpose.APPLY})
# R12: one authentication of the holder.
UNLINK_METHODS = frozenset({Method.FACE, Method.CARD_PASSWORD, Method.TEXT_MESSAGE})


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Apply:
    """A channel applies for the card for a citizen who passed its identity check and the face."""

    at: Instant
    channel: str
    citizen: CitizenKey
    identity_proof: tuple[int, int, int]
    face_proof: tuple[int, int, int]
    consent_version: str
    region: str | None
    new_link_number: int
    new_licence_number: int


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Unlink:
    """The holder unlinks the card from this channel."""

    at: Instant
    channel: str
    citizen: CitizenKey
    link_number: int
    serial: int
    proof: tuple[int, int, int]


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class FindLink:
    """A channel looks for its own link of a person whom it has checked. Changes nothing."""

    at: Instant
    channel: str
    citizen: CitizenKey
    name: str = field(repr=False)
    id_number: str = field(repr=False)


def find_link(
    query: FindLink, citizen: Citizen | None, link: Link | None, proof: Proof | None
) -> Link | Rejected:
    """R14: the own link in any state. No link, no card and no person answer alike."""
    purpose = proof.purpose if proof and proof.purpose in _FINDING else Purpose.FIND_LINK
    refusal = proofs.refusal(query, proof, purpose, IDENTITY_METHODS)
    if refusal is not None:
        return refusal
    assert citizen is not None, "a proof is given for a citizen on record"
    is_same = (citizen.id_number, citizen.name) == (query.id_number, query.name)
    if link is None or not is_same:
        return Rejected(Reason.LINK_NOT_FOUND)
    return link


def apply(
    command: Apply,
    person: Person,
    password: Password | None,
    held: Sequence[Link],
    identity_proof: Proof | None,
    face_proof: Proof | None,
    policy: Policy,
) -> Decision:
    """R1, R2, R10, R13, R20: links the card here, and issues it first where there is none."""
    refusal = proofs.refusal(command, identity_proof, Purpose.APPLY, IDENTITY_METHODS)
    refusal = refusal or proofs.refusal(command, face_proof, Purpose.APPLY, {Method.FACE})
    if refusal is not None:
        return refusal
    citizen, card = person.citizen, person.card
    assert citizen is not None, "a proof is given for a citizen on record"
    assert identity_proof is not None
    assert face_proof is not None
    if command.consent_version != policy.consent_version:
        return consent_outdated(policy)
    if citizen.cancel_time is not None:
        return Rejected(Reason.CITIZEN_CANCELLED)
    physical_card = cards.choose_physical_card(
        card, person.physical_cards, command.region, command.at
    )
    if isinstance(physical_card, Rejected):
        return physical_card
    current = _issued(card, physical_card, command.at, policy)
    link = next((each for each in held if each.channel == command.channel), None)
    if link is not None and link.is_active and current == card:
        return Rejected(Reason.LINK_EXISTS)
    active = _linked(command, link)
    changes = (proofs.used(identity_proof), proofs.used(face_proof))
    entries = (*_issue_entries(command, card), _entry(command, EntryKind.LINK_ACTIVATED))
    if current == card:
        accepted = activated(active, person, password, command.at, command.new_licence_number)
        return replace(accepted, changes=(active, *changes), entries=entries)
    now = person.after(current)
    # R8: what was signed for the others says what the card was; they are signed for when they ask.
    before = unsigned((active, *(each for each in held if each.channel != command.channel)))
    # A bank account stays with its physical card, and what was raised by it falls with the mapping.
    is_mapped_anew = card is not None and card.physical_card != current.physical_card
    after = levels.lowered(before) if is_mapped_anew else before
    fallen = [each for each in after if each not in before]
    accepted = activated(after[0], now, password, command.at, command.new_licence_number)
    told = cards.events_of(EventKind.CARD_STATUS_CHANGED, now, password, after[1:], command.at)
    lowered = cards.events_of(EventKind.LEVEL_CHANGED, now, password, fallen, command.at)
    return replace(
        accepted,
        changes=(current, after[0], *changes, *(each for each in after[1:] if each not in held)),
        events=(*accepted.events, *told, *lowered),
        entries=(*entries, *levels.entries_of(fallen, command.at)),
    )


def unlink(command: Unlink, link: Link | None, proof: Proof | None) -> Decision:
    """R11, R12, R13: ends this channel's link and touches nothing else."""
    if link is None or link.number != command.link_number:
        return Rejected(Reason.LINK_NOT_FOUND)
    if link.state is LinkState.UNLINKED and command.serial <= link.serial:
        return Accepted(answer=LinkAnswer(link=link))
    if command.serial != link.serial:
        return Rejected(Reason.LINK_SERIAL_OLD)
    if not link.is_active:
        return Rejected(Reason.LINK_NOT_ACTIVE)
    refusal = proofs.refusal(command, proof, Purpose.UNLINK, UNLINK_METHODS)
    if refusal is not None:
        return refusal
    assert proof is not None
    return ended(link, proof, command.at, EntryKind.LINK_UNLINKED)


def _linked(command: Apply, link: Link | None) -> Link:
    """The link after an application: a delivered one keeps its serial, an unlinked one does not."""
    if link is None:
        return Link(
            citizen=command.citizen,
            channel=command.channel,
            number=command.new_link_number,
            serial=1,
            state=LinkState.ACTIVE,
            level=Level.QUERY,
            activate_time=command.at,
        )
    if link.state is LinkState.UNLINKED:
        return replace(
            link,
            serial=link.serial + 1,
            state=LinkState.ACTIVE,
            level=Level.QUERY,
            deliver_time=None,
            activate_time=command.at,
            unlink_time=None,
        )
    return replace(link, state=LinkState.ACTIVE, activate_time=command.at)


def _issued(card: Card | None, physical_card: PhysicalCard, at: Instant, policy: Policy) -> Card:
    """The electronic card: as it is, newly mapped, or newly issued."""
    if card is not None and at < card.expire_time:
        return replace(card, physical_card=physical_card.number)
    return Card(
        key=physical_card.citizen,
        physical_card=physical_card.number,
        issue_time=at,
        expire_time=cards.expiry(at, policy.card_years),
    )


def _issue_entries(command: Apply, card: Card | None) -> tuple[Entry, ...]:
    """R93: an issue; before it the end of an expired card, if nobody had noted that yet."""
    issued = _entry(command, EntryKind.CARD_ISSUED)
    if card is None:
        return (issued,)
    if command.at < card.expire_time:
        return ()
    if card.is_expiry_noted:
        return (issued,)
    expired = Entry(
        citizen=command.citizen,
        kind=EntryKind.CARD_EXPIRED,
        at=command.at,
        place=EntryPlace.TIME,
    )
    return (expired, issued)


def _entry(command: Apply, kind: EntryKind) -> Entry:
    return Entry(citizen=command.citizen, kind=kind, at=command.at, channel=command.channel)
