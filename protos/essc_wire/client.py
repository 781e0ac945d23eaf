"""Calling a party: one long-lived connection, a token, a deadline on every call.

A party of several processes is called by turns, and by whichever of them answers: see `connect`.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from math import inf
from typing import Any, Final, TypeAlias, TypedDict, TypeVar

import grpc

from essc_wire.addresses import BY_NAME, addresses_of, hosts_of, is_several, target_of
from essc_wire.clock import monotonic, random_bytes
from essc_wire.meters import AskMeter
from essc_wire.refusals import is_definite, refusal_of
from essc_wire.tokens import TokenSource

T = TypeVar("T")
Options: TypeAlias = tuple[tuple[str, int | str], ...]

TIMEOUT_S = 5.0

_OPTIONS: Final[Options] = (
    # Each has a connection of its own. gRPC would let all callers of one process share one to the
    # same address, and with it the calls at once that a connection may have.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_http_proxy", 0),  # parties are called directly, whatever the environment says
    # A restarted party should be noticed within a second.
    ("grpc.initial_reconnect_backoff_ms", 100),
    # Despite its name: how long one attempt to connect may take. A busy party needs more than 100.
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 1000),
)

# To one process: repeating is ours, by certainty, with the same request_id.
_TO_ONE: Final = (("grpc.enable_retries", 0),)

ATTEMPTS_MAX: Final = 4
"""How often one call is sent to several processes, by gRPC itself."""

# Among several: what one process could not be asked is asked of the next. That is safe for every
# call, since a read changes nothing and a change has a request_id.
_BY_TURNS: Final = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": ATTEMPTS_MAX,
                "initialBackoff": "0.05s",
                "maxBackoff": "0.5s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
    # Where most calls fail nobody repeats: 500 failures in excess of the answers end it. As many
    # may be on their way to one process that is killed, and each of them has a way out.
    "retryThrottling": {"maxTokens": 1000, "tokenRatio": 1},
}
_TO_SEVERAL: Final = (
    ("grpc.enable_retries", 1),
    ("grpc.service_config", json.dumps(_BY_TURNS)),
    ("grpc.service_config_disable_resolution", 1),
    # A frozen process keeps its connections and never answers: only a ping tells. gRPC sends one a
    # second at most, so that such a process is left within 1.4 s.
    ("grpc.keepalive_time_ms", 250),
    ("grpc.http2.ping_timeout_ms", 400),
    ("grpc.http2.max_pings_without_data", 0),  # without a limit
    # When all were gone, the first that is back is found before the attempts of a call are over.
    ("grpc.max_reconnect_backoff_ms", 200),
)


class CallOptions(TypedDict):
    """Keyword arguments of a stub's method."""

    timeout: float | None
    metadata: tuple[tuple[str, str], ...]


def connect(
    address: str, authority: bytes | None = None, *, options: Options = _OPTIONS
) -> grpc.aio.Channel:
    """A connection to HOST:PORT, or to several (`addresses.py`), which take turns; over TLS where
    an authority's certificate is given.

    Raises ValueError with one clear line where several cannot be called like this.
    """
    target = target_of(address)
    if is_several(address):
        kept = tuple(each for each in options if each[0] not in dict(_TO_SEVERAL))
        options = (*kept, *_TO_SEVERAL, ("grpc.default_authority", _known_as(address)))
    else:
        options = (*options, *_TO_ONE)
    if authority is None:
        return grpc.aio.insecure_channel(target, options=options)
    check_one_host(address)
    credentials = grpc.ssl_channel_credentials(authority)
    return grpc.aio.secure_channel(target, credentials, options=options)


def check_one_host(address: str) -> None:
    """Over TLS: each process shows a certificate for the one host that all were called by.

    Raises ValueError where there is more than one.
    """
    if is_several(address) and len(hosts_of(address)) > 1:
        raise ValueError(
            f"{address}: over TLS all have one host; for several hosts call one name that each "
            f"certificate bears, as {BY_NAME}NAME:PORT"
        )


def _known_as(address: str) -> str:
    """What stands in a call for the one that is called: gRPC would put the whole list there."""
    return addresses_of(address)[0]


class Peer:
    """A party as its caller sees it: `await stub.Method(request, **peer.options())`."""

    def __init__(
        self,
        address: str,
        tokens: TokenSource | None = None,
        authority: bytes | None = None,
    ) -> None:
        self.channel = connect(address, authority)
        self.meter = AskMeter()
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
