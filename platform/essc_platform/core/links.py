"""Links: applying, accepting or declining a delivery, unlinking. One link per citizen and channel.

    none       --apply-->   active      --unlink-->  unlinked
    none       --deliver--> delivered   --accept, apply--> active
    delivered  --decline--> unlinked
    unlinked   --apply-->   active      (a new serial)
    unlinked   --deliver--> delivered   (a new serial)

R11: nothing here writes a link of another channel. What an unlink touches is the link, the proof,
one event for the own channel and one line of the citizen's record. An application that issues the
card anew, or maps it anew, tells the other channels what the card is now worth.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from essc_platform.core import cards, proofs
from essc_platform.core.citizens import masked_id_number, masked_name
from essc_platform.core.decisions import Accepted, Decision, Licence, LicenceFacts, Rejected
from essc_platform.core.policy import Policy
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Card,
    CardView,
    Citizen,
    CitizenKey,
    Entry,
    EntryKind,
    Event,
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

# R21: what counts as a channel's identity check.
IDENTITY_METHODS = frozenset({Method.TEXT_MESSAGE, Method.VOUCHED})
# R12: one authentication of the holder.
UNLINK_METHODS = frozenset({Method.FACE, Method.CARD_PASSWORD, Method.TEXT_MESSAGE})


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlink:
    """The holder unlinks the card from this channel."""

    at: Instant
    channel: str
    citizen: CitizenKey
    link_number: int
    serial: int
    proof: tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCard:
    """What a citizen now holds in a channel."""

    link: Link
    card: CardView
    masked_name: str
    masked_id_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkAnswer:
    """A link as it is now."""

    link: Link


def apply(
    command: Apply,
    citizen: Citizen | None,
    physical_cards: Sequence[PhysicalCard],
    card: Card | None,
    password: Password | None,
    held: Sequence[Link],
    identity_proof: Proof | None,
    face_proof: Proof | None,
    policy: Policy,
) -> Decision:
    """R1, R2, R10, R13, R20: links the card here, and issues it first where there is none."""
    refusal = _proof_refusal(command, identity_proof, Purpose.APPLY, IDENTITY_METHODS)
    refusal = refusal or _proof_refusal(command, face_proof, Purpose.APPLY, {Method.FACE})
    if refusal is not None:
        return refusal
    assert citizen is not None, "a proof is given for a citizen on record"
    assert identity_proof is not None
    assert face_proof is not None
    if command.consent_version != policy.consent_version:
        return _consent_outdated(policy)
    if citizen.cancel_time is not None:
        return Rejected(Reason.CITIZEN_CANCELLED)
    physical_card = cards.choose_physical_card(card, physical_cards, command.region, command.at)
    if isinstance(physical_card, Rejected):
        return physical_card
    current = _issued(card, physical_card, command.at, policy)
    link = next((each for each in held if each.channel == command.channel), None)
    if link is not None and link.is_active and current == card:
        return Rejected(Reason.LINK_EXISTS)
    active = _activated(command, link)
    accepted = _held(
        active, current, physical_card, citizen, password, command.at, command.new_licence_number
    )
    changes = (active, proofs.used(identity_proof), proofs.used(face_proof))
    entries = (*_issue_entries(command, card), _entry(command, EntryKind.LINK_ACTIVATED))
    if current == card:
        return replace(accepted, changes=changes, entries=entries)
    others = [each for each in held if each.channel != command.channel]
    told = cards.status_events(current, physical_card, citizen, password, others, command.at)
    return replace(
        accepted,
        changes=(current, *changes),
        events=(*accepted.events, *told),
        entries=entries,
    )


def accept_delivery(
    command: AcceptDelivery,
    citizen: Citizen | None,
    physical_cards: Sequence[PhysicalCard],
    card: Card | None,
    password: Password | None,
    link: Link | None,
    proof: Proof | None,
    policy: Policy,
) -> Decision:
    """R5: a delivered card becomes active once the holder consents and the card is normal."""
    refusal = _delivery_refusal(command, link, proof)
    if refusal is not None:
        return refusal
    assert link is not None
    assert proof is not None
    assert citizen is not None, "a link exists for a citizen on record"
    assert card is not None, "a link exists for an issued card"
    if command.consent_version != policy.consent_version:
        return _consent_outdated(policy)
    physical_card = cards.mapped(card, physical_cards)
    assert physical_card is not None
    blocked = cards.view(card, physical_card, citizen, password, command.at).blocked_reason
    if blocked:
        return Rejected(Reason(blocked))
    active = replace(link, state=LinkState.ACTIVE, activate_time=command.at)
    accepted = _held(
        active, card, physical_card, citizen, password, command.at, command.new_licence_number
    )
    return replace(
        accepted,
        changes=(active, proofs.used(proof)),
        entries=(_entry(command, EntryKind.LINK_ACTIVATED),),
    )


def decline_delivery(command: DeclineDelivery, link: Link | None, proof: Proof | None) -> Decision:
    """R5: a delivered card that the holder declines is unlinked, whatever the card's status."""
    refusal = _delivery_refusal(command, link, proof)
    if refusal is not None:
        return refusal
    assert link is not None
    assert proof is not None
    return _unlinked(command, link, proof, EntryKind.DELIVERY_DECLINED)


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
    refusal = _proof_refusal(command, proof, Purpose.UNLINK, UNLINK_METHODS)
    if refusal is not None:
        return refusal
    assert proof is not None
    return _unlinked(command, link, proof, EntryKind.LINK_UNLINKED)


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
    )


def with_licence(accepted: Accepted, licence: Licence) -> Accepted:
    """Puts what was signed into the link, wherever the decision shows it."""
    held = accepted.answer
    assert isinstance(held, HeldCard)
    sealed = replace(held.link, licence=licence)
    return replace(
        accepted,
        answer=replace(held, link=sealed),
        changes=tuple(sealed if c == held.link else c for c in accepted.changes),
        to_sign=None,
    )


def _activated(command: Apply, link: Link | None) -> Link:
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
    expired = Entry(citizen=command.citizen, kind=EntryKind.CARD_EXPIRED, at=command.at)
    return (expired, issued)


def _held(
    link: Link,
    card: Card,
    physical_card: PhysicalCard,
    citizen: Citizen,
    password: Password | None,
    at: Instant,
    licence_number: int,
) -> Accepted:
    """What a citizen holds once a link is active: the answer, the event, and what to sign."""
    view = cards.view(card, physical_card, citizen, password, at)
    name = masked_name(citizen.name)
    return Accepted(
        answer=HeldCard(
            link=link,
            card=view,
            masked_name=name,
            masked_id_number=masked_id_number(citizen.id_number),
        ),
        events=(
            Event(
                channel=link.channel,
                kind=EventKind.LINK_ACTIVATED,
                at=at,
                citizen=link.citizen,
                link=link,
                card=view,
            ),
        ),
        to_sign=LicenceFacts(
            citizen=citizen.key,
            number=licence_number,
            masked_name=name,
            region=physical_card.region,
            issue_time=card.issue_time,
            expire_time=card.expire_time,
        ),
    )


def _unlinked(
    command: DeclineDelivery | Unlink, link: Link, proof: Proof, kind: EntryKind
) -> Accepted:
    ended = replace(link, state=LinkState.UNLINKED, unlink_time=command.at, licence=None)
    event = Event(
        channel=link.channel,
        kind=EventKind.LINK_UNLINKED,
        at=command.at,
        citizen=link.citizen,
        link=ended,
    )
    return Accepted(
        answer=LinkAnswer(link=ended),
        changes=(ended, proofs.used(proof)),
        events=(event,),
        entries=(_entry(command, kind),),
    )


def _delivery_refusal(
    command: AcceptDelivery | DeclineDelivery, link: Link | None, proof: Proof | None
) -> Rejected | None:
    if link is None or link.number != command.link_number:
        return Rejected(Reason.LINK_NOT_FOUND)
    if command.serial != link.serial:
        return Rejected(Reason.LINK_SERIAL_OLD)
    if link.state is not LinkState.DELIVERED:
        return Rejected(Reason.LINK_NOT_DELIVERED)
    return _proof_refusal(command, proof, Purpose.ACCEPT_DELIVERY, IDENTITY_METHODS)


def _proof_refusal(
    command: Apply | AcceptDelivery | DeclineDelivery | Unlink,
    proof: Proof | None,
    purpose: Purpose,
    methods: frozenset[Method] | set[Method],
) -> Rejected | None:
    return proofs.refusal(
        proof,
        channel=command.channel,
        purposes={purpose},
        methods=methods,
        at=command.at,
        citizen=command.citizen,
    )


def _consent_outdated(policy: Policy) -> Rejected:
    return Rejected(Reason.CONSENT_OUTDATED, (("current_version", policy.consent_version),))


def _entry(command: Apply | AcceptDelivery | DeclineDelivery | Unlink, kind: EntryKind) -> Entry:
    return Entry(citizen=command.citizen, kind=kind, at=command.at, channel=command.channel)
