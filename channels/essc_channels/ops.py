"""What a channel shows to whoever watches it: its operations port, and its health."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Final

from essc_channels.store import watching
from essc_channels.store.database import Database
from essc_channels.store.engines import StoreUnavailable
from essc_wire.clock import PartyClock
from essc_wire.meters import AskMeter, CallMeters, Family, Kind, Labels, gauge, spread
from essc_wire.pulses import Pulse
from essc_wire.readiness import Readiness, StoreWatch, Why, readiness_families
from essc_wire.serving import Server
from essc_wire.times import SECOND_US

_ASKED: Final = "essc_platform_calls"


@dataclass(slots=True)
class ChannelOps:
    """The watched parts of one channel. Make it first, and `begin` it when all of them are there.

    Feed and store are looked at on the loop, as everything of a channel is.
    """

    database: Database
    clock: PartyClock
    moves: Pulse
    calls: CallMeters = field(default_factory=CallMeters)
    readiness: Readiness = field(default_factory=Readiness)
    watch: StoreWatch = field(init=False)

    def __post_init__(self) -> None:
        self.watch = StoreWatch(self._look, self.readiness)

    def begin(self, servers: Sequence[Server]) -> tuple[asyncio.Task[None], ...]:
        """What goes on in the background from now on."""
        self.readiness.note(Why.NOT_CAUGHT_UP, holds=True)
        work = (self._catch_up(), self.watch.run_for_ever(), self.readiness.tell(servers))
        return tuple(map(asyncio.create_task, work))

    async def serve(self, address: str, asked: AskMeter, stack: AsyncExitStack) -> str:
        """Starts the operations port; answers where it listens. Raises OSError."""
        # Only who is watched pays for the library that writes the page.
        from essc_wire.metrics import Metrics, call_families
        from essc_wire.ops import OpsServer

        metrics = Metrics(
            lambda: call_families(self.calls),
            lambda: readiness_families(self.readiness),
            lambda: _asked_families(asked),
            self._store_families,
        )
        server = OpsServer(metrics, self.readiness)
        await server.start(address)
        stack.push_async_callback(server.stop)
        return server.address

    async def _catch_up(self) -> None:
        """Until the platform has been heard for the first time, the copy may be of any age."""
        await self.moves.coming().wait()
        self.readiness.note(Why.NOT_CAUGHT_UP, holds=False)

    async def _look(self, is_thorough: bool) -> bool:
        now = self.clock.now()
        try:
            if is_thorough:
                with self.database.write() as connection:
                    watching.try_to_write(connection, now)
            with self.database.read() as connection:
                watching.look(connection, now)
        except StoreUnavailable:
            return False
        return True

    def _store_families(self) -> Iterator[Family]:
        now = self.clock.now()
        try:
            with self.database.read() as connection:
                seen = watching.look(connection, now)
        except StoreUnavailable:
            return  # what is not known is not shown
        yield gauge("essc_flows_open", "Flows that wait for their phone.", seen.open_flows)
        if seen.caught_up_time:
            lag_s = max(0.0, (now - seen.caught_up_time) / SECOND_US)
            yield gauge(
                "essc_feed_lag_seconds", "Age of the copy of what the platform says.", lag_s
            )


def _asked_families(asked: AskMeter) -> Iterator[Family]:
    ended: dict[Labels, float] = {(name,): n for name, n in asked.ended.items()}
    text = "Calls to the platform that have ended, by what came of them."
    yield Family(_ASKED, Kind.COUNTER, text, ("outcome",), ended)
    yield gauge(
        f"{_ASKED}_waiting", "Calls to the platform that wait for an answer.", asked.waiting
    )
    text = "How long calls to the platform took, repeats and pauses among it."
    yield spread("essc_platform_call_seconds", text, asked.seconds)
