"""What a drill sees of the parties second by second: what waits there, what comes late."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from essc.lab.v1 import queue_service_pb2 as pb
from essc_workbench.connections import Connections
from essc_workbench.drills.health import Pulse
from essc_workbench.drills.histograms import class_of
from essc_workbench.drills.seconds import Gauge, second_of
from essc_workbench.drills.tallies import Totals
from essc_workbench.drills.watching import Watching
from essc_workbench.folders import Addresses, DataFolder, State


class Telling:
    """A platform's lab port that says what it was told to say; None: it does not answer."""

    def __init__(self, *depths: int | None) -> None:
        self.depths = list(depths)
        self.said = asyncio.Event()

    async def GetQueue(self, request: bytes, context: Any) -> bytes:
        depth = self.depths.pop(0)
        if not self.depths:
            self.said.set()
        if depth is None:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "not now")
        return pb.GetQueueResponse(commands_waiting=depth or 0).SerializeToString()


def depths(watch: Watching) -> list[int | None]:
    return [watch.at(second).queue for second in range(30)]


@asynccontextmanager
async def a_watch(folder: Path, telling: Telling | None) -> AsyncIterator[Watching]:
    """Whoever watches a platform whose lab port says that, or has no such service."""
    server = grpc.aio.server()
    if telling is not None:
        method: Any = grpc.unary_unary_rpc_method_handler(telling.GetQueue)
        services = grpc.method_handlers_generic_handler(
            "essc.lab.v1.QueueService", {"GetQueue": method}
        )
        server.add_generic_rpc_handlers((services,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    lab = f"127.0.0.1:{port}"
    state = State(platform=Addresses(address=lab, lab_address=lab))
    async with Connections(DataFolder(folder), state) as connections:
        yield Watching(connections, (), dict)
    await server.stop(0)


async def test_each_second_has_what_the_platform_said_in_its_middle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("essc_workbench.drills.watching._QUEUE_S", 10.0)  # on a busy machine too
    telling = Telling(3, None, 7)
    async with a_watch(tmp_path, telling) as watch:
        watch.start(time.monotonic())
        watching = asyncio.create_task(watch.watch(0.0))

        async with asyncio.timeout(30):
            await telling.said.wait()
            while 7 not in depths(watch):  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0.01)

        watching.cancel()
        told = depths(watch)
        assert [depth for depth in told if depth is not None] == [3, 7]
        assert told.index(7) - told.index(3) >= 2  # the second between has none


async def test_before_the_load_nothing_is_noted(tmp_path: Path) -> None:
    telling = Telling(9, 4)
    async with a_watch(tmp_path, telling) as watch:
        watch.start(time.monotonic() + 1.2)
        watching = asyncio.create_task(watch.watch(0.0))

        async with asyncio.timeout(30):
            while watch.at(0).queue is None:  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0.01)

        watching.cancel()
        assert watch.at(-1).queue is None
        assert watch.at(0).queue == 4


async def test_a_platform_without_the_service_is_not_asked_again(tmp_path: Path) -> None:
    async with a_watch(tmp_path, None) as watch:
        watch.start(time.monotonic() - 0.4)

        async with asyncio.timeout(30):
            await watch._ask_what_waits()

        assert watch.at(0).queue is None


async def test_a_platform_without_a_lab_port_is_not_asked(tmp_path: Path) -> None:
    state = State(platform=Addresses(address="127.0.0.1:1", lab_address=""))
    async with Connections(DataFolder(tmp_path), state) as connections:
        watch = Watching(connections, (), dict)
        watch.start(time.monotonic())

        async with asyncio.timeout(0.2):
            await watch._ask_what_waits()

        assert watch.at(0).queue is None


def test_of_what_is_seen_in_a_second_the_greatest_is_kept() -> None:
    gauge = Gauge()
    for commands in (2, 12, 5):
        gauge.see_queue(commands)

    seen = second_of(4, Totals(0), (), Pulse(), gauge)

    assert seen.queue == 12


def test_an_empty_queue_is_not_an_unknown_one() -> None:
    gauge = Gauge()

    gauge.see_queue(0)

    assert second_of(0, Totals(0), (), Pulse(), gauge).queue == 0
    assert second_of(0, Totals(0), (), Pulse(), Gauge()).queue is None


async def test_events_that_come_after_the_load_count_in_its_last_second(tmp_path: Path) -> None:
    async with a_watch(tmp_path, None) as watch:
        watch.start(time.monotonic() - 1.0)
        watch._arrived("wechat", 2_000)
        watch.start(time.monotonic() - 7.0)
        watch._arrived("wechat", 3_000)
        watch._arrived("alipay", 5_000)

        watch.end(1)

        assert sum(watch.at(1).event_lag.values()) == 3
        assert watch.at(7).event_lag == {}
        assert watch.lags == {
            "wechat": {class_of(2_000): 1, class_of(3_000): 1},
            "alipay": {class_of(5_000): 1},
        }
