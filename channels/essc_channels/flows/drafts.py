"""What a person types and photographs of a member, sealed while the flow waits for its next answer.

The key follows from the session's secret, which only the phone has: the channel keeps its digest.
So neither the database nor the channel's own keys open a draft; the phone's next call does, after a
restart as well. See docs/decisions/0015.
"""

import hashlib
import hmac
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from essc_channels.core.flow_records import Draft
from essc_wire.clock import random_bytes

_NONCE_BYTES: Final = 12
_LENGTH_BYTES: Final = 4


def seal(secret: str, flow_id: str, draft: Draft) -> bytes:
    """The draft as it may be stored."""
    nonce = random_bytes(_NONCE_BYTES)
    parts = (
        draft.name.encode(),
        draft.id_number.encode(),
        draft.card_photo,
        draft.face_photo,
    )
    plain = b"".join(len(part).to_bytes(_LENGTH_BYTES, "big") + part for part in parts)
    return nonce + _cipher(secret, flow_id).encrypt(nonce, plain, flow_id.encode())


def unseal(secret: str, flow_id: str, sealed: bytes) -> Draft:
    """The draft again; an empty one if nothing was sealed yet."""
    if not sealed:
        return Draft()
    nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    plain = _cipher(secret, flow_id).decrypt(nonce, text, flow_id.encode())
    parts = []
    while plain:
        end = _LENGTH_BYTES + int.from_bytes(plain[:_LENGTH_BYTES], "big")
        parts.append(plain[_LENGTH_BYTES:end])
        plain = plain[end:]
    name, id_number, card_photo, face_photo = parts
    return Draft(
        name=name.decode(),
        id_number=id_number.decode(),
        card_photo=card_photo,
        face_photo=face_photo,
    )


def _cipher(secret: str, flow_id: str) -> AESGCM:
    key = hmac.new(secret.encode(), f"draft/{flow_id}".encode(), hashlib.sha256).digest()
    return AESGCM(key)
