"""One way to call a party: within the caller's time, again while uncertain, and a value at the end.

A repeat carries the same request id, so it can do no harm. What is left after the last repeat is a
`Refusal`: the party's own reason where it gave one, else that it could not be reached.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import grpc
import structlog

from essc_channels.ports import Ask
from essc_wire.client import CallOptions, Peer, repeat_while_uncertain
from essc_wire.clock import monotonic
from essc_wire.refusals import Refusal, refusal_of

T = TypeVar("T")

# What the channel needs after a call to answer its own caller in time.
MARGIN_S: Final = 0.2
ATTEMPTS_MAX: Final = 3
PAUSE_S: Final = 0.1
_TIME_S_MIN: Final = 0.01

# Troubles of the other party's own house; to a phone it is simply not there.
_ITS_OWN_TROUBLE: Final = frozenset({"PLATFORM_DRAINING", "STORE_UNAVAILABLE", "INTERNAL_FAULT"})
# Troubles of this channel's own house: its key, its registration or its request is wrong. A phone
# can do nothing about them, and would take them for its own.
_OUR_OWN_TROUBLE: Final = frozenset(
    {
        "CALLER_UNKNOWN",
        "TOKEN_EXPIRED",
        "TOKEN_FOR_OTHER_PLATFORM",
        "CALLER_NOT_ALLOWED",
        "REQUEST_INVALID",
        "MESSAGE_TOO_LARGE",
        "DEADLINE_MISSING",
    }
)


class Caller:
    """Calls one party. `away` is the reason when it cannot be reached."""

    def __init__(self, peer: Peer, timeout_s: float, away: str) -> None:
        self.peer = peer
        self._timeout_s, self._away = timeout_s, away

    async def call(
        self,
        send: Callable[[CallOptions], Awaitable[T]],
        ask: Ask,
        *,
        timeout_s: float | None = None,
    ) -> T | Refusal:
        """The answer to a call, or why there is none."""
        meter, began = self.peer.meter, monotonic()
        meter.waiting += 1
        try:
            answer = await self._call(send, ask, timeout_s)
        finally:
            meter.waiting -= 1
        is_away = isinstance(answer, Refusal) and answer.reason == self._away
        is_refused = isinstance(answer, Refusal) and not is_away
        meter.ended["away" if is_away else "refused" if is_refused else "ok"] += 1
        meter.seconds.note(monotonic() - began)
        return answer

    async def _call(
        self,
        send: Callable[[CallOptions], Awaitable[T]],
        ask: Ask,
        timeout_s: float | None,
    ) -> T | Refusal:
        patience_s = self._timeout_s if timeout_s is None else timeout_s
        end = min(ask.end - MARGIN_S, monotonic() + patience_s)
        said: list[Refusal | None] = []

        async def send_once() -> T:
            said.clear()  # of this attempt nothing is known yet
            options = self.peer.options(
                timeout_s=max(end - monotonic(), _TIME_S_MIN), traceparent=ask.traceparent
            )
            try:
                return await send(options)
            except grpc.RpcError as error:
                said.append(refusal_of(error))
                raise

        try:
            # The pauses count too: the caller's time is over when it is over.
            async with asyncio.timeout(end - monotonic()):
                return await repeat_while_uncertain(
                    send_once, attempts_max=ATTEMPTS_MAX, pause_s=PAUSE_S, end=end
                )
        except (grpc.RpcError, TimeoutError):
            refusal = said[-1] if said else None
        if refusal is None or refusal.reason in _ITS_OWN_TROUBLE:
            return Refusal(self._away)
        if refusal.reason in _OUR_OWN_TROUBLE:
            fields = [violation.field for violation in refusal.violations]
            structlog.get_logger("calls").error(
                "our own call was refused", reason=refusal.reason, fields=fields
            )
            return Refusal(self._away)
        return refusal
