"""The faults of a plan: each at its time, each undone, whatever happens."""

import asyncio
import time
from typing import Any

import pytest
from tests.drills.plans import plan

from essc_workbench.drills.faulting import Faults


class FakePowers:
    """Notes what is done to whom."""

    clocks = ("platform", "wechat")

    def __init__(self) -> None:
        self.done: list[str] = []

    async def kill(self, party: str) -> None:
        self.done.append(f"kill {party}")

    async def stop(self, party: str) -> None:
        self.done.append(f"stop {party}")

    async def restart(self, party: str) -> None:
        self.done.append(f"start {party}")

    async def freeze(self, party: str) -> None:
        self.done.append(f"freeze {party}")

    async def thaw(self, party: str) -> None:
        self.done.append(f"thaw {party}")

    async def advance(self, party: str, by_us: int) -> int:
        self.done.append(f"advance {party} {by_us}")
        return by_us

    async def suspend(self, channel: str) -> None:
        self.done.append(f"suspend {channel}")

    async def resume(self, channel: str) -> None:
        self.done.append(f"resume {channel}")


async def done(*faults: dict[str, Any]) -> tuple[FakePowers, Faults, list[str]]:
    powers, dropped = FakePowers(), list[str]()
    made = Faults(plan(faults=list(faults)), powers, disconnect=dropped.append)
    await made.follow(time.monotonic())
    return powers, made, dropped


async def test_each_is_done_at_its_time_and_undone_after_it() -> None:
    powers, faults, dropped = await done(
        {"at": "200ms", "lasts": "100ms", "freeze": "wechat"},
        {"at": "10ms", "lasts": "50ms", "kill": "platform"},
        {"at": "100ms", "restart": "platform"},
        {"at": "120ms", "lasts": "300ms", "suspend": "alipay"},
        {"at": "130ms", "disconnect": "wechat"},
        {"at": "350ms", "advance": "1h"},
    )

    assert powers.done == [
        "kill platform",
        "start platform",
        "stop platform",
        "start platform",
        "suspend alipay",
        "freeze wechat",
        "thaw wechat",
        "advance platform 3600000000",
        "advance wechat 3600000000",
        "resume alipay",
    ]
    assert dropped == ["wechat"]
    told = faults.seen(())
    assert [each.party for each in told] == [
        "platform",
        "platform",
        "alipay",
        "wechat",
        "wechat",
        "",
    ]
    assert [each.at_s for each in told] == pytest.approx(
        [0.01, 0.1, 0.12, 0.13, 0.2, 0.35], abs=0.09
    )
    assert told[0].until_s - told[0].at_s == pytest.approx(0.05, abs=0.09)


async def test_what_lasts_when_a_drill_ends_is_undone_then() -> None:
    powers = FakePowers()
    faults = Faults(plan(faults=[{"at": "1ms", "lasts": "1h", "kill": "wechat"}]), powers)
    task = asyncio.create_task(faults.follow(time.monotonic()))
    await asyncio.sleep(0.1)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert powers.done == ["kill wechat", "start wechat"]


async def test_what_happened_is_told_in_the_words_of_histories() -> None:
    told: list[tuple[str, dict[str, Any]]] = []
    faults = Faults(
        plan(
            faults=[{"at": "1ms", "lasts": "1ms", "kill": "wechat"}, {"at": "9ms", "advance": "1s"}]
        ),
        FakePowers(),
        noted=lambda what, **facts: told.append((what, facts)),
    )

    await faults.follow(time.monotonic())

    assert [what for what, _ in told] == ["killed", "started", "clock-moved", "clock-moved"]
    assert told[2][1] == {"party": "platform", "by_us": 1_000_000, "now_us": 1_000_000}
