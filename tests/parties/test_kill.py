"""Four channels write while the platform is killed: what was acknowledged is there, once."""

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest
from tests.parties.shadows import shadow_links
from tests.parties.writers import Person, Writer, bring_in, invented

from essc.card.v1 import card_pb2, card_service_pb2
from essc.card.v1.card_service_pb2_grpc import CardServiceStub
from essc.event.v1 import event_pb2, event_service_pb2
from essc.event.v1.event_service_pb2_grpc import EventServiceStub
from essc.identity.v1 import identity_pb2
from essc_wire.client import Peer
from essc_workbench.templates import Template
from essc_workbench.testing import Meeting, federation

VOUCH_KINDS = {
    "alipay": identity_pb2.VOUCH_KIND_ACCOUNT_IDENTITY,
    "bank-east": identity_pb2.VOUCH_KIND_RESERVED_PHONE,
    "nantong": identity_pb2.VOUCH_KIND_REAL_NAME_ACCOUNT,
    "wechat": identity_pb2.VOUCH_KIND_WALLET_PASSWORD,
}
PEOPLE_PER_CHANNEL = 12
SAMPLE = 400

Links = dict[str, tuple[int, int]]


@pytest.mark.rule("R91")
@pytest.mark.timeout(110)
async def test_what_was_acknowledged_survives_a_kill(tmp_path: Path, template: Template) -> None:
    await write_while_killing(tmp_path, template, kills=3, seed=1)


@pytest.mark.soak
@pytest.mark.rule("R91")
@pytest.mark.timeout(900)
async def test_what_was_acknowledged_survives_thirty_kills(
    tmp_path: Path, template: Template
) -> None:
    await write_while_killing(tmp_path, template, kills=30, seed=2)


def crew(
    meeting: Meeting,
    people: list[Person],
    chance: random.Random,
    not_now: frozenset[str] = Writer.not_now,
) -> list[Writer]:
    """A writer for each channel."""
    return [
        Writer(
            name,
            meeting.connections.platform(name),
            kind,
            people,
            random.Random(chance.random()),
            not_now,
        )
        for name, kind in VOUCH_KINDS.items()
    ]


async def write_while_killing(folder: Path, template: Template, *, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    async with federation(folder, channels=tuple(VOUCH_KINDS), template=template) as meeting:
        people = invented(PEOPLE_PER_CHANNEL)
        await bring_in(meeting.connections.platform("bureau"), people)
        writers = crew(meeting, people, chance)
        stop = asyncio.Event()
        tasks = [asyncio.create_task(writer.run(stop)) for writer in writers]
        for _ in range(kills):
            await asyncio.sleep(chance.uniform(0.2, 1.2))
            killed = chance.choice(meeting.federation.processes("platform")).name
            meeting.federation.kill(killed)
            await meeting.federation.restart(killed)
        await asyncio.sleep(0.5)
        stop.set()
        await asyncio.gather(*tasks)
        for writer in writers:
            await judge(meeting, writer, chance)
        told = sum(len(writer.told) for writer in writers)
        given_up = sum(writer.given_up for writer in writers)
        repeated = sum(writer.repeated for writer in writers)
        print(f"{kills} kills, {told} changes told, {repeated} repeated, {given_up} given up")
        assert repeated, "no kill met a change: the test showed nothing"


async def judge(meeting: Meeting, writer: Writer, chance: random.Random) -> None:
    """Each acknowledged change is there once, and each other one wholly or not at all."""
    links = await listed(writer.peer)
    believed = {
        held.link_id: (held.serial, state_of(held.is_active))
        for held in writer.held.values()
        if held.serial
    }
    # A persona's new card lies delivered in one of the channels; the writers leave it alone.
    waiting = {link for link, (_, state) in links.items() if state == card_pb2.Link.STATE_DELIVERED}
    assert {link: held for link, held in links.items() if link not in waiting} == believed
    expected = {}
    for link_id, (serial, state) in believed.items():
        is_ended = state == card_pb2.Link.STATE_UNLINKED
        expected[link_id, event_pb2.Event.KIND_LINK_ACTIVATED] = serial
        expected[link_id, event_pb2.Event.KIND_LINK_UNLINKED] = serial - 1 + is_ended
    events = await counted_events(writer.peer)
    for _ in range(50):  # of several processes the one that is asked may have just begun
        if all(events[each] == count for each, count in expected.items()):
            break
        await asyncio.sleep(0.1)
        events = await counted_events(writer.peer)
    assert {each: events[each] for each in expected} == expected
    for told in chance.sample(writer.told, min(SAMPLE, len(writer.told))):
        assert (await told.send()).SerializeToString() == told.answer
    assert await listed(writer.peer) == links, "repeating changed something"
    await converged(meeting, writer.channel, links)


def state_of(is_active: bool) -> int:
    return card_pb2.Link.STATE_ACTIVE if is_active else card_pb2.Link.STATE_UNLINKED


async def listed(peer: Peer) -> Links:
    """The platform's word on a channel's links: serial and state by link."""
    stub, links, token = CardServiceStub(peer.channel), Links(), ""
    while True:
        request = card_service_pb2.ListLinksRequest(page_token=token)
        page = await stub.ListLinks(request, **peer.options())
        links |= {item.link.link_id: (item.link.serial, item.link.state) for item in page.items}
        token = page.next_page_token
        if not token:
            return links


async def counted_events(peer: Peer) -> Counter[tuple[str, int]]:
    """How often each kind of event came for each link, since the beginning."""
    stub = EventServiceStub(peer.channel)
    stream = stub.WatchEvents(
        event_service_pb2.WatchEventsRequest(), **peer.options(timeout_s=None)
    )
    counts: Counter[tuple[str, int]] = Counter()
    async for item in stream:
        if item.HasField("heartbeat"):
            stream.cancel()
            return counts
        counts[item.event.link.link_id, item.event.kind] += 1
    message = "the stream ended without a heartbeat"
    raise AssertionError(message)


async def converged(meeting: Meeting, channel: str, links: Links) -> None:
    """The channel process's own copy becomes what the platform says."""
    path = meeting.federation.folder.channel(channel)
    for _ in range(150):
        if shadow_links(path) == links:
            return
        await asyncio.sleep(0.1)
    assert shadow_links(path) == links
