"""The model put to the test: fitted on all drills but the largest, it predicts the largest."""

from collections.abc import Sequence
from dataclasses import dataclass

from essc_workbench.drills.capacity.fits import fit, told
from essc_workbench.drills.capacity.model import Range
from essc_workbench.drills.capacity.stretches import Drill
from essc_workbench.failures import UsageError


@dataclass(frozen=True, slots=True)
class Checked:
    """A prediction, and what was measured."""

    name: str
    """The drill that was predicted."""
    rate: float
    times: float
    """How many times larger its rate is than the greatest that the fit has seen."""
    predicted: Range
    """The share of a core of the platform."""
    measured: float

    @property
    def error(self) -> float:
        """Predicted by measured, less one: above 0 it asks for too much."""
        return self.predicted.likely / self.measured - 1

    @property
    def is_within(self) -> bool:
        """Whether what was measured lies in the range."""
        return self.predicted.low <= self.measured <= self.predicted.high


def check(drills: Sequence[Drill], seed: int = 0) -> Checked:
    """Predicts the drill of the greatest rate from the others. Raises UsageError."""
    if len(drills) < 2:
        raise UsageError("a check needs two drills at least: one to predict, the others to fit")
    largest = max(drills, key=lambda drill: drill.rate)
    others = [drill for drill in drills if drill is not largest]
    found = fit(others, seed)
    unknown = sorted(set(largest.counts) - set(found.costs.journeys) - set(found.rare))
    if unknown:
        raise UsageError(f"{largest.name}: no other drill has {', '.join(unknown)}")
    return Checked(
        name=largest.name,
        rate=largest.rate,
        times=largest.rate / max(stretch.rate for drill in others for stretch in drill.stretches),
        predicted=Range.of(
            [
                sum(told(stretch, costs) for stretch in largest.stretches) / largest.calm_s
                for costs in found.draws
            ]
        ),
        measured=sum(stretch.cpu_s for stretch in largest.stretches) / largest.calm_s,
    )
