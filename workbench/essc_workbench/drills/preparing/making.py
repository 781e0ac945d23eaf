"""Preparing people, stage by stage: first their links, as channels or by phone."""

import asyncio
import time
from array import array
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from essc_workbench.connections import Connections
from essc_workbench.drills.journeys.calls import Ended, Line
from essc_workbench.drills.journeys.circles import CODES, Circles, circles_of
from essc_workbench.drills.journeys.desk import Desk
from essc_workbench.drills.journeys.equipping import Equipping
from essc_workbench.drills.journeys.lines import Lines
from essc_workbench.drills.journeys.people import People
from essc_workbench.drills.journeys.prepared import Links, Prepared
from essc_workbench.drills.journeys.turns import RequestIds, Turn
from essc_workbench.drills.journeys.walking import Phones
from essc_workbench.drills.plan import Plan
from essc_workbench.drills.preparing.phones import link_by_phone, open_account
from essc_workbench.failures import WorkbenchError
from essc_workbench.inboxes import Inbox

AT_ONCE: Final = 128
PHONES_AT_ONCE: Final = 24
"""As much as a channel does at once."""
_WITHIN_S: Final = 60.0
_STEPS: Final = 64
"""Request ids of one stage of one person's preparation."""

Say: TypeAlias = Callable[[str], None]
Job: TypeAlias = Coroutine[Any, Any, object]


@dataclass(slots=True)
class Making:
    """A population as it is prepared, stage by stage."""

    plan: Plan
    prepared: Prepared
    connections: Connections
    lines: Lines
    say: Say
    people: People = field(init=False)
    circles: Circles = field(init=False)
    ids: RequestIds = field(init=False)
    desks: dict[str, tuple[Desk, Equipping]] = field(default_factory=dict)
    lines_of: dict[str, Line] = field(default_factory=dict)
    inboxes: dict[int, Inbox] = field(default_factory=dict)
    stage: int = 0

    def __post_init__(self) -> None:
        seed = self.prepared.seed
        self.people, self.circles = People(seed), circles_of(self.plan)
        self.ids = RequestIds(f"prepared/{seed}")

    def turn(self, place: int) -> Turn:
        """One person's row of requests in the present stage."""
        return Turn(self.ids, place, time.monotonic() + _WITHIN_S, self.stage * _STEPS)

    async def link_all(self, channel: str, line: Line) -> None:
        """A link in a channel for everybody who is to have one."""
        linked = self.circles.linked
        links = self.prepared.links[channel] = Links("", array("q", [0]) * len(linked))
        desk = self.open_desk(channel, line)
        ids = [""] * len(linked)

        async def link(place: int) -> None:
            found = await desk.apply(self.turn(place), place)
            ids[place], links.serials[place] = found.link_id, found.serial

        await self.each(f"links in {channel}", linked, link)
        links.ids = "".join(ids)

    def open_desk(self, channel: str, line: Line) -> Desk:
        """The channel at the platform."""
        desk = Desk(line, self.prepared, self.people)
        self.desks[channel], self.lines_of[channel] = (desk, Equipping(desk, line)), line
        return desk

    async def phone_all(self, channel: str, line: Line) -> None:
        """An account in a channel for everybody; a phone, and a link by it, for who is to have one.

        Nothing of this is noted: what channels asked the platform for is their own business.
        """
        sessions: dict[int, str] = {}
        self.prepared.sessions[channel] = sessions
        phones = Phones(line, sessions, self.people, self.connections)
        mix = set(self.plan.journeys.get(channel, ()))
        shows_codes = not mix.isdisjoint({*CODES, "pay"})

        async def open_one(place: int) -> None:
            await open_account(self.connections, channel, self.people.person(place))

        async def link(place: int) -> None:
            turn = self.turn(place)
            sessions[place] = await link_by_phone(phones, turn, place, shows_codes=shows_codes)

        everybody = range(self.plan.population.citizens)
        await self.each(f"accounts in {channel}", everybody, open_one, at_once=PHONES_AT_ONCE)
        linked = self.circles.linked
        await self.each(f"phones in {channel}", linked, link, at_once=PHONES_AT_ONCE)

    def inbox(self, place: int) -> Inbox:
        if place not in self.inboxes:
            phone = self.people.person(place).phone
            self.inboxes[place] = Inbox(self.connections.platform_lab(), phone)
        return self.inboxes[place]

    async def each(
        self,
        what: str,
        places: Sequence[int],
        do: Callable[[int], Job],
        *,
        at_once: int = AT_ONCE,
    ) -> None:
        """Does it for everybody, so many at a time; the first failure ends all."""
        self.stage += 1
        self.say(f"{what}: {len(places):,}")
        try:
            await in_lanes((do(place) for place in places), at_once)
        except Ended as ended:
            raise WorkbenchError(f"{what}: {ended}") from None


async def in_lanes(jobs: Iterable[Job], at_once: int) -> None:
    """Runs jobs one after the other in so many lanes. Raises the first failure of any."""
    waiting = iter(jobs)

    async def lane() -> None:
        for job in waiting:
            await job

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(lane())
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
