"""The self-signed tokens by which parties prove themselves: EdDSA JWTs of at most ten minutes."""

from dataclasses import dataclass

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from essc_wire.clock import wall_seconds
from essc_wire.keys import PartyKeyPair
from essc_wire.refusals import Refusal

LIFETIME_S_MAX = 600
LEEWAY_S = 60
# A party signs anew this long before the old token expires, so that no call carries a dying one.
_RENEW_S = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who a token says it is from, before anything is verified."""

    party_id: str
    key_id: str


def sign_token(party_id: str, key: PartyKeyPair, platform_id: str, lifetime_s: int) -> str:
    """A token of this party for this platform."""
    now = int(wall_seconds())
    claims = {"iss": party_id, "aud": platform_id, "iat": now, "exp": now + lifetime_s}
    return jwt.encode(claims, key.private, algorithm="EdDSA", headers={"kid": key.key_id})


class TokenSource:
    """A party's tokens: signs one, hands it out until it nears its end, signs the next."""

    def __init__(self, party_id: str, key: PartyKeyPair, platform_id: str) -> None:
        self._party_id, self._key, self._platform_id = party_id, key, platform_id
        self._token, self._renew_at = "", 0.0

    def token(self) -> str:
        """A token good for at least a minute."""
        now = wall_seconds()
        if now >= self._renew_at:
            self._token = sign_token(self._party_id, self._key, self._platform_id, LIFETIME_S_MAX)
            self._renew_at = now + LIFETIME_S_MAX - _RENEW_S
        return self._token


def claim_of(token: str) -> Claim | None:
    """Whose token it says it is; None if it is no token."""
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return None
    party_id, key_id = claims.get("iss"), header.get("kid")
    if not isinstance(party_id, str) or not isinstance(key_id, str):
        return None
    return Claim(party_id=party_id, key_id=key_id)


def verify_token(token: str, public_key: bytes, platform_id: str) -> float | Refusal:
    """Verifies a token with its party's key. Answers its end, in wall seconds."""
    try:
        claims = jwt.decode(
            token,
            Ed25519PublicKey.from_public_bytes(public_key),
            algorithms=["EdDSA"],
            audience=platform_id,
            leeway=LEEWAY_S,
            options={"require": ["exp", "iat", "aud", "iss"], "strict_aud": True},
        )
    except jwt.ExpiredSignatureError:
        return Refusal("TOKEN_EXPIRED")
    except jwt.InvalidAudienceError:
        return Refusal("TOKEN_FOR_OTHER_PLATFORM")
    except jwt.InvalidTokenError:
        return Refusal("CALLER_UNKNOWN")
    if not all(isinstance(claims[name], int) for name in ("exp", "iat")):
        return Refusal("CALLER_UNKNOWN")
    if claims["exp"] - claims["iat"] > LIFETIME_S_MAX:
        return Refusal("TOKEN_EXPIRED")
    return float(claims["exp"] + LEEWAY_S)
