"""A platform and two channels in this process, the gate between them, and all judges after a story.

Whoever calls the platform calls through a door, so that the history is what a run of a scenario
writes. A channel is told of by the party itself (`world.channel`), and followed by a real channel
server of the same id, which starts when the story is over and catches up with its feed.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import grpc
from tests.gate.parties import Powers
from tests.wire import people
from tests.wire.canary import Canary
from tests.wire.made import made
from tests.wire.people import PLATFORM_ID, Caller, Channel, Person, World, config
from tests.wire.people_codes import a_verifier
from tests.wire.people_services import Provider, a_provider

from essc.event.v1 import event_service_pb2 as events
from essc.lab.v1.audit_service_pb2 import ExportResponse
from essc_channels.config import Config
from essc_channels.profiles import find_profile
from essc_channels.server import RunningChannel, start_channel
from essc_channels.store import shadows
from essc_platform.server import start
from essc_wire.client import Peer
from essc_wire.keys import PartyKeyPair
from essc_workbench.exports import exported
from essc_workbench.gate.faults import FaultBook
from essc_workbench.gate.gate import Gate
from essc_workbench.history.facts import People
from essc_workbench.history.journal import Journal
from essc_workbench.history.reading import read_history
from essc_workbench.judges import JUDGES
from essc_workbench.judges.findings import Evidence, Finding
from essc_workbench.trace import Traces

CHANNELS = ("wechat", "alipay")
PARTIES = ("operator", "bureau", *CHANNELS, "gate-hospital", "gate-library", "clinic")


@dataclass
class Stand:
    """What a story has to tell with."""

    world: World
    journal: Journal
    people: People
    wechat: Channel
    alipay: Channel
    hospital: Caller
    library: Caller
    clinic: Provider
    citizens: dict[str, str] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)

    async def citizen(self, alias: str, place: int) -> Person:
        """A person on record with a normal card, who has an alias in the history."""
        someone = self.known(alias, people.person(place))
        await self.world.enrol(someone)
        await self.world.issue(someone)
        return someone

    def known(self, alias: str, someone: Person) -> Person:
        """Gives a person an alias."""
        self.people.add(alias, someone.id_number, someone.phone, someone.name)
        self.citizens[alias] = someone.id_number
        self.secrets |= {someone.name, someone.id_number, someone.phone}
        return someone


Story: TypeAlias = Callable[[Stand], Awaitable[None]]


async def perhaps(call: Awaitable[object]) -> str:
    """Why a call is refused; empty if it is not."""
    try:
        await call
    except grpc.RpcError as error:
        return people.checked(error).reason
    return ""


async def told(story: Story, folder: Path, logs: Callable[[], str]) -> dict[str, Finding]:
    """Tells a story and has it judged. `logs` gives what was logged since the beginning."""
    history = folder / "history.jsonl"
    with Journal(history) as journal:
        async with _a_stand(folder, journal) as stand:
            canary = Canary(stand.world, stand.alipay, stand.wechat)
            with canary.listening():
                await story(stand)
            stand.secrets |= canary.secrets
            journal.happened("expected", about="story", expected="told", seen="told")
            exports = await _exports(stand, folder)
    log = folder / "all.log"
    log.write_text(logs(), encoding="utf-8")
    evidence = Evidence(
        history=read_history(history),
        exports=exports,
        channels=CHANNELS,
        citizens=stand.citizens,
        secrets=sorted(stand.secrets),
        files={"all": [log], "workbench": [history]},
    )
    return {judge.name: judge.judge(evidence) for judge in JUDGES}


@asynccontextmanager
async def _a_stand(folder: Path, journal: Journal) -> AsyncIterator[Stand]:
    known = People()
    gate = Gate(journal, FaultBook(journal, Powers()), Traces(), people=known)
    operator_key = made(folder / "platform", PLATFORM_ID)
    world = await _world(gate, folder / "platform", operator_key)
    try:
        await world.open()
        yield await _parties(world, journal, known)
    finally:
        await world.close()
        await gate.close()


async def _world(gate: Gate, folder: Path, operator_key: PartyKeyPair) -> World:
    running = await start(config(folder))
    assert running.lab is not None
    address, lab_address = (f"127.0.0.1:{each.port}" for each in (running.server, running.lab))
    doors = {name: await gate.door(name, "platform", address) for name in PARTIES}
    world = World(address, lab_address, folder, operator_key, doors)
    world.running = running
    return world


async def _parties(world: World, journal: Journal, known: People) -> Stand:
    return Stand(
        world=world,
        journal=journal,
        people=known,
        wechat=await world.channel("wechat"),
        alipay=await world.channel("alipay"),
        hospital=await a_verifier(world, "gate-hospital"),
        library=await a_verifier(world, "gate-library"),
        clinic=await a_provider(world, "clinic"),
    )


async def _exports(stand: Stand, folder: Path) -> dict[str, ExportResponse]:
    """Starts the channels, waits until they have caught up, and asks everybody for a snapshot."""
    channels = await asyncio.gather(
        *(
            _follow(stand, channel, folder / channel.party_id)
            for channel in (stand.wechat, stand.alipay)
        )
    )
    try:
        exports = {"platform": await _export(stand.world.lab_address)}
        for channel in channels:
            assert channel.lab_address is not None
            exports[channel.channel_id] = await _export(channel.lab_address)
        return exports
    finally:
        for channel in channels:
            await channel.drain()


async def _follow(stand: Stand, channel: Channel, folder: Path) -> RunningChannel:
    assert channel.key is not None
    running = await start_channel(
        Config(
            profile=find_profile(channel.party_id),
            data=folder,
            listen="127.0.0.1:0",
            platform=stand.world.address_for(channel.party_id),
            platform_id=PLATFORM_ID,
            key=channel.key,
            lab="127.0.0.1:0",
        )
    )
    head = (await channel.do(channel.events.GetHead, events.GetHeadRequest())).cursor

    def cursor() -> str:
        with running.database.read() as connection:
            return shadows.cursor(connection)

    async with asyncio.timeout(20):
        while cursor() != head:  # noqa: ASYNC110 - the follower is a task of the channel's own
            await asyncio.sleep(0.01)
    return running


async def _export(address: str) -> ExportResponse:
    peer = Peer(address)
    try:
        return await exported(peer)
    finally:
        await peer.close()
