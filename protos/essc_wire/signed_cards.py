"""Verifying a signed card offline: the published keys and the bytes as received, nothing else."""

from enum import Enum
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from google.protobuf.message import DecodeError

from essc.card.v1 import card_pb2
from essc.trust.v1 import trust_service_pb2
from essc_wire.times import Instant, to_instant

ALGORITHM = "Ed25519"


class Fault(Enum):
    """Why a signed card is not valid."""

    KEY_UNKNOWN = "no published key has this id"
    KEY_COMPROMISED = "the key that signed it is compromised"
    SIGNATURE_WRONG = "the signature does not fit the bytes"
    PAYLOAD_STRANGE = "what was signed is no card of this platform"
    NOT_YET = "it is issued in the future: not valid yet"
    EXPIRED = "it has expired"


class Judgement(NamedTuple):
    """What came of verifying: the payload, or why not. At the wrong time there are both."""

    payload: card_pb2.CardPayload | None
    key: trust_service_pb2.PublishedKey | None
    fault: Fault | None


def judge(
    signed: card_pb2.SignedCard, published: trust_service_pb2.ListKeysResponse, at: Instant
) -> Judgement:
    """Whether the platform signed this, with a key that is good, and the card is valid at a time.

    It proves the issue, not the status now.
    """
    key = next((each for each in published.keys if each.key_id == signed.key_id), None)
    if key is None:
        return Judgement(None, None, Fault.KEY_UNKNOWN)
    if key.state == trust_service_pb2.PublishedKey.STATE_COMPROMISED:
        return Judgement(None, key, Fault.KEY_COMPROMISED)
    try:
        public_key = Ed25519PublicKey.from_public_bytes(key.public_key)
        public_key.verify(signed.signature, signed.payload)
    except (InvalidSignature, ValueError):
        return Judgement(None, key, Fault.SIGNATURE_WRONG)
    payload = _parsed(signed.payload)
    if payload is None or payload.platform_id != published.platform_id:
        return Judgement(None, key, Fault.PAYLOAD_STRANGE)
    if at < to_instant(payload.issue_time):
        return Judgement(payload, key, Fault.NOT_YET)
    is_expired = at >= to_instant(payload.expire_time)
    return Judgement(payload, key, Fault.EXPIRED if is_expired else None)


def verify(
    signed: card_pb2.SignedCard, published: trust_service_pb2.ListKeysResponse
) -> card_pb2.CardPayload | None:
    """What the platform signed, at any time; None if it did not, or with a compromised key."""
    return judge(signed, published, at=0).payload


def _parsed(payload: bytes) -> card_pb2.CardPayload | None:
    """The bytes are parsed only once their signature is good."""
    try:
        parsed = card_pb2.CardPayload.FromString(payload)
    except DecodeError:
        return None
    return parsed if parsed.algorithm == ALGORITHM else None
