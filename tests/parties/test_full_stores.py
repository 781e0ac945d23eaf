"""A party whose disk is full: it says so, nothing is half done, and afterwards all is well."""

from datetime import date
from pathlib import Path
from typing import Any

import grpc
import pytest

from essc.channel.v1.channel_pb2 import FLOW_KIND_APPLY, Flow
from essc.registry.v1.registry_service_pb2 import RegisterCitizenRequest
from essc.registry.v1.registry_service_pb2_grpc import RegistryServiceStub
from essc_wire.clock import new_request_id
from essc_wire.id_numbers import synthetic
from essc_wire.refusals import reason_of
from essc_workbench.enrolment import BUREAU
from essc_workbench.exports import exported
from essc_workbench.routes import PLATFORM
from essc_workbench.templates import Template
from essc_workbench.testing import Meeting, federation

pytestmark = [pytest.mark.rule("R91"), pytest.mark.timeout(110)]

CALLS_MAX = 3_000


def newcomer(place: int) -> RegisterCitizenRequest:
    return RegisterCitizenRequest(
        request_id=new_request_id(),
        name=f"赵{place}",
        id_number=synthetic(date(1961, 1, 1), place),
        phone=f"111{place:08}",
    )


async def reason(call: Any) -> str:
    """Why a call was refused; empty if it was not."""
    try:
        await call
    except grpc.RpcError as error:
        return reason_of(error) or "no reason"
    return ""


async def citizens(met: Meeting) -> set[str]:
    whole = await exported(met.connections.platform_lab(), "citizens")
    return {each.id_number for each in whole.citizens}


async def test_a_platform_whose_disk_is_full_refuses_and_holds_what_it_acknowledged(
    tmp_path: Path, template: Template
) -> None:
    async with federation(tmp_path, channels=("wechat",), template=template) as met:
        desk = met.connections.platform(BUREAU)
        stub = RegistryServiceStub(desk.channel)
        before = await citizens(met)
        await met.federation.fill_disk(PLATFORM)
        await desk.channel.channel_ready()
        done: set[str] = set()
        request, refused = newcomer(1), ""
        for place in range(1, CALLS_MAX):
            request = newcomer(place)
            refused = await reason(stub.RegisterCitizen(request, **desk.options()))
            if refused:
                break
            done.add(request.id_number)

        assert refused == "STORE_UNAVAILABLE"
        # What only reads goes on.
        assert await citizens(met) == before | done
        await met.federation.free_disk(PLATFORM)
        await desk.channel.channel_ready()
        assert await reason(stub.RegisterCitizen(request, **desk.options())) == ""
        assert await citizens(met) == before | done | {request.id_number}


async def test_a_channel_whose_disk_is_full_refuses_and_goes_on_afterwards(
    tmp_path: Path, template: Template
) -> None:
    async with federation(tmp_path, channels=("wechat",), template=template) as met:
        phone = met.citizen("zhang-san").phone("wechat")
        phone.patience_s = 0
        await phone.sign_in()
        await met.federation.fill_disk("wechat")
        await met.connections.channel("wechat").channel.channel_ready()
        refused = ""
        for _ in range(CALLS_MAX):
            refused = await reason(phone.start(FLOW_KIND_APPLY))
            if refused:
                break

        assert refused == "STORE_UNAVAILABLE"
        await met.federation.free_disk("wechat")
        await met.connections.channel("wechat").channel.channel_ready()
        assert (await phone.walk(FLOW_KIND_APPLY)).flow.state == Flow.STATE_COMPLETED


async def test_a_party_that_was_killed_is_full_when_it_is_back(
    tmp_path: Path, template: Template
) -> None:
    async with federation(tmp_path, channels=("wechat",), template=template) as met:
        running = met.federation
        running.kill("wechat")

        await running.fill_disk("wechat")

        assert "wechat" not in running.pids()
        await running.restart("wechat")
        assert "--store-bytes-max=1" in running.process("wechat").command
        await running.free_disk("wechat")
        assert "wechat" in running.pids()
        assert "--store-bytes-max=1" not in running.process("wechat").command
