"""A federation that is open to one process of the generator, with whoever lives there."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from essc_workbench.drills.journey_names import JourneyName
from essc_workbench.drills.journeys.calls import Line, Manners
from essc_workbench.drills.journeys.circles import Circles, Taking, circles_of
from essc_workbench.drills.journeys.lines import Lines
from essc_workbench.drills.journeys.people import People
from essc_workbench.drills.journeys.prepared import Prepared, key_of, read_prepared
from essc_workbench.drills.journeys.turns import RequestIds
from essc_workbench.drills.notes import Notes
from essc_workbench.drills.orders import Order
from essc_workbench.folders import DataFolder
from essc_workbench.seeding.people import Role

_RENEW_S: Final = 60.0
"""A token is good for ten minutes, and signed anew two minutes before its end."""


@dataclass(slots=True)
class Stage:
    """The federation, its people, and the lines to it: one of a kind, however many use it."""

    order: Order
    lines: Lines
    prepared: Prepared
    people: People
    circles: Circles
    ids: RequestIds
    _stack: AsyncExitStack
    _platform: dict[str, Line] = field(default_factory=dict)
    _phones: dict[str, Line] = field(default_factory=dict)

    def platform(self, caller: str) -> Line:
        """A party's line to the platform."""
        if caller not in self._platform:
            self._platform[caller] = self.closing(self.lines.platform(caller))
        return self._platform[caller]

    def phones(self, channel: str) -> Line:
        """The phones' line to a channel."""
        if channel not in self._phones:
            self._phones[channel] = self.closing(self.lines.phones(channel))
        return self._phones[channel]

    def closing(self, line: Line) -> Line:
        """A line that is closed with the stage."""
        self._stack.push_async_callback(line.close)
        return line

    def taking(self, journey: JourneyName, *roles: Role) -> Taking:
        """This process's share of a circle, or of those in these roles."""
        circle = self.circles.by_journey[journey]
        places = tuple(circle.of_role(*roles)) if roles else circle.places
        return Taking(places, self.order.shard, self.order.shards)

    def households(self, journey: JourneyName) -> list[int]:
        """This process's households of a circle."""
        homes = self.circles.by_journey[journey].households
        return [home for home in homes if home % self.order.shards == self.order.shard]

    def channels(self, journey: JourneyName) -> Iterator[str]:
        """Where a journey is played."""
        mixes = self.order.plan.journeys
        return (channel for channel, mix in mixes.items() if journey in mix)

    def names(self) -> list[JourneyName]:
        """The plan's journeys, each once."""
        mixes = self.order.plan.journeys.values()
        return list(dict.fromkeys(name for mix in mixes for name in mix))

    async def disconnect(self, channel: str) -> None:
        """Drops all of a channel's connections with the calls on them, and opens them anew."""
        for lines in (self._platform, self._phones):
            if channel in lines:
                await lines[channel].reopen()

    async def renew(self) -> None:
        """Signs new tokens for ever."""
        while True:
            await asyncio.sleep(_RENEW_S)
            for line in self._platform.values():
                line.renew()


@asynccontextmanager
async def staged(order: Order) -> AsyncIterator[Stage]:
    """Opens the federation of an order. Raises UsageError where nothing was prepared."""
    folder = DataFolder(order.data)
    prepared, callers = read_prepared(folder.root), order.plan.callers
    async with AsyncExitStack() as stack:
        notes = None
        if order.notes is not None:
            key = bytes.fromhex(order.notes_key) or key_of(prepared.run)
            notes = stack.enter_context(Notes(order.notes, key=key, origin_ns=order.origin_ns))
        lines = Lines(
            folder=folder,
            state=folder.load(),
            manners=Manners(callers.attempts, callers.honour_retry_info),
            notes=notes,
            connections=callers.connections,
            doors=order.doors,
            phones_call=order.plan.via == "phones",
            share=order.plan.gate,
        )
        people, circles = People(prepared.seed), circles_of(order.plan)
        ids = RequestIds(prepared.run)
        stage = Stage(order, lines, prepared, people, circles, ids, stack)
        renewing = asyncio.create_task(stage.renew())
        try:
            yield stage
        finally:
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing
