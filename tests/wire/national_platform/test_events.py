"""R16: what happens to a card reaches every channel that holds it, in order, and no other."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from tests.wire import people
from tests.wire.people import DAY, NANTONG, SUZHOU, Channel, World, person, reason

from essc.event.v1 import event_pb2
from essc.event.v1 import event_service_pb2 as events
from essc_wire.times import to_instant

pytestmark = pytest.mark.rule("R16")

Kind = event_pb2.Event
DELIVERED, ACTIVATED = Kind.KIND_LINK_DELIVERED, Kind.KIND_LINK_ACTIVATED
UNLINKED, STATUS = Kind.KIND_LINK_UNLINKED, Kind.KIND_CARD_STATUS_CHANGED
PASSWORD = Kind.KIND_PASSWORD_CHANGED


async def head(channel: Channel) -> str:
    answer = await channel.do(channel.events.GetHead, events.GetHeadRequest())
    return str(answer.cursor)


async def test_every_holder_is_told_in_order_and_nobody_else(world: World) -> None:
    bank = await world.channel("bank")
    alipay = await world.channel("alipay", receives_new_cards=True)
    wechat = await world.channel("wechat")
    zhang, li = await world.enrol(person(1)), await world.citizen(2)
    card_id = await world.issue(zhang, generation=3)
    link = await bank.apply(zhang)
    of_li = await wechat.apply(li)
    await bank.set_password(zhang, link)
    await world.report_loss(card_id)
    await world.lift_loss(card_id)
    await bank.unlink(zhang, link)
    await world.report_loss(card_id)

    of_bank, of_alipay = await bank.feed(), await alipay.feed()

    assert [e.kind for e in of_bank] == [ACTIVATED, PASSWORD, STATUS, STATUS, UNLINKED]
    assert [e.kind for e in of_alipay] == [DELIVERED, PASSWORD, STATUS, STATUS, STATUS]
    assert [e.card.blocked_reason for e in of_alipay] == [
        "",
        "",
        "PHYSICAL_CARD_LOST",
        "",
        "PHYSICAL_CARD_LOST",
    ]
    assert {e.link.link_id for e in of_bank} == {link.link_id}
    assert [e.link.link_id for e in await wechat.feed()] == [of_li.link_id]
    assert not of_bank[-1].HasField("card")
    # Only who made a change is told its request: by it, two channels could match their links (R14).
    assert [bool(e.request_id) for e in of_bank] == [True, True, False, False, True]
    assert not any(e.request_id or e.traceparent for e in of_alipay)
    for event in (*of_bank, *of_alipay):
        assert (event.card.masked_name, event.card.masked_id_number) == ("", "")
    times = [to_instant(event.event_time) for event in of_bank]
    assert times == sorted(times)


async def test_a_channel_that_comes_back_with_its_cursor_gets_each_event_once(
    world: World,
) -> None:
    bank = await world.channel("bank")
    zhang = await world.citizen(1)
    card_id = (await world.bureau_view(zhang))[0]
    await bank.apply(zhang)
    seen: list[str] = []
    cursor = ""
    for turn in range(3):
        async with bank.watching(cursor) as watch:
            found, at = await watch.until_heartbeat()
            seen += [event.cursor for event in found]
            await world.report_loss(card_id)
            item = await watch.next()
            seen.append(item.event.cursor)
            # Half of the time the connection breaks before a heartbeat has come.
            cursor = item.event.cursor if turn % 2 else at
            seen = seen[:-1] if cursor == at else seen
        await world.lift_loss(card_id)

    seen += [event.cursor for event in await bank.feed(cursor)]

    assert seen == [event.cursor for event in await bank.feed()]
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.file_store  # elsewhere a heartbeat is at the horizon, beyond the last event
async def test_a_stream_begins_with_what_is_there_and_a_heartbeat(world: World) -> None:
    bank = await world.channel("bank")

    async with bank.watching() as watch:
        item = await watch.next()

    assert item.HasField("heartbeat")
    assert item.heartbeat.HasField("time")
    assert item.heartbeat.cursor == await head(bank)


async def test_a_silent_stream_beats_at_least_every_five_seconds(world: World) -> None:
    bank = await world.channel("bank")

    async with bank.watching() as watch:
        await watch.next()
        beat = await asyncio.wait_for(watch.next(), 5.5)

    assert beat.HasField("heartbeat")


async def test_a_heartbeats_cursor_skips_nothing(world: World) -> None:
    bank = await world.channel("bank")
    zhang = await world.citizen(1)
    async with bank.watching() as watch:
        _, cursor = await watch.until_heartbeat()
    # A line of the record that makes no event, then an event.
    await world.enrol(person(2))
    await bank.apply(zhang)

    assert [event.kind for event in await bank.feed(cursor)] == [ACTIVATED]


async def test_a_cursor_of_another_channel_is_refused(world: World) -> None:
    bank, wechat = await world.channel("bank"), await world.channel("wechat")
    foreign = await head(wechat)

    async with bank.watching(foreign) as watch:
        refusal = await people.refused(watch.next())

    assert refusal.reason == "REQUEST_INVALID"
    assert [violation.field for violation in refusal.violations] == ["cursor"]


@pytest.mark.parametrize("cursor", ["x", "zz" * 16, "0" * 31, "0" * 64, "é" * 32])
async def test_a_cursor_that_is_none_is_refused(world: World, cursor: str) -> None:
    bank = await world.channel("bank")

    async with bank.watching(cursor) as watch:
        refusal = await people.refused(watch.next())

    assert [violation.field for violation in refusal.violations] == ["cursor"]


async def test_a_cursor_expires_once_something_behind_it_is_no_longer_kept(world: World) -> None:
    bank = await world.channel("bank")
    zhang = await world.citizen(1)
    link = await bank.apply(zhang)
    await bank.set_password(zhang, link)
    first, second = await bank.feed()

    await world.advance(90 * DAY - 60)
    assert [event.kind for event in await bank.feed(first.cursor)] == [PASSWORD]

    await world.advance(120)
    async with bank.watching(first.cursor) as watch:
        assert await reason(watch.next()) == "CURSOR_EXPIRED"
    # What is no longer kept is gone for whoever begins at the beginning, too.
    assert await bank.feed() == []
    # However old a cursor is: this one has missed nothing.
    await world.advance(300 * DAY)
    await bank.unlink(zhang, link)
    assert [event.kind for event in await bank.feed(second.cursor)] == [UNLINKED]
    async with bank.watching(first.cursor) as watch:
        assert await reason(watch.next()) == "CURSOR_EXPIRED"
    assert [item.link.link_id for item in await bank.links()] == [link.link_id]


async def test_a_cursor_that_others_have_left_behind_is_good(world: World) -> None:
    """A silent channel does not have to list its links anew because another one was busy."""
    bank, wechat = await world.channel("bank"), await world.channel("wechat")
    cursor = await head(bank)
    zhang = await world.citizen(1)
    await wechat.apply(zhang)

    await world.advance(100 * DAY)
    await bank.apply(zhang)

    assert [event.kind for event in await bank.feed(cursor)] == [ACTIVATED]


async def test_a_third_stream_ends_the_oldest_and_the_others_go_on(world: World) -> None:
    bank = await world.channel("bank")
    zhang = await world.citizen(1)

    async with AsyncExitStack() as stack:
        streams = []
        for _ in range(3):
            streams.append(await stack.enter_async_context(bank.watching()))
            await streams[-1].until_heartbeat()
        oldest, older, newest = streams
        refusal = await people.refused(oldest.next())
        await bank.apply(zhang)

        assert (refusal.reason, refusal.retry_after_ms) == ("PLATFORM_BUSY", 1000)
        assert (await older.next()).event.kind == ACTIVATED
        assert (await newest.next()).event.kind == ACTIVATED


async def test_a_long_backlog_comes_whole_and_in_order(world: World) -> None:
    bank = await world.channel("bank")
    zhang = await world.citizen(1)
    (card_id,) = await world.bureau_view(zhang)
    await bank.apply(zhang)
    for _ in range(110):
        await world.report_loss(card_id)
        await world.lift_loss(card_id)

    found = await bank.feed()

    assert len(found) == 221
    assert [event.card.state for event in found[1:]] == [2, 1] * 110
    times = [to_instant(event.event_time) for event in found]
    assert times == sorted(times)


async def test_the_traceparent_of_a_change_travels_with_its_event(world: World) -> None:
    bank = await world.channel("bank")
    request = await bank.application(await world.citizen(1))
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    await bank.cards.Apply(request, **bank.peer.options(traceparent=trace))

    (event,) = await bank.feed()
    assert (event.traceparent, event.request_id) == (trace, request.request_id)


@pytest.mark.rule("R14")
async def test_ids_and_cursors_differ_in_every_channel(world: World) -> None:
    channels = [await world.channel(name) for name in ("bank", "wechat")]
    zhang = await world.enrol(person(1))
    await world.issue(zhang, region=NANTONG)
    links = [await channel.apply(zhang) for channel in channels]
    await world.issue(zhang, region=SUZHOU)

    cards = [(await c.get(link)).signed_card for c, link in zip(channels, links, strict=True)]

    assert len({link.link_id for link in links}) == 2
    assert len({card.payload for card in cards}) == 2
    assert len({await head(channel) for channel in channels}) == 2
