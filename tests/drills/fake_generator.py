"""A process of the generator whose journeys only wait: what they do is in the environment."""

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from essc_workbench.drills.journeys.base import Journey
from essc_workbench.drills.orders import Order
from essc_workbench.drills.outcomes import Outcome, Played
from essc_workbench.drills.worker import main


class Waiting:
    """A journey that takes its time, and ends by chance."""

    def __init__(self, order: Order) -> None:
        self._does: dict[str, Any] = json.loads(os.environ.get("FAKE_JOURNEYS", "{}"))
        self._chance = Random(order.seed + order.shard)
        self._shard, self._played, self._began_s = order.shard, 0, 0.0

    async def play(self, place: int, channel: str, number: int, deadline_s: float) -> Played:
        does, self._played = self._does, self._played + 1
        self._began_s = self._began_s or time.monotonic()
        if self._played == does.get("dies_at") and self._shard == does.get("shard", 0):
            os.kill(os.getpid(), signal.SIGKILL)
        if self._played == does.get("raises_at"):
            raise RuntimeError("a journey raised")
        if self._played == does.get("blocks_at"):
            time.sleep(does["blocks_s"])  # noqa: ASYNC251 - that is what is shown
        await asyncio.sleep(self._pause_s())
        ends = does.get("ends", ["ok"])
        outcome = Outcome(self._chance.choice(ends))
        return Played(outcome, "" if outcome is Outcome.OK else "A_REASON")

    def _pause_s(self) -> float:
        """Longer while all stand still: nobody is answered before that is over."""
        pause_s = float(self._does.get("takes_s", 0.002))
        if "frozen_s" in self._does:
            first_s, last_s = self._does["frozen_s"]
            since_s = time.monotonic() - self._began_s
            if first_s <= since_s < last_s:
                return float(last_s - since_s + pause_s)
        return pause_s


class FakeCompany:
    """Every journey is the same one."""

    def __init__(self, order: Order) -> None:
        self._order = order

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Mapping[str, Journey]]:
        waiting = Waiting(self._order)
        yield {name: waiting for mix in self._order.plan.journeys.values() for name in mix}

    async def disconnect(self, channel: str) -> None:
        """There is nothing to close."""


if __name__ == "__main__":
    main(FakeCompany)
