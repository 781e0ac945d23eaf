"""Steps that move the parties' own clocks: the platform's, and those of channels that are wrong."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from typing import ClassVar, Self

from pydantic import Field, model_validator

from essc_workbench.failures import UsageError
from essc_workbench.routes import PLATFORM
from essc_workbench.scenarios.fields import PartyName, Span, ThingName
from essc_workbench.scenarios.stage import Stage
from essc_workbench.scenarios.steps.base import Step
from essc_workbench.scenarios.steps.references import end_as, kept

_DAY = timedelta(days=1)
_NOW = timedelta(0)
_CHINA = timezone(timedelta(hours=8))


class Advance(Step):
    """Moves the platform's clock forward, and so every rule, event and expiry.

    What passes between two steps is added to `by`; to `end_of` it is not, however slow the machine.
    """

    verb: ClassVar[str] = "advance"
    shorthand: ClassVar[str] = "by"

    by: Span | None = Field(None, gt=_NOW, description="How far, as 60s, 2d.")
    to: date | None = Field(
        None, description="Or to noon of which day in China, as 2029-12-31; not before now."
    )
    end_of: ThingName = Field(
        "", description="Or to the end of the time of a code or ticket that was kept."
    )
    before: Span | None = Field(None, gt=_NOW, le=_DAY, description="So much before that end.")
    after: Span | None = Field(None, gt=_NOW, le=_DAY, description="So much after that end.")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if [self.by is None, self.to is None, not self.end_of].count(False) != 1:
            raise ValueError("a clock moves `by` a span, `to` a day, or to the `end_of` a code")
        if (self.before or self.after) and not self.end_of:
            raise ValueError("`before` and `after` need an `end_of`")
        if self.before and self.after:
            raise ValueError("either `before` an end or `after` it")
        return self

    async def play(self, stage: Stage) -> None:
        by = await self.span(stage)
        if by <= _NOW:
            goal = self.to or f"the moment by the end of {self.end_of}"
            raise UsageError(f"advance: {goal} is over on the platform's clock")
        await stage.powers.advance(PLATFORM, by)

    async def span(self, stage: Stage) -> timedelta:
        """How far it is from now; not more than nothing if it is over."""
        return self.by or self._goal(stage) - await stage.powers.time(PLATFORM)

    def _goal(self, stage: Stage) -> datetime:
        if self.to is not None:
            return datetime.combine(self.to, time(12), tzinfo=_CHINA)
        kept(stage, self.end_of, str, "code or ticket")
        end = kept(stage, end_as(self.end_of), datetime, "end")
        return end - (self.before or _NOW) + (self.after or _NOW)


class Skew(Step):
    """Moves the clock of one channel forward, and no other: its clock is wrong from then on."""

    verb: ClassVar[str] = "skew"

    party: PartyName = Field(description="Whose clock.")
    by: Span = Field(gt=_NOW, le=_DAY, description="How far ahead.")

    async def play(self, stage: Stage) -> None:
        await stage.powers.advance(self.party, self.by)
