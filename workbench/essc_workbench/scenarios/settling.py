"""Waiting until every consequence has arrived, without sleeping: the parties say it themselves.

The platform and the channels are asked in turn: what the platform still has to do by itself it
waits for; which events a channel lacks it only counts, so that channel is then waited for.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import grpc
from google.protobuf.duration_pb2 import Duration

from essc.lab.v1 import lab_service_pb2 as lab
from essc.lab.v1.lab_service_pb2_grpc import ClockServiceStub
from essc_wire.client import Peer
from essc_wire.times import to_duration

WITHIN_S = 20.0
_TURN_S = 2.0
"""How long one party is waited for before the others are asked again."""
_GRACE_S = 5.0
_TURNS_MAX = 1000
"""A channel that answers at once and never gets further is not asked for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A consequence that has not arrived."""

    kind: str
    """As the contract names it, without prefix: SWEEP, SETTLEMENT, EXIT, EVENTS; or UNKNOWN for a
    party that did not say."""
    channel: str = ""
    count: int = 0

    def __str__(self) -> str:
        of = f" of {self.channel}" if self.channel else ""
        return (
            f"{self.kind.lower()}{of}: {self.count}" if self.count else f"{self.kind.lower()}{of}"
        )


class Labs(Protocol):
    """Where the parties' lab ports are reached, as `Connections` knows."""

    def platform_lab(self) -> Peer: ...
    def channel_lab(self, channel_id: str) -> Peer: ...


class Settling:
    """One wait for everything."""

    def __init__(self, labs: Labs, channels: Iterable[str]) -> None:
        self._labs, self._channels = labs, tuple(channels)

    async def settle(self, within_s: float = WITHIN_S) -> tuple[Left, ...]:
        """Waits until nothing is pending, or the time is over. Answers what is still pending."""
        until = time.monotonic() + within_s
        cursors: dict[str, str] = {}
        silent: list[Left] = []
        for channel in self._channels:
            place = await _told(self._lab(channel), lab.SettleRequest())
            if place is None:
                silent.append(Left(kind="UNKNOWN", channel=channel))
            else:
                cursors[channel] = place.cursor
        left = await self._turns(cursors, lambda: until - time.monotonic())
        return (*left, *silent)

    async def _turns(
        self, cursors: dict[str, str], remaining: Callable[[], float]
    ) -> tuple[Left, ...]:
        left: tuple[Left, ...] = ()
        for _ in range(_TURNS_MAX):
            span = max(0.0, min(_TURN_S, remaining()))
            answer = await _told(self._labs.platform_lab(), _asked(cursors, span))
            if answer is None:
                return (Left(kind="UNKNOWN", channel="platform"),)
            left = tuple(map(_left, answer.pending))
            if not left or remaining() <= 0:
                break
            for pending in answer.pending:
                if pending.kind == lab.Pending.KIND_EVENTS:
                    span = max(0.0, min(_TURN_S, remaining()))
                    await self._follow(pending.channel_id, cursors, span)
        return left

    async def _follow(self, channel: str, cursors: dict[str, str], span_s: float) -> None:
        """Waits for one channel to go beyond where it stood."""
        request = lab.SettleRequest(within=_span(span_s), after_cursor=cursors[channel])
        answer = await _told(self._lab(channel), request)
        if answer is not None:
            cursors[channel] = answer.cursor or cursors[channel]

    def _lab(self, channel: str) -> Peer:
        return self._labs.channel_lab(channel)


def _asked(cursors: dict[str, str], span_s: float) -> lab.SettleRequest:
    places = [lab.FeedPlace(channel_id=name, cursor=at) for name, at in cursors.items()]
    return lab.SettleRequest(within=_span(span_s), places=places)


def _span(seconds: float) -> Duration:
    return to_duration(int(seconds * 1_000_000))


async def _told(peer: Peer, request: lab.SettleRequest) -> lab.SettleResponse | None:
    """What a party says; None from one that does not say: it is down, or has no such method."""
    timeout_s = request.within.seconds + _GRACE_S
    try:
        return await ClockServiceStub(peer.channel).Settle(
            request, **peer.options(timeout_s=timeout_s)
        )
    except grpc.RpcError:
        return None


def _left(pending: lab.Pending) -> Left:
    kind = lab.Pending.Kind.Name(pending.kind).removeprefix("KIND_")
    return Left(kind=kind, channel=pending.channel_id, count=pending.count)
