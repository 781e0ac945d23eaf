"""Whatever a method is asked, it answers or refuses with a reason, in time; and what is refused
has changed nothing.
"""

import asyncio
from pathlib import Path

import pytest
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.wire.fuzz.judging import Judge, assert_nothing_found
from tests.wire.fuzz.messages import Fuzzer, requests
from tests.wire.fuzz.worlds import Wide, a_wide_world
from tests.wire.national_platform.methods import METHODS, Method
from tests.wire.people import Caller
from tests.wire.stores import sqlite_of

from essc.lab.v1.lab_service_pb2 import SettleRequest
from essc.options.v1 import options_pb2

# The strongest last: an operator may suspend the channel that the others speak for.
ORDER = (
    options_pb2.AUDIENCE_CHANNEL,
    options_pb2.AUDIENCE_VERIFIER,
    options_pb2.AUDIENCE_PROVIDER,
    options_pb2.AUDIENCE_ANYONE,
    options_pb2.AUDIENCE_BUREAU,
    options_pb2.AUDIENCE_LAB,
    options_pb2.AUDIENCE_OPERATOR,
)
# A round of so many takes a minute and a half, and of three times as many ten: what was said
# before is kept to be said again, and a refusal is judged by all there is. Five fresh worlds find
# more than one that has grown old, and leave `make soak` within forty minutes on a busy machine.
EXAMPLES_OF_A_LONG_ROUND = 300

SETTLE = "essc.lab.v1.ClockService.Settle"


@pytest.mark.timeout(300)
def test_no_call_of_the_platform_is_answered_as_none_may_be(tmp_path: Path) -> None:
    judge = fuzzed(tmp_path, examples=20, derandomize=True)

    assert_nothing_found(judge)
    # Else it would all be about the form of requests.
    assert len(judge.accepted) > len(METHODS) / 2


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("round_", range(5))
def test_no_call_of_the_platform_is_answered_as_none_may_be_in_the_long_run(
    tmp_path: Path, round_: int
) -> None:
    judge = fuzzed(tmp_path, examples=EXAMPLES_OF_A_LONG_ROUND, derandomize=False)

    assert_nothing_found(judge)


def fuzzed(folder: Path, *, examples: int, derandomize: bool) -> Judge:
    """Asks each method so many things."""
    with asyncio.Runner() as runner:
        wide = runner.run(a_wide_world(folder))
        judge = Judge(sqlite_of(wide.world.running).reader.driver, wide.world.dump)
        try:
            for audience in ORDER:
                for method in METHODS:
                    if method.audience == audience:
                        asked(runner, wide, judge, method, examples, derandomize)
        finally:
            runner.run(wide.world.close())
    return judge


def asked(
    runner: asyncio.Runner,
    wide: Wide,
    judge: Judge,
    method: Method,
    examples: int,
    derandomize: bool,
) -> None:
    fuzzer = Fuzzer(wide.harvest)
    said: list[tuple[bytes, bytes]] = []

    @given(requests(fuzzer, method.descriptor.input_type), st.sampled_from(wide.callers_of(method)))
    @settings(
        max_examples=examples,
        derandomize=derandomize,
        database=None,
        deadline=None,
        # Findings are gathered: asking again what was refused would be asking another world.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(raw: bytes, caller: Caller) -> None:
        if method.name == SETTLE:
            raw = without_waiting(raw)
        answer = runner.run(judge.call(method, caller, raw))
        if answer is not None:
            said.append((raw, answer))

    ask()
    # Not before: hypothesis wants what it draws from to stay as it is.
    for raw, answer in said:
        wide.harvest.take_request(GetMessageClass(method.descriptor.input_type).FromString(raw))
        wide.harvest.take(GetMessageClass(method.descriptor.output_type).FromString(answer))


def without_waiting(raw: bytes) -> bytes:
    """In this world nobody settles orders: whoever may wait for it would wait in vain."""
    try:
        request = SettleRequest.FromString(raw)
    except DecodeError:
        return raw
    if 0 < request.within.seconds <= 30:
        request.within.seconds = 0
    return request.SerializeToString()
