"""What faults of calls do, each against a real party."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tests.gate.parties import LI, ZHANG, Street, a_street, until

from essc.lab.v1 import fault_pb2 as pb
from essc_wire.refusals import Refusal, refusal_of
from essc_workbench.history.items import Outcome

ALL = 0
REQUESTS, ANSWERS = pb.CutFault.DIRECTION_REQUESTS, pb.CutFault.DIRECTION_ANSWERS


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    async with a_street(tmp_path) as street:
        yield street


async def failing(street: Street, request_id: str = "one", **values: object) -> grpc.StatusCode:
    """How a call fails that must fail."""
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await street.unlink(request_id, **values)  # type: ignore[arg-type]
    return error.value.code()


async def test_a_lost_answer_is_of_a_call_that_was_carried_out(street: Street) -> None:
    await street.add(lose_answer=pb.LoseAnswerFault())

    code = await failing(street)

    assert code is grpc.StatusCode.UNAVAILABLE
    assert street.party.unlinked == ["one"]
    (answered,) = street.answered()
    assert (answered.outcome, answered.reason) == (Outcome.UNKNOWN, "UNAVAILABLE")
    assert answered.facts == {"fault": "f"}


async def test_a_lost_request_never_arrives_and_its_caller_waits_until_its_deadline(
    street: Street,
) -> None:
    await street.add(lose_request=pb.LoseRequestFault())

    began = time.monotonic()
    code = await failing(street, timeout_s=0.4)
    waited_s = time.monotonic() - began

    assert code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert 0.3 < waited_s < 1.5
    assert street.party.unlinked == []


async def test_a_caller_without_a_deadline_waits_for_the_fault_to_end(street: Street) -> None:
    await street.add(lose_request=pb.LoseRequestFault())
    calling = asyncio.ensure_future(failing(street, timeout_s=None))
    await until(street.invoked)

    await street.faults.remove("f")

    assert await calling is grpc.StatusCode.UNAVAILABLE
    assert street.party.unlinked == []


async def test_a_request_that_is_delivered_twice_arrives_twice_and_has_one_answer(
    street: Street,
) -> None:
    await street.add(deliver_twice=pb.DeliverTwiceFault())

    answer = await street.unlink("one")

    assert answer.link.link_id == ZHANG
    assert street.party.unlinked == ["one", "one"]
    assert len(street.invoked()) == len(street.answered()) == 1


@pytest.mark.parametrize(
    ("direction", "arrived"), [(ALL, []), (REQUESTS, []), (ANSWERS, ["one"])], ids=str
)
async def test_a_cut_line_lets_nothing_through_in_its_direction(
    street: Street, direction: int, arrived: list[str]
) -> None:
    await street.add(cut=pb.CutFault(direction=direction))  # type: ignore[arg-type]

    code = await failing(street, timeout_s=0.4)
    during = list(street.party.unlinked)
    await street.faults.remove("f")
    await street.unlink("two")

    assert code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert during == arrived
    assert street.party.unlinked == [*arrived, "two"]


async def test_health_is_met_by_cuts_only(street: Street) -> None:
    peer = await street.peer()
    health: Any = health_pb2_grpc.HealthStub(peer.channel)
    await street.add("refuse", refuse=pb.RefuseFault())
    state = await health.Check(health_pb2.HealthCheckRequest(), timeout=5)
    await street.add("cut", cut=pb.CutFault())

    with pytest.raises(grpc.aio.AioRpcError) as error:
        await health.Check(health_pb2.HealthCheckRequest(), timeout=0.3)

    assert state.status == health_pb2.HealthCheckResponse.SERVING
    assert error.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_line_that_is_cut_while_a_call_is_under_way_keeps_its_answer(
    street: Street,
) -> None:
    street.party.answers.clear()
    calling = asyncio.ensure_future(failing(street, timeout_s=None))
    await until(lambda: street.party.unlinked)

    await street.add(cut=pb.CutFault(direction=ANSWERS))
    street.party.answers.set()
    await until(lambda: street.happened("fault-hit"))
    await street.faults.remove("f")

    assert await calling is grpc.StatusCode.UNAVAILABLE
    assert street.answered()[0].facts == {"fault": "f"}


async def test_a_delayed_answer_comes_later(street: Street) -> None:
    delay = pb.DelayFault()
    delay.by.FromMilliseconds(300)
    await street.add(delay=delay)

    began = time.monotonic()
    await street.unlink("one")
    took_s = time.monotonic() - began

    assert 0.3 <= took_s < 2.0


async def test_a_refusal_has_the_form_in_which_the_called_party_would_send_it(
    street: Street,
) -> None:
    await street.add(refuse=pb.RefuseFault(reason="PLATFORM_BUSY"))
    platform, channel = await street.peer("wechat"), await street.peer("phone", "alipay")

    with pytest.raises(grpc.aio.AioRpcError) as by_platform:
        await street.unlink("one", source="wechat")
    with pytest.raises(grpc.aio.AioRpcError) as by_channel:
        await street.unlink("two", source="phone")

    assert refusal_of(by_platform.value) == Refusal("PLATFORM_BUSY", retry_after_ms=100)
    assert refusal_of(by_channel.value) == Refusal("PLATFORM_BUSY", retry_after_ms=100)
    assert by_platform.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert b"essc.platform" in dict(by_platform.value.trailing_metadata())[_DETAILS]
    assert b"essc.channel" in dict(by_channel.value.trailing_metadata())[_DETAILS]
    assert street.party.unlinked == []
    assert platform is not channel
    assert [item.outcome for item in street.answered()] == [Outcome.REFUSED] * 2


_DETAILS = "grpc-status-details-bin"


async def test_a_refusal_without_a_reason_is_a_bare_broken_line(street: Street) -> None:
    await street.add(refuse=pb.RefuseFault())

    with pytest.raises(grpc.aio.AioRpcError) as error:
        await street.unlink("one")

    assert error.value.code() is grpc.StatusCode.UNAVAILABLE
    assert refusal_of(error.value) is None
    assert street.party.unlinked == []


async def test_faults_that_meet_one_call_work_together(street: Street) -> None:
    delay = pb.DelayFault()
    delay.by.FromMilliseconds(200)
    await street.add("a", delay=delay)
    await street.add("b", deliver_twice=pb.DeliverTwiceFault())
    await street.add("c", lose_answer=pb.LoseAnswerFault())

    began = time.monotonic()
    code = await failing(street)
    took_s = time.monotonic() - began

    assert code is grpc.StatusCode.UNAVAILABLE
    assert street.party.unlinked == ["one", "one"]
    assert took_s >= 0.2
    assert [item.facts["effect"] for item in street.happened("fault-hit")] == [
        "delay",
        "deliver_twice",
        "lose_answer",
    ]


@pytest.mark.parametrize(
    ("match", "met"),
    [
        (pb.FaultMatch(sources=["wechat"]), ["wechat-1", "wechat-2"]),
        (pb.FaultMatch(sources=["alipay"]), ["alipay-1"]),
        (pb.FaultMatch(targets=["wechat"]), []),
        (pb.FaultMatch(method="Unlink", count=2), ["wechat-1", "wechat-2"]),
        (pb.FaultMatch(method="CardService/Unlink", from_call=2, count=1), ["wechat-2"]),
        (
            pb.FaultMatch(method="essc.card.v1.CardService/Unlink", from_call=2),
            ["wechat-2", "alipay-1"],
        ),
        (pb.FaultMatch(method="Apply"), []),
        (pb.FaultMatch(citizen="li-si"), ["alipay-1"]),
    ],
    ids=lambda value: str(value).replace("\n", " ") if isinstance(value, pb.FaultMatch) else None,
)
async def test_a_fault_meets_the_calls_that_it_looks_for(
    street: Street, match: pb.FaultMatch, met: list[str]
) -> None:
    await street.add(match=match, refuse=pb.RefuseFault())

    failed = []
    for request_id, link_id, citizen in (
        ("wechat-1", ZHANG, "zhang-san"),
        ("wechat-2", ZHANG, "zhang-san"),
        ("alipay-1", LI, "li-si"),
    ):
        with street.traces.during(citizens=(citizen,)):
            try:
                await street.unlink(
                    request_id, source=request_id.partition("-")[0], link_id=link_id
                )
            except grpc.RpcError:
                failed.append(request_id)

    assert failed == met
    assert street.faults.list()[0].hits == len(met)
    assert len(street.happened("fault-hit")) == len(met)


async def test_a_share_of_the_calls_is_met_and_the_seed_says_which(tmp_path: Path) -> None:
    async def met(folder: Path, seed: str) -> list[int]:
        async with a_street(folder, seed=seed) as street:
            await street.add(match=pb.FaultMatch(share=0.25), lose_answer=pb.LoseAnswerFault())
            for number in range(200):
                try:
                    await street.unlink(str(number))
                except grpc.RpcError:
                    continue
            return [item.call for item in street.answered() if item.outcome is not Outcome.OK]

    one = await met(tmp_path, "7")
    again = await met(tmp_path, "7")
    other = await met(tmp_path, "8")

    assert one == again
    assert one != other
    assert 25 < len(one) < 80
