"""QueueService.GetQueue: what waits at the platform, as whoever watches a load reads it."""

import asyncio
from pathlib import Path
from typing import Any

from tests.wire.national_platform.test_overload import (
    a_held_writer,
    asked,
    until_one_is_ahead,
    until_waiting,
)
from tests.wire.people import World, a_world

from essc.lab.v1 import queue_service_pb2 as pb
from essc.lab.v1.queue_service_pb2_grpc import QueueServiceStub


async def queue_of(world: World) -> pb.GetQueueResponse:
    """What waits now."""
    stub: Any = QueueServiceStub(world.lab.peer.channel)
    answer: pb.GetQueueResponse = await world.lab.do(stub.GetQueue, pb.GetQueueRequest())
    return answer


async def test_what_waits_is_told_by_commands_callers_and_calls(world: World) -> None:
    wechat, bank = await world.channel("wechat"), await world.channel("bank")
    zhang = await world.citizen(1)
    async with a_held_writer(world):
        ahead = await until_one_is_ahead(world, wechat, zhang)
        waiting = asked(wechat, zhang, 5) + asked(bank, zhang, 2)
        await until_waiting(world, 7)

        while_held = await queue_of(world)

    await asyncio.gather(ahead, *waiting)
    afterwards = await queue_of(world)
    assert while_held == pb.GetQueueResponse(commands_waiting=7, callers_waiting=2, calls_inside=8)
    assert afterwards == pb.GetQueueResponse(commands_waiting=0, callers_waiting=0, calls_inside=0)


async def test_without_admission_all_wait_in_one_queue_and_nobody_counts_calls(
    tmp_path: Path,
) -> None:
    async with a_world(tmp_path / "platform", admission=False) as world:
        wechat, bank = await world.channel("wechat"), await world.channel("bank")
        zhang = await world.citizen(1)
        async with a_held_writer(world):
            ahead = await until_one_is_ahead(world, wechat, zhang)
            waiting = asked(wechat, zhang, 2) + asked(bank, zhang, 2)
            await until_waiting(world, 4)

            told = await queue_of(world)

        await asyncio.gather(ahead, *waiting)
        assert told == pb.GetQueueResponse(commands_waiting=4, callers_waiting=1)
        assert not told.HasField("calls_inside")
