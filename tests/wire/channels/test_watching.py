"""A channel that is watched: what it counts, when it is ready, and what health says meanwhile."""

import asyncio
from dataclasses import replace

import grpc
import pytest
from sqlalchemy import text
from tests.wire.channels.conftest import ZHANG, MakeStand, Phone, Stand
from tests.wire.scraping import NOT_SERVING, SERVING, health, reasons, reasons_become, samples

from essc.channel.v1 import channel_pb2, channel_service_pb2
from essc_channels.server import start_channel
from essc_wire.client import Peer
from essc_wire.refusals import reason_of

APPLY = channel_pb2.FLOW_KIND_APPLY
START = "essc.channel.v1.ChannelService.StartFlow"


@pytest.fixture
async def stand(make_stand: MakeStand) -> Stand:
    return await watched(await make_stand("nantong"))


async def watched(made: Stand) -> Stand:
    """With an operations port, and one account."""
    made.config = replace(made.config, ops="127.0.0.1:0")
    await made.restart_channel()
    await made.put_account(made.fake.add(*ZHANG))
    return made


async def test_calls_flows_and_what_is_asked_of_the_platform_are_counted(stand: Stand) -> None:
    phone = await stand.signed_in()
    await phone.start(APPLY)
    await reasons_become(stand.channel.ops_address, [])

    shown = await samples(stand.channel.ops_address)

    assert shown[f'essc_calls_total{{method="{START}",reason="",status="OK"}}'] == 1
    assert shown[f'essc_call_seconds_count{{method="{START}"}}'] == 1
    assert shown["essc_flows_open"] == 1
    assert shown['essc_platform_calls_total{outcome="ok"}'] >= 1
    assert shown["essc_platform_calls_waiting"] == 0
    assert 0 <= shown["essc_feed_lag_seconds"] < 60
    assert shown["essc_ready"] == 1
    assert shown["process_resident_memory_bytes"] > 1e6


async def test_it_is_ready_once_it_has_heard_the_platform_and_serves_before(stand: Stand) -> None:
    await stand.stop_platform()
    await stand.restart_channel()

    before = await reasons(stand.channel.ops_address)
    healthy = await health(stand.channel.address)
    await stand.start_platform()
    await reasons_become(stand.channel.ops_address, [])

    assert before == ["NOT_CAUGHT_UP"]
    assert healthy == SERVING


@pytest.mark.rule("R91")
async def test_a_store_that_takes_no_changes_is_told_and_told_again_when_it_is_well(
    make_stand: MakeStand,
) -> None:
    stand = await watched(await make_stand("nantong", in_file=True))
    phone = await stand.signed_in()
    await reasons_become(stand.channel.ops_address, [])
    database = stand.channel.database
    with database.write() as connection:
        connection.execute(text("PRAGMA max_page_count = 1"))

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await start_often(phone)
    told = await reasons(stand.channel.ops_address)
    await asyncio.sleep(1.2)  # a look meanwhile changes nothing
    still, ill = await reasons(stand.channel.ops_address), await health(stand.channel.address)
    with database.write() as connection:
        connection.execute(text("PRAGMA max_page_count = 1000000"))
    await reasons_become(stand.channel.ops_address, [])

    assert reason_of(refused.value) == "STORE_UNAVAILABLE"
    assert (told, still, ill) == (["STORE_AWAY"], ["STORE_AWAY"], NOT_SERVING)
    assert await health(stand.channel.address) == SERVING


async def start_often(phone: Phone) -> None:
    for _ in range(100):
        await phone.start(APPLY)


async def test_told_to_stop_it_says_so_first_and_takes_calls_for_a_while(stand: Stand) -> None:
    phone = await stand.signed_in()
    stand.channel = replace(stand.channel, drain_after_s=1)

    stopping = asyncio.create_task(stand.channel.drain())
    await reasons_become(stand.channel.ops_address, ["DRAINING"])
    said, taken = await health(stand.channel.address), await phone.home()
    refused = await first_refusal(phone)
    await stopping
    stand.channel = await start_channel(stand.config)

    assert said == NOT_SERVING
    assert taken.state == channel_pb2.Panel.STATE_NOT_OPENED
    assert refused == "PLATFORM_DRAINING"


async def first_refusal(phone: Phone) -> str | None:
    """What ends a phone's calls that were good until then."""
    for _ in range(1000):
        try:
            await phone.home()
        except grpc.aio.AioRpcError as error:
            return reason_of(error)
        await asyncio.sleep(0.01)
    return "none in a thousand calls"


async def test_a_call_without_a_trace_gets_one_that_the_platform_is_told(stand: Stand) -> None:
    peer = Peer(stand.channel.address)
    stand.peers.append(peer)
    phone = await stand.signed_in()
    stand.fake.traceparents.clear()

    request = channel_service_pb2.GetHomeRequest()
    await phone.stub.GetHome(request, **peer.options(bearer=phone.session))

    (passed_on,) = stand.fake.traceparents
    assert len(passed_on) == 55
