"""What a drill's history costs: at most a twentieth of the rate."""

import asyncio
import statistics
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from tests.drills.journey_plans import plan_of
from tests.drills.plans import whole

from essc_workbench.drills.journeys.base import Journey
from essc_workbench.drills.journeys.company import company_of
from essc_workbench.drills.preparing import prepare
from essc_workbench.federation import federation_in
from essc_workbench.folders import DataFolder

CALLS, IN_FLIGHT, ROUNDS = 400, 64, 30


@pytest.mark.soak
async def test_the_history_costs_at_most_a_twentieth_of_the_rate(tmp_path: Path) -> None:
    plan, folder = plan_of({"panel": 1.0}), DataFolder(tmp_path / "federation")
    costs: dict[Path | None, list[float]] = {None: [], tmp_path / "notes": []}

    async with federation_in(folder, channels=("wechat", "alipay"), people=()):
        await prepare(folder, plan, 1)
        async with AsyncExitStack() as stack:
            played: dict[Path | None, Journey] = {}
            for notes in costs:
                order = whole(plan, 1, folder.root, notes=notes)
                journeys = await stack.enter_async_context(company_of(order).opened())
                played[notes] = journeys["panel"]
            for turn in range(ROUNDS):
                for notes in sorted(costs, key=str, reverse=bool(turn % 2)):
                    costs[notes].append(await _cpu_s(played[notes]))

    without, noted = (statistics.median(each[2:]) for each in costs.values())
    assert noted / without <= 1.05


async def _cpu_s(panel: Journey) -> float:
    """Processor time of this process for so many panels, so many at a time."""
    waiting = iter(range(CALLS))

    async def lane() -> None:
        for place in waiting:
            await panel.play(place, "wechat", place, time.monotonic() + 30)

    began_s = time.process_time()
    await asyncio.gather(*(lane() for _ in range(IN_FLIGHT)))
    return time.process_time() - began_s
