"""Calling a party: one long-lived connection, a token, a deadline on every call."""

import asyncio
from collections.abc import Awaitable, Callable
from math import inf
from typing import Any, TypedDict, TypeVar

import grpc

from essc_wire.clock import monotonic, random_bytes
from essc_wire.refusals import is_definite, refusal_of
from essc_wire.tokens import TokenSource

T = TypeVar("T")

TIMEOUT_S = 5.0

_OPTIONS = (
    # Each has a connection of its own. gRPC would let all callers of one process share one to the
    # same address, and with it the calls at once that a connection may have.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_http_proxy", 0),  # parties are called directly, whatever the environment says
    ("grpc.enable_retries", 0),  # repeating is ours: by certainty, with the same request_id
    # A restarted party should be noticed within a second.
    ("grpc.initial_reconnect_backoff_ms", 100),
    # Despite its name: how long one attempt to connect may take. A busy party needs more than 100.
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 1000),
)


class CallOptions(TypedDict):
    """Keyword arguments of a stub's method."""

    timeout: float | None
    metadata: tuple[tuple[str, str], ...]


def connect(
    address: str, authority: bytes | None = None, *, shares: bool = True
) -> grpc.aio.Channel:
    """A connection to HOST:PORT; over TLS where an authority's certificate is given.

    gRPC lets connections of one process to one address share a socket, unless told not to.
    """
    options = _OPTIONS if shares else (*_OPTIONS, ("grpc.use_local_subchannel_pool", 1))
    if authority is None:
        return grpc.aio.insecure_channel(address, options=options)
    credentials = grpc.ssl_channel_credentials(authority)
    return grpc.aio.secure_channel(address, credentials, options=options)


class Peer:
    """A party as its caller sees it: `await stub.Method(request, **peer.options())`."""

    def __init__(
        self,
        address: str,
        tokens: TokenSource | None = None,
        authority: bytes | None = None,
        *,
        shares: bool = True,
    ) -> None:
        self.channel = connect(address, authority, shares=shares)
        self._tokens = tokens

    def options(
        self, *, timeout_s: float | None = TIMEOUT_S, traceparent: str = "", bearer: str = ""
    ) -> CallOptions:
        """Deadline and metadata of one call. `bearer` is for sessions, which are no tokens."""
        secret = bearer or (self._tokens.token() if self._tokens else "")
        metadata: tuple[tuple[str, str], ...] = ()
        if secret:
            metadata = (("authorization", f"Bearer {secret}"),)
        if traceparent:
            metadata = (*metadata, ("traceparent", traceparent))
        return {"timeout": timeout_s, "metadata": metadata}

    async def close(self) -> None:
        """Closes the connection."""
        await self.channel.close()


async def repeat_while_uncertain(
    send: Callable[[], Awaitable[T]], *, attempts_max: int, pause_s: float, end: float = inf
) -> T:
    """Sends the same request again while its outcome is uncertain or the party is busy.

    `send` must use the same request_id each time. A party that says when to come back is not asked
    before, and not all come at that moment. `end`, on the monotonic clock: whoever would come back
    behind it gives up at once. Raises the last error.
    """
    for attempt in range(1, attempts_max + 1):
        try:
            return await send()
        except grpc.RpcError as error:
            if attempt == attempts_max or not _is_worth_repeating(error):
                raise
            refusal = refusal_of(error)
            wait_ms = refusal.retry_after_ms if refusal else None
            wait_s = pause_s if wait_ms is None else _spread(wait_ms / 1000)
            if monotonic() + wait_s >= end:
                raise
        await asyncio.sleep(wait_s)
    message = "attempts_max is at least 1"
    raise AssertionError(message)


def _spread(wait_s: float) -> float:
    """As long, or by up to a quarter longer: those refused together should not return together."""
    return wait_s * (1 + random_bytes(1)[0] / 1024)


def _is_worth_repeating(error: Any) -> bool:
    busy = (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.ABORTED)
    if error.code() is grpc.StatusCode.UNAVAILABLE:
        return True
    refusal = refusal_of(error)
    if refusal and refusal.reason in ("PLATFORM_BUSY", "CHANGES_CONFLICT"):
        return error.code() in busy
    return not is_definite(error)
