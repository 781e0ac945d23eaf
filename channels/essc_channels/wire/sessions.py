"""Who calls a channel: a phone with a session, or a phone that has yet to sign in."""

from collections.abc import Callable
from typing import Final, TypeAlias

from essc.options.v1 import options_pb2
from essc_channels.core.records import Session
from essc_channels.store.engines import StoreUnavailable
from essc_wire.guard import Authenticate, Metadata, MethodFacts
from essc_wire.refusals import Refusal

Caller: TypeAlias = Session | None
"""None for a call that needs no session."""

_OPEN: Final = frozenset(
    {"essc.channel.v1.ChannelService.GetProfile", "essc.channel.v1.ChannelService.SignIn"}
)
_SECRET_LENGTH_MAX: Final = 128


def phone_caller(find_session: Callable[[str], Session | None]) -> Authenticate[Caller]:
    """Says whose session a call carries. Answers a wrong, an ended and no session alike."""

    def authenticate(method: MethodFacts, metadata: Metadata) -> Caller | Refusal:
        if method.audience != options_pb2.AUDIENCE_PHONE:
            return Refusal("CALLER_NOT_ALLOWED")
        if method.name in _OPEN:
            return None
        value = next((str(value) for key, value in metadata if key == "authorization"), "")
        scheme, _, secret = value.partition(" ")
        if scheme.lower() != "bearer" or not 0 < len(secret) <= _SECRET_LENGTH_MAX:
            return Refusal("SESSION_UNKNOWN")
        try:
            return find_session(secret) or Refusal("SESSION_UNKNOWN")
        except StoreUnavailable:
            return Refusal("STORE_UNAVAILABLE")

    return authenticate


def lab_caller(method: MethodFacts, metadata: Metadata) -> Caller | Refusal:  # noqa: ARG001
    """Whoever reaches the lab port may call what is served there."""
    if method.audience != options_pb2.AUDIENCE_LAB:
        return Refusal("CALLER_NOT_ALLOWED")
    return None
