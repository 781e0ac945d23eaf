"""The channel's own clock, advanced on request (R95). The platform's clock is another."""

from google.protobuf.message import Message

from essc.lab.v1 import lab_service_pb2
from essc_channels.store import clock as clock_store
from essc_channels.store import housekeeping
from essc_channels.store.database import Database
from essc_channels.wire.sessions import Caller
from essc_channels.wire.storing import stored
from essc_wire.clock import PartyClock
from essc_wire.guard import Call
from essc_wire.refusals import Refusal
from essc_wire.times import to_duration, to_span_us, to_timestamp


class ClockService:
    """Serves `essc.lab.v1.ClockService`."""

    def __init__(self, database: Database, clock: PartyClock) -> None:
        self._database, self._clock = database, clock

    async def GetTime(self, request: lab_service_pb2.GetTimeRequest, call: Call[Caller]) -> Message:
        return lab_service_pb2.GetTimeResponse(
            time=to_timestamp(self._clock.now()), offset=to_duration(self._clock.offset_us)
        )

    @stored
    async def Advance(
        self, request: lab_service_pb2.AdvanceRequest, call: Call[Caller]
    ) -> Message | Refusal:
        by_us = to_span_us(request.by)
        with self._database.write() as connection:
            known = clock_store.find_advance(connection, request.request_id)
            if known is not None and known != by_us:
                return Refusal("REQUEST_ID_REUSED")
            if known is None:
                clock_store.add_advance(connection, request.request_id, by_us)
            offset_us = clock_store.offset_us(connection)
        # Stored first, then true: a crash in between shows the new time after the restart.
        self._clock.set_offset(offset_us)
        now = self._clock.now()
        with self._database.write() as connection:
            housekeeping.sweep(connection, now)
        return lab_service_pb2.AdvanceResponse(
            time=to_timestamp(now), offset=to_duration(offset_us)
        )
