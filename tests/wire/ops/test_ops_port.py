"""The operations port: what it answers to whom, and what it does to whoever asks strangely."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from essc_wire.meters import SECONDS, CallMeters, Spread, counter, gauge, spread
from essc_wire.metrics import Metrics, call_families
from essc_wire.ops import HEAD_BYTES_MAX, OpsServer
from essc_wire.readiness import Readiness, StoreWatch, Why

METHOD = "essc.card.v1.CardService.Apply"


class Ops:
    """A started port, and what is behind it."""

    def __init__(self) -> None:
        self.calls, self.readiness = CallMeters(), Readiness()
        self.server = OpsServer(Metrics(lambda: call_families(self.calls)), self.readiness)

    async def send(self, raw: bytes) -> bytes:
        host, _, port = self.server.address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(raw)
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""  # whoever is not listened to may meet this as well
        finally:
            writer.close()

    async def get(self, path: str) -> tuple[int, str]:
        answer = await self.send(f"GET {path} HTTP/1.1\r\nHost: ops\r\n\r\n".encode())
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split(b" ")[1]), body.decode()


@pytest.fixture
async def ops() -> AsyncIterator[Ops]:
    started = Ops()
    await started.server.start("127.0.0.1:0")
    yield started
    await started.server.stop()


async def test_calls_are_shown_by_method_status_and_reason(ops: Ops) -> None:
    meter = ops.calls.of(METHOD)
    meter.ended("", 0.0015)
    meter.ended("", 7.0)
    meter.ended("PROOF_USED", 0.001)
    meter.ended("GONE", 0.3)

    status, page = await ops.get("/metrics")

    assert status == 200
    lines = page.splitlines()
    of = f'method="{METHOD}"'
    assert f'essc_calls_total{{{of},reason="",status="OK"}} 2.0' in lines
    assert f'essc_calls_total{{{of},reason="PROOF_USED",status="FAILED_PRECONDITION"}} 1.0' in lines
    assert f'essc_calls_total{{{of},reason="",status="CANCELLED"}} 1.0' in lines
    assert f'essc_call_seconds_bucket{{le="0.001",{of}}} 1.0' in lines
    assert f'essc_call_seconds_bucket{{le="0.002",{of}}} 2.0' in lines
    assert f'essc_call_seconds_bucket{{le="+Inf",{of}}} 4.0' in lines
    assert f"essc_call_seconds_count{{{of}}} 4.0" in lines
    assert any(line.startswith("process_cpu_seconds_total ") for line in lines)
    assert any(line.startswith("process_resident_memory_bytes ") for line in lines)


async def test_a_method_that_nobody_called_takes_no_room(ops: Ops) -> None:
    ops.calls.of(METHOD)

    _, page = await ops.get("/metrics")

    assert METHOD not in page


async def test_what_others_say_as_a_reason_cannot_make_the_page_grow(ops: Ops) -> None:
    for number in range(1000):
        ops.calls.of(METHOD).ended(f"NEWER_REASON_{number}", 0.1)

    _, page = await ops.get("/metrics")

    counted = [line for line in page.splitlines() if line.startswith("essc_calls_total{")]
    assert len(counted) == 101
    assert f'essc_calls_total{{method="{METHOD}",reason="OTHER",status="UNKNOWN"}} 900.0' in counted


async def test_ready_says_why_not_in_both_languages_and_live_goes_on(ops: Ops) -> None:
    assert (await ops.get("/ready"))[0] == 200

    ops.readiness.note(Why.STORE_AWAY, holds=True)
    status, body = await ops.get("/ready")

    assert status == 503
    told = json.loads(body)
    assert told["ready"] is False
    assert [each["reason"] for each in told["reasons"]] == ["STORE_AWAY"]
    assert told["reasons"][0]["text_zh"] == "存储无响应或不接受变更"
    assert await ops.get("/live") == (200, '{"live": true}\n')
    ops.readiness.note(Why.STORE_AWAY, holds=False)
    assert await ops.get("/ready") == (200, '{"ready": true, "reasons": []}\n')


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (b"GET /elsewhere HTTP/1.1\r\n\r\n", b"404"),
        (b"POST /metrics HTTP/1.1\r\n\r\n", b"405"),
        (b"what is this\r\n\r\n", b"400"),
        (b"HEAD /ready HTTP/1.1\r\n\r\n", b"200"),
    ],
)
async def test_strange_questions_get_a_status(ops: Ops, asked: bytes, status: bytes) -> None:
    answer = await ops.send(asked)

    assert answer.split(b" ")[1] == status


async def test_the_head_of_an_answer_is_its_head(ops: Ops) -> None:
    answer = await ops.send(b"HEAD /live HTTP/1.1\r\n\r\n")

    assert answer.endswith(b"\r\n\r\n")
    assert b"Content-Length: 15" in answer


async def test_a_question_without_an_end_is_not_listened_to(ops: Ops) -> None:
    answer = await ops.send(b"GET /live HTTP/1.1\r\nX: " + b"x" * (2 * HEAD_BYTES_MAX))

    assert answer == b""
    assert (await ops.get("/live"))[0] == 200


async def test_more_connections_than_the_bound_get_nothing_until_one_ends(ops: Ops) -> None:
    host, _, port = ops.server.address.rpartition(":")
    idle = [await asyncio.open_connection(host, int(port)) for _ in range(32)]
    await asyncio.sleep(0.05)

    beyond = await ops.send(b"GET /live HTTP/1.1\r\n\r\n")
    idle[0][1].close()
    await asyncio.sleep(0.05)

    assert beyond == b""
    assert (await ops.get("/live"))[0] == 200
    for _, writer in idle:
        writer.close()


async def test_an_address_that_somebody_has_is_refused_in_one_line(ops: Ops) -> None:
    with pytest.raises(OSError, match="the address is in use"):
        await Ops().server.start(ops.server.address)


def test_counters_gauges_and_spreads_are_written_as_prometheus_reads_them() -> None:
    waits = Spread((1, 10))
    for value in (1, 2, 11):
        waits.note(value)
    metrics = Metrics(
        lambda: [counter("a", "A.", 2), gauge("b", "B.", 0.5), spread("c", "C.", waits)]
    )

    page = metrics.page(metrics.read()).decode()

    for line in (
        "# TYPE a_total counter",
        "a_total 2.0",
        "# TYPE b gauge",
        "b 0.5",
        "# TYPE c histogram",
        'c_bucket{le="1.0"} 1.0',
        'c_bucket{le="10.0"} 2.0',
        'c_bucket{le="+Inf"} 3.0',
        "c_sum 14.0",
    ):
        assert line in page.splitlines()
    assert list(SECONDS) == sorted(SECONDS)


class FakeServer:
    """A server that only has a health."""

    def __init__(self) -> None:
        self.said: list[bool] = []
        self.heard = asyncio.Event()

    async def say_health(self, *, is_serving: bool) -> None:
        self.said.append(is_serving)
        self.heard.set()


async def test_health_follows_the_store_and_comes_back_by_itself() -> None:
    is_there, server, readiness = [True], FakeServer(), Readiness()

    async def look(_is_thorough: bool) -> bool:
        return is_there[0]

    watch = StoreWatch(look, readiness, every_s=0.01)
    servers: Any = [server]
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(watch.run_for_ever()),
            tasks.create_task(readiness.tell(servers)),
        ]
        is_there[0] = False
        await server.heard.wait()
        server.heard.clear()
        is_there[0] = True
        await server.heard.wait()
        for each in running:
            each.cancel()

    assert server.said == [False, True]


async def test_whoever_met_trouble_is_believed_until_a_thorough_look() -> None:
    looks: list[bool] = []
    looked = asyncio.Event()

    async def look(is_thorough: bool) -> bool:
        looks.append(is_thorough)
        looked.set()
        return True

    readiness = Readiness()
    watch = StoreWatch(look, readiness, every_s=0.2)
    task = asyncio.create_task(watch.run_for_ever())
    async with asyncio.timeout(5):
        await looked.wait()
        looked.clear()
        watch.doubt()
        doubted = readiness.reasons
        await looked.wait()
        await asyncio.sleep(0.02)
    task.cancel()

    assert doubted == [Why.STORE_AWAY]
    assert looks == [False, True]
    assert readiness.reasons == []


async def test_a_store_that_is_silent_is_away_until_it_speaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("essc_wire.readiness.LOOK_S_MAX", 0.02)
    answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    looks = []

    async def look(_is_thorough: bool) -> bool:
        looks.append(1)
        return await asyncio.shield(answer)

    readiness = Readiness()
    task = asyncio.create_task(StoreWatch(look, readiness, every_s=10).run_for_ever())
    await asyncio.sleep(0.1)
    silent, asked = readiness.reasons, len(looks)
    answer.set_result(True)
    await asyncio.sleep(0.05)
    task.cancel()

    assert silent == [Why.STORE_AWAY]
    assert asked == 1
    assert readiness.reasons == []
