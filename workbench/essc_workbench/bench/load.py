"""The generator: keeps a number of calls in flight, as cheaply as grpc.aio allows.

Requests are serialised beforehand, answers stay bytes, the metadata is made once. Every call has a
deadline, and any that fails ends the benchmark: a refusal costs less than an answer.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import grpc

from essc_wire.client import Peer
from essc_workbench.bench.machine import cpu_seconds

IN_FLIGHT = 64
TIMEOUT_S = 10.0

Send: TypeAlias = Any
"""A method as grpc.aio calls it, from bytes to bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What one stretch of calls took."""

    calls: int
    seconds: float
    cpu_s: float
    latencies_s: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Calls a second."""
        return self.calls / self.seconds

    @property
    def cpu_us(self) -> float:
        """Processor time of the server for one call."""
        return self.cpu_s / self.calls * 1e6

    @property
    def share(self) -> float:
        """How much of its core the server used."""
        return self.cpu_s / self.seconds

    def latency_ms(self, percent: int) -> float:
        """A percentile of its calls."""
        return percentile(self.latencies_s, percent)


def percentile(latencies_s: Iterable[float], percent: int) -> float:
    """A percentile in milliseconds."""
    latencies = sorted(latencies_s)
    return latencies[min(len(latencies) * percent // 100, len(latencies) - 1)] * 1000


def method(peer: Peer, path: str) -> Send:
    """A method of a party, taking and giving bytes."""
    return peer.channel.unary_unary(path)


async def drive(peer: Peer, pid: int, calls: Iterable[tuple[Send, bytes]]) -> Window:
    """Sends the calls in order, so many at a time. Raises RpcError if one fails."""
    metadata = peer.options()["metadata"]
    latencies: list[float] = []
    waiting = iter(calls)
    began, cpu = time.perf_counter(), cpu_seconds(pid)
    await asyncio.gather(*(_lane(waiting, metadata, latencies) for _ in range(IN_FLIGHT)))
    return Window(
        calls=len(latencies),
        seconds=time.perf_counter() - began,
        cpu_s=cpu_seconds(pid) - cpu,
        latencies_s=tuple(latencies),
    )


async def _lane(
    waiting: Iterator[tuple[Send, bytes]], metadata: Any, latencies: list[float]
) -> None:
    clock = time.perf_counter
    for send, request in waiting:
        began = clock()
        await send(request, timeout=TIMEOUT_S, metadata=metadata)
        latencies.append(clock() - began)


async def answers(
    peer: Peer, send: Send, requests: Iterable[bytes], *, timeout_s: float = TIMEOUT_S
) -> list[bytes]:
    """The answers to all requests, in order, so many at a time: for what is not measured."""
    options = peer.options(timeout_s=timeout_s)
    listed = list(requests)
    found: list[bytes] = [b""] * len(listed)
    waiting = iter(enumerate(listed))

    async def lane() -> None:
        for place, request in waiting:
            found[place] = await send(request, **options)

    lanes = [asyncio.ensure_future(lane()) for _ in range(IN_FLIGHT)]
    try:
        await asyncio.gather(*lanes)
    except grpc.RpcError:
        for each in lanes:
            each.cancel()
        raise
    return found
