"""What a channel tells of itself: its snapshot, and where its copy stands."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from google.protobuf.json_format import MessageToJson
from tests.wire.channels.conftest import PHONE, WALLET_PASSWORD, ZHANG, MakeStand, MakeStore, Stand
from tests.wire.people_audit import export, rows_of, told

from essc.card.v1 import card_pb2
from essc.channel.v1 import channel_pb2
from essc.event.v1 import event_pb2
from essc.lab.v1 import lab_service_pb2 as lab
from essc.lab.v1 import lab_service_pb2_grpc as lab_grpc
from essc_channels.core.records import Account
from essc_channels.server import start_channel
from essc_channels.store import accounts

APPLY, UNLINK = channel_pb2.FLOW_KIND_APPLY, channel_pb2.FLOW_KIND_UNLINK
Flow = channel_pb2.Flow


async def settle(stand: Stand, after_cursor: str = "", within_s: float = 0) -> lab.SettleResponse:
    """Where the channel's copy stands, once it is beyond a cursor."""
    peer = stand.lab()
    request = lab.SettleRequest(after_cursor=after_cursor)
    request.within.FromMicroseconds(int(within_s * 1_000_000))
    stub: Any = lab_grpc.ClockServiceStub(peer.channel)
    answer: lab.SettleResponse = await stub.Settle(request, **peer.options(timeout_s=within_s + 10))
    return answer


async def beyond_all(stand: Stand) -> str:
    """The cursor of the last event, once it is applied."""
    head, cursor = str(len(stand.fake.events)), (await settle(stand)).cursor
    async with asyncio.timeout(10):
        while cursor != head:
            cursor = (await settle(stand, cursor, within_s=10)).cursor
    return cursor


async def test_accounts_copies_events_and_flows_are_as_the_phone_knows_them(
    make_stand: MakeStand,
) -> None:
    stand = await make_stand("nantong")
    holder = stand.fake.add(*ZHANG)
    await stand.put_account(holder)
    phone = await stand.signed_in()
    flow = await phone.walk(APPLY)
    assert flow.state == Flow.STATE_COMPLETED
    cancelled = await phone.start(UNLINK)
    stand.fake.block(holder, "PHYSICAL_CARD_LOST")
    cursor = await beyond_all(stand)

    whole = await export(stand.lab())

    assert holder.link is not None
    assert whole.header.party_id == "nantong"
    assert not whole.header.is_platform
    assert whole.header.cursor == cursor
    (account,) = whole.accounts
    assert (account.account, account.link_id) == ("zhang", holder.link.link_id)
    (shadow,) = whole.shadows
    assert (shadow.link_id, shadow.serial) == (holder.link.link_id, 1)
    assert shadow.state == card_pb2.Link.STATE_ACTIVE
    assert shadow.card_state == card_pb2.Card.STATE_BLOCKED
    assert [each.number for each in whole.applied_events] == [1, 2]
    assert [each.kind for each in whole.applied_events] == [
        event_pb2.Event.KIND_LINK_ACTIVATED,
        event_pb2.Event.KIND_CARD_STATUS_CHANGED,
    ]
    assert [each.link_id for each in whole.applied_events] == [holder.link.link_id] * 2
    assert whole.applied_events[-1].cursor == cursor
    assert whole.applied_events[-1].has_effect
    flows = {each.flow_id: each for each in whole.flows}
    assert (flows[flow.flow_id].kind, flows[flow.flow_id].state) == (APPLY, Flow.STATE_COMPLETED)
    assert flows[cancelled.flow_id].state == Flow.STATE_OPEN
    assert flows[flow.flow_id].account == "zhang"
    assert whole.row_count == rows_of(whole)


@pytest.mark.rule("R92")
async def test_a_channels_snapshot_tells_no_name_no_phone_and_nothing_that_admits(
    make_stand: MakeStand,
) -> None:
    stand = await make_stand("nantong")
    await stand.put_account(stand.fake.add(*ZHANG))
    phone = await stand.signed_in()
    await phone.walk(APPLY)

    messages = await told(stand.lab())
    said = "".join(MessageToJson(each, ensure_ascii=False) for each in messages)

    assert "zhang" in said
    for secret in (*ZHANG, PHONE, WALLET_PASSWORD, phone.session, phone.new_password):
        assert secret not in said


async def test_a_message_of_a_channel_holds_at_most_five_hundred_rows(
    make_stand: MakeStand,
) -> None:
    stand = await make_stand("nantong")
    with stand.channel.database.write() as connection:
        for number in range(1_001):
            accounts.save_account(connection, Account(account=f"account-{number:04}"))

    pages = (await told(stand.lab(), "accounts"))[1:-1]

    assert [len(each.accounts) for each in pages] == [500, 500, 1]


async def test_a_channels_snapshot_is_of_one_moment(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    holder = stand.fake.add(*ZHANG)
    await stand.put_account(holder)
    phone = await stand.signed_in()
    await phone.walk(APPLY)

    async def change() -> None:
        for _ in range(30):
            stand.fake.block(holder, "PHYSICAL_CARD_LOST")
            stand.fake.block(holder, "")
            await asyncio.sleep(0)
        await beyond_all(stand)

    changing = asyncio.create_task(change())
    taken = [await export(stand.lab())]
    while not changing.done():
        taken.append(await export(stand.lab()))
    await changing

    for whole in taken:
        # An event, its effect and its cursor are written together.
        assert [each.number for each in whole.applied_events] == list(
            range(1, len(whole.applied_events) + 1)
        )
        if whole.applied_events:
            assert whole.header.cursor == whole.applied_events[-1].cursor


async def test_it_says_where_its_copy_stands(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    holder = stand.fake.add(*ZHANG)
    await stand.put_account(holder)
    await (await stand.signed_in()).walk(APPLY)
    cursor = await beyond_all(stand)

    assert (await settle(stand)).cursor == cursor
    assert not (await settle(stand)).pending


async def test_it_waits_until_its_copy_has_gone_beyond_a_cursor(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    holder = stand.fake.add(*ZHANG)
    await stand.put_account(holder)
    await (await stand.signed_in()).walk(APPLY)
    cursor = await beyond_all(stand)

    waiting = asyncio.create_task(settle(stand, cursor, within_s=30))
    stand.fake.block(holder, "PHYSICAL_CARD_LOST")
    moved = await waiting

    assert moved.cursor == str(len(stand.fake.events)) != cursor
    assert not moved.pending


async def test_a_channel_that_has_not_begun_to_follow_is_waited_for(
    make_stand: MakeStand, make_store: MakeStore
) -> None:
    stand = await make_stand("nantong")
    await stand.channel.drain()
    await stand.stop_platform()
    fresh = replace(stand.config, data=stand.config.data / "fresh", store=make_store())
    stand.channel = await start_channel(fresh)

    at_once = await settle(stand)
    in_vain = await settle(stand, within_s=0.1)
    waiting = asyncio.create_task(settle(stand, within_s=30))
    await stand.start_platform()
    begun = await waiting

    assert (at_once.cursor, list(at_once.pending)) == ("", [])
    assert [each.kind for each in in_vain.pending] == [lab.Pending.KIND_EVENTS]
    assert (begun.cursor, list(begun.pending)) == ("0", [])


async def test_a_copy_that_does_not_move_is_pending(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    holder = stand.fake.add(*ZHANG)
    await stand.put_account(holder)
    await (await stand.signed_in()).walk(APPLY)
    cursor = await beyond_all(stand)
    await stand.stop_platform()

    stayed = await settle(stand, cursor, within_s=0.1)

    assert stayed.cursor == cursor
    assert [(each.kind, each.channel_id, each.count) for each in stayed.pending] == [
        (lab.Pending.KIND_EVENTS, "nantong", 1)
    ]
