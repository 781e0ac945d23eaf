"""Records as the contract shows them. Numbers become ids, instants become timestamps."""

from essc.admin.v1 import party_pb2
from essc.card.v1 import card_pb2
from essc.event.v1 import event_pb2
from essc.identity.v1 import identity_pb2
from essc_platform.batch import Origin
from essc_platform.core import acting, cards
from essc_platform.core.challenges import StartedChallenge
from essc_platform.core.citizens import masked_id_number, masked_name, masked_phone
from essc_platform.core.holdings import HeldCard, LinkAnswer
from essc_platform.core.policy import Policy
from essc_platform.core.records import (
    CardView,
    Channel,
    Event,
    Instant,
    Licence,
    LicenceFacts,
    Link,
    Method,
    Party,
    Proof,
)
from essc_platform.store.views import Held
from essc_platform.vault import Vault
from essc_wire.times import optional_timestamp, to_timestamp


def link(record: Link, vault: Vault, allow_until: Instant | None = None) -> card_pb2.Link:
    """A link, with its id, and until when it is open although the card is lost."""
    return card_pb2.Link(
        link_id=vault.write_id(record.citizen, record.number),
        serial=record.serial,
        state=int(record.state),  # type: ignore[arg-type]
        level=int(record.level),  # type: ignore[arg-type]
        deliver_time=optional_timestamp(record.deliver_time),
        activate_time=optional_timestamp(record.activate_time),
        unlink_time=optional_timestamp(record.unlink_time),
        allow_until_time=optional_timestamp(allow_until),
    )


def answered_link(answer: LinkAnswer, vault: Vault) -> card_pb2.Link:
    """A link as a command left it."""
    return link(answer.link, vault, answer.allow_until)


def _card_state(blocked_reason: str, *, is_ended: bool) -> card_pb2.Card.State.ValueType:
    if is_ended:
        return card_pb2.Card.STATE_ENDED
    return card_pb2.Card.STATE_BLOCKED if blocked_reason else card_pb2.Card.STATE_USABLE


def card(view: CardView, masked_name: str = "", masked_id_number: str = "") -> card_pb2.Card:
    """What a card is worth; with masks where the reader may see them."""
    return card_pb2.Card(
        state=_card_state(view.blocked_reason, is_ended=view.is_ended),
        physical_card_status=int(view.status),  # type: ignore[arg-type]
        blocked_reason=view.blocked_reason,
        masked_name=masked_name,
        masked_id_number=masked_id_number,
        region=view.region,
        issue_time=to_timestamp(view.issue_time),
        expire_time=to_timestamp(view.expire_time),
        password_is_set=view.password_is_set,
        bank_account_is_open=view.bank_account_is_open,
    )


def seen_link(found: Held, link_id: str, at: Instant, policy: Policy) -> card_pb2.Link:
    """A link as it was read, with the id by which it was asked for."""
    allow_until = None
    if found.allow_time is not None:
        allow_until = acting.opened_until(found.allow_time, _loss_of(found, at), at, policy)
    return card_pb2.Link(
        link_id=link_id,
        serial=found.serial,
        state=found.state,  # type: ignore[arg-type]
        level=found.level,  # type: ignore[arg-type]
        deliver_time=optional_timestamp(found.deliver_time),
        activate_time=optional_timestamp(found.activate_time),
        unlink_time=optional_timestamp(found.unlink_time),
        allow_until_time=optional_timestamp(allow_until),
    )


def _loss_of(found: Held, at: Instant) -> Instant | None:
    """As `cards.loss_of`, from what was read."""
    if found.cancel_time is not None or at >= found.expire_time or found.status not in cards.LOST:
        return None
    is_lifted = found.lift_time is not None and at >= found.lift_time
    return None if is_lifted else found.status_time


def seen_card(found: Held, at: Instant, *, with_names: bool) -> card_pb2.Card:
    """What a channel may see of a card it holds: no names while it is only delivered."""
    now = cards.worth(found.status, found.lift_time, found.cancel_time, found.expire_time, at)
    return card_pb2.Card(
        state=_card_state(now.blocked_reason, is_ended=now.is_ended),
        physical_card_status=now.status,  # type: ignore[arg-type]
        blocked_reason=now.blocked_reason,
        masked_name=masked_name(found.name) if with_names else "",
        masked_id_number=masked_id_number(found.id_number) if with_names else "",
        region=found.region,
        issue_time=to_timestamp(found.issue_time),
        expire_time=to_timestamp(found.expire_time),
        password_is_set=found.password_version is not None,
        bank_account_is_open=found.bank_open_time is not None,
    )


def seen_licence(found: Held) -> card_pb2.SignedCard | None:
    """The signed bytes as they were signed; none unless the link is active."""
    if found.payload is None:
        return None
    return card_pb2.SignedCard(
        payload=found.payload, signature=found.signature or b"", key_id=found.key_id or ""
    )


def held_card(held: HeldCard) -> card_pb2.Card:
    """A card as its holder's channel sees it."""
    return card(held.card, held.masked_name, held.masked_id_number)


def signed_card(licence: Licence | None) -> card_pb2.SignedCard | None:
    """The signed bytes as they were signed."""
    if licence is None:
        return None
    return card_pb2.SignedCard(
        payload=licence.payload, signature=licence.signature, key_id=licence.key_id
    )


def licence_payload(facts: LicenceFacts, vault: Vault) -> bytes:
    """What the platform signs (R8)."""
    return card_pb2.CardPayload(
        card_id=vault.write_id(facts.citizen, facts.number),
        masked_name=facts.masked_name,
        region=facts.region,
        issue_time=to_timestamp(facts.issue_time),
        expire_time=to_timestamp(facts.expire_time),
        algorithm="Ed25519",
        platform_id=vault.platform_id,
    ).SerializeToString()


def event_body(event: Event, origin: Origin, vault: Vault, policy: Policy) -> bytes:
    """An event as the feed keeps it: without its cursor, which each stream adds.

    Only the channel that made the change is told its request and trace: by them, two channels could
    tell that they hold the same card (R14).
    """
    is_own = origin.party_id == event.channel
    allow_until = None
    if event.link and event.card:
        allow_until = acting.opened_until(
            event.link.allow_time, event.card.loss_time, event.at, policy
        )
    return event_pb2.Event(
        kind=int(event.kind),  # type: ignore[arg-type]
        event_time=to_timestamp(event.at),
        link=link(event.link, vault, allow_until) if event.link else None,
        card=card(event.card) if event.card else None,
        request_id=origin.request_id if is_own else "",
        traceparent=origin.traceparent if is_own else "",
    ).SerializeToString()


def challenge(started: StartedChallenge, vouch_kind: int, vault: Vault) -> identity_pb2.Challenge:
    """What a person is asked."""
    record = started.challenge
    challenge_id = vault.write_id(record.citizen, record.number)
    asked = identity_pb2.Challenge(
        challenge_id=challenge_id,
        expire_time=to_timestamp(record.expire_time),
        tries_left=record.tries_left,
    )
    match record.method:
        case Method.TEXT_MESSAGE | Method.RESERVED_PHONE:
            asked.text_message.masked_phone = masked_phone(started.phone)
        case Method.FACE:
            question = vault.face_question(challenge_id)
            asked.face.actions.extend(question.actions)  # type: ignore[arg-type]
            asked.face.digits = question.digits
        case Method.CARD_PASSWORD:
            asked.card_password.SetInParent()
        case Method.VOUCHED:
            asked.vouched.kind = vouch_kind  # type: ignore[assignment]
    return asked


def proof(record: Proof, vault: Vault) -> identity_pb2.Proof:
    """What a right answer gives."""
    return identity_pb2.Proof(
        proof=vault.write_id(record.citizen, record.number),
        purpose=int(record.purpose),  # type: ignore[arg-type]
        method=int(record.method),  # type: ignore[arg-type]
        expire_time=to_timestamp(record.expire_time),
    )


def party(record: Party, key_ids: tuple[str, ...]) -> party_pb2.Party:
    """A party that is no channel."""
    return party_pb2.Party(
        party_id=record.key,
        kind=int(record.kind),  # type: ignore[arg-type]
        display_name=record.display_name,
        regions=record.regions,
        register_time=to_timestamp(record.register_time),
        key_ids=key_ids,
        verifier_class=int(record.verifier_class or 0),  # type: ignore[arg-type]
        service_ids=record.service_ids,
        verifier_ids=record.verifier_ids,
    )


def channel(record: Party, life: Channel, key_ids: tuple[str, ...]) -> party_pb2.Channel:
    """A channel."""
    return party_pb2.Channel(
        channel_id=record.key,
        display_name=record.display_name,
        channel_class=life.channel_class,  # type: ignore[arg-type]
        state=int(life.state),  # type: ignore[arg-type]
        vouch_kinds=life.vouch_kinds,  # type: ignore[arg-type]
        receives_new_cards=life.receives_new_cards,
        register_time=to_timestamp(record.register_time),
        state_time=to_timestamp(life.state_time),
        key_ids=key_ids,
        tier=life.tier,
        parent_channel_id=life.parent,
        bank_id=life.bank_id,
        shows_all_channels=life.shows_all_channels,
    )
