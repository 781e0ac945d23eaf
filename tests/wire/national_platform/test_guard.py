"""A bug before a method is begun is as quiet about people as one inside it; and unknown reasons."""

from typing import Any

import grpc
import pytest
from tests.wire.national_platform.methods import METHODS
from tests.wire.people import World, refused

from essc.options.v1 import options_pb2
from essc_platform.directory import Directory
from essc_wire.refusals import PLATFORM_DOMAIN, Refusal, status_of


@pytest.mark.rule("R92")
async def test_a_bug_before_a_method_is_begun_answers_internal_fault_and_no_more(
    world: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> Any:
        raise RuntimeError("11100000001")

    monkeypatch.setattr(Directory, "proven", broken)
    open_to_all = (options_pb2.AUDIENCE_ANYONE, options_pb2.AUDIENCE_LAB)
    methods = [method for method in METHODS if method.audience not in open_to_all]

    reasons = set()
    for method in methods:
        refusal = await refused(method.send(world.operator, method.example.SerializeToString()))
        reasons.add(refusal.reason)
        assert refusal.details == {}

    assert reasons == {"INTERNAL_FAULT"}
    said = capfd.readouterr().out
    assert "RuntimeError" in said
    assert "11100000001" not in said


def test_a_reason_of_a_newer_contract_travels_as_it_is() -> None:
    status = status_of(Refusal("OF_TOMORROW"), PLATFORM_DOMAIN)

    assert status.code is grpc.StatusCode.UNKNOWN
    assert status.details.startswith("OF_TOMORROW: ")
