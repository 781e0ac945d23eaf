"""Who calls: a token's party, its key, and whether the service is for such a party.

Verified tokens are kept by the token itself until they expire; a removed key or a suspended channel
is looked up on every call all the same.
"""

from dataclasses import dataclass

from essc.options.v1 import options_pb2
from essc_platform.core.records import ChannelState, PartyKind
from essc_platform.directory import Caller, Directory
from essc_wire.clock import wall_seconds
from essc_wire.guard import Metadata, MethodFacts
from essc_wire.refusals import Refusal
from essc_wire.tokens import claim_of, verify_token

TOKENS_MAX = 4096
TOKEN_LENGTH_MAX = 2048

ANYONE = Caller("", "", PartyKind.OPERATOR, frozenset(), None)
"""Whoever calls what is open to anyone; never looked at."""

_KINDS = {
    options_pb2.AUDIENCE_CHANNEL: PartyKind.CHANNEL,
    options_pb2.AUDIENCE_BUREAU: PartyKind.BUREAU,
    options_pb2.AUDIENCE_OPERATOR: PartyKind.OPERATOR,
    options_pb2.AUDIENCE_VERIFIER: PartyKind.VERIFIER,
    options_pb2.AUDIENCE_PROVIDER: PartyKind.PROVIDER,
}


@dataclass(frozen=True, slots=True)
class _Verified:
    party_id: str
    key_id: str
    expires: float


class Callers:
    """Authenticates the calls of one platform process."""

    def __init__(self, directory: Directory, platform_id: str) -> None:
        self._directory, self._platform_id = directory, platform_id
        self._verified: dict[str, _Verified] = {}

    def authenticate(self, method: MethodFacts, metadata: Metadata) -> Caller | Refusal:
        """The caller, if it may call this method."""
        if method.audience in (options_pb2.AUDIENCE_ANYONE, options_pb2.AUDIENCE_LAB):
            return ANYONE
        token = _bearer(metadata)
        if token is None:
            return Refusal("CALLER_UNKNOWN")
        verified = self._verified.get(token) or self._verify(token)
        if isinstance(verified, Refusal):
            return verified
        if wall_seconds() >= verified.expires:
            return Refusal("TOKEN_EXPIRED")
        caller = self._directory.proven(verified.party_id, verified.key_id)
        if caller is None:
            return Refusal("CALLER_UNKNOWN")
        return _permitted(method, caller)

    def _verify(self, token: str) -> _Verified | Refusal:
        claim = claim_of(token) if len(token) <= TOKEN_LENGTH_MAX else None
        if claim is None:
            return Refusal("CALLER_UNKNOWN")
        public_key = self._directory.public_key(claim.party_id, claim.key_id)
        if public_key is None:
            return Refusal("CALLER_UNKNOWN")
        expires = verify_token(token, public_key, self._platform_id)
        if isinstance(expires, Refusal):
            return expires
        verified = _Verified(claim.party_id, claim.key_id, expires)
        if len(self._verified) >= TOKENS_MAX:
            self._forget_some()
        self._verified[token] = verified
        return verified

    def _forget_some(self) -> None:
        """Drops what has expired; and if that is not enough, the oldest half."""
        now = wall_seconds()
        kept = {token: v for token, v in self._verified.items() if v.expires > now}
        if len(kept) > TOKENS_MAX // 2:
            kept = dict(list(kept.items())[TOKENS_MAX // 2 :])
        self._verified = kept


def standing_refusal(directory: Directory, caller: Caller) -> Refusal | None:
    """R15: why a call that goes on ends now; for a suspension or its token's end it does not."""
    now = directory.caller(caller.party_id)
    if now is None or directory.public_key(caller.party_id, caller.key_id) is None:
        return Refusal("CALLER_UNKNOWN")
    if now.standing is ChannelState.EXITED:
        return Refusal("CHANNEL_NOT_LIVE")
    return None


def _permitted(method: MethodFacts, caller: Caller) -> Caller | Refusal:
    if caller.kind is not _KINDS[options_pb2.Audience.ValueType(method.audience)]:
        return Refusal("CALLER_NOT_ALLOWED")
    if caller.standing is None or caller.standing is ChannelState.LIVE:
        return caller
    if method.is_open_when_not_live and caller.standing is ChannelState.SUSPENDED:
        return caller
    return Refusal("CHANNEL_NOT_LIVE")


def _bearer(metadata: Metadata) -> str | None:
    for key, value in metadata:
        if key == "authorization":
            text = str(value)
            return text[7:] if text[:7].lower() == "bearer " else None
    return None
