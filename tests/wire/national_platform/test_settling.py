"""ClockService.Settle at the platform: it waits for what is on its way, and says what is left."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.wire import people_channels, people_life
from tests.wire import people_services as services
from tests.wire.people import DAY, World, a_world, refused
from tests.wire.stores import driver_of, write_plainly

from essc.authority.v1 import authority_service_pb2 as authority
from essc.lab.v1 import lab_service_pb2 as lab
from essc_platform.store.feed import feed_bucket
from essc_wire.guard import Guard
from essc_wire.refusals import PLATFORM_DOMAIN
from essc_wire.serving import start_server

SWEEP, EXIT = lab.Pending.KIND_SWEEP, lab.Pending.KIND_EXIT
SETTLEMENT, EVENTS = lab.Pending.KIND_SETTLEMENT, lab.Pending.KIND_EVENTS


async def settle(
    world: World, *places: lab.FeedPlace, within_s: float = 0
) -> list[tuple[int, str, int]]:
    """What is pending: kind, channel, count."""
    request = lab.SettleRequest(places=places)
    request.within.FromMicroseconds(int(within_s * 1_000_000))
    stub: Any = world.lab.clock
    answer = await stub.Settle(request, **world.lab.peer.options(timeout_s=within_s + 10))
    return [(each.kind, each.channel_id, each.count) for each in answer.pending]


async def test_nothing_is_pending_where_nothing_has_happened(world: World) -> None:
    assert await settle(world, within_s=30) == []


async def test_events_are_counted_behind_the_places_of_their_channels(world: World) -> None:
    bank, pond = await world.channel("bank"), await world.channel("pond")
    zhang = await world.citizen(1)
    link = await bank.apply(zhang)
    await pond.apply(zhang)
    (first,) = await bank.feed()
    await bank.set_password(zhang, link)
    here = lab.FeedPlace(channel_id="bank", cursor=first.cursor)
    anew = lab.FeedPlace(channel_id="pond")

    assert await settle(world, here, anew) == [(EVENTS, "bank", 1), (EVENTS, "pond", 2)]
    last = (await bank.feed())[-1]
    assert await settle(world, lab.FeedPlace(channel_id="bank", cursor=last.cursor)) == []
    # Events wait for their channels, so nobody waits for events.
    loop = asyncio.get_running_loop()
    begin = loop.time()
    assert await settle(world, anew, within_s=30) == [(EVENTS, "pond", 2)]
    assert loop.time() - begin < 10


async def test_events_are_counted_up_to_a_thousand(world: World) -> None:
    await world.channel("bank")
    rows = [(feed_bucket("bank"), "bank", (1 << 62) + place, b"") for place in range(1_100)]
    await world.running.collector.in_writer(
        lambda store: write_plainly(
            store, "INSERT INTO events (bucket, channel, position, body) VALUES (?, ?, ?, ?)", rows
        )
    )

    assert await settle(world, lab.FeedPlace(channel_id="bank")) == [(EVENTS, "bank", 1_000)]


async def test_a_place_of_another_channel_or_of_none_is_refused(world: World) -> None:
    bank, pond = await world.channel("bank"), await world.channel("pond")
    await bank.apply(await world.citizen(1))
    (event,) = await bank.feed()

    for wrong in (
        lab.FeedPlace(channel_id="pond", cursor=event.cursor),
        lab.FeedPlace(channel_id="pond", cursor="no cursor"),
        lab.FeedPlace(channel_id="nowhere"),
        lab.FeedPlace(channel_id="bureau"),
    ):
        good = lab.FeedPlace(channel_id=pond.party_id)
        found = await refused(settle(world, good, wrong))
        assert found.reason == "REQUEST_INVALID"
        assert [each.field for each in found.violations] == ["places[1]"]


async def test_what_time_alone_changes_is_written_first(world: World) -> None:
    bank = await world.channel("bank")
    zhang = await world.citizen(1)
    link = await bank.apply(zhang)
    await world.report_loss(await people_life.newest_card(world, zhang), formal=False)
    for work in world.running.working:
        work.cancel()
    await world.write("UPDATE physical_cards SET lift_time = 1 WHERE lift_time IS NOT NULL")

    assert await settle(world) == []

    assert (await bank.get(link)).card.blocked_reason == ""
    assert len(await bank.feed()) == 3


async def test_an_exit_is_waited_for_until_its_last_link_has_ended(world: World) -> None:
    bank = await world.channel("bank")
    for place in range(1, 4):
        await bank.apply(await world.citizen(place))
    await people_channels.exit_channel(world, bank)

    pending = await settle(world, within_s=30)

    assert pending == []
    assert (await people_channels.get_channel(world, "bank")).links_left == 0


async def test_nobody_waits_for_a_channel_that_may_not_watch_its_feed_any_more(
    world: World,
) -> None:
    bank = await world.channel("bank")
    pond = await world.channel("pond", tier=2, parent_channel_id="bank")
    await pond.apply(await world.citizen(1))
    unread = lab.FeedPlace(channel_id="pond")
    before = await settle(world, unread)
    await people_channels.exit_channel(world, bank)

    after = await settle(world, unread, within_s=30)

    assert before == [(EVENTS, "pond", 1)]
    assert after == []


async def test_an_exit_that_nobody_goes_on_with_is_pending(world: World) -> None:
    bank = await world.channel("bank")
    for place in range(1, 4):
        await bank.apply(await world.citizen(place))
    for work in world.running.working:
        work.cancel()
    await people_channels.exit_channel(world, bank)

    assert await settle(world, within_s=0.1) == [(EXIT, "bank", 3)]


class SlowBank:
    """A bank that says its word when it is let."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()

    async def Transfer(self, request: Any, call: Any) -> authority.TransferResponse:
        await self.may_answer.wait()
        return authority.TransferResponse(moved=True)


@pytest.fixture
async def slow(tmp_path: Path) -> AsyncIterator[tuple[World, SlowBank]]:
    """A platform whose bank is slow."""
    bank = SlowBank()
    guard: Guard[object] = Guard(domain=PLATFORM_DOMAIN, authenticate=lambda *_: None)
    service = authority.DESCRIPTOR.services_by_name["SettlementBankService"]
    server = await start_server("127.0.0.1:0", [guard.handler(service, bank)], [])
    async with a_world(tmp_path / "platform", bank=f"127.0.0.1:{server.port}") as world:
        yield world, bank
        bank.may_answer.set()
    await server.stop(0)


async def test_an_order_at_the_bank_is_waited_for_and_pending_meanwhile(
    slow: tuple[World, SlowBank],
) -> None:
    world, at_bank = slow
    channel = await world.channel("bank")
    till = await services.a_till(world, channel, await world.citizen(1))
    clinic = await services.a_provider(world)
    order = await till.order(clinic)
    await till.pay(order)

    assert await settle(world, within_s=0.1) == [(SETTLEMENT, "", 1)]
    waiting = asyncio.create_task(settle(world, within_s=30))
    at_bank.may_answer.set()

    assert await waiting == []
    assert await clinic.state(order) == services.State.STATE_SETTLED


@pytest.mark.file_store
async def take_changes(world: World, switch: str) -> None:
    """Whether the file takes changes from now on."""
    query_only = {"ON": "OFF", "OFF": "ON"}[switch]
    await world.running.collector.in_writer(
        lambda store: driver_of(store).execute(f"PRAGMA query_only={query_only}")
    )


@pytest.mark.file_store
async def test_a_store_that_takes_nothing_leaves_the_sweep_pending(world: World) -> None:
    bank = await world.channel("bank")
    await bank.apply(await world.citizen(1))
    await world.advance(DAY)
    await world.write("UPDATE cards SET expire_time = 1")
    await take_changes(world, "OFF")

    pending = await settle(world)

    await take_changes(world, "ON")
    assert pending == [(SWEEP, "", 1)]
    assert await settle(world) == []
