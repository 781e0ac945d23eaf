"""All that a process of the generator needs to play a plan's journeys.

company = company_of(order)
async with company.opened() as journeys:
    await journeys["panel"].play(17, "wechat", 0, deadline_s)
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from essc_workbench.connections import Connections
from essc_workbench.drills.journeys.base import Journey
from essc_workbench.drills.journeys.direct import DirectPlayers
from essc_workbench.drills.journeys.phoning import PhonePlayers
from essc_workbench.drills.journeys.stage import Stage, staged
from essc_workbench.drills.orders import Order


class Troupe:
    """Whoever plays, as channels or as phones."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._stage: Stage | None = None

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Mapping[str, Journey]]:
        """As `Company` has it. Raises UsageError where nothing was prepared."""
        async with staged(self._order) as stage:
            self._stage = stage
            if self._order.plan.via == "platform":
                direct = DirectPlayers(stage)
                yield {name: direct.made(name) for name in stage.names()}
                return
            lines = stage.lines
            async with Connections(lines.folder, lines.state) as connections:
                players = PhonePlayers(stage, connections)
                yield {name: players.made(name) for name in stage.names()}

    async def disconnect(self, channel: str) -> None:
        """Drops all of a channel's connections with the calls on them, and opens them anew."""
        if self._stage is not None:
            await self._stage.disconnect(channel)


def company_of(order: Order) -> Troupe:
    """The company for an order."""
    return Troupe(order)
