"""Following the clock: journeys are sent when they are due, whatever became of the earlier ones.

Times are measured from when a journey was due. A generator that waits for answers would send less
just when a party is slow, and would measure the waiting of the few that it sent; how much better
that looks is counted beside it, as the closed loop's claim.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from math import inf
from typing import Final

from essc_workbench.drills.histograms import US_MAX, Classes, class_of
from essc_workbench.drills.journeys.base import Journey
from essc_workbench.drills.orders import Kind
from essc_workbench.drills.outcomes import Outcome, Played
from essc_workbench.drills.reports import LATE_US
from essc_workbench.drills.schedule import Intent
from essc_workbench.drills.tallies import Tallies

BURST: Final = 16
"""As many are sent in one go; then answers have their turn."""
_LOOK_MS: Final = 250
"""So often whoever waits looks whether it was stopped."""
_MANY: Final = 8
_MANY_MS: Final = 5
"""With so many under way it is enough to look so often besides."""
_LATE_S: Final = LATE_US / 1e6
_CUT_S: Final = 1.0
_FULL: Final = Played(Outcome.NOT_SENT, "IN_FLIGHT_MAX")
_BEHIND: Final = Played(Outcome.NOT_SENT, "GENERATOR_BEHIND")
_STOPPED: Final = Played(Outcome.NOT_SENT, "DRILL_ENDED")
_CUT: Final = Played(Outcome.UNKNOWN, "CANCELLED")
_BROKEN: Final = Played(Outcome.UNKNOWN, "GENERATOR_FAILED")


class Pace:
    """The sending of one process."""

    def __init__(
        self,
        kinds: Sequence[Kind],
        journeys: Mapping[str, Journey],
        *,
        deadline_s: float,
        in_flight_max: int,
    ) -> None:
        self.tallies = Tallies(len(kinds))
        self.sends = self.late_sends = self.in_flight_most = 0
        self.closed: Classes = {}
        self.closed_max = 1
        """How many callers the closed loop beside has."""
        self.failure: Exception | None = None
        self._plays = [(journeys[kind.journey].play, kind.channel) for kind in kinds]
        self._deadline_s, self._in_flight_max = deadline_s, in_flight_max
        self._deadline_us = int(deadline_s * 1e6)
        self._under_way: dict[int, tuple[Intent, asyncio.Task[None]]] = {}
        self._closed_under_way = 0
        self._intents: Iterator[Intent] = iter(())
        self._next: Intent | None = None
        self._loop = asyncio.get_running_loop()
        self._done: asyncio.Future[None] = self._loop.create_future()
        self._start_s, self._stop_s, self._due_s = 0.0, inf, inf

    @property
    def in_flight(self) -> int:
        """How many journeys are under way."""
        return len(self._under_way)

    def stop(self) -> None:
        """No journey that is due later is intended any more."""
        self._stop_s = min(self._stop_s, time.monotonic())

    async def follow(self, intents: Iterator[Intent], start_s: float) -> None:
        """Sends every journey when it is due; the load starts at `start_s` of the monotonic clock.

        Ends with the last one, or when it is stopped; journeys may still be under way then.
        """
        self._start_s, self._intents = start_s, intents
        self._done = self._loop.create_future()
        self._step()
        self._look()
        await self._done

    def _step(self) -> None:
        """The next journey, and when it is due."""
        intent = self._next = next(self._intents, None)
        self._due_s = inf if intent is None else self._start_s + intent.due_us * 1e-6

    def _look(self) -> None:
        """Sends what is due, and comes back when more is. A callback: a task costs more.

        Loops wait in whole milliseconds: who is due sooner is sent then, never too early. Where
        many are under way their answers wake the loop often, and what is due is sent then, too.
        """
        try:
            is_more = self._send_due()
        except Exception as error:  # noqa: BLE001 - it reaches whoever follows
            if not self._done.done():
                self._done.set_exception(error)
            return
        if self._done.done():
            return
        if is_more:
            self._loop.call_soon(self._look)
            return
        least_ms = _MANY_MS if len(self._under_way) >= _MANY else 1
        wait_ms = int((self._due_s - time.monotonic()) * 1000) + 1
        self._loop.call_later(min(max(wait_ms, least_ms), _LOOK_MS) / 1000, self._look)

    def _send_due(self) -> bool:
        """Sends what is due, so many at most. Answers whether more is due."""
        for _ in range(BURST):
            intent, now_s = self._next, time.monotonic()
            if intent is None or now_s > self._stop_s:
                self._end_following()
                return False
            if self._due_s > now_s:
                return False
            self._send(intent, self._due_s, now_s - self._due_s)
            self._step()
        return True

    def _end_following(self) -> None:
        if self._done.done():
            return
        if self._next is not None:
            self._leave_out(chain((self._next,), self._intents))
        self._next, self._due_s = None, inf
        self._done.set_result(None)

    def _send(self, intent: Intent, due_s: float, behind_s: float) -> None:
        second, kind = intent.due_us // 1_000_000, intent.kind
        self.tallies.intend(second, kind)
        under_way = self._under_way
        if behind_s > self._deadline_s or len(under_way) >= self._in_flight_max:
            why = _BEHIND if behind_s > self._deadline_s else _FULL
            self.tallies.end(second, kind, why, self._deadline_us, 0)
            return
        self.sends += 1
        if behind_s > _LATE_S:
            self.late_sends += 1
        is_closed = self._closed_under_way < self.closed_max
        if is_closed:
            self._closed_under_way += 1
        played = self._played(intent, due_s, is_closed=is_closed)
        under_way[intent.number] = intent, self._loop.create_task(played)
        self.in_flight_most = max(self.in_flight_most, len(under_way))

    async def _played(self, intent: Intent, due_s: float, *, is_closed: bool) -> None:
        clock = time.monotonic
        play, channel = self._plays[intent.kind]
        sent_s = clock()
        try:
            played = await play(intent.place, channel, intent.number, due_s + self._deadline_s)
        except asyncio.CancelledError:
            played = _CUT
        except Exception as error:  # noqa: BLE001 - journeys raise nothing: it ends the drill
            self.failure, played = error, _BROKEN
            self.stop()
        now_s = clock()
        del self._under_way[intent.number]
        if self._due_s <= now_s and not self._done.done():
            self._send_due()
        due_us, sent_us = int((now_s - due_s) * 1e6), int((now_s - sent_s) * 1e6)
        due_us, sent_us = min(due_us, US_MAX), min(sent_us, US_MAX)
        second, ended = intent.due_us // 1_000_000, (intent.due_us + due_us) // 1_000_000
        self.tallies.end(second, intent.kind, played, due_us, sent_us, ended)
        if is_closed:
            self._closed_under_way -= 1
            of_sent = class_of(sent_us)
            self.closed[of_sent] = self.closed.get(of_sent, 0) + 1

    def _leave_out(self, intents: Iterable[Intent]) -> None:
        """Counts what was due before the stop and was not sent."""
        until_us = (self._stop_s - self._start_s) * 1e6
        for intent in intents:
            if intent.due_us > until_us:
                return
            self.tallies.intend(intent.due_us // 1_000_000, intent.kind)
            self._not_sent(intent)

    def _not_sent(self, intent: Intent) -> None:
        second = intent.due_us // 1_000_000
        self.tallies.end(second, intent.kind, _STOPPED, self._deadline_us, 0)

    async def drained(self, patience_s: float) -> None:
        """Waits for those under way; whoever is not back then is not waited for any longer."""
        await self._waited(patience_s)
        for _, task in self._under_way.values():
            task.cancel()
        await self._waited(_CUT_S)
        for intent, _ in self._under_way.values():
            self._not_sent(intent)  # its turn to begin had not come
        self._under_way.clear()

    async def _waited(self, patience_s: float) -> None:
        if self._under_way:
            tasks = [task for _, task in self._under_way.values()]
            await asyncio.wait(tasks, timeout=patience_s)
