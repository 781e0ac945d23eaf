"""The life of channels over the wire: tiers, and the exit (R15)."""

import asyncio
from pathlib import Path

import grpc
import pytest
from tests.wire.people import (
    WALLET,
    Channel,
    World,
    a_world,
    an_old_world,
    checked,
    person,
    reason,
)
from tests.wire.people_channels import exit_channel, get_channel
from tests.wire.stores import read_plainly

from essc.admin.v1 import party_pb2
from essc.card.v1 import card_pb2
from essc.card.v1 import card_service_pb2 as cards
from essc.event.v1 import event_pb2
from essc.event.v1 import event_service_pb2 as events
from essc.record.v1 import record_service_pb2 as records

State = party_pb2.Channel
Kind = event_pb2.Event


async def tier_2(world: World, channel_id: str, parent: Channel) -> Channel:
    """A live channel below another one."""
    return await world.channel(
        channel_id, tier=2, parent_channel_id=parent.party_id, vouch_kinds=[WALLET]
    )


async def emptied(world: World, channel_id: str) -> None:
    """Waits until the links of an exited channel have ended."""
    for _ in range(500):
        if not (await get_channel(world, channel_id)).links_left:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("its links do not end")


# --- tiers -----------------------------------------------------------------------------------


@pytest.mark.rule("R15")
async def test_a_registration_is_shown_as_it_was_made(world: World) -> None:
    await world.applicant("east", bank_id="east-bank", shows_all_channels=True)
    await world.applicant("branch", tier=2, parent_channel_id="east")

    east, branch = await get_channel(world, "east"), await get_channel(world, "branch")

    assert (east.tier, east.parent_channel_id, east.bank_id) == (1, "", "east-bank")
    assert (branch.tier, branch.parent_channel_id, branch.bank_id) == (2, "east", "")
    assert (east.shows_all_channels, branch.shows_all_channels) == (True, False)
    assert east.state == branch.state == State.STATE_APPLIED


@pytest.mark.rule("R14", "R15")
async def test_a_channel_of_tier_2_has_its_own_key_and_its_own_links(world: World) -> None:
    parent = await world.channel("jiangsu")
    child = await tier_2(world, "hospital", parent)
    zhang = await world.citizen(1)

    link = await child.apply(zhang)

    assert (await child.get(link)).link == link
    assert await reason(parent.get(link)) == "LINK_NOT_FOUND"
    assert await parent.links() == []
    own = await parent.apply(zhang)
    await parent.unlink(zhang, own)
    assert (await child.get(link)).link.state == card_pb2.Link.STATE_ACTIVE


@pytest.mark.rule("R15")
async def test_while_its_parent_is_not_live_a_channel_is_not_live_either(world: World) -> None:
    parent = await world.channel("jiangsu")
    child, other = await tier_2(world, "hospital", parent), await world.channel("bank")
    zhang = await world.citizen(1)
    link, elsewhere = await child.apply(zhang), await other.apply(zhang)

    await world.suspend(parent)

    assert await reason(child.get(link)) == "CHANNEL_NOT_LIVE"
    assert (await get_channel(world, "hospital")).state == State.STATE_LIVE
    # Like a suspended one, it may watch its feed.
    await child.do(child.events.GetHead, events.GetHeadRequest())
    assert (await other.get(elsewhere)).link == elsewhere
    await world.suspend(child)
    await world.resume(parent)
    assert await reason(child.get(link)) == "CHANNEL_NOT_LIVE"
    await world.resume(child)
    assert (await child.get(link)).link == link


@pytest.mark.rule("R15", "R16")
async def test_a_parents_suspension_is_told_below_it_to_those_that_are_live_with_it(
    world: World,
) -> None:
    parent, other = await world.channel("jiangsu"), await world.channel("bank")
    child, idle = await tier_2(world, "hospital", parent), await tier_2(world, "idle", parent)
    await world.suspend(idle)
    head = await child.do(child.events.GetHead, events.GetHeadRequest())

    async with child.watching(head.cursor) as watch:
        await watch.until_heartbeat()
        await world.suspend(parent)
        suspended = (await watch.next()).event
        await world.resume(parent)
        resumed = (await watch.next()).event
    await world.resume(idle)

    both = [Kind.KIND_CHANNEL_SUSPENDED, Kind.KIND_CHANNEL_RESUMED]
    assert [suspended.kind, resumed.kind] == both
    assert not suspended.HasField("link")
    # Its own suspension, and nothing of its parent's.
    assert [event.kind for event in await idle.feed()] == both
    assert [event.kind for event in await parent.feed()] == both
    assert await other.feed() == []


@pytest.mark.rule("R15", "R16")
async def test_a_channel_is_told_that_it_is_resumed_once_its_calls_are_admitted(
    world: World,
) -> None:
    parent = await world.channel("jiangsu")
    child = await tier_2(world, "hospital", parent)
    head = events.GetHeadRequest()
    await world.suspend(child)
    await world.suspend(parent)

    async with child.watching((await child.do(child.events.GetHead, head)).cursor) as watch:
        await world.resume(child)
        found, _ = await watch.until_heartbeat()
        refusal = await reason(child.links())
        await world.resume(parent)
        told = (await watch.next()).event
        links = await child.links()

    assert (found, refusal) == ([], "CHANNEL_NOT_LIVE")
    assert told.kind == Kind.KIND_CHANNEL_RESUMED
    assert links == []
    both = [Kind.KIND_CHANNEL_SUSPENDED, Kind.KIND_CHANNEL_RESUMED]
    assert [event.kind for event in await child.feed()] == both


@pytest.mark.rule("R15")
async def test_a_channel_may_go_live_before_its_parent_and_waits_for_it(world: World) -> None:
    await world.applicant("jiangsu")
    child = await world.channel("hospital", tier=2, parent_channel_id="jiangsu")

    head = child.do(child.events.GetHead, events.GetHeadRequest())

    assert await reason(head) == "CHANNEL_NOT_LIVE"


@pytest.mark.rule("R5", "R15")
async def test_new_cards_are_not_delivered_below_a_suspended_parent(world: World) -> None:
    parent = await world.channel("jiangsu", receives_new_cards=True)
    child = await world.channel(
        "hospital", tier=2, parent_channel_id="jiangsu", receives_new_cards=True
    )
    await world.suspend(parent)
    await world.issue(await world.enrol(person(1)), generation=3)
    await world.resume(parent)

    assert await child.links() == []
    await world.issue(await world.enrol(person(2)), generation=3)
    assert len(await child.links()) == len(await parent.links()) == 1


@pytest.mark.rule("R15")
async def test_tiers_survive_a_restart(tmp_path: Path) -> None:
    async with a_world(tmp_path / "platform") as world:
        parent = await world.channel("jiangsu")
        # By id it comes before its parent.
        key = (await tier_2(world, "a-hospital", parent)).key
        await world.suspend(parent)

    async with an_old_world(tmp_path / "platform") as world:
        child = world.caller("a-hospital", key)
        await child.do(child.events.GetHead, events.GetHeadRequest())
        links = child.do(child.cards.ListLinks, cards.ListLinksRequest())
        assert await reason(links) == "CHANNEL_NOT_LIVE"


# --- the exit --------------------------------------------------------------------------------


@pytest.mark.rule("R11", "R15", "R93")
async def test_an_exit_refuses_the_next_call_and_ends_the_channels_own_links_only(
    world: World,
) -> None:
    leaving, staying = await world.channel("leaving"), await world.channel("staying")
    people = [await world.citizen(place) for place in range(1, 6)]
    links = [await leaving.apply(each) for each in people]
    kept = [await staying.apply(each) for each in people]
    await leaving.unlink(people[0], links[0])

    await exit_channel(world, leaving)

    assert await reason(leaving.get(links[1])) == "CHANNEL_NOT_LIVE"
    head = leaving.do(leaving.events.GetHead, events.GetHeadRequest())
    assert await reason(head) == "CHANNEL_NOT_LIVE"
    await emptied(world, "leaving")
    seen = await get_channel(world, "leaving")
    assert (seen.state, seen.links_left) == (State.STATE_EXITED, 0)
    assert [(await staying.get(link)).link for link in kept] == kept
    states = "SELECT state, COUNT(*) FROM links WHERE channel = ? GROUP BY state"
    rows = read_plainly(world.running, states, ("leaving",))
    assert rows == [(card_pb2.Link.STATE_UNLINKED, 5)]
    exited = records.Record.KIND_LINK_EXITED
    for each, link in zip(people, kept, strict=True):
        lines = [line for line in await staying.record(link) if line.kind == exited]
        assert len(lines) == (0 if each is people[0] else 1)
        assert all(line.place == records.Record.PLACE_ANOTHER_CHANNEL for line in lines)


@pytest.mark.rule("R15")
async def test_an_exit_ends_a_running_watch_and_those_below_it(world: World) -> None:
    leaving, staying = await world.channel("leaving"), await world.channel("staying")
    below = await tier_2(world, "below", leaving)

    async with leaving.watching() as first, below.watching() as second, staying.watching() as third:
        for watch in (first, second, third):
            await watch.until_heartbeat()
        await exit_channel(world, leaving)
        for watch in (first, second):
            with pytest.raises(grpc.RpcError) as caught:
                async with asyncio.timeout(2):
                    await watch.next()
            assert checked(caught.value).reason == "CHANNEL_NOT_LIVE"
        assert (await third.next()).HasField("heartbeat")


@pytest.mark.rule("R15")
async def test_the_links_below_an_exited_parent_stay_and_are_no_use(world: World) -> None:
    leaving = await world.channel("leaving")
    below = await tier_2(world, "below", leaving)
    link = await below.apply(await world.citizen(1))

    await exit_channel(world, leaving)
    await emptied(world, "leaving")

    assert await reason(below.get(link)) == "CHANNEL_NOT_LIVE"
    states = "SELECT state FROM links WHERE channel = 'below'"
    rows = read_plainly(world.running, states)
    assert rows == [(card_pb2.Link.STATE_ACTIVE,)]


@pytest.mark.rule("R5", "R15")
async def test_an_exited_channel_gets_no_deliveries_and_a_late_link_is_ended(world: World) -> None:
    leaving = await world.channel("leaving", receives_new_cards=True)
    await leaving.apply(await world.citizen(1))
    await exit_channel(world, leaving)
    await emptied(world, "leaving")

    await world.issue(await world.enrol(person(2)), generation=3)
    # A command that was on its way when the channel exited.
    await world.write("UPDATE links SET state = ? WHERE channel = 'leaving'", 2)

    assert (await get_channel(world, "leaving")).links_left == 1
    await emptied(world, "leaving")


@pytest.mark.rule("R15")
async def test_a_channel_that_never_went_live_may_exit_too(world: World) -> None:
    applicant = await world.applicant("pond")

    await exit_channel(world, applicant)

    assert (await get_channel(world, "pond")).state == State.STATE_EXITED
    assert await reason(world.resume(applicant)) == "CHANNEL_STATE_FORBIDS"
