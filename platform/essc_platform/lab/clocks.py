"""The lab's power over the platform's clock: forward only, and stored before it answers."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import structlog

from essc.lab.v1 import lab_service_pb2 as pb
from essc_platform.clock import PartyClock
from essc_platform.collector import Collector
from essc_platform.lab.consequences import Consequences
from essc_platform.store.connections import Connection
from essc_platform.store.errors import FAILURES
from essc_platform.store.facts import CLOCK_OFFSET, read_fact, write_fact
from essc_platform.sweep import Sweep
from essc_wire.guard import Call
from essc_wire.refusals import Refusal, Violation
from essc_wire.times import SECOND_US, to_duration, to_span_us, to_timestamp

# 2200-01-01 in China: a place in the feed is a time with ten bits behind it, and has 63 in all.
END_OF_TIME = 7_258_089_600 * SECOND_US
_LAST_FACT = "last_advance"

ReadPlace: TypeAlias = Callable[[str, str], int | None]
"""The position of a channel's cursor; None if there is no such channel, or it is not one of its."""


class ClockServicer:
    """essc.lab.v1.ClockService."""

    def __init__(
        self,
        clock: PartyClock,
        collector: Collector,
        sweep: Sweep,
        consequences: Consequences,
        read_place: ReadPlace,
        told: Callable[[], Awaitable[None]],
    ) -> None:
        """`told`: waits until other processes know of it."""
        self._clock, self._collector, self._sweep = clock, collector, sweep
        self._consequences, self._read_place = consequences, read_place
        self._told = told

    async def GetTime(self, request: pb.GetTimeRequest, call: Call[object]) -> pb.GetTimeResponse:
        return pb.GetTimeResponse(
            time=to_timestamp(self._clock.now()), offset=to_duration(self._clock.offset_us)
        )

    async def Advance(
        self, request: pb.AdvanceRequest, call: Call[object]
    ) -> pb.AdvanceResponse | Refusal:
        by_us = to_span_us(request.by)
        stored: list[int | Refusal] = []
        furthest = self._clock.offset_us + END_OF_TIME - self._clock.now()
        asked = f"{request.request_id.lower()} {by_us}"

        def store(connection: Connection) -> None:
            stored.append(_advance(connection, asked, by_us, furthest))

        try:
            await self._collector.in_writer(store)
            await self._told()
        except FAILURES as error:
            structlog.get_logger("store").error("the store failed", error=str(error))
            return Refusal("STORE_UNAVAILABLE")
        (offset,) = stored
        if isinstance(offset, Refusal):
            return offset
        if offset > self._clock.offset_us:
            self._clock.set_offset(offset)
        await self._sweep.run_once()
        return pb.AdvanceResponse(
            time=to_timestamp(self._clock.now()), offset=to_duration(self._clock.offset_us)
        )

    async def Settle(
        self, request: pb.SettleRequest, call: Call[object]
    ) -> pb.SettleResponse | Refusal:
        places: list[tuple[str, int]] = []
        for number, place in enumerate(request.places):
            position = self._read_place(place.channel_id, place.cursor)
            if position is None:
                wrong = Violation(
                    field=f"places[{number}]", text="no channel, or not one of its cursors"
                )
                return Refusal("REQUEST_INVALID", violations=(wrong,))
            places.append((place.channel_id, position))
        try:
            pending = await self._consequences.settle(to_span_us(request.within) / SECOND_US)
            pending += [each async for each in self._consequences.events_after(places)]
        except FAILURES as error:
            structlog.get_logger("store").error("the store failed", error=str(error))
            return Refusal("STORE_UNAVAILABLE")
        return pb.SettleResponse(pending=pending)


def _advance(connection: Connection, asked: str, by_us: int, furthest: int) -> int | Refusal:
    """The stored offset after an advance; a refusal if its id came last time with another span.

    The last advance is remembered: that is what a caller whose answer was lost repeats.
    """
    with connection.transaction():
        connection.lock((), federation=True)
        offset = int(read_fact(connection, CLOCK_OFFSET) or "0")
        last = read_fact(connection, _LAST_FACT)
        if last == asked:
            return offset
        if last is not None and last.split()[0] == asked.split(maxsplit=1)[0]:
            return Refusal("REQUEST_ID_REUSED")
        if offset + by_us >= furthest:
            text = "not beyond the year 2200"
            return Refusal("REQUEST_INVALID", violations=(Violation(field="by", text=text),))
        write_fact(connection, CLOCK_OFFSET, str(offset + by_us))
        write_fact(connection, _LAST_FACT, asked)
    return offset + by_us
