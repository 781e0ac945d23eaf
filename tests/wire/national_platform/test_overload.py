"""Too much at once: refused early, each caller within its share, and nothing half done."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from tests.wire.people import (
    FACE,
    UNLINK,
    Channel,
    Person,
    World,
    a_world,
    checked,
    new_id,
)

from essc.card.v1 import card_pb2, card_service_pb2
from essc.event.v1 import event_service_pb2
from essc_platform.core.records import PartyKind
from essc_platform.directory import Caller
from essc_platform.queues import Queues
from essc_platform.store.connections import Connection
from essc_platform.wire import admission
from essc_platform.wire.admission import Admission


@asynccontextmanager
async def a_held_writer(world: World) -> AsyncIterator[None]:
    """Nothing is written as long as the block runs."""
    loop, held, let_go = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def wait(_: Connection) -> None:
        loop.call_soon_threadsafe(held.set)
        let_go.wait(20)

    holding = asyncio.create_task(world.running.collector.in_writer(wait))
    await held.wait()
    try:
        yield
    finally:
        let_go.set()
        await holding


def asked(channel: Channel, someone: Person, count: int) -> list[asyncio.Task[Any]]:
    """So many changes on their way."""
    return [asyncio.create_task(channel.start(someone.named, FACE, UNLINK)) for _ in range(count)]


async def until(is_so: Callable[[], bool]) -> None:
    """Waits until something is so, which shows nowhere else."""
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.005)


async def until_waiting(world: World, count: int) -> None:
    """Waits until so many commands wait in the queues."""
    await until(lambda: world.running.collector._queues.commands >= count)


async def until_one_is_ahead(world: World, channel: Channel, someone: Person) -> asyncio.Task[Any]:
    """A change that has left its queue and waits for the held writer."""
    (ahead,) = asked(channel, someone, 1)
    await until(lambda: world.running.collector._writer._work_queue.qsize() == 1)
    return ahead


async def outcome(call: Awaitable[object]) -> str:
    """What became of a call: ok, or the reason why not."""
    try:
        await call
    except grpc.RpcError as error:
        refusal = checked(error)
        assert refusal.retry_after_ms is not None
        assert 10 <= refusal.retry_after_ms <= 2000
        return refusal.reason
    return "ok"


async def refused_at_once(tasks: Sequence[asyncio.Task[Any]], count: int) -> None:
    """Waits until so many of them are refused, while nothing is written."""
    answered = asyncio.as_completed(tasks, timeout=4)
    assert [await outcome(next(answered)) for _ in range(count)] == ["PLATFORM_BUSY"] * count


async def test_a_full_queue_refuses_the_flood_and_answers_the_quiet_channel(world: World) -> None:
    wechat, bank = await world.channel("wechat"), await world.channel("bank")
    zhang = await world.citizen(1)
    world.running.collector._queues = Queues(20, {})
    async with a_held_writer(world):
        first = await until_one_is_ahead(world, wechat, zhang)
        flood = asked(wechat, zhang, 60)
        await refused_at_once(flood, 40)
        quiet = asked(bank, zhang, 10)
        await until_waiting(world, 30)

    assert [await outcome(each) for each in quiet] == ["ok"] * 10
    assert [await outcome(each) for each in (first, *flood)].count("ok") == 21


async def test_calls_beyond_a_callers_share_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "CALLS_MAX", 8)
    async with a_world(tmp_path / "platform") as world:
        wechat, bank = await world.channel("wechat"), await world.channel("bank")
        zhang = await world.citizen(1)
        async with a_held_writer(world):
            first = await until_one_is_ahead(world, wechat, zhang)
            flood = asked(wechat, zhang, 11)
            await refused_at_once(flood, 4)
            quiet = asked(bank, zhang, 4)
            await until_waiting(world, 11)

        assert [await outcome(each) for each in quiet] == ["ok"] * 4
        assert [await outcome(each) for each in (first, *flood)].count("ok") == 8
        # What was in is out again.
        assert [await outcome(each) for each in asked(wechat, zhang, 8)] == ["ok"] * 8


async def test_a_change_that_its_caller_gave_up_before_it_was_begun_leaves_no_trace(
    world: World,
) -> None:
    bank = await world.channel("bank")
    zhang = await world.citizen(1)
    link = await bank.apply(zhang)
    proof = await bank.proof(zhang, FACE, UNLINK, link_id=link.link_id)
    unlink = card_service_pb2.UnlinkRequest(
        request_id=new_id(), link_id=link.link_id, serial=link.serial, proof=proof
    )
    async with a_held_writer(world):
        ahead = await until_one_is_ahead(world, bank, zhang)
        with pytest.raises(grpc.RpcError) as caught:
            await bank.cards.Unlink(unlink, **bank.peer.options(timeout_s=0.2))
        assert world.running.collector._queues.commands == 1
    await ahead

    error: Any = caught.value
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert (await bank.get(link)).link.state == card_pb2.Link.STATE_ACTIVE
    # The proof was not used up, and the request is not known: it may come again.
    again = await bank.do(bank.cards.Unlink, unlink)
    assert again.link.state == card_pb2.Link.STATE_UNLINKED


async def test_what_is_beyond_a_connections_streams_waits_at_its_caller(tmp_path: Path) -> None:
    async with a_world(tmp_path / "platform", streams_max=2) as world:
        bank = await world.channel("bank")
        head = event_service_pb2.GetHeadRequest()
        async with bank.watching() as first, bank.watching() as second:
            await first.until_heartbeat()
            await second.until_heartbeat()
            with pytest.raises(grpc.RpcError) as caught:
                await bank.events.GetHead(head, **bank.peer.options(timeout_s=0.3))
            # Whoever has a connection of its own does not wait, not even in the same process.
            await world.citizen(1)

        error: Any = caught.value
        assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        await bank.do(bank.events.GetHead, head)


async def test_a_caller_with_as_many_calls_as_it_may_have_at_once_meets_no_bare_refusal(
    tmp_path: Path,
) -> None:
    async with a_world(tmp_path / "platform", streams_max=8) as world:
        bank = await world.channel("bank")
        link = await bank.apply(await world.citizen(1))

        calls = (bank.get(link) for _ in range(400))
        answers = await asyncio.gather(*calls, return_exceptions=True)

        assert [each for each in answers if isinstance(each, BaseException)] == []


def test_a_caller_who_will_be_gone_is_not_let_in() -> None:
    bank = Caller("bank", "key", PartyKind.CHANNEL, frozenset(), None)
    admits = Admission(lambda: 700, {})

    assert admits.enter(bank, 0.004) == 700
    assert admits.enter(bank, -1.0) == 700
    assert admits.enter(bank, 0.006) is None
