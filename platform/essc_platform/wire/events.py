"""EventService: each channel's own feed, from a cursor."""

from collections.abc import AsyncIterator

from essc.event.v1 import event_pb2
from essc.event.v1 import event_service_pb2 as pb
from essc_platform.core.records import ChannelState
from essc_platform.core.times import DAY
from essc_platform.directory import Caller
from essc_platform.store.feed import events_after, is_behind
from essc_platform.watch import End, Stream
from essc_platform.wire.callers import standing_refusal
from essc_platform.wire.front import Front, PlatformCall, invalid
from essc_wire.refusals import Refusal
from essc_wire.times import to_duration, to_timestamp

_AT_ONCE = 200


class EventServicer:
    """essc.event.v1.EventService."""

    def __init__(self, front: Front) -> None:
        self._front, self._vault = front, front.vault

    async def WatchEvents(
        self, request: pb.WatchEventsRequest, call: PlatformCall
    ) -> AsyncIterator[pb.WatchEventsResponse | Refusal]:
        channel = call.caller.party_id
        position = 0
        if request.cursor:
            found = self._vault.read_cursor(channel, request.cursor)
            if found is None:
                yield invalid("cursor", "not one of this channel's cursors")
                return
            kept_since = self._front.clock.now() - self._front.policy.event_days * DAY
            if await self._front.read(is_behind, channel, found, kept_since):
                yield Refusal("CURSOR_EXPIRED")
                return
            position = found
        with self._front.watchers.watching(channel) as stream:
            # What was committed before, by whatever process, comes before the first sign of life.
            await self._front.head()
            async for item in self._follow(call.caller, position, stream):
                yield item

    async def GetHead(
        self, request: pb.GetHeadRequest, call: PlatformCall
    ) -> pb.GetHeadResponse | Refusal:
        head = await self._front.head()
        return pb.GetHeadResponse(
            cursor=self._vault.write_cursor(call.caller.party_id, head),
            time=to_timestamp(self._front.clock.now()),
            retention=to_duration(self._front.policy.event_days * DAY),
            is_live=call.caller.standing is ChannelState.LIVE,
        )

    async def _follow(
        self, caller: Caller, position: int, stream: Stream
    ) -> AsyncIterator[pb.WatchEventsResponse | Refusal]:
        channel, is_new = caller.party_id, True
        while True:
            refused = standing_refusal(self._front.directory, caller)
            if refused is not None:
                yield refused
                return
            if stream.end is End.DRAINING:
                yield Refusal("PLATFORM_DRAINING")
                return
            if stream.end is End.REPLACED:
                yield Refusal("PLATFORM_BUSY", retry_after_ms=self._front.policy.reconnect_ms)
                return
            # The head is taken before the read: what is committed in between is read next time.
            head = self._front.watchers.head
            rows = await self._front.read(events_after, channel, position, head, _AT_ONCE)
            for place, body in rows:
                if stream.is_ending:
                    break  # a slow reader learns it with the next event, not at the end of many
                event = event_pb2.Event.FromString(body)
                event.cursor = self._vault.write_cursor(channel, place)
                self._front.watchers.told += 1
                yield pb.WatchEventsResponse(event=event)
                position = place
            if len(rows) == _AT_ONCE or stream.is_ending:
                continue
            position = max(position, head)
            if is_new or not await stream.wait(self._front.policy.heartbeat_seconds):
                yield self._heartbeat(channel, position)
            is_new = False

    def _heartbeat(self, channel: str, position: int) -> pb.WatchEventsResponse:
        return pb.WatchEventsResponse(
            heartbeat=pb.WatchEventsResponse.Heartbeat(
                cursor=self._vault.write_cursor(channel, position),
                time=to_timestamp(self._front.clock.now()),
            )
        )
