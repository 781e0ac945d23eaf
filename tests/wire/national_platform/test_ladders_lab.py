"""What the lab port refuses, in the order of the comments: snapshots, and settling."""

import pytest
from tests.wire.ladders import Ladder, climbs
from tests.wire.people import World
from tests.wire.people_audit import told

from essc.lab.v1 import lab_service_pb2 as lab
from essc_wire import audits

EXPORT, SETTLE = "essc.lab.v1.AuditService.Export", "essc.lab.v1.ClockService.Settle"


@pytest.mark.file_store
@climbs(EXPORT)
async def test_export(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ladder = Ladder(EXPORT, lambda names: told(world.lab.peer, *names))
    (world.folder / "platform.db").rename(world.folder / "elsewhere.db")
    monkeypatch.setattr(audits, "EXPORTS_MAX", 0)

    await ladder.step("REQUEST_INVALID", ["nothing"])
    await ladder.step("PLATFORM_BUSY", ["links"])
    monkeypatch.setattr(audits, "EXPORTS_MAX", 1)
    await ladder.step("STORE_UNAVAILABLE", ["links"])

    ladder.top()


@climbs(SETTLE)
async def test_settle(world: World) -> None:
    ladder = Ladder(SETTLE, lambda request: world.lab.do(world.lab.clock.Settle, request))
    request = lab.SettleRequest()
    request.within.FromSeconds(31)

    await ladder.step("REQUEST_INVALID", request)

    ladder.top()
