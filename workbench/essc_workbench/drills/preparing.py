"""Before the clock starts: the population with its cards, and all that its journeys need.

    prepared = await prepare(folder, plan, seed, notes=path, say=print)

Everything is done through the contract: the bureau imports people, channels link them, at many
calls at once. Request ids follow from person and seed, so a preparation that was cut short is run
again whole, and what was done before is only repeated. A federation that a drill has changed is
not prepared again: take a fresh one.

What each takes of the platform: a link five calls, a known phone four, a card password 31 ms.
"""

import asyncio
import secrets
import time
from array import array
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from essc_wire.client import Peer
from essc_workbench.bureau import Bureau
from essc_workbench.calls import fixed_id
from essc_workbench.connections import Connections
from essc_workbench.drills.asking import asked_first
from essc_workbench.drills.journey_names import JourneyName
from essc_workbench.drills.journeys.calls import Ended, Line, Manners
from essc_workbench.drills.journeys.circles import CODES, Circles, bound_households, circles_of
from essc_workbench.drills.journeys.desk import Desk
from essc_workbench.drills.journeys.equipping import Equipping
from essc_workbench.drills.journeys.families import ADDINGS, HOLDERS, FamilyDesk
from essc_workbench.drills.journeys.lines import Lines
from essc_workbench.drills.journeys.people import People
from essc_workbench.drills.journeys.prepared import Links, Prepared, key_of
from essc_workbench.drills.journeys.turns import RequestIds, Turn
from essc_workbench.drills.journeys.walking import Phones
from essc_workbench.drills.notes import Notes
from essc_workbench.drills.plan import Plan
from essc_workbench.drills.preparing_phones import link_by_phone, open_account, read_links
from essc_workbench.enrolment import BUREAU
from essc_workbench.failures import WorkbenchError
from essc_workbench.families import CARD_PASSWORD
from essc_workbench.folders import DataFolder
from essc_workbench.inboxes import Inbox
from essc_workbench.seeding import importing
from essc_workbench.seeding.people import HOUSEHOLD, Role

AT_ONCE: Final = 128
PHONES_AT_ONCE: Final = 24
"""As much as a channel does at once."""
TEXTS_AT_ONCE: Final = 64
"""Of the text messages of all phones the lab keeps a bounded number."""
_WITHIN_S: Final = 60.0
_MANNERS: Final = Manners(attempts=200, honours_retry_info=True)
_STEPS: Final = 64
"""Request ids of one stage of one person's preparation."""
_BANK: Final = "bank-east"

Say: TypeAlias = Callable[[str], None]
Job: TypeAlias = Coroutine[Any, Any, object]


async def prepare(
    folder: DataFolder,
    plan: Plan,
    seed: int,
    *,
    notes: Path | None = None,
    origin_ns: int = 0,
    say: Say = lambda _text: None,
) -> Prepared:
    """Prepares a running federation, and leaves what came of it in its folder.

    Raises RpcError or WorkbenchError where the contract refuses something.
    """
    async with AsyncExitStack() as stack:
        connections = await stack.enter_async_context(Connections(folder, folder.load()))
        await _import(connections.platform(BUREAU), plan, seed, say)
        prepared = await asked_first(connections, plan, secrets.token_hex(16), seed)
        book, is_direct = None, plan.via == "platform"
        if notes is not None and is_direct:
            book = Notes(notes, key=key_of(prepared.run), origin_ns=origin_ns)
            stack.enter_context(book)
        lines = Lines(folder=folder, state=folder.load(), manners=_MANNERS, notes=book)
        making = _Making(plan, prepared, connections, lines, say)
        for channel in plan.federation.channels:
            line = lines.platform(channel) if is_direct else lines.phones(channel)
            stack.push_async_callback(line.close)
            await (making.link_all if is_direct else making.phone_all)(channel, line)
        if not is_direct:
            places = making.circles.linked
            await read_links(connections, prepared, making.people, places)
            for channel in plan.federation.channels:
                line = lines.platform(channel)
                stack.push_async_callback(line.close)
                making.open_desk(channel, line)
        await making.equip()
        prepared.write(folder.root)
        return prepared


async def _import(bureau: Peer, plan: Plan, seed: int, say: Say) -> None:
    """Everybody with a card of the second generation, but a share of those without a link."""
    people = plan.population
    linked = circles_of(plan).linked
    first = min(-(-len(linked) // HOUSEHOLD) * HOUSEHOLD, people.citizens)
    third = round(people.third * 100)
    for part in (
        importing.Plan(count=first, seed=seed),
        importing.Plan(count=people.citizens - first, seed=seed, first=first, third_percent=third),
    ):
        if part.count:
            say(f"citizens: {part.count:,}")
            await importing.import_population(bureau, part, lambda _tally: None)


@dataclass(slots=True)
class _Making:
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

        await self._each(f"links in {channel}", linked, link)
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
        await self._each(f"accounts in {channel}", everybody, open_one, at_once=PHONES_AT_ONCE)
        linked = self.circles.linked
        await self._each(f"phones in {channel}", linked, link, at_once=PHONES_AT_ONCE)

    async def equip(self) -> None:
        """All else that the plan's journeys need."""
        mixes = self.plan.journeys
        for channel, mix in mixes.items():
            if self.plan.via == "platform" and not set(CODES).isdisjoint(mix):
                await self._know_devices(channel)
        names = {name for mix in mixes.values() for name in mix}
        bureau = Bureau(self.connections.platform(BUREAU))
        if "certify" in names:
            await self._register_recipients(bureau)
        if "report_loss" in names:
            await self._find_cards(bureau)
        for name in ("wrong_password", "family", "pay"):
            if name in names:
                await self._set_passwords(name)
        if "pay" in names:
            await self._let_pay(bureau)
        homes = bound_households(self.plan)
        if homes:
            await self._bind(homes)

    async def _know_devices(self, channel: str) -> None:
        equipping = self.desks[channel][1]

        async def know(place: int) -> None:
            await equipping.know_device(self.turn(place), place, self._inbox(place))

        what = f"phones known in {channel}"
        await self._each(what, self.circles.rest, know, at_once=TEXTS_AT_ONCE)

    async def _register_recipients(self, bureau: Bureau) -> None:
        seed = self.prepared.seed

        async def register(place: int) -> None:
            id_number = self.people.person(place).id_number
            request_id = fixed_id("drill-recipient", str(seed), str(place))
            await bureau.register_recipient(id_number, request_id=request_id)

        places = tuple(self.circles.by_journey["certify"].of_role(Role.GRANDPARENT))
        await self._each("recipients of benefits", places, register)

    async def _find_cards(self, bureau: Bureau) -> None:
        async def find(place: int) -> None:
            citizen = await bureau.citizen(self.people.person(place).id_number)
            self.prepared.cards[place] = citizen.physical_cards[0].physical_card_id

        await self._each("physical cards", self.circles.places("report_loss"), find)

    async def _set_passwords(self, name: JourneyName) -> None:
        equipping = self.desks[self._channels(name)[0]][1]
        circle = self.circles.by_journey[name]
        places = tuple(circle.of_role(*HOLDERS)) if name == "family" else circle.places

        async def set_password(place: int) -> None:
            await equipping.set_password(self.turn(place), place, CARD_PASSWORD)

        await self._each(f"card passwords for {name}", places, set_password)

    async def _let_pay(self, bureau: Bureau) -> None:
        places, channels = self.circles.places("pay"), self._channels("pay")
        bank = next((each for each in channels if each.startswith("bank-")), _BANK)

        async def open_account(place: int) -> None:
            person = self.people.person(place)
            citizen = await bureau.citizen(person.id_number)
            await bureau.activate_bank_account(
                citizen.physical_cards[0].physical_card_id,
                bank,
                person.phone,
                request_id=fixed_id("drill-account", str(self.prepared.seed), str(place)),
            )

        await self._each("bank accounts", places, open_account)
        for channel in channels:
            equipping = self.desks[channel][1]

            async def let_pay(place: int, equipping: Equipping = equipping) -> None:
                turn = self.turn(place)
                await equipping.raise_level(turn, place, self._inbox(place))
                await equipping.pay_freely(turn, place, CARD_PASSWORD)

            await self._each(f"payers in {channel}", places, let_pay, at_once=TEXTS_AT_ONCE)

    async def _bind(self, homes: range) -> None:
        """Each household's first parent binds the grandparent, by a card password of 31 ms."""
        channel = self.plan.federation.channels[0]
        desk, equipping = self.desks[channel]
        lab_port = self.lines.platform_lab()
        at = FamilyDesk(
            desk, self.lines_of[channel], lab_port, self.prepared.notice_version, CARD_PASSWORD
        )

        async def bind(home: int) -> None:
            first = home * HOUSEHOLD
            turn = self.turn(first)
            await equipping.set_password(turn, first + Role.PARENT, CARD_PASSWORD)
            await at.add(turn, first + Role.PARENT, first + Role.GRANDPARENT, ADDINGS[0])

        await self._each("families", homes, bind)
        await lab_port.close()

    def _channels(self, name: JourneyName) -> list[str]:
        return [channel for channel, mix in self.plan.journeys.items() if name in mix]

    def _inbox(self, place: int) -> Inbox:
        if place not in self.inboxes:
            phone = self.people.person(place).phone
            self.inboxes[place] = Inbox(self.connections.platform_lab(), phone)
        return self.inboxes[place]

    async def _each(
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
        except* Ended as ended:
            reasons = sorted({str(each) for each in ended.exceptions})
            raise WorkbenchError(f"{what}: {', '.join(reasons)}") from None


async def in_lanes(jobs: Iterable[Job], at_once: int) -> None:
    """Runs jobs one after the other in so many lanes. Raises the failures of all lanes."""
    waiting = iter(jobs)

    async def lane() -> None:
        for job in waiting:
            await job

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(lane())
