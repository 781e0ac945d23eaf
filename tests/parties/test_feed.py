"""The event feed under trouble: once each, in order per citizen, and nothing of a foreign card."""

import asyncio
import random
import signal
from collections import defaultdict
from pathlib import Path

import pytest
from tests.parties.shadows import applied
from tests.parties.test_kill import VOUCH_KINDS, listed
from tests.parties.writers import Writer, bring_in, invented

from essc.event.v1 import event_pb2
from essc.registry.v1 import registry_service_pb2
from essc.registry.v1.registry_service_pb2_grpc import RegistryServiceStub
from essc_wire.clock import new_request_id
from essc_workbench.templates import Template
from essc_workbench.testing import Meeting, federation

STATUS_CHANGED = event_pb2.Event.KIND_CARD_STATUS_CHANGED
FORMAL = registry_service_pb2.ReportLossRequest.KIND_FORMAL
CHANNEL, OTHER = "bank-east", "nantong"


@pytest.mark.rule("R16")
@pytest.mark.timeout(110)
async def test_a_troubled_channel_applies_each_event_once(
    tmp_path: Path, template: Template
) -> None:
    await trouble_a_channel(tmp_path, template, changes=600, troubles=4)


@pytest.mark.soak
@pytest.mark.rule("R16")
@pytest.mark.timeout(900)
async def test_a_troubled_channel_applies_each_of_ten_thousand_changes(
    tmp_path: Path, template: Template
) -> None:
    await trouble_a_channel(tmp_path, template, changes=10_000, troubles=30)


async def trouble_a_channel(
    folder: Path, template: Template, *, changes: int, troubles: int
) -> None:
    chance = random.Random(3)
    async with federation(folder, channels=(CHANNEL, OTHER), template=template) as meeting:
        people = invented(40)
        await bring_in(meeting.connections.platform("bureau"), people)
        mine, foreign = people[:20], people[20:]
        for channel, theirs in ((CHANNEL, mine), (OTHER, foreign)):
            peer = meeting.connections.platform(channel)
            writer = Writer(channel, peer, VOUCH_KINDS[channel], theirs, chance)
            for person in theirs:
                await writer._apply(person, writer.held[person.id_number])
        changing = asyncio.create_task(
            change_statuses(meeting, [p.id_number for p in people], changes)
        )
        for _ in range(troubles):
            await asyncio.sleep(chance.uniform(0.1, 0.8))
            await trouble(meeting, chance)
        steps = await changing
        own = set(await listed(meeting.connections.platform(CHANNEL)))
        await judge(meeting, own, expected=sum(steps[p.id_number] for p in mine))


async def trouble(meeting: Meeting, chance: random.Random) -> None:
    """Kills the channel, or freezes it until its stream has backed up, or stops it kindly."""
    match chance.randrange(3):
        case 0:
            meeting.federation.kill(CHANNEL)
            await meeting.federation.restart(CHANNEL)
        case 1:
            process = meeting.federation.process(CHANNEL)
            process.send(signal.SIGSTOP)
            await asyncio.sleep(0.4)
            process.send(signal.SIGCONT)
        case _:
            await meeting.federation.restart(CHANNEL)


async def change_statuses(meeting: Meeting, id_numbers: list[str], changes: int) -> dict[str, int]:
    """The bureau reports losses and lifts them, one after another per person, many at once."""
    peer = meeting.connections.platform("bureau")
    stub = RegistryServiceStub(peer.channel)
    steps: dict[str, int] = defaultdict(int)

    async def change(id_number: str, count: int) -> None:
        request = registry_service_pb2.GetCitizenRequest(id_number=id_number)
        citizen = (await stub.GetCitizen(request, **peer.options())).citizen
        card_id = citizen.physical_cards[0].physical_card_id
        for step in range(count):
            if step % 2 == 0:
                lost = registry_service_pb2.ReportLossRequest(
                    request_id=new_request_id(), physical_card_id=card_id, kind=FORMAL
                )
                await stub.ReportLoss(lost, **peer.options(timeout_s=20))
            else:
                lifted = registry_service_pb2.LiftLossRequest(
                    request_id=new_request_id(), physical_card_id=card_id
                )
                await stub.LiftLoss(lifted, **peer.options(timeout_s=20))
            steps[id_number] += 1
            await asyncio.sleep(0)

    each = changes // len(id_numbers)
    await asyncio.gather(*(change(id_number, each) for id_number in id_numbers))
    return steps


async def judge(meeting: Meeting, own: set[str], *, expected: int) -> None:
    folder = meeting.federation.folder.channel(CHANNEL)
    for _ in range(600):
        events = [e for e in applied(folder) if e.kind == STATUS_CHANGED]
        if len(events) >= expected:
            break
        await asyncio.sleep(0.1)
    events = applied(folder)
    assert len([e for e in events if e.kind == STATUS_CHANGED]) == expected
    assert len({e.cursor for e in events}) == len(events), "an event was applied twice"
    assert {e.link_id for e in events} <= own, "an event of a card that it does not hold"
    by_link: dict[str, list[int]] = defaultdict(list)
    for event in events:
        by_link[event.link_id].append(event.event_time)
    assert all(times == sorted(times) for times in by_link.values()), "out of order"
