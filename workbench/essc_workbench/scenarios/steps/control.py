"""Steps that arrange other steps, wait, or say something."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from essc_workbench.scenarios.fields import Span
from essc_workbench.scenarios.stage import Stage
from essc_workbench.scenarios.steps.base import Step, Steps

REPEATS_MAX = 1000


class Together(Step):
    """Plays steps at the same time, really: all begin at once, and it ends when the last ends.

    If one does not go as expected, the others still end first.
    """

    verb: ClassVar[str] = "together"
    shorthand: ClassVar[str] = "steps"

    steps: Steps = Field(description="What is done at the same time.")

    async def play(self, stage: Stage) -> None:
        ends = await asyncio.gather(
            *(stage.play(step) for step in self.steps), return_exceptions=True
        )
        for end in ends:
            if isinstance(end, BaseException):
                raise end


class InTurn(Step):
    """Plays steps one after the other: what one of several does inside `together`."""

    verb: ClassVar[str] = "in_turn"
    shorthand: ClassVar[str] = "steps"

    steps: Steps = Field(description="What is done, in this order.")

    async def play(self, stage: Stage) -> None:
        for step in self.steps:
            await stage.play(step)


class Repeat(Step):
    """Plays steps several times, one after the other."""

    verb: ClassVar[str] = "repeat"

    times: int = Field(ge=1, le=REPEATS_MAX, description="How many times.")
    steps: Steps = Field(description="What is done each time, in this order.")

    async def play(self, stage: Stage) -> None:
        for _ in range(self.times):
            for step in self.steps:
                await stage.play(step)


class InAnyOrder(Step):
    """Plays steps one after the other, in an order that the seed picks."""

    verb: ClassVar[str] = "in_any_order"
    shorthand: ClassVar[str] = "steps"

    steps: Steps = Field(description="What is done, each once.")

    async def play(self, stage: Stage) -> None:
        order = list(self.steps)
        stage.chance_of_step().shuffle(order)
        for step in order:
            await stage.play(step)


class Settle(Step):
    """Waits until every consequence of what was done has arrived, or lists what is pending.

    It waits for what happens, not for a while; what is pending when the time is over is noted, and
    is no failure: `expect_pending` says what is expected.
    """

    verb: ClassVar[str] = "settle"
    shorthand: ClassVar[str] = "within"

    within: Span = Field(
        timedelta(seconds=20), le=timedelta(minutes=2), description="How long at most."
    )

    async def play(self, stage: Stage) -> None:
        await stage.settle(self.within.total_seconds())


class Note(Step):
    """Says something to whoever reads the report; nothing happens."""

    verb: ClassVar[str] = "note"
    shorthand: ClassVar[str] = "text"

    text: str = Field(min_length=1, max_length=400, description="What is said.")

    async def play(self, stage: Stage) -> None:
        return
