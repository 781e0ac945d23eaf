"""The shadow copy follows the feed: each event once, in order, through breaks and restarts."""

import asyncio
from datetime import date

import pytest
from tests.wire.channels.conftest import ZHANG, MakeStand, Phone, Stand, until
from tests.wire.channels.fake_platform import Holder

from essc.card.v1 import card_pb2
from essc.channel.v1 import channel_pb2
from essc.event.v1 import event_pb2
from essc_channels.server import start_channel
from essc_channels.store import shadows
from essc_channels.store.tables import applied_events
from essc_wire.id_numbers import synthetic
from essc_wire.refusals import Refusal

Panel, Flow = channel_pb2.Panel, channel_pb2.Flow
APPLY = channel_pb2.FLOW_KIND_APPLY


async def holding(stand: Stand) -> tuple[Holder, Phone]:
    holder = stand.fake.add(*ZHANG)
    await stand.put_account(holder)
    phone = await stand.signed_in()
    assert (await phone.walk(APPLY)).state == Flow.STATE_COMPLETED
    return holder, phone


async def applied(stand: Stand, count: int) -> list[str]:
    """The cursors of what was applied, once there are so many, after the channel has stopped."""
    head = str(len(stand.fake.events))
    database = stand.channel.database

    def has_caught_up() -> bool:
        with database.read() as connection:
            return shadows.cursor(connection) == head

    await until(has_caught_up)
    with database.read() as connection:
        rows = connection.execute(
            applied_events.select().order_by(applied_events.c.apply_order)
        ).all()
    assert len(rows) == count
    return [row.cursor for row in rows]


@pytest.mark.rule("R16")
async def test_every_event_is_applied_once_and_in_order_through_restarts(
    make_stand: MakeStand,
) -> None:
    stand = await make_stand("nantong")
    holder, _ = await holding(stand)
    for round_number in range(3):
        for _ in range(5):
            stand.fake.block(holder, "PHYSICAL_CARD_LOST")
            stand.fake.block(holder, "")
            await asyncio.sleep(0)
        if round_number == 0:
            await stand.restart_channel()
        elif round_number == 1:
            await stand.stop_platform()
            stand.fake.block(holder, "PHYSICAL_CARD_LOCKED")
            await stand.start_platform()

    cursors = await applied(stand, 32)

    assert cursors == [str(number) for number in range(1, 33)]


@pytest.mark.rule("R13")
async def test_an_event_of_an_older_serial_is_noted_and_does_nothing(
    make_stand: MakeStand,
) -> None:
    stand = await make_stand("nantong")
    holder, _ = await holding(stand)
    assert holder.link is not None
    holder.link.serial = 2
    stand.fake.tell(holder, event_pb2.Event.KIND_LINK_ACTIVATED)
    holder.blocked_reason = "PHYSICAL_CARD_LOST"
    stand.fake.tell(holder, event_pb2.Event.KIND_CARD_STATUS_CHANGED, serial=1)

    await applied(stand, 3)

    database = stand.channel.database
    with database.read() as connection:
        copy = shadows.find_shadow(connection, holder.link.link_id)
    assert copy is not None
    assert copy.link.serial == 2
    assert copy.card is not None
    assert copy.card.blocked_reason == ""


@pytest.mark.rule("R16", "R17", "R26")
async def test_a_level_that_was_lowered_elsewhere_corrects_the_copy(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    holder, phone = await holding(stand)
    assert holder.link is not None
    holder.link.level = card_pb2.LEVEL_PAYMENT
    stand.fake.tell(holder, event_pb2.Event.KIND_LEVEL_CHANGED)
    await applied(stand, 2)
    holder.link.level = card_pb2.LEVEL_QUERY
    stand.fake.tell(holder, event_pb2.Event.KIND_LEVEL_CHANGED)
    await applied(stand, 3)
    await stand.stop_platform()

    home = await phone.home()

    assert home.HasField("as_of_time")
    assert home.level == card_pb2.LEVEL_QUERY
    assert not home.offered_flows


@pytest.mark.rule("R16")
async def test_an_expired_cursor_leads_to_a_new_listing(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    holder, _ = await holding(stand)
    other = stand.fake.add("李四", synthetic(date(1991, 2, 3), 2))
    await applied(stand, 1)
    await stand.channel.drain()
    stand.fake.deliver(other)
    stand.fake.block(holder, "PHYSICAL_CARD_LOST")
    stand.fake.kept_from = 3
    stand.channel = await start_channel(stand.config)
    database = stand.channel.database

    def is_listed() -> bool:
        with database.read() as connection:
            return shadows.cursor(connection) == "3"

    await until(is_listed)
    with database.read() as connection:
        assert holder.link is not None
        assert other.link is not None
        links = (holder.link.link_id, other.link.link_id)
        copies = shadows.find_shadows(connection, links)
        assert shadows.count_shadows(connection) == 2
    assert set(copies) == {holder.link.link_id, other.link.link_id}
    card = copies[holder.link.link_id].card
    assert card is not None
    assert card.blocked_reason == "PHYSICAL_CARD_LOST"
    stand.fake.block(holder, "")
    await until(lambda: _reason(stand, holder) == "")


@pytest.mark.rule("R16")
async def test_a_refused_stream_is_tried_again(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    holder, _ = await holding(stand)
    stand.fake.refusing["WatchEvents"] = Refusal("PLATFORM_BUSY")
    await stand.restart_channel()
    await asyncio.sleep(0.3)
    stand.fake.refusing.clear()

    stand.fake.block(holder, "PHYSICAL_CARD_LOST")

    await until(lambda: _reason(stand, holder) == "PHYSICAL_CARD_LOST")


@pytest.mark.rule("R5")
async def test_a_delivered_card_meets_its_account(make_stand: MakeStand) -> None:
    stand = await make_stand("alipay")
    holder = stand.fake.add(*ZHANG)
    await stand.put_account(holder)
    phone = await stand.signed_in()
    assert (await phone.home()).state == Panel.STATE_NOT_OPENED
    looks = stand.fake.asked["FindLink"]
    await phone.home()
    assert stand.fake.asked["FindLink"] == looks, "nothing was delivered, so nobody looks again"

    stand.fake.deliver(holder)
    await applied(stand, 1)
    home = await phone.home()
    done = await phone.walk(channel_pb2.FLOW_KIND_ACCEPT_DELIVERY)

    assert home.state == Panel.STATE_AWAITING_CONSENT
    assert not home.HasField("card")
    assert phone.steps == ["vouch", "consent", "consent"]
    assert done.panel.state == Panel.STATE_USABLE


@pytest.mark.rule("R17")
@pytest.mark.parametrize("reason", ["CHANNEL_NOT_LIVE", "PLATFORM_BUSY"])
async def test_who_could_not_look_does_not_say_that_there_is_nothing(
    make_stand: MakeStand, reason: str
) -> None:
    stand = await make_stand("alipay")
    holder = stand.fake.add(*ZHANG)
    stand.fake.deliver(holder)
    await stand.put_account(holder)
    stand.fake.refusing["StartChallenge"] = Refusal(reason)
    if reason == "PLATFORM_BUSY":
        stand.fake.refusing["GetHead"] = Refusal(reason)

    phone = await stand.signed_in()
    dark = await phone.home()
    stand.fake.refusing.clear()
    home = await phone.home()

    assert (dark.state, dark.reason) == (Panel.STATE_UNKNOWN, reason)
    assert list(dark.offered_flows) == []
    assert home.state == Panel.STATE_AWAITING_CONSENT


@pytest.mark.rule("R15")
async def test_a_channel_that_is_not_live_offers_nothing(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    holder = stand.fake.add(*ZHANG)
    await stand.put_account(holder)
    phone = await stand.signed_in()
    stand.fake.refusing["Apply"] = Refusal("CHANNEL_NOT_LIVE")

    home = await phone.home()

    assert (home.state, home.reason) == (Panel.STATE_UNKNOWN, "CHANNEL_NOT_LIVE")
    assert list(home.offered_flows) == []


@pytest.mark.rule("R5")
async def test_signing_in_finds_what_was_delivered_before(make_stand: MakeStand) -> None:
    stand = await make_stand("alipay")
    holder = stand.fake.add(*ZHANG)
    stand.fake.deliver(holder)
    await stand.put_account(holder)

    phone = await stand.signed_in()
    home = await phone.home()
    done = await phone.walk(channel_pb2.FLOW_KIND_DECLINE_DELIVERY)

    assert home.state == Panel.STATE_AWAITING_CONSENT
    assert phone.steps == ["vouch", "consent"]
    assert done.panel.state == Panel.STATE_NOT_OPENED
    stand.fake.deliver(holder)
    assert (await phone.home()).state == Panel.STATE_AWAITING_CONSENT


@pytest.mark.rule("R5")
async def test_a_sealed_card_cannot_be_accepted_yet(make_stand: MakeStand) -> None:
    stand = await make_stand("alipay")
    holder = stand.fake.add(*ZHANG)
    stand.fake.deliver(holder)
    holder.blocked_reason = "PHYSICAL_CARD_SEALED"
    await stand.put_account(holder)
    phone = await stand.signed_in()

    flow = await phone.walk(channel_pb2.FLOW_KIND_ACCEPT_DELIVERY)

    assert (flow.state, flow.reason) == (Flow.STATE_FAILED, "PHYSICAL_CARD_SEALED")
    assert flow.panel.state == Panel.STATE_AWAITING_CONSENT


def _reason(stand: Stand, holder: Holder) -> str | None:
    assert holder.link is not None
    with stand.channel.database.read() as connection:
        copy = shadows.find_shadow(connection, holder.link.link_id)
    return copy.card.blocked_reason if copy and copy.card else None
