"""The lab's power over the platform's clock: forward only, and stored before it answers."""

import sqlite3

import structlog

from essc.lab.v1 import lab_service_pb2 as pb
from essc_platform.clock import PartyClock
from essc_platform.collector import Collector
from essc_platform.store.engine import read_fact, transaction, write_fact
from essc_platform.sweep import Sweep
from essc_wire.guard import Call
from essc_wire.refusals import Refusal
from essc_wire.times import to_duration, to_span_us, to_timestamp

_LAST_FACT = "last_advance"


class ClockServicer:
    """essc.lab.v1.ClockService."""

    def __init__(
        self, clock: PartyClock, collector: Collector, sweep: Sweep, offset_fact: str
    ) -> None:
        self._clock, self._collector, self._sweep = clock, collector, sweep
        self._offset_fact = offset_fact

    async def GetTime(self, request: pb.GetTimeRequest, call: Call[object]) -> pb.GetTimeResponse:
        return pb.GetTimeResponse(
            time=to_timestamp(self._clock.now()), offset=to_duration(self._clock.offset_us)
        )

    async def Advance(
        self, request: pb.AdvanceRequest, call: Call[object]
    ) -> pb.AdvanceResponse | Refusal:
        by_us = to_span_us(request.by)
        stored: list[int] = []
        asked = f"{request.request_id} {by_us}"

        def store(connection: sqlite3.Connection) -> None:
            stored.append(_advance(connection, self._offset_fact, asked, by_us))

        try:
            await self._collector.in_writer(store)
        except sqlite3.Error as error:
            structlog.get_logger("store").error("the store failed", error=str(error))
            return Refusal("STORE_UNAVAILABLE")
        if stored[0] < 0:
            return Refusal("REQUEST_ID_REUSED")
        if stored[0] > self._clock.offset_us:
            self._clock.set_offset(stored[0])
        await self._sweep.run_once()
        return pb.AdvanceResponse(
            time=to_timestamp(self._clock.now()), offset=to_duration(self._clock.offset_us)
        )


def _advance(connection: sqlite3.Connection, offset_fact: str, asked: str, by_us: int) -> int:
    """The stored offset after an advance; -1 if its id came last time with another span.

    The last advance is remembered: that is what a caller whose answer was lost repeats.
    """
    offset = int(read_fact(connection, offset_fact) or "0")
    last = read_fact(connection, _LAST_FACT)
    if last == asked:
        return offset
    if last is not None and last.split()[0] == asked.split(maxsplit=1)[0]:
        return -1
    with transaction(connection):
        write_fact(connection, offset_fact, str(offset + by_us))
        write_fact(connection, _LAST_FACT, asked)
    return offset + by_us
