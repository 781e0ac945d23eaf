"""Records as the contract shows them. Numbers become ids, instants become timestamps."""

from essc.admin.v1 import party_pb2
from essc.card.v1 import card_pb2
from essc.event.v1 import event_pb2
from essc.identity.v1 import identity_pb2
from essc_platform.batch import Origin
from essc_platform.core import acting
from essc_platform.core.challenges import StartedChallenge
from essc_platform.core.citizens import masked_phone
from essc_platform.core.policy import Policy
from essc_platform.core.records import (
    Channel,
    Event,
    LicenceFacts,
    Method,
    Party,
    Proof,
)
from essc_platform.vault import Vault
from essc_platform.wire.convert_cards import write_card, write_link
from essc_wire.times import to_timestamp, write_time


def licence_payload(facts: LicenceFacts, vault: Vault) -> bytes:
    """What the platform signs (R8)."""
    payload = card_pb2.CardPayload(
        card_id=vault.write_id(facts.citizen, facts.number),
        masked_name=facts.masked_name,
        region=facts.region,
        algorithm="Ed25519",
        platform_id=vault.platform_id,
    )
    write_time(payload.issue_time, facts.issue_time)
    write_time(payload.expire_time, facts.expire_time)
    return payload.SerializeToString()


def event_body(event: Event, origin: Origin, vault: Vault, policy: Policy) -> bytes:
    """An event as the feed keeps it: without its cursor, which each stream adds.

    Only the channel that made the change is told its request and trace: by them, two channels could
    tell that they hold the same card (R14).
    """
    is_own = origin.party_id == event.channel
    allow_until = None
    if event.link and event.card and event.link.is_active:
        allow_until = acting.opened_until(
            event.link.allow_time, event.card.loss_time, event.at, policy
        )
    body = event_pb2.Event(kind=int(event.kind))  # type: ignore[arg-type]
    write_time(body.event_time, event.at)
    if event.link:
        link_id = vault.write_id(event.link.citizen, event.link.number)
        write_link(body.link, event.link, link_id, allow_until)
    if event.card:
        write_card(body.card, event.card)
    if is_own:
        body.request_id, body.traceparent = origin.request_id, origin.traceparent
    return body.SerializeToString()


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
