"""What is seen of the parties while a drill goes on: how late events arrive, what waits at the
platform, who works how hard.

Each channel's feed is watched from its head, as the channel itself does. An event's lag is the
platform's time when it arrived here less the time of the event; both are on the platform's clock.
"""

import asyncio
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import grpc

from essc.event.v1 import event_service_pb2 as events
from essc.event.v1.event_service_pb2_grpc import EventServiceStub
from essc.lab.v1 import lab_service_pb2 as lab
from essc.lab.v1 import queue_service_pb2 as queue
from essc.lab.v1.lab_service_pb2_grpc import ClockServiceStub
from essc.lab.v1.queue_service_pb2_grpc import QueueServiceStub
from essc_wire.client import Peer
from essc_wire.times import to_instant, to_span_us
from essc_workbench.bench.machine import cpu_seconds
from essc_workbench.connections import Connections
from essc_workbench.drills.histograms import US_MAX, Classes, add, class_of
from essc_workbench.drills.seconds import Gauge
from essc_workbench.routes import PLATFORM

AGAIN_S: Final = 0.2
"""So soon a feed that broke off is watched again."""
_SAMPLE_S: Final = 1.0
_QUEUE_S: Final = 0.4
"""So long the platform has to say what waits: it is asked in the middle of a second, and the answer
belongs to that second."""


@dataclass(slots=True)
class Watching:
    """The gauges of a drill, by second of the clock. See `coordinator.Gauges`."""

    connections: Connections
    channels: tuple[str, ...]
    pids: Callable[[], Mapping[str, int]]
    """The parties' processes that run now."""
    _gauges: dict[int, Gauge] = field(default_factory=dict)
    _cursors: dict[str, str] = field(default_factory=dict)
    _offset_us: int = 0
    _start_s: float = 0.0

    async def open(self) -> None:
        """Finds where the feeds end now. Raises RpcError."""
        await self._look_at_clock()
        for channel in self.channels:
            peer = self.connections.platform(channel)
            stub = EventServiceStub(peer.channel)
            head = await stub.GetHead(events.GetHeadRequest(), **peer.options())
            self._cursors[channel] = head.cursor

    def start(self, start_s: float) -> None:
        """The load starts then."""
        self._start_s = start_s

    def end(self, second: int) -> None:
        """The load's last second: events that came while its last journeys ended count in it."""
        for later in [each for each in self._gauges if each > second]:
            for channel, classes in self._gauges.pop(later).event_lags.items():
                self._see_lags(second, channel, classes)

    def at(self, second: int) -> Gauge:
        """What was seen in a second of the clock."""
        return self._gauges.get(second) or Gauge()

    @property
    def lags(self) -> dict[str, Classes]:
        """By channel, of all events of all seconds."""
        found: dict[str, Classes] = {}
        for gauge in self._gauges.values():
            for channel, classes in gauge.event_lags.items():
                add(found.setdefault(channel, {}), classes)
        return found

    async def watch(self, _start_s: float) -> None:
        """Looks until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sample())
            group.create_task(self._ask_what_waits())
            for channel in self.channels:
                group.create_task(self._follow(channel))

    async def _sample(self) -> None:
        before: dict[str, tuple[int, float]] = {}
        then_s = time.monotonic()
        while True:
            await asyncio.sleep(_SAMPLE_S - (time.monotonic() - self._start_s) % _SAMPLE_S)
            now_s = time.monotonic()
            now = _used(self.pids())
            gauge = self._gauge(int(now_s - self._start_s - _SAMPLE_S / 2))
            for party, (pid, cpu_s) in now.items():
                pid_before, cpu_before_s = before.get(party, (0, 0.0))
                if pid == pid_before:
                    gauge.cpu[party] = round((cpu_s - cpu_before_s) / (now_s - then_s), 3)
            before, then_s = now, now_s
            await self._look_at_clock()

    async def _ask_what_waits(self) -> None:
        """Once a second. A platform that has no such service is not asked again."""
        while self.connections.has_lab(PLATFORM):
            now_s = time.monotonic() - self._start_s
            await asyncio.sleep(_SAMPLE_S - (now_s + _SAMPLE_S / 2) % _SAMPLE_S)
            peer = self.connections.platform_lab()
            stub = QueueServiceStub(peer.channel)
            try:
                answer = await stub.GetQueue(
                    queue.GetQueueRequest(), **peer.options(timeout_s=_QUEUE_S)
                )
            except grpc.RpcError as error:
                if error.code() is grpc.StatusCode.UNIMPLEMENTED:
                    return
                continue
            second = math.floor(time.monotonic() - self._start_s)
            if second >= 0:
                self._gauge(second).see_queue(answer.commands_waiting)

    async def _look_at_clock(self) -> None:
        """A clock that is advanced meanwhile is followed; who does not answer is asked again."""
        peer = self.connections.platform_lab()
        try:
            stub = ClockServiceStub(peer.channel)
            answer = await stub.GetTime(lab.GetTimeRequest(), **peer.options(timeout_s=1.0))
        except grpc.RpcError:
            return
        self._offset_us = to_span_us(answer.offset)

    async def _follow(self, channel: str) -> None:
        peer = self.connections.platform(channel)
        while True:
            try:
                await self._read(channel, peer)
            except grpc.RpcError:
                await asyncio.sleep(AGAIN_S)

    async def _read(self, channel: str, peer: Peer) -> None:
        stub = EventServiceStub(peer.channel)
        request = events.WatchEventsRequest(cursor=self._cursors[channel])
        async for item in stub.WatchEvents(request, **peer.options(timeout_s=None)):
            if not item.HasField("event"):
                self._cursors[channel] = item.heartbeat.cursor or self._cursors[channel]
                continue
            self._cursors[channel] = item.event.cursor
            now_us = time.time_ns() // 1000 + self._offset_us
            self._arrived(channel, now_us - to_instant(item.event.event_time))

    def _arrived(self, channel: str, lag_us: int) -> None:
        second = math.floor(time.monotonic() - self._start_s) if self._start_s else -1
        if second >= 0:
            self._see_lags(second, channel, {class_of(min(max(lag_us, 0), US_MAX)): 1})

    def _see_lags(self, second: int, channel: str, classes: Classes) -> None:
        add(self._gauge(second).event_lags.setdefault(channel, {}), classes)

    def _gauge(self, second: int) -> Gauge:
        return self._gauges.setdefault(second, Gauge())


def _used(pids: Mapping[str, int]) -> dict[str, tuple[int, float]]:
    """Processor time so far by party; without those that have just ended."""
    found = {}
    for party, pid in pids.items():
        try:
            found[party] = pid, cpu_seconds(pid)
        except OSError:
            continue
    return found
