"""What faults have met: a scenario whose faults meet nothing shows nothing."""

from __future__ import annotations

from pydantic import Field

from essc_workbench.failures import UsageError
from essc_workbench.scenarios.fields import FaultName
from essc_workbench.scenarios.mistakes import meant
from essc_workbench.scenarios.stage import Stage
from essc_workbench.scenarios.steps.expectations import Expecting, Facts


class ExpectFault(Expecting):
    """How many calls or events a fault has met, while it lasts or after it ended: at least one.

    A fault of a party (killed, frozen, skewed, …) meets no calls: once carried out it counts one.
    """

    verb = "expect_fault"
    shorthand = "name"

    name: FaultName = Field(description="The fault's name.")
    hits: int | None = Field(None, ge=0, description="How many it has met; else at least one.")

    async def play(self, stage: Stage) -> None:
        wanted: Facts = {"met something": True} if self.hits is None else {"hits": self.hits}

        async def look() -> Facts:
            hits = {each.fault.fault_id: each.hits for each in stage.faults.list()}
            if self.name not in hits:
                raise UsageError(f"no fault {self.name!r}; {meant(self.name, hits)}")
            return {"hits": hits[self.name], "met something": hits[self.name] > 0}

        await self.see(stage, f"fault {self.name}: what it has met", wanted, look)
