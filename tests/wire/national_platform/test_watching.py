"""A platform that is watched: what it counts, when it is ready, and what health says meanwhile."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from tests.wire.people import FACE, UNLINK, Channel, World, a_world, config, new_id, reason
from tests.wire.scraping import NOT_SERVING, SERVING, get, health, reasons, reasons_become, samples

from essc.card.v1 import card_pb2
from essc.card.v1 import card_service_pb2 as cards
from essc.event.v1 import event_service_pb2 as events
from essc_platform.server import start
from essc_wire.refusals import reason_of

pytestmark = pytest.mark.file_store

APPLIES = 'essc_calls_total{method="essc.card.v1.CardService.Apply"'
TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE}-b7ad6b7169203331-01"
UNLINKS = 'essc_calls_total{method="essc.card.v1.CardService.Unlink"'


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path / "platform", ops="127.0.0.1:0") as world:
        yield world


def at(world: World) -> str:
    address = world.running.ops_address
    assert address is not None
    return address


def unlinking(link: card_pb2.Link, proof: str) -> cards.UnlinkRequest:
    return cards.UnlinkRequest(
        request_id=new_id(), link_id=link.link_id, serial=link.serial, proof=proof
    )


async def test_calls_batches_queue_and_feed_are_counted(watched: World) -> None:
    bank = await watched.channel("bank")
    link = await bank.apply(await watched.citizen(1))
    await reason(bank.do(bank.cards.Unlink, unlinking(link, "no proof of ours")))
    async with bank.watching() as watch:
        await watch.next()

        shown = await samples(at(watched))

    assert shown[f'{APPLIES},reason="",status="OK"}}'] == 1
    assert shown[f'{UNLINKS},reason="REQUEST_INVALID",status="INVALID_ARGUMENT"}}'] == 1
    assert shown['essc_call_seconds_count{method="essc.card.v1.CardService.Unlink"}'] == 1
    assert shown['essc_batches_total{outcome="committed"}'] >= 2
    assert shown['essc_batches_total{outcome="store_failed"}'] == 0
    assert shown["essc_batch_commands_count"] == shown["essc_batch_commands_sum"]
    assert shown["essc_queue_wait_seconds_count"] >= shown["essc_batch_commands_count"]
    parts = ("lock", "load", "decide", "save", "commit")
    assert all(shown[f'essc_batch_seconds_total{{part="{part}"}}'] > 0 for part in parts)
    assert shown["essc_queue_commands"] == shown["essc_queue_callers"] == 0
    assert shown["essc_calls_inside"] == 0
    assert shown["essc_feed_streams"] == 1
    assert shown["essc_feed_events_total"] == 1
    assert shown["essc_ready"] == 1


@pytest.mark.rule("R92")
async def test_no_label_says_who(watched: World) -> None:
    bank = await watched.channel("bank")
    zhang = await watched.citizen(1)
    await bank.apply(zhang)

    _, page = await get(at(watched), "/metrics")

    for secret in (zhang.name, zhang.id_number, zhang.phone, "bank"):
        assert secret not in page


@pytest.mark.rule("R91")
async def test_a_store_that_takes_no_changes_is_told_and_told_again_when_it_is_well(
    watched: World, capfd: pytest.CaptureFixture[str]
) -> None:
    bank = await watched.channel("bank")
    zhang = await watched.citizen(1)
    link = await bank.apply(zhang)
    request = unlinking(link, await bank.proof(zhang, FACE, UNLINK))
    writer: Any = watched.running.store.writer
    writer.driver.execute("PRAGMA busy_timeout=0")
    other = sqlite3.connect(watched.folder / "platform.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    options = bank.peer.options(traceparent=TRACEPARENT)
    refused = await reason(bank.cards.Unlink(request, **options))
    lines = [line for line in capfd.readouterr().out.splitlines() if TRACE in line]
    told = await reasons(at(watched))
    await asyncio.sleep(1.2)  # a look meanwhile finds nothing better
    still, ill = await reasons(at(watched)), await health(watched.address)
    shown = await samples(at(watched))
    other.close()
    await reasons_become(at(watched), [])

    assert refused == "STORE_UNAVAILABLE"
    # The line of the batch, and that of the call.
    assert [("the store failed" in line, "refused" in line) for line in lines] == [
        (True, False),
        (False, True),
    ]
    assert (told, still, ill) == (["STORE_AWAY"], ["STORE_AWAY"], NOT_SERVING)
    assert shown["essc_ready"] == 0
    assert shown['essc_not_ready{reason="STORE_AWAY"}'] == 1
    assert shown['essc_batches_total{outcome="store_failed"}'] == 1
    assert await health(watched.address) == SERVING
    await bank.do(bank.cards.Unlink, request)


async def test_told_to_stop_it_says_so_first_and_takes_calls_for_a_while(watched: World) -> None:
    bank = await watched.channel("bank")
    watched.running.drain_after_s = 1

    async with bank.watching() as watch:
        await watch.next()
        stopping = asyncio.create_task(watched.running.stop())
        await reasons_become(at(watched), ["DRAINING"])
        said = await health(watched.address)
        await bank.do(bank.events.GetHead, events.GetHeadRequest())
        refused = await first_refusal(bank)
        ended = await reason(watch.next())
    await stopping
    watched.running = await start(config(watched.folder))

    assert said == NOT_SERVING
    assert (refused, ended) == ("PLATFORM_DRAINING", "PLATFORM_DRAINING")


async def first_refusal(bank: Channel) -> str:
    """What ends calls that were good until then."""
    for _ in range(1000):
        try:
            await bank.do(bank.events.GetHead, events.GetHeadRequest())
        except grpc.RpcError as error:
            return reason_of(error) or "no reason"
        await asyncio.sleep(0.01)
    return "none in a thousand calls"
