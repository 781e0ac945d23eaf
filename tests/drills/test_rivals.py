"""The generators beside which ours is measured: each calls, and counts what it called."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from essc.card.v1 import card_service_pb2 as card
from essc_workbench.bench.callers import Done, Errand, done_by
from essc_workbench.failures import WorkbenchError

METHOD = "/essc.card.v1.CardService/GetCard"
LINKS = {"one", "two"}
PROGRAMS = ["bare_caller.py", pytest.param("locust_caller.py", marks=pytest.mark.soak)]


class Counting:
    """A server that counts whom it answers, by what was asked."""

    def __init__(self) -> None:
        self.asked: set[bytes] = set()
        self.count = 0
        self.address = ""

    async def answer(self, request: bytes, context: grpc.aio.ServicerContext[Any, Any]) -> bytes:
        self.asked.add(request)
        self.count += 1
        if dict(context.invocation_metadata() or ()).get("authorization") != "Bearer abc":
            await context.abort(grpc.StatusCode.UNAUTHENTICATED)
        return b""


@pytest.fixture
async def server() -> AsyncIterator[Counting]:
    counting, served = Counting(), grpc.aio.server()
    method: Any = grpc.unary_unary_rpc_method_handler(counting.answer)
    served.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("essc.card.v1.CardService", {"GetCard": method}),)
    )
    counting.address = f"127.0.0.1:{served.add_insecure_port('127.0.0.1:0')}"
    await served.start()
    yield counting
    await served.stop(None)


def errand(server: Counting, authorization: str) -> Errand:
    return Errand(
        address=server.address,
        method=METHOD,
        authorization=authorization,
        requests=[card.GetCardRequest(link_id=each).SerializeToString() for each in LINKS],
        seconds=0.5,
        in_flight=4,
    )


@pytest.mark.parametrize("program", PROGRAMS)
async def test_it_calls_for_as_long_as_it_was_told(server: Counting, program: str) -> None:
    done = await done_by(program, errand(server, "Bearer abc"))

    assert 0 < done.calls <= server.count
    assert {card.GetCardRequest.FromString(each).link_id for each in server.asked} == LINKS
    assert 0.4 < done.seconds < 5
    assert done.cpu_us > 0


@pytest.mark.parametrize("program", PROGRAMS)
async def test_calls_that_fail_are_no_measure(server: Counting, program: str) -> None:
    with pytest.raises(WorkbenchError, match=program):
        await done_by(program, errand(server, "Bearer other"))


def test_a_cost_is_processor_time_by_calls() -> None:
    done = Done(calls=200, cpu_s=0.05, seconds=2)

    assert (done.cpu_us, done.rate) == (250, 100)
