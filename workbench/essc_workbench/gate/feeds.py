"""An event stream on its way through a door: what faults do to its events, and what is seen."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from essc_wire.times import SECOND_US, to_span_us
from essc_workbench.gate.effects import Ending, Held, dead_line, delayed
from essc_workbench.gate.faults import FaultBook
from essc_workbench.gate.recorder import Passing, Recorder, event_in
from essc_workbench.gate.replies import Reply, broken
from essc_workbench.gate.upstreams import Stream

AHEAD_MAX: Final = 1000
"""Items that wait for their time; the platform waits with what is beyond."""


class Feed:
    """One stream of events: its items, and then how it ended."""

    def __init__(
        self, stream: Stream, passing: Passing, faults: FaultBook, recorder: Recorder
    ) -> None:
        self._stream, self._passing = stream, passing
        self._faults, self._recorder = faults, recorder
        self._end: Reply | None = None
        self._passed: dict[str, int] = {}

    @property
    def end(self) -> Reply:
        """How it ended, once all items were read."""
        return self._end or self._stream.end

    async def items(self) -> AsyncGenerator[bytes, None]:
        """The items as the channel gets them."""
        async with aclosing(delayed(self._arriving(), time.monotonic, AHEAD_MAX)) as due:
            async for raw in due:
                self._end = await self._broken(raw)
                if self._end is not None:
                    return
                event = event_in(raw)
                if event is not None:
                    self._recorder.seen(self._passing, event)
                yield raw

    async def _arriving(self) -> AsyncGenerator[Held, None]:
        """What comes from the platform, as often as it is to come, and what holds it back."""
        async for raw in self._stream.items():
            delay_us, copies = 0, 1
            ended: list[Ending] = []
            event = event_in(raw)
            if event is not None:
                whose = self._recorder.citizens_of(event)
                for hit in self._faults.meet_event("delay_events", self._passing, whose):
                    self._recorder.hit(self._passing, hit.fault_id, hit.effect)
                    delay_us += to_span_us(hit.value.by)
                    ended.append(hit.ended)
                for hit in self._faults.meet_event("repeat_events", self._passing, whose):
                    self._recorder.hit(self._passing, hit.fault_id, hit.effect)
                    copies += hit.value.times
            held = Held(raw, time.monotonic() + delay_us / SECOND_US, tuple(ended))
            for _ in range(copies):
                yield held

    async def _broken(self, raw: bytes) -> Reply | None:
        """How the stream ends instead of giving this item; None if it gives it.

        Nothing is ever left out of a stream that goes on: the channel would never miss it.
        """
        hit = self._faults.cutting(self._passing)
        if hit is not None:
            self._recorder.hit(self._passing, hit.fault_id, hit.effect)
            return await dead_line(hit, lambda: None)
        if event_in(raw) is None:
            return None
        hit = self._faults.interrupting(self._passing, self._passed)
        if hit is None:
            return None
        self._recorder.hit(self._passing, hit.fault_id, hit.effect)
        return broken("the stream was interrupted", hit.fault_id)
