"""What a drill's history costs its generator: the same calls with notes and without, in turns.

Both play in this process and at the same platform; compared is its own processor time.
"""

import asyncio
import statistics
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from essc_workbench.drills.journeys.base import Journey
from essc_workbench.drills.journeys.company import company_of
from essc_workbench.drills.proofs import Fields, plan_of
from essc_workbench.drills.staging import staged

PLAN: Final[Fields] = {
    "title": {"en": "What a history costs", "zh": "历史记录的开销"},
    "federation": {"channels": ["wechat"]},
    "population": {"citizens": 200},
    "journeys": {"wechat": {"panel": 1.0}},
    "load": [{"steady": {"rate": 10.0, "lasts": "10s"}}],
    "objectives": [{"good": 0.9}],
}
_CALLS, _IN_FLIGHT, _ROUNDS, _WARM = 400, 64, 30, 2


async def history_cost(folder: Path, say: Callable[[str], None]) -> float:
    """The cost of a call with its history, divided by that without; 1.00 would be free."""
    costs: dict[bool, list[float]] = {False: [], True: []}
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(staged(plan_of(PLAN), 1, folder, say))
        (order,) = stage.orders()
        played: dict[bool, Journey] = {}
        for is_noted in costs:
            own = order if is_noted else order.model_copy(update={"notes": None})
            journeys = await stack.enter_async_context(company_of(own).opened())
            played[is_noted] = journeys["panel"]
        for turn in range(_ROUNDS):
            for is_noted in sorted(costs, reverse=bool(turn % 2)):
                costs[is_noted].append(await _cpu_s(played[is_noted]))
    without, noted = (statistics.median(each[_WARM:]) for each in costs.values())
    return noted / without


async def _cpu_s(panel: Journey) -> float:
    """Processor time of this process for so many panels, so many at a time."""
    waiting = iter(range(_CALLS))

    async def lane() -> None:
        for place in waiting:
            await panel.play(place, "wechat", place, time.monotonic() + 30)

    began_s = time.process_time()
    await asyncio.gather(*(lane() for _ in range(_IN_FLIGHT)))
    return time.process_time() - began_s
