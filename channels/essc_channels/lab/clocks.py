"""The channel's own clock, advanced on request (R95). The platform's clock is another."""

from google.protobuf.message import Message

from essc.lab.v1 import lab_service_pb2
from essc_channels.store import clock as clock_store
from essc_channels.store import housekeeping, shadows
from essc_channels.store.database import Database
from essc_channels.wire.sessions import Caller
from essc_channels.wire.storing import stored
from essc_wire.clock import PartyClock, monotonic
from essc_wire.guard import Call
from essc_wire.pulses import Pulse, is_set_within
from essc_wire.refusals import Refusal
from essc_wire.times import SECOND_US, to_duration, to_span_us, to_timestamp


class ClockService:
    """Serves `essc.lab.v1.ClockService`."""

    def __init__(
        self, database: Database, clock: PartyClock, channel_id: str, moves: Pulse
    ) -> None:
        """`moves` beats whenever the channel's place in the feed has been saved."""
        self._database, self._clock = database, clock
        self._channel_id, self._moves = channel_id, moves

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

    @stored
    async def Settle(
        self, request: lab_service_pb2.SettleRequest, call: Call[Caller]
    ) -> Message | Refusal:
        after, within_s = request.after_cursor, to_span_us(request.within) / SECOND_US
        until = monotonic() + within_s
        while True:
            coming = self._moves.coming()
            with self._database.read() as connection:
                cursor = shadows.cursor(connection)
            left = until - monotonic()
            # A place in the feed only goes forward: another one is one beyond.
            if cursor != after or left <= 0:
                break
            await is_set_within(coming, left)
        pending = []
        if cursor == after and (after or within_s):
            kind = lab_service_pb2.Pending.KIND_EVENTS
            pending.append(lab_service_pb2.Pending(kind=kind, channel_id=self._channel_id, count=1))
        return lab_service_pb2.SettleResponse(pending=pending, cursor=cursor)
