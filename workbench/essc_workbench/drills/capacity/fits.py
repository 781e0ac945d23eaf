"""Costs found in the stretches of several drills: what explains best, and how sure that is."""

import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

from essc_workbench.drills.capacity.costs import HALVES, POWER_MAX, Costs
from essc_workbench.drills.capacity.least_squares import (
    Equations,
    equations,
    solved,
    tangle,
)
from essc_workbench.drills.capacity.stretches import Drill, Stretch
from essc_workbench.failures import UsageError

DRAWS = 200
INFLATION_MAX = 100.0
"""Costs that cannot be told apart better than this are refused."""
_RARE = 0.01
"""A journey that is rarer than this among all costs too little to be seen."""
_CLOCK_S = 0.01
"""The system counts processor time in hundredths of a second."""
_MACHINE = 0.05
"""How much the same work costs more or less from stretch to stretch, on a machine with others."""
_STRETCHES_EACH = 3


@dataclass(frozen=True, slots=True)
class Fit:
    """Costs, how sure they are, and what was left out."""

    costs: Costs
    draws: tuple[Costs, ...]
    """The same from stretches drawn again, each times the misfit of a drill."""
    rare: tuple[str, ...]
    """Journeys too rare for a cost of their own."""
    sees_waking: bool
    """Whether the drills differ enough in rate to tell wakings from all else."""
    misfits: tuple[float, ...]
    """By drill, measured processor time divided by what the costs say."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """Which parts beside the journeys a fit has."""

    has_idle: bool
    half: float | None

    def columns(self, names: Sequence[str]) -> list[int]:
        """Its columns among those of `_equations`."""
        found = list(range(len(names)))
        if self.has_idle:
            found.append(len(names))
        if self.half is not None:
            found.append(len(names) + 1 + HALVES.index(self.half))
        return found


_PLAIN = _Shape(has_idle=False, half=None)


def fit(drills: Sequence[Drill], seed: int = 0) -> Fit:
    """The costs that explain the drills best.

    Raises UsageError if there are too few stretches, or journeys that always came together.
    """
    stretches = [stretch for drill in drills for stretch in drill.stretches]
    names, rare = _names(stretches)
    needed = _STRETCHES_EACH * (len(names) + 1)
    if len(stretches) < needed:
        count = "1 stretch" if len(stretches) == 1 else f"{len(stretches)} stretches"
        raise UsageError(
            f"too little to go by: {count} of calm seconds for the costs of "
            f"{len(names)} journeys; {needed} are needed, so longer drills or more of them"
        )
    given = _equations(names, stretches, _weights(stretches))
    _tell_apart(names, given)
    shapes = _shapes(names, given)
    tried = [_tried(names, given, shape, len(stretches)) for shape in shapes]
    costs = min(tried, key=lambda each: each.score).costs(names)
    misfits = tuple(_misfit(drill, costs) for drill in drills)
    return Fit(
        costs=costs,
        draws=_drawn(names, drills, shapes, misfits, seed),
        rare=rare,
        sees_waking=any(shape.half is not None for shape in shapes),
        misfits=misfits,
    )


def _names(stretches: Sequence[Stretch]) -> tuple[list[str], tuple[str, ...]]:
    """The journeys with a cost of their own, and those too rare for it."""
    totals: dict[str, int] = {}
    for stretch in stretches:
        for name, count in stretch.counts.items():
            totals[name] = totals.get(name, 0) + count
    least = _RARE * sum(totals.values())
    known = [name for name in sorted(totals) if totals[name] >= least]
    return known, tuple(name for name in sorted(totals) if totals[name] < least)


def _weights(stretches: Sequence[Stretch]) -> list[float]:
    """One divided by the variance: of the clock, of single journeys, of the machine."""
    mean = sum(stretch.cpu_s for stretch in stretches) / sum(stretch.total for stretch in stretches)
    return [
        1
        / (
            _CLOCK_S**2
            + stretch.total * mean**2
            + (_MACHINE * max(stretch.total * mean, _CLOCK_S)) ** 2
        )
        for stretch in stretches
    ]


def _equations(
    names: Sequence[str], stretches: Sequence[Stretch], weights: Sequence[float]
) -> Equations:
    """With all columns that any shape has: the journeys, idle, and wakings for each half."""

    def row(stretch: Stretch) -> list[float]:
        counts = [float(stretch.counts.get(name, 0)) for name in names]
        wakings = [stretch.total / (1 + stretch.rate / half) for half in HALVES]
        return [*counts, float(stretch.seconds), *wakings]

    return equations(
        [row(stretch) for stretch in stretches], [stretch.cpu_s for stretch in stretches], weights
    )


def _tell_apart(names: Sequence[str], given: Equations) -> None:
    found = tangle(given.picked(_PLAIN.columns(names)))
    if found.inflation <= INFLATION_MAX:
        return
    one, other = sorted((names[found.column], names[found.partner]))
    raise UsageError(
        f"the costs of {one} and {other} cannot be told apart: in these drills they came in "
        "nearly the same proportion all the time; add a drill with another mix, as one of each "
        "journey alone"
    )


def _shapes(names: Sequence[str], given: Equations) -> list[_Shape]:
    """What may be added to the journeys without being mixed up with them."""
    shapes = [_Shape(*parts) for parts in product((False, True), (None, *HALVES))]
    return [
        shape
        for shape in shapes
        if shape == _PLAIN or tangle(given.picked(shape.columns(names))).inflation <= INFLATION_MAX
    ]


@dataclass(frozen=True, slots=True)
class _Tried:
    """What one shape makes of the stretches."""

    shape: _Shape
    answer: list[float]
    score: float
    """Akaike's criterion: how little is explained, and by how many unknowns; least is best."""

    def costs(self, names: Sequence[str]) -> Costs:
        shape, answer = self.shape, self.answer
        return Costs(
            journeys=dict(zip(names, answer, strict=False)),
            idle=answer[len(names)] if shape.has_idle else 0.0,
            waking=answer[-1] if shape.half else 0.0,
            half=shape.half or HALVES[0],
        )


def _tried(names: Sequence[str], given: Equations, shape: _Shape, stretches: int) -> _Tried:
    part = given.picked(shape.columns(names))
    answer = solved(part)
    unknowns = len(answer) + (shape.half is not None)
    misfit = max(part.misfit(answer), 1e-9 * part.squares) / stretches
    return _Tried(shape, answer, stretches * math.log(misfit) + 2 * unknowns)


def _misfit(drill: Drill, costs: Costs) -> float:
    """Measured processor time of a drill, divided by what costs say about it."""
    said = sum(told(stretch, costs) for stretch in drill.stretches)
    return sum(stretch.cpu_s for stretch in drill.stretches) / said if said else 1.0


def told(stretch: Stretch, costs: Costs) -> float:
    """The processor seconds that costs say a stretch takes; of what is too rare, nothing."""
    rates = {
        name: count / stretch.seconds
        for name, count in stretch.counts.items()
        if name in costs.journeys
    }
    return costs.cores(rates) * stretch.seconds


def _drawn(
    names: Sequence[str],
    drills: Sequence[Drill],
    shapes: Sequence[_Shape],
    misfits: Sequence[float],
    seed: int,
) -> tuple[Costs, ...]:
    """Costs from stretches drawn again within each drill, times the misfit of some drill.

    The stretches of one drill agree with each other better than drills do: the misfits are what
    differs between drills and no cost explains.
    """
    chance = random.Random(f"{seed}/capacity")
    stretches = [stretch for drill in drills for stretch in drill.stretches]
    base, rate_max = _weights(stretches), max(stretch.rate for stretch in stretches)
    draws = []
    for _ in range(DRAWS):
        times = Counter[int]()
        start = 0
        for drill in drills:
            size = len(drill.stretches)
            times.update(start + chance.randrange(size) for _ in range(size))
            start += size
        weights = [weight * times[place] for place, weight in enumerate(base)]
        given = _equations(names, stretches, weights)
        tried = [_tried(names, given, shape, len(stretches)) for shape in shapes]
        least = min(each.score for each in tried)
        # Shapes that explain as much are drawn as often: which one is right is not known either.
        odds = [math.exp((least - each.score) / 2) for each in tried]
        (drawn,) = chance.choices(tried, odds)
        costs = drawn.costs(names).times(chance.choice(misfits))
        draws.append(replace(costs, rate_max=rate_max, power=chance.uniform(0, POWER_MAX)))
    return tuple(draws)
