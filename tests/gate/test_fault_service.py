"""Faults over the wire, and from the options of a command line."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from tests.gate.parties import Powers, fault

from essc.lab.v1 import fault_pb2 as pb
from essc.lab.v1 import fault_service_pb2 as service
from essc.lab.v1.fault_service_pb2_grpc import FaultServiceStub
from essc_wire.client import Peer
from essc_wire.refusals import reason_of, refusal_of
from essc_workbench.failures import UsageError
from essc_workbench.gate.commands import effect_words, match_words
from essc_workbench.gate.effect_options import a_name, option_of
from essc_workbench.gate.effect_options import fault as from_options
from essc_workbench.gate.fault_service import serve_faults
from essc_workbench.gate.faults import FaultBook


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    faults = FaultBook(None, Powers())
    server = await serve_faults(faults, "127.0.0.1:0")
    peer = Peer(f"127.0.0.1:{server.port}")
    try:
        yield peer
    finally:
        await peer.close()
        await faults.end_all()
        await server.stop(0)


async def test_faults_are_added_listed_newest_first_and_removed(peer: Peer) -> None:
    stub = FaultServiceStub(peer.channel)
    first = service.AddFaultRequest(fault=fault("first", lose_answer=pb.LoseAnswerFault()))
    second = service.AddFaultRequest(fault=fault("second", lose_answer=pb.LoseAnswerFault()))

    await stub.AddFault(first, **peer.options())
    added = await stub.AddFault(second, **peer.options())
    removed = await stub.RemoveFault(service.RemoveFaultRequest(fault_id="first"), **peer.options())
    listed = await stub.ListFaults(service.ListFaultsRequest(), **peer.options())

    assert not added.status.has_ended
    assert added.status.end_time.seconds > added.status.add_time.seconds
    assert removed.status.has_ended
    assert [each.fault.fault_id for each in listed.faults] == ["second", "first"]
    assert [each.has_ended for each in listed.faults] == [False, True]


async def test_what_is_refused_has_its_reason_and_its_field(peer: Peer) -> None:
    stub = FaultServiceStub(peer.channel)
    request = service.AddFaultRequest(fault=fault("one", lose_answer=pb.LoseAnswerFault()))
    await stub.AddFault(request, **peer.options())
    other = service.AddFaultRequest(fault=fault("one", lose_request=pb.LoseRequestFault()))
    nobody = service.AddFaultRequest(fault=fault("two", kill=pb.KillFault(party="nobody")))

    reasons = []
    for call in (
        stub.AddFault(other, **peer.options()),
        stub.AddFault(nobody, **peer.options()),
        stub.AddFault(service.AddFaultRequest(), **peer.options()),
        stub.RemoveFault(service.RemoveFaultRequest(fault_id="two"), **peer.options()),
        stub.RemoveFault(service.RemoveFaultRequest(fault_id="NOT A NAME"), **peer.options()),
    ):
        with pytest.raises(grpc.RpcError) as error:
            await call
        refusal = refusal_of(error.value)
        assert refusal is not None
        reasons.append((reason_of(error.value), [each.field for each in refusal.violations]))

    assert reasons == [
        ("FAULT_EXISTS", []),
        ("REQUEST_INVALID", ["fault.kill"]),
        ("REQUEST_INVALID", ["fault"]),
        ("FAULT_NOT_FOUND", []),
        ("REQUEST_INVALID", ["fault_id"]),
    ]


NOTHING: dict[str, Any] = {
    "delay": "",
    "refuse": "",
    "lose_request": False,
    "lose_answer": False,
    "deliver_twice": False,
    "cut": "",
    "delay_events": "",
    "repeat_events": 0,
    "interrupt_events": -1,
    "kill": "",
    "freeze": "",
    "fill_disk": "",
    "skew": "",
    "suspend": "",
    "rotate_key": False,
    "compromise_key": False,
}


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("delay", "200ms", "delay 200ms"),
        ("refuse", "PLATFORM_BUSY", "refuse PLATFORM_BUSY"),
        ("refuse", "UNAVAILABLE", "refuse"),
        ("lose_request", True, "lose-request"),
        ("lose_answer", True, "lose-answer"),
        ("deliver_twice", True, "deliver-twice"),
        ("cut", "both", "cut"),
        ("cut", "answers", "cut answers"),
        ("delay_events", "3s", "delay-events 3s"),
        ("repeat_events", 2, "repeat-events 2"),
        ("interrupt_events", 0, "interrupt-events"),
        ("kill", "platform", "kill platform"),
        ("freeze", "wechat", "freeze wechat"),
        ("fill_disk", "wechat", "fill-disk wechat"),
        ("skew", ("wechat", "5m"), "skew wechat 5m"),
        ("skew", ("wechat", "61s"), "skew wechat 1m1s"),
        ("suspend", "alipay", "suspend alipay"),
        ("rotate_key", True, "key"),
        ("compromise_key", True, "key compromise"),
    ],
)
def test_each_option_is_one_effect(option: str, value: object, words: str) -> None:
    made = from_options(**NOTHING | {option: value})

    assert effect_words(made) == words
    assert a_name(made).rpartition("-")[0] == words.partition(" ")[0]


@pytest.mark.parametrize(
    ("field", "option"),
    [
        ("fault.kill", "--kill"),
        ("fault.match.sources", "--source"),
        ("fault.match.from_call", "--from-call"),
        ("fault.refuse.reason", "--refuse"),
        ("fault.delay_events.by", "--delay-events"),
        ("fault.skew", "--skew"),
        ("fault.skew.by", "--by"),
        ("fault.lease", "--lease"),
        ("fault.fault_id", "--name"),
        ("lease", "--lease"),
        ("fault", ""),
    ],
)
def test_a_field_that_is_wrong_is_told_by_its_option(field: str, option: str) -> None:
    assert option_of(field) == option


def test_none_and_several_effects_are_mistakes_of_who_asks() -> None:
    with pytest.raises(UsageError, match="what shall it do"):
        from_options(**NOTHING)
    with pytest.raises(UsageError, match="only one effect at a time: --cut, --kill"):
        from_options(**NOTHING | {"cut": "both", "kill": "wechat"})
    with pytest.raises(UsageError, match="--cut sideways: say both, requests or answers"):
        from_options(**NOTHING | {"cut": "sideways"})


def test_a_list_says_in_words_which_calls_a_fault_looks_for() -> None:
    match = pb.FaultMatch(
        sources=["wechat"], targets=["platform"], method="Apply", citizen="li-si", count=2
    )
    every = fault(lose_answer=pb.LoseAnswerFault())
    some = fault(match=match, lose_answer=pb.LoseAnswerFault())
    party = fault(kill=pb.KillFault(party="wechat"))

    assert match_words(every) == "anybody to anybody"
    assert match_words(some) == "wechat to platform, Apply, about li-si, 2 of them"
    assert match_words(party) == ""
