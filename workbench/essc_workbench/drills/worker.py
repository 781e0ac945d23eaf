"""A process of the generator: plays one shard of a plan, and says every second what came of it.

It reads lines: first its order (JSON), then `start SECONDS` of this machine's monotonic clock, and
perhaps `disconnect CHANNEL` and `stop`. It prints `{"ready": true}`, then a report a second; the
last one says so. It watches itself: its processor time, how late its loop comes back to itself, how
many journeys were sent late.
"""

import asyncio
import gc
import statistics
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Final, TypeAlias

import uvloop

from essc_workbench.drills.histograms import Classes, class_of
from essc_workbench.drills.journeys.base import Company
from essc_workbench.drills.loads import load_of
from essc_workbench.drills.orders import Order, kinds_of
from essc_workbench.drills.pacing import Pace
from essc_workbench.drills.reports import Report
from essc_workbench.drills.schedule import intents

TICK_S: Final = 0.02
PATIENCE_S: Final = 1.0
"""Beyond the deadline of a journey: as long is it waited for at the end."""
_SAMPLES_MAX: Final = 3000
"""A minute of ticks: from so many follows how many callers a closed loop would have."""

MakeCompany: TypeAlias = Callable[[Order], Company]
Say: TypeAlias = Callable[[bytes], None]


class Worker:
    """One shard being played."""

    def __init__(self, order: Order, say: Say) -> None:
        self._order, self._say = order, say
        self._load_s = load_of(order.plan).lasts_s
        self._lag: Classes = {}
        self._samples: deque[int] = deque(maxlen=_SAMPLES_MAX)
        self._told_s = self._told_cpu_s = self._start_s = 0.0
        self._second = 0
        self._pace: Pace | None = None
        self._is_stopped = False

    def stop(self) -> None:
        """No journey is begun any more; those under way are waited for."""
        self._is_stopped = True
        if self._pace is not None:
            self._pace.stop()

    async def play(self, company: Company, started: "asyncio.Future[float]") -> None:
        """Opens the connections, waits for its start, plays, and tells the last report."""
        plan, kinds = self._order.plan, kinds_of(self._order.plan)
        deadline_s = plan.callers.deadline.total_seconds()
        async with company.opened() as journeys:
            pace = self._pace = Pace(
                kinds, journeys, deadline_s=deadline_s, in_flight_max=plan.callers.in_flight
            )
            schedule = intents(plan, self._order.seed, self._order.shard, self._order.shards)
            gc.collect()
            gc.freeze()  # what is there now stays; the collector need not look at it again
            self._say(b'{"ready": true}\n')
            self._start_s = await started
            if self._is_stopped:
                pace.stop()
            watching = asyncio.create_task(self._watch(pace))
            try:
                await asyncio.sleep(self._start_s - time.monotonic())
                self._begin()
                await pace.follow(schedule, self._start_s)
                await pace.drained(deadline_s + PATIENCE_S)
            finally:
                watching.cancel()
        self._tell(pace, is_last=True)

    def _begin(self) -> None:
        """From here on its own work counts."""
        self._lag.clear()
        self._told_s, self._told_cpu_s = time.monotonic(), time.process_time()

    async def _watch(self, pace: Pace) -> None:
        """Looks at its own loop often, and tells a report every second."""
        clock = time.monotonic
        while True:
            asked_s = clock()
            await asyncio.sleep(TICK_S)
            now_s = clock()
            lag_us = max(int((now_s - asked_s - TICK_S) * 1e6), 0)
            of_lag = class_of(lag_us)
            self._lag[of_lag] = self._lag.get(of_lag, 0) + 1
            self._samples.append(pace.in_flight)
            if now_s >= self._start_s + self._second + 1:
                pace.closed_max = max(round(statistics.median(self._samples)), 1)
                self._tell(pace)

    def _tell(self, pace: Pace, *, is_last: bool = False) -> None:
        now_s, cpu_s = time.monotonic(), time.process_time()
        wall_s, used_s = now_s - self._told_s, cpu_s - self._told_cpu_s
        in_load_s = min(max(self._start_s + self._load_s - self._told_s, 0.0), wall_s)
        failure = pace.failure
        report = Report(
            second=self._second,
            rows=pace.tallies.told(),
            sends=pace.sends,
            late_sends=pace.late_sends,
            in_flight=pace.in_flight_most,
            cpu_s=used_s,
            wall_s=wall_s,
            in_load_s=in_load_s,
            cpu_in_load_s=used_s * in_load_s / (wall_s or 1.0),
            loop_lag=self._lag,
            closed=pace.closed,
            is_last=is_last,
            failure=f"{type(failure).__name__}: {failure}" if failure is not None else "",
        )
        pace.sends = pace.late_sends = 0
        pace.in_flight_most = pace.in_flight
        pace.closed, self._lag = {}, {}
        self._told_s, self._told_cpu_s = now_s, cpu_s
        self._second = max(int(now_s - self._start_s), self._second + 1)
        self._say(report.line())


async def serve(make: MakeCompany) -> None:
    """Does what standard input says."""
    lines = asyncio.StreamReader(limit=16 * 1024 * 1024)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    order = Order.model_validate_json(await lines.readline())
    worker, started = Worker(order, _said), loop.create_future()
    company = make(order)
    listening = asyncio.create_task(_listen(lines, worker, company, started))
    try:
        await worker.play(company, started)
    finally:
        listening.cancel()


async def _listen(
    lines: asyncio.StreamReader,
    worker: Worker,
    company: Company,
    started: "asyncio.Future[float]",
) -> None:
    """Hears what to do. Whoever gave the order is gone when the lines end."""
    while words := (await lines.readline()).decode("ascii").split():
        match words:
            case ["start", at_s] if not started.done():
                started.set_result(float(at_s))
            case ["stop"]:
                worker.stop()
            case ["disconnect", channel]:
                await company.disconnect(channel)
            case _:
                raise ValueError(f"it was told {words}")
    worker.stop()
    if not started.done():
        started.cancel()


def _said(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def main(make: MakeCompany) -> None:
    """A process's whole life. What ends it early is one line on standard error."""
    try:
        uvloop.run(serve(make))
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        raise SystemExit(1) from error
    except asyncio.CancelledError:
        raise SystemExit(1) from None
