"""What is on its way inside the platform: nothing is pending once all consequences have arrived.

Each of them ends with a commit, or with time. So whoever waits looks, and waits for the next commit
before looking again.
"""

from collections.abc import AsyncIterator, Callable, Collection, Sequence

from essc.lab.v1 import lab_service_pb2 as pb
from essc_platform.clock import monotonic
from essc_platform.collector import Collector
from essc_platform.exits import Exits
from essc_platform.store.connections import Reading
from essc_platform.store.feed import count_after
from essc_platform.store.views_settlement import FIRST_PLACE, orders_at_bank
from essc_platform.sweep import Sweep
from essc_wire.pulses import Pulse, is_set_within

COUNT_MAX = 1000


class Consequences:
    """What a running platform has still to do."""

    def __init__(
        self,
        read: Reading,
        collector: Collector,
        sweep: Sweep,
        exits: Exits,
        commits: Pulse,
        watching: Callable[[], Collection[str]],
    ) -> None:
        self._read, self._collector = read, collector
        self._sweep, self._exits, self._commits = sweep, exits, commits
        self._watching = watching

    async def settle(self, within_s: float) -> list[pb.Pending]:
        """Waits until nothing is pending, or the time is over. Raises as a store does."""
        until = monotonic() + within_s
        await self._collector.settled()
        await self._sweep.run_once()
        while True:
            coming = self._commits.coming()
            pending = [each async for each in self._pending()]
            left = until - monotonic()
            if not pending or left <= 0:
                return pending
            await is_set_within(coming, left)

    async def events_after(self, places: Sequence[tuple[str, int]]) -> AsyncIterator[pb.Pending]:
        """What the feeds hold behind these positions, of channels that may still read it."""
        watching = self._watching()
        for channel, position in places:
            if channel not in watching:
                continue
            count = await self._read(count_after, channel, position, COUNT_MAX)
            if count:
                yield pb.Pending(kind=pb.Pending.KIND_EVENTS, channel_id=channel, count=count)

    async def _pending(self) -> AsyncIterator[pb.Pending]:
        due = await self._sweep.count_due(COUNT_MAX)
        if due:
            yield pb.Pending(kind=pb.Pending.KIND_SWEEP, count=due)
        at_bank = len(await self._read(orders_at_bank, FIRST_PLACE, COUNT_MAX))
        if at_bank:
            yield pb.Pending(kind=pb.Pending.KIND_SETTLEMENT, count=at_bank)
        for channel in self._exits.exited():
            left = await self._exits.count_left(channel)
            if left:
                count = min(left, COUNT_MAX)
                yield pb.Pending(kind=pb.Pending.KIND_EXIT, channel_id=channel, count=count)
