"""What a platform process shows to whoever watches it: its operations port, and its health."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Final

from essc_platform.collector import Collector
from essc_platform.memory import Memory
from essc_platform.meters import BatchMeters
from essc_platform.store.engine import Store
from essc_platform.store.errors import FAILURES
from essc_platform.store.facts import look, try_to_write
from essc_wire.meters import CallMeters, Family, Kind, Labels, counter, gauge, spread
from essc_wire.readiness import LOOK_S, Readiness, StoreWatch, Why, readiness_families
from essc_wire.serving import Server

_BEHIND_S: Final = 1.0
"""A process that has not looked at the others for so long is not up to date."""


@dataclass(slots=True)
class PlatformOps:
    """The watched parts of one process. Make it first; `begin` it when all of them are there."""

    store: Store
    memory: Memory
    calls: CallMeters = field(default_factory=CallMeters)
    batches: BatchMeters = field(default_factory=BatchMeters)
    readiness: Readiness = field(default_factory=Readiness)
    watch: StoreWatch = field(init=False)
    _collector: Collector | None = None

    def __post_init__(self) -> None:
        self.watch = StoreWatch(self._look, self.readiness)

    def begin(self, collector: Collector, servers: Sequence[Server]) -> list[asyncio.Task[None]]:
        """What goes on in the background from now on."""
        self._collector = collector
        work = [self.watch.run_for_ever(), self.readiness.tell(servers), self._compare()]
        return list(map(asyncio.create_task, work))

    async def serve(
        self,
        address: str | None,
        collector: Collector,
        calls_inside: Callable[[], int] | None,
        begun: AsyncExitStack,
    ) -> str | None:
        """Starts the operations port, if any; answers where it listens. Raises OSError."""
        if address is None:
            return None
        # Only who is watched pays for the library that writes the page.
        from essc_wire.metrics import Metrics, call_families
        from essc_wire.ops import OpsServer

        metrics = Metrics(
            lambda: call_families(self.calls),
            lambda: readiness_families(self.readiness),
            lambda: _batch_families(self.batches),
            lambda: _queue_families(collector, calls_inside),
            self._feed_families,
        )
        server = OpsServer(metrics, self.readiness)
        await server.start(address)
        begun.push_async_callback(server.stop)
        return server.address

    async def _look(self, is_thorough: bool) -> bool:
        try:
            await self.store.read(look)
            if is_thorough and self._collector is not None:
                await self._collector.in_writer(try_to_write)
        except FAILURES:
            return False
        return True

    async def _compare(self) -> None:
        """Notes whether what others have changed is known here, until it is cancelled."""
        neighbours = self.memory.neighbours
        while neighbours is not None:
            is_behind = neighbours.age_s() > _BEHIND_S
            self.readiness.note(Why.NOT_CAUGHT_UP, holds=is_behind)
            await asyncio.sleep(LOOK_S)

    def _feed_families(self) -> Iterator[Family]:
        watchers, neighbours = self.memory.watchers, self.memory.neighbours
        yield gauge("essc_feed_streams", "Streams of events that run.", watchers.streams)
        yield counter("essc_feed_events", "Events sent on all streams.", watchers.told)
        text = "How far what may be read of the feeds is behind the clock."
        lag_s = 0.0 if neighbours is None else neighbours.lag_s()
        yield gauge("essc_feed_lag_seconds", text, lag_s)
        text = "Reads that wait for a connection to the store, or run."
        yield gauge("essc_store_reads_running", text, self.store.reads_running)


def _batch_families(batches: BatchMeters) -> Iterator[Family]:
    ended: dict[Labels, float] = {(name,): count for name, count in batches.ended.items()}
    yield Family("essc_batches", Kind.COUNTER, "Batches that have ended.", ("outcome",), ended)
    text = "Runs of a batch after its first: others were at the same rows, or its commit was lost."
    yield counter("essc_batch_repeats", text, batches.repeats)
    seconds: dict[Labels, float] = {(part,): each for part, each in batches.seconds.items()}
    text = "Time of the writer by part of a batch; all but deciding is time of the database."
    yield Family("essc_batch_seconds", Kind.COUNTER, text, ("part",), seconds)
    yield spread("essc_batch_commands", "Commands in a batch.", batches.commands)
    text = "From the arrival of a command to the beginning of its batch."
    yield spread("essc_queue_wait_seconds", text, batches.waits)


def _queue_families(
    collector: Collector, calls_inside: Callable[[], int] | None
) -> Iterator[Family]:
    waiting = collector.commands_waiting
    yield gauge("essc_queue_commands", "Commands that wait for the writer.", waiting)
    text = "Callers that have a command waiting."
    yield gauge("essc_queue_callers", text, collector.callers_waiting)
    if calls_inside is not None:
        text = "Calls that were let in and are not answered yet."
        yield gauge("essc_calls_inside", text, calls_inside())
