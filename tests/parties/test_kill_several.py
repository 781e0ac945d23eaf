"""Four channels write while processes of a platform of three are killed, and their database too."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.parties.test_kill import PEOPLE_PER_CHANNEL, VOUCH_KINDS, crew, judge
from tests.parties.writers import bring_in, invented

from essc.event.v1 import event_pb2, event_service_pb2
from essc.event.v1.event_service_pb2_grpc import EventServiceStub
from essc_wire.client import Peer
from essc_workbench.federation import federation_in
from essc_workbench.folders import DataFolder
from essc_workbench.postgres.server import Server
from essc_workbench.stores import deployment_of_runs
from essc_workbench.templates import Template
from essc_workbench.testing import Meeting, meet

PROCESSES = 3
NOT_NOW = frozenset({"CHANGES_CONFLICT", "PLATFORM_BUSY", "PLATFORM_DRAINING"})
"""Definite refusals that say: not now."""


@pytest.mark.soak
@pytest.mark.rule("R91")
@pytest.mark.timeout(1500)
async def test_what_was_acknowledged_survives_thirty_kills_and_five_ends_of_the_database(
    tmp_path: Path, own_postgres: Server
) -> None:
    await write_while_killing(tmp_path, own_postgres, kills=30, crashes=5, seed=3)


@asynccontextmanager
async def three(folder: Path, server: Server) -> AsyncIterator[Meeting]:
    """A federation with four channels, whose platform is three processes."""
    deployment = deployment_of_runs(server.url("essc_test_killed"), PROCESSES)
    template = Template(folder / "prepared", deployment=deployment)
    running = federation_in(
        DataFolder(folder / "killed"),
        channels=tuple(VOUCH_KINDS),
        template=template,
        deployment=deployment,
    )
    async with running as federation, meet(federation) as meeting:
        yield meeting
    template.drop()


async def write_while_killing(
    folder: Path, server: Server, *, kills: int, crashes: int, seed: int
) -> None:
    chance = random.Random(seed)
    async with three(folder, server) as meeting:
        people = invented(PEOPLE_PER_CHANNEL)
        await bring_in(meeting.connections.platform("bureau"), people)
        writers = crew(meeting, people, chance, NOT_NOW)
        stop = asyncio.Event()
        tasks = [asyncio.create_task(writer.run(stop)) for writer in writers]
        blows = ["kill"] * kills + ["crash"] * crashes
        chance.shuffle(blows)
        for blow in blows:
            await asyncio.sleep(chance.uniform(0.2, 1.2))
            if blow == "kill":
                number = chance.randint(1, PROCESSES)
                meeting.federation.kill(f"platform-{number}")
                await meeting.federation.revive("platform")
            else:
                # They find it again by themselves: nobody starts them anew.
                before = meeting.federation.pids()
                await asyncio.to_thread(server.crash)
                await asyncio.sleep(chance.uniform(0, 1))
                await asyncio.to_thread(server.start)
                assert meeting.federation.pids() == before
        await asyncio.sleep(2)
        stop.set()
        await asyncio.gather(*tasks)
        for writer in writers:
            await judge(meeting, writer, chance)
            judge_order(await fed(writer.peer))
        told = sum(len(writer.told) for writer in writers)
        given_up = sum(writer.given_up for writer in writers)
        repeated = sum(writer.repeated for writer in writers)
        print(
            f"{kills} kills, {crashes} ends of the database, {told} changes told, "
            f"{repeated} repeated, {given_up} given up"
        )
        assert repeated, "no blow met a change: the test showed nothing"


async def fed(peer: Peer) -> list[event_pb2.Event]:
    """All events of a channel, in the order of its feed."""
    request = event_service_pb2.WatchEventsRequest()
    stream = EventServiceStub(peer.channel).WatchEvents(request, **peer.options(timeout_s=None))
    found: list[event_pb2.Event] = []
    async for item in stream:
        if item.HasField("heartbeat"):
            stream.cancel()
            return found
        found.append(item.event)
    message = "the stream ended without a heartbeat"
    raise AssertionError(message)


def judge_order(events: list[event_pb2.Event]) -> None:
    """What happened to each link is told in the order in which it happened, and all of it."""
    steps: dict[str, list[tuple[int, bool]]] = {}
    for event in events:
        if event.kind in (event_pb2.Event.KIND_LINK_ACTIVATED, event_pb2.Event.KIND_LINK_UNLINKED):
            is_begun = event.kind == event_pb2.Event.KIND_LINK_ACTIVATED
            steps.setdefault(event.link.link_id, []).append((event.link.serial, is_begun))
    assert steps
    for link_id, told in steps.items():
        wanted = [(1 + place // 2, place % 2 == 0) for place in range(len(told))]
        assert told == wanted, link_id
