"""Verifying a signed card offline: the published keys and the bytes as received, nothing else."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from google.protobuf.message import DecodeError

from essc.card.v1 import card_pb2
from essc.trust.v1 import trust_service_pb2


def verify(
    signed: card_pb2.SignedCard, published: trust_service_pb2.ListKeysResponse
) -> card_pb2.CardPayload | None:
    """What the platform signed; None if it did not, or with a key that is compromised.

    It proves the issue, not the status now.
    """
    for key in published.keys:
        if key.key_id != signed.key_id:
            continue
        if key.state == trust_service_pb2.PublishedKey.STATE_COMPROMISED:
            return None
        try:
            public_key = Ed25519PublicKey.from_public_bytes(key.public_key)
            public_key.verify(signed.signature, signed.payload)
            return card_pb2.CardPayload.FromString(signed.payload)
        except (InvalidSignature, DecodeError, ValueError):
            return None
    return None
