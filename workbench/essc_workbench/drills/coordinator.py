"""Conducting a drill: starts all shards at one moment, adds up what they say, ends it early if so.

Whatever ends a drill, what was done until then is counted, to the unit: a stop lets the journeys
under way end, and what a dead process can no longer tell follows from the plan.
"""

import asyncio
import math
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias

from essc_workbench.drills.health import Health
from essc_workbench.drills.histograms import Classes, add
from essc_workbench.drills.loads import load_of
from essc_workbench.drills.missing import Told
from essc_workbench.drills.orders import kinds_of
from essc_workbench.drills.plan import Plan
from essc_workbench.drills.reports import Report
from essc_workbench.drills.results import Second, Words
from essc_workbench.drills.seconds import Gauge, second_of
from essc_workbench.drills.shards import Shards
from essc_workbench.drills.stopping import reason_to_stop
from essc_workbench.drills.tallies import Totals
from essc_workbench.scenarios.runs import explained

_ENDED: Final = 2**53
"""The second that whoever has told all has told of."""
START_S: Final = 0.5
"""So long before its start the load is announced to all shards."""
BY_HAND: Final = Words(zh="被人中止", en="stopped by hand")
PROCESS_DIED: Final = Words(zh="压力发生器的一个进程意外退出", en="a process of the generator died")

OWN_FAILURE: Final = Words(zh="工作台自身出错", en="the workbench itself failed")
Beside: TypeAlias = Callable[[float], Coroutine[Any, Any, None]]
"""What goes on beside a load: it is told the start, on the monotonic clock."""


class Gauges(Protocol):
    """What is seen of the parties meanwhile."""

    def start(self, start_s: float) -> None:
        """The load starts then, on the monotonic clock."""
        ...

    def end(self, second: int) -> None:
        """The load's last second is told; nothing comes any more."""
        ...

    def at(self, second: int) -> Gauge:
        """What was seen in a second of the clock."""
        ...


class NoGauges:
    """Nothing is looked at."""

    def start(self, start_s: float) -> None:
        return

    def end(self, second: int) -> None:
        return

    def at(self, second: int) -> Gauge:
        return Gauge()


@dataclass(slots=True)
class Conducted:
    """All that was seen of one load."""

    plan: Plan
    totals: Totals
    health: Health
    seconds: tuple[Second, ...] = ()
    closed: Classes = field(default_factory=dict)
    load_s: float = 0.0
    start_s: float = 0.0
    """On this process's monotonic clock."""
    ended_early: Words | None = None
    is_void: bool = False
    """Ended such that nothing can be said."""
    failure: str = ""
    is_short_of_notes: bool = False
    """A process died before it wrote down all that it was answered: nobody can audit that."""


class Conductor:
    """One load being conducted."""

    def __init__(
        self,
        plan: Plan,
        shards: Shards,
        *,
        on_second: Callable[[Second], None] = lambda _second: None,
        gauges: Gauges | None = None,
        beside: Sequence[Beside] = (),
    ) -> None:
        """What goes on beside the load is told its start, and is cancelled when the load ends."""
        self._plan, self._shards, self._on_second = plan, shards, on_second
        self._gauges: Gauges = gauges or NoGauges()
        kinds = kinds_of(plan)
        self.seen = Conducted(plan, Totals(len(kinds)), Health(len(shards.orders)))
        self._kinds, self._beside = kinds, beside
        self._going_on: list[asyncio.Task[None]] = []
        self._told = [Told() for _ in shards.orders]
        self._heard = [-1] * len(shards.orders)
        self._shown = 0
        self._died: dict[int, float] = {}
        self._stop_s: float | None = None

    async def conduct(self) -> Conducted:
        """Opens the shards, plays the load, and counts it. A first cancellation stops the load."""
        await self._shards.open()
        self.seen.start_s = self._shards.start(START_S)
        self._gauges.start(self.seen.start_s)
        gathering = asyncio.create_task(self._gather())
        start_s = self.seen.start_s
        self._going_on = [asyncio.create_task(self._go_on(each(start_s))) for each in self._beside]
        try:
            await self._until_gathered(gathering)
        finally:
            for task in (gathering, *self._going_on):
                task.cancel()
            await asyncio.gather(gathering, *self._going_on, return_exceptions=True)
        return self._whole()

    async def _go_on(self, work: Coroutine[Any, Any, None]) -> None:
        """What fails beside the load ends it."""
        try:
            await work
        except Exception as error:  # noqa: BLE001 - the result tells it
            self._fail(explained(error))

    def stop(self, why: Words, *, is_void: bool) -> None:
        """Ends the load early. The first reason is the one that is told."""
        if self._stop_s is not None:
            return
        self._stop_s = time.monotonic()
        self.seen.ended_early, self.seen.is_void = why, is_void
        self._shards.stop()
        for task in self._going_on:
            task.cancel()

    def _fail(self, failure: str) -> None:
        self.seen.failure = self.seen.failure or failure
        self.stop(OWN_FAILURE, is_void=True)

    async def _until_gathered(self, gathering: "asyncio.Task[None]") -> None:
        while True:
            try:
                await asyncio.shield(gathering)
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if self._stop_s is not None or gathering.done() or task is None:
                    raise
                task.uncancel()
                self.stop(BY_HAND, is_void=True)
            else:
                return

    async def _gather(self) -> None:
        async for shard, report in self._shards.reports():
            if report is None:
                self._died[shard] = time.monotonic()
                self.seen.is_short_of_notes = True
                self.stop(PROCESS_DIED, is_void=True)
            else:
                self._hear(shard, report)
            self._show()

    def _hear(self, shard: int, report: Report) -> None:
        seen = self.seen
        seen.totals.add(report.rows)
        seen.health.add(shard, report)
        self._told[shard].add(report.rows)
        add(seen.closed, report.closed)
        self._heard[shard] = _ENDED if report.is_last else report.second
        if report.failure:
            self._fail(report.failure)

    def _show(self) -> None:
        """Shows each second once all have told of the one after it: its answers are there then."""
        alive = [second for shard, second in enumerate(self._heard) if shard not in self._died]
        until = min(min(alive, default=self._shown), math.ceil(load_of(self._plan).lasts_s))
        while self._shown < until:
            self._on_second(self._second(self._shown))
            self._shown += 1
            why = reason_to_stop(self._plan, self.seen.totals, self.seen.health, self._shown)
            if why is not None:
                self.stop(why.text, is_void=why.is_void)

    def _second(self, second: int) -> Second:
        seen = self.seen
        return second_of(
            second, seen.totals, self._kinds, seen.health.at(second), self._gauges.at(second)
        )

    def _whole(self) -> Conducted:
        seen, wanted_s = self.seen, load_of(self._plan).lasts_s
        stopped_s = wanted_s if self._stop_s is None else self._stop_s - seen.start_s
        seen.load_s = min(max(stopped_s, 0.0), wanted_s)
        for shard, died_s in self._died.items():
            died_us = int((died_s - seen.start_s) * 1e6)
            self._told[shard].add_missing(
                seen.totals, self._shards.orders[shard], died_us, int(seen.load_s * 1e6)
            )
        last = max(seen.totals.seconds, default=-1)
        self._gauges.end(last)
        seen.seconds = tuple(self._second(second) for second in range(last + 1))
        return seen
