"""A code that is scanned at the end of its time, to the second, on a machine that may be slow."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Final, Self

from pydantic import Field, model_validator

from essc.code.v1.code_pb2 import Usage, Verdict
from essc_wire.clock import new_request_id
from essc_workbench.failures import WorkbenchError
from essc_workbench.routes import PLATFORM
from essc_workbench.scenarios.fields import ChannelName, CitizenName, NewName, Span
from essc_workbench.scenarios.stage import Stage
from essc_workbench.scenarios.steps.base import Step
from essc_workbench.scenarios.steps.clocks import Advance
from essc_workbench.scenarios.steps.counters import VerdictName
from essc_workbench.scenarios.steps.references import end_as, kept
from essc_workbench.scenarios.steps.walks import ShowCode

ATTEMPTS_MAX: Final = 10
NAME_MAX: Final = 64
_NOW = timedelta(0)
_DAY = timedelta(days=1)


class ScanAt(Step):
    """Show a code (展码) and have it scanned so much before or after the end of its time.

    The platform's clock moves there. An answer that comes when the end is over tells nothing of
    what is before it: then a fresh code is shown and scanned, up to ten times.
    """

    verb: ClassVar[str] = "scan_at"

    citizen: CitizenName = Field(description="Whose code.")
    channel: ChannelName = Field(description="In which channel it is shown.")
    before: Span | None = Field(None, gt=_NOW, le=_DAY, description="So much before its end.")
    after: Span | None = Field(None, gt=_NOW, le=_DAY, description="Or so much after its end.")
    verdict: VerdictName = Field(description="The verdict it should be.")
    as_: NewName = Field("", alias="as", description="The name under which the code is kept.")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.before is None) == (self.after is None):
            raise ValueError("either `before` the end of its time or `after` it")
        return self

    async def play(self, stage: Stage) -> None:
        for _ in range(ATTEMPTS_MAX):
            seen = await self._scanned(stage)
            if seen:
                about = f"{self.citizen} in {self.channel}: scan_at: the verdict"
                stage.expect(about, self.verdict, seen)
                return
        raise WorkbenchError(f"no code was scanned in time, {ATTEMPTS_MAX} times: too slow here")

    async def _scanned(self, stage: Stage) -> str:
        """The verdict; empty if it came too late to tell."""
        name = self.as_ or f"{self.citizen}-{self.channel}"[:NAME_MAX]
        await ShowCode(citizen=self.citizen, channel=self.channel, as_=name).play(stage)
        code, end = kept(stage, name, str, "code"), kept(stage, end_as(name), datetime, "end")
        by = await Advance(end_of=name, before=self.before, after=self.after).span(stage)
        if by <= _NOW:
            return ""
        await stage.powers.advance(PLATFORM, by)
        verifier = stage.verifier()
        answer = await verifier.check(code, Usage.USAGE_QUERY, request_id=new_request_id())
        if self.before and await stage.powers.time(PLATFORM) >= end:
            return ""
        return Verdict.Name(answer.verdict).removeprefix("VERDICT_").lower()
