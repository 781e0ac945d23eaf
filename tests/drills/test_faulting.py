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
        self.starts_within_s = 0.0

    async def kill(self, party: str) -> None:
        self.done.append(f"kill {party}")

    async def stop(self, party: str) -> None:
        self.done.append(f"stop {party}")

    async def restart(self, party: str) -> None:
        await asyncio.sleep(self.starts_within_s)
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

    async def lose_answers(self, channel: str) -> None:
        self.done.append(f"lose answers to {channel}")

    async def keep_answers(self, channel: str) -> None:
        self.done.append(f"keep answers to {channel}")


async def done(*faults: dict[str, Any]) -> tuple[FakePowers, Faults, list[str]]:
    powers, dropped = FakePowers(), list[str]()
    made = Faults(plan(faults=list(faults)), powers, disconnect=dropped.append)
    await made.follow(time.monotonic())
    return powers, made, dropped


async def test_each_is_done_at_its_time_and_undone_after_it() -> None:
    powers, faults, dropped = await done(
        {"at": "800ms", "lasts": "50ms", "freeze": "wechat"},
        {"at": "10ms", "lasts": "50ms", "kill": "platform"},
        {"at": "200ms", "restart": "platform"},
        {"at": "400ms", "lasts": "50ms", "suspend": "alipay"},
        {"at": "600ms", "disconnect": "wechat"},
        {"at": "1s", "advance": "1h"},
    )

    assert sorted(powers.done) == [
        "advance platform 3600000000",
        "advance wechat 3600000000",
        "freeze wechat",
        "kill platform",
        "resume alipay",
        "start platform",
        "start platform",
        "stop platform",
        "suspend alipay",
        "thaw wechat",
    ]
    assert dropped == ["wechat"]
    told = faults.seen((), 2.0)
    assert [each.party for each in told] == [
        "platform",
        "platform",
        "alipay",
        "wechat",
        "wechat",
        "",
    ]
    planned = [0.01, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert all(each.at_s >= at for each, at in zip(told, planned, strict=True))
    assert told[0].until_s >= 0.06  # a machine that is late begins later, and ends no sooner
    assert powers.done.index("freeze wechat") < powers.done.index("thaw wechat")


async def test_answers_are_lost_for_as_long_as_the_plan_says() -> None:
    powers, faults, _ = await done({"at": "1ms", "lasts": "40ms", "lose_answers": "wechat"})

    assert powers.done == ["lose answers to wechat", "keep answers to wechat"]
    [told] = faults.seen((), 2.0)
    assert (told.party, told.text.en) == ("wechat", "has answers lost")
    assert told.until_s >= 0.04


async def test_what_lasts_when_a_drill_ends_is_undone_then() -> None:
    powers = FakePowers()
    faults = Faults(plan(faults=[{"at": "1ms", "lasts": "1h", "kill": "wechat"}]), powers)
    task = asyncio.create_task(faults.follow(time.monotonic()))
    await asyncio.sleep(0.1)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert powers.done == ["kill wechat", "start wechat"]


async def test_a_party_that_starts_is_waited_for_however_often_the_drill_is_stopped() -> None:
    powers = FakePowers()
    powers.starts_within_s = 0.3
    faults = Faults(plan(faults=[{"at": "1ms", "lasts": "1ms", "kill": "wechat"}]), powers)
    task = asyncio.create_task(faults.follow(time.monotonic()))
    await asyncio.sleep(0.1)

    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0.01)
    with pytest.raises(asyncio.CancelledError):
        await task

    assert powers.done == ["kill wechat", "start wechat"]
    (told,) = faults.seen((), 2.0)
    assert told.until_s - told.at_s >= 0.3


async def test_what_happened_is_told_in_the_words_of_histories() -> None:
    told: list[tuple[str, dict[str, Any]]] = []
    faults = Faults(
        plan(
            faults=[
                {"at": "1ms", "lasts": "1ms", "kill": "wechat"},
                {"at": "600ms", "advance": "1s"},
            ]
        ),
        FakePowers(),
        noted=lambda what, **facts: told.append((what, facts)),
    )

    await faults.follow(time.monotonic())

    assert [what for what, _ in told] == ["killed", "started", "clock-moved", "clock-moved"]
    assert told[2][1] == {"party": "platform", "by_us": 1_000_000, "now_us": 1_000_000}
