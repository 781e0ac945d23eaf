"""Several processes of one party: calls take turns, and leave whoever is killed or frozen."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest
from tests.wire.relays import Relay

from essc_wire.client import connect, repeat_while_uncertain
from essc_wire.clock import monotonic
from essc_wire.refusals import PLATFORM_DOMAIN, Refusal, reason_of, status_of
from essc_wire.serving import Server, start_server
from essc_wire.tls import authority


class Several:
    """Three processes of a party, a relay before each, and who was asked how often."""

    def __init__(self) -> None:
        self.servers: list[Server] = []
        self.relays: list[Relay] = []
        self.asked: Counter[int] = Counter()
        self.refusal: Refusal | None = None

    @property
    def address(self) -> str:
        """Straight: gRPC's own threads answer, however busy this process is."""
        return ",".join(f"127.0.0.1:{server.port}" for server in self.servers)

    @property
    def relayed(self) -> str:
        """Where they can be cut and frozen."""
        return ",".join(relay.address for relay in self.relays)

    async def add(self, tls: Path | None = None) -> None:
        server = await start_server("127.0.0.1:0", [self._handler(len(self.servers))], (), tls)
        self.servers.append(server)
        self.relays.append(await Relay(server.port).open())

    def _handler(self, number: int) -> grpc.GenericRpcHandler:
        async def ask(_request: bytes, context: Any) -> bytes:
            self.asked[number] += 1
            if self.refusal is not None:
                await context.abort_with_status(status_of(self.refusal, PLATFORM_DOMAIN))
            return b"%d" % number

        async def watch(_request: bytes, _context: Any) -> AsyncIterator[bytes]:
            yield b"%d" % number
            await asyncio.sleep(60)

        methods: dict[str, Any] = {
            "Ask": grpc.unary_unary_rpc_method_handler(ask),
            "Watch": grpc.unary_stream_rpc_method_handler(watch),
        }
        return grpc.method_handlers_generic_handler("essc.Turns", methods)


class Crowd:
    """Callers who ask one after the other until they are told to stop."""

    def __init__(self, ask: Callable[[], Awaitable[bytes]], size: int) -> None:
        self._ask = ask
        self._goes_on = True
        self._tasks = [asyncio.create_task(self._run()) for _ in range(size)]
        self.answers: Counter[bytes] = Counter()
        self.longest_s = 0.0

    async def _run(self) -> None:
        while self._goes_on:
            began = monotonic()
            self.answers[await self._ask()] += 1
            self.longest_s = max(self.longest_s, monotonic() - began)
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Raises what a call failed with."""
        self._goes_on = False
        await asyncio.gather(*self._tasks)


@pytest.fixture
async def several() -> AsyncIterator[Several]:
    found = Several()
    for _ in range(3):
        await found.add()
    yield found
    for relay, server in zip(found.relays, found.servers, strict=True):
        relay.thaw()
        await relay.cut()
        await server.stop(0)


@pytest.fixture
async def channel(several: Several) -> AsyncIterator[grpc.aio.Channel]:
    async with connect(several.address) as opened:
        yield opened


@pytest.fixture
async def relayed(several: Several) -> AsyncIterator[grpc.aio.Channel]:
    async with connect(several.relayed) as opened:
        yield opened


def asking(channel: grpc.aio.Channel) -> Callable[[], Awaitable[bytes]]:
    ask: Any = channel.unary_unary("/essc.Turns/Ask")

    async def one() -> bytes:
        answer: bytes = await ask(b"", timeout=5)
        return answer

    return one


async def all_connected(several: Several, channel: grpc.aio.Channel) -> None:
    """Who is connected first is asked first; turns are taken when all are."""
    async with asyncio.timeout(5):
        while len(several.asked) < len(several.servers):
            await asking(channel)()
    several.asked.clear()


async def test_calls_take_turns_among_all_processes(
    several: Several, channel: grpc.aio.Channel
) -> None:
    await all_connected(several, channel)

    for _ in range(30):
        await asking(channel)()

    assert several.asked == {0: 10, 1: 10, 2: 10}


async def test_a_killed_process_is_left_at_once_and_no_call_fails(
    several: Several, relayed: grpc.aio.Channel
) -> None:
    await all_connected(several, relayed)
    crowd = Crowd(asking(relayed), 16)
    await asyncio.sleep(0.2)

    await several.relays[0].cut()
    await asyncio.sleep(0.5)
    several.asked.clear()
    await asyncio.sleep(0.3)
    left = dict(several.asked)
    await several.relays[0].open()
    async with asyncio.timeout(5):
        while not several.asked[0]:  # noqa: ASYNC110 - it is asked in gRPC's own threads
            await asyncio.sleep(0.01)
    await crowd.stop()

    assert set(left) == {1, 2}
    # On a quiet machine 0.1 s: what was under way is asked of another after a pause.
    assert crowd.longest_s < 2.0


async def test_a_frozen_process_is_left_by_its_silence_and_no_call_fails(
    several: Several, relayed: grpc.aio.Channel
) -> None:
    await all_connected(several, relayed)
    crowd = Crowd(asking(relayed), 16)
    await asyncio.sleep(0.2)

    several.relays[0].freeze()
    await asyncio.sleep(2.0)
    crowd.answers.clear()
    await asyncio.sleep(0.3)
    left = set(crowd.answers)
    await crowd.stop()

    assert left == {b"1", b"2"}
    # A ping a second, and 0.4 s for its answer; then the pause before it is asked of another.
    assert crowd.longest_s < 3.0


async def test_a_process_that_never_answered_anybody_is_not_waited_for(
    several: Several,
) -> None:
    several.relays[0].freeze()

    async with connect(several.relayed) as channel:
        began = monotonic()
        for _ in range(10):
            await asking(channel)()

    assert several.asked[0] == 0
    assert monotonic() - began < 2.0


async def test_a_stream_that_is_quiet_is_kept_however_often_it_is_asked_whether_it_lives(
    several: Several, channel: grpc.aio.Channel
) -> None:
    watch: Any = channel.unary_stream("/essc.Turns/Watch")
    stream = watch(b"", timeout=60)
    await stream.read()

    with pytest.raises(TimeoutError):
        # gRPC's servers end a connection at the fourth ping that comes to them unasked.
        await asyncio.wait_for(stream.read(), 3.8)


async def test_a_stream_breaks_with_its_process_and_opens_again_at_another(
    several: Several, relayed: grpc.aio.Channel
) -> None:
    await all_connected(several, relayed)
    watch: Any = relayed.unary_stream("/essc.Turns/Watch")
    stream = watch(b"", timeout=60)
    at = int(await stream.read())
    await several.relays[at].cut()

    with pytest.raises(grpc.RpcError) as broken:
        await stream.read()
    again = watch(b"", timeout=60)
    elsewhere = int(await again.read())

    assert broken.value.code() is grpc.StatusCode.UNAVAILABLE
    assert elsewhere != at
    again.cancel()


@pytest.mark.parametrize(
    ("reason", "asked"), [("STORE_UNAVAILABLE", 4), ("PLATFORM_BUSY", 1), ("CHANGES_CONFLICT", 1)]
)
async def test_only_what_is_unavailable_is_asked_of_others_and_four_times_at_most(
    several: Several, channel: grpc.aio.Channel, reason: str, asked: int
) -> None:
    await all_connected(several, channel)
    several.refusal = Refusal(reason)

    with pytest.raises(grpc.RpcError) as refused:
        await asking(channel)()

    assert reason_of(refused.value) == reason
    assert several.asked.total() == asked


@pytest.mark.rule("R91")
async def test_a_callers_own_repeats_and_those_among_processes_are_twelve_together(
    several: Several, channel: grpc.aio.Channel
) -> None:
    await all_connected(several, channel)
    several.refusal = Refusal("STORE_UNAVAILABLE")

    with pytest.raises(grpc.RpcError) as refused:
        await repeat_while_uncertain(asking(channel), attempts_max=3, pause_s=0.01)

    assert reason_of(refused.value) == "STORE_UNAVAILABLE"
    assert several.asked.total() == 12


async def test_over_tls_a_process_with_a_certificate_of_somebody_else_is_not_asked(
    tmp_path: Path,
) -> None:
    several = Several()
    for folder in ("ours", "ours", "foreign"):
        await several.add(tmp_path / folder)

    async with AsyncExitStack() as stack:
        for relay, server in zip(several.relays, several.servers, strict=True):
            stack.push_async_callback(server.stop, 0)
            stack.push_async_callback(relay.cut)
        trusted = authority(tmp_path / "ours")
        channel = await stack.enter_async_context(connect(several.address, trusted))
        await asyncio.sleep(0.5)
        for _ in range(20):
            await asking(channel)()

    assert set(several.asked) == {0, 1}
