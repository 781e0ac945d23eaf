"""The benchmark's open-loop sender: by the clock, and every intended call counted once."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import repeat
from typing import Any

import grpc
import pytest

from essc_wire.client import Peer
from essc_wire.refusals import PLATFORM_DOMAIN, Refusal, status_of
from essc_workbench.bench.senders import Sender, Tally


async def tally_of(answer: Callable[[float], Awaitable[object]], **bounds: Any) -> Tally:
    """Fifty calls in a tenth of a second, to somebody who answers like this."""
    peer = Peer("127.0.0.1:1")

    async def send(_request: bytes, *, timeout: float, metadata: object) -> object:  # noqa: ASYNC109
        return await answer(timeout)

    values: dict[str, Any] = {"rate": 500, "deadline_s": 5.0, "at_once": 64}
    sender = Sender(peer, repeat((send, b"")), **(values | bounds))
    tally = await sender.run(0.1)
    await peer.close()
    assert tally.is_whole
    return tally


def busy(retry_after_ms: int) -> grpc.aio.AioRpcError:
    """What a busy platform says."""
    status = status_of(Refusal("PLATFORM_BUSY", retry_after_ms=retry_after_ms), PLATFORM_DOMAIN)
    metadata = grpc.aio.Metadata(*(status.trailing_metadata or ()))
    return grpc.aio.AioRpcError(status.code, grpc.aio.Metadata(), metadata, status.details)


async def at_once(_left_s: float) -> None:
    await asyncio.sleep(0)


async def test_what_is_answered_in_time_is_good() -> None:
    tally = await tally_of(at_once)

    assert (tally.intended, tally.good) == (50, 50)


async def test_what_waited_out_at_the_sender_is_shed_and_what_was_sent_in_vain_is_late() -> None:
    async def never(left_s: float) -> None:
        await asyncio.sleep(left_s)
        raise grpc.aio.AioRpcError(
            grpc.StatusCode.DEADLINE_EXCEEDED, grpc.aio.Metadata(), grpc.aio.Metadata()
        )

    tally = await tally_of(never, at_once=5, deadline_s=0.4)

    assert (tally.good, tally.late, tally.shed) == (0, 5, 45)


async def test_whoever_does_not_wait_sheds_at_once() -> None:
    async def slowly(_left_s: float) -> None:
        await asyncio.sleep(0.5)

    tally = await tally_of(slowly, at_once=5, is_patient=False)

    assert (tally.good, tally.shed) == (5, 45)


async def test_whoever_is_told_to_come_back_comes_back_then() -> None:
    asked: list[float] = []

    async def busy_for_a_while(left_s: float) -> None:
        asked.append(left_s)
        if left_s > 4.96:
            raise busy(50)

    tally = await tally_of(busy_for_a_while)

    # Nobody came back early: then it would have been refused twice.
    assert tally.good == 50
    assert 0 < tally.refusals <= 50
    assert len(asked) == 50 + tally.refusals


async def test_whoever_is_told_to_come_back_too_late_does_not() -> None:
    asked: list[float] = []

    async def busy_for_long(left_s: float) -> None:
        asked.append(left_s)
        raise busy(6000)

    tally = await tally_of(busy_for_long)

    assert (tally.shed, len(asked)) == (50, 50)


async def test_what_fails_is_told_apart() -> None:
    async def wrongly(_left_s: float) -> None:
        raise grpc.aio.AioRpcError(
            grpc.StatusCode.INTERNAL, grpc.aio.Metadata(), grpc.aio.Metadata()
        )

    tally = await tally_of(wrongly)

    assert tally.failed == 50


@pytest.mark.parametrize("code", [grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED])
async def test_the_end_of_its_time_is_said_by_either_side(code: grpc.StatusCode) -> None:
    async def over(_left_s: float) -> None:
        raise grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata())

    tally = await tally_of(over)

    assert tally.late == 50
