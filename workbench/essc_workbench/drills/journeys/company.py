"""All that a process of the generator needs to play a plan's journeys as channels at the platform.

company = DirectCompany(order…)
async with company.opened() as journeys:
    await journeys["panel"].play(17, "wechat", 0, deadline_s)
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from essc_workbench.drills.journey_names import JourneyName
from essc_workbench.drills.journeys.base import Company, Journey
from essc_workbench.drills.journeys.calls import Line, Manners
from essc_workbench.drills.journeys.certifying import Certify
from essc_workbench.drills.journeys.circles import Circle, Circles, Taking, circles_of
from essc_workbench.drills.journeys.desk import Desk
from essc_workbench.drills.journeys.families import BindFamily, FamilyDesk
from essc_workbench.drills.journeys.lines import Lines
from essc_workbench.drills.journeys.linking import Apply, UnlinkAndLink
from essc_workbench.drills.journeys.losing import ReportLoss
from essc_workbench.drills.journeys.passwords import WrongPassword
from essc_workbench.drills.journeys.paying import Pay
from essc_workbench.drills.journeys.people import People
from essc_workbench.drills.journeys.prepared import Prepared, key_of, read_prepared
from essc_workbench.drills.journeys.reading import OpenPanel, ShowAndScan, ShowCode
from essc_workbench.drills.journeys.turns import RequestIds
from essc_workbench.drills.notes import Notes
from essc_workbench.drills.orders import Order
from essc_workbench.drills.plan import Plan
from essc_workbench.enrolment import BUREAU, PROVIDER, VERIFIER
from essc_workbench.families import CARD_PASSWORD
from essc_workbench.folders import DataFolder
from essc_workbench.seeding.people import Role

_RENEW_S: Final = 60.0
"""A token is good for ten minutes, and signed anew two minutes before its end."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A federation that is open to one process, with whoever lives there."""

    order: Order
    lines: Lines
    prepared: Prepared
    people: People
    circles: Circles
    ids: RequestIds

    def taking(self, journey: JourneyName, *roles: Role) -> Taking:
        """This process's share of a circle, or of those in these roles."""
        circle = self.circles.by_journey[journey]
        places = tuple(circle.of_role(*roles)) if roles else circle.places
        return Taking(places, self.order.shard, self.order.shards)


class DirectCompany:
    """Channels that call the platform, with a bureau, a verifier and a provider beside them."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._lines: dict[str, Line] = {}

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Mapping[str, Journey]]:
        """As `Company` has it. Raises UsageError where nothing was prepared."""
        async with AsyncExitStack() as stack:
            stage = staged(self._order, stack)
            lab_port = stage.lines.platform_lab()
            stack.push_async_callback(lab_port.close)
            players = _Players(stage, self._line_of(stage.lines, stack), lab_port)
            yield {name: players.made(name) for name in _names(self._order.plan)}

    async def disconnect(self, channel: str) -> None:
        """Drops the channel's connections with the calls on them, and opens them anew."""
        line = self._lines.get(channel)
        if line is not None:
            await line.reopen()

    def _line_of(self, lines: Lines, stack: AsyncExitStack) -> Callable[[str], Line]:
        """Each party's one line to the platform, closed with the stack."""
        self._lines = {}
        renewing = asyncio.create_task(self._renew())
        stack.push_async_callback(_ended, renewing)

        def line_of(caller: str) -> Line:
            if caller not in self._lines:
                line = self._lines[caller] = lines.platform(caller)
                stack.push_async_callback(line.close)
            return self._lines[caller]

        return line_of

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(_RENEW_S)
            for line in self._lines.values():
                line.renew()


def company_of(order: Order) -> Company:
    """The company for an order."""
    return DirectCompany(order)


def staged(order: Order, stack: AsyncExitStack) -> Stage:
    """Opens the federation of an order. Raises UsageError where nothing was prepared."""
    folder = DataFolder(order.data)
    prepared, callers = read_prepared(folder.root), order.plan.callers
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
    )
    people, circles = People(prepared.seed), circles_of(order.plan)
    return Stage(order, lines, prepared, people, circles, RequestIds(prepared.run))


class _Players:
    """Makes the journeys of a plan; desks and lines are shared between them."""

    def __init__(self, stage: Stage, line_of: Callable[[str], Line], lab_port: Line) -> None:
        self._stage, self._line_of, self._lab_port = stage, line_of, lab_port
        self._desks: dict[str, Desk] = {}

    def made(self, name: JourneyName) -> Journey:
        """A journey, ready to be played."""
        stage, ids = self._stage, self._stage.ids
        desks = {channel: self._desk(channel) for channel in self._channels(name)}
        lines = {channel: self._line_of(channel) for channel in desks}
        match name:
            case "panel":
                return OpenPanel(ids, desks, stage.circles.rest)
            case "show_code":
                return ShowCode(ids, desks, stage.circles.rest)
            case "show_and_scan":
                return ShowAndScan(ids, desks, stage.circles.rest, self._line_of(VERIFIER))
            case "apply":
                return Apply(ids, desks, stage.taking(name))
            case "unlink_and_link":
                return UnlinkAndLink(ids, desks, stage.taking(name))
            case "wrong_password":
                return WrongPassword(ids, desks, stage.taking(name), CARD_PASSWORD)
            case "family":
                return self._family(desks, lines)
            case "certify":
                return Certify(ids, desks, stage.taking(name, Role.GRANDPARENT), lines)
            case "pay":
                return Pay(ids, desks, stage.taking(name), lines, self._line_of(PROVIDER))
            case "report_loss":
                bureau, cards = self._line_of(BUREAU), stage.prepared.cards
                return ReportLoss(ids, bureau, stage.taking(name), cards)

    def _family(self, desks: Mapping[str, Desk], lines: Mapping[str, Line]) -> Journey:
        stage, version = self._stage, self._stage.prepared.notice_version
        at = {
            channel: FamilyDesk(desk, lines[channel], self._lab_port, version, CARD_PASSWORD)
            for channel, desk in desks.items()
        }
        own = households(stage.circles.by_journey["family"], stage.order)
        return BindFamily(stage.ids, at, own)

    def _channels(self, name: JourneyName) -> Iterator[str]:
        mixes = self._stage.order.plan.journeys
        return (channel for channel, mix in mixes.items() if name in mix)

    def _desk(self, channel: str) -> Desk:
        if channel not in self._desks:
            stage = self._stage
            line = self._line_of(channel)
            self._desks[channel] = Desk(line, stage.prepared, stage.people)
        return self._desks[channel]


def households(circle: Circle, order: Order) -> list[int]:
    """This process's households of a circle."""
    return [home for home in circle.households if home % order.shards == order.shard]


def _names(plan: Plan) -> list[JourneyName]:
    return list(dict.fromkeys(name for mix in plan.journeys.values() for name in mix))


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
