"""The load over time: straight pieces one after the other, whatever a plan calls them.

A piece's area is how many journeys it brings on average. Everything else follows from that: how
many are intended until a moment, and when so many are.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Final

from essc_workbench.drills.plan import Day, Plan, Ramp, Shape, Spike, Steady, Steps

DAY_PIECES: Final = 240
"""A day's sine is drawn in so many straight pieces."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A rate that changes evenly, in journeys a second."""

    lasts_s: float
    first: float
    last: float

    @property
    def area(self) -> float:
        """How many journeys it brings."""
        return self.lasts_s * (self.first + self.last) / 2

    def rate_at(self, at_s: float) -> float:
        """The rate so long after its start."""
        return self.first + (self.last - self.first) * at_s / self.lasts_s

    def time_of(self, area: float) -> float:
        """How long after its start it has brought so many journeys, in seconds."""
        slope = (self.last - self.first) / self.lasts_s
        # The root of slope/2 t² + first t = area, in the form that bears a slope of nothing.
        below = self.first * self.first + 2 * slope * area
        return 2 * area / (self.first + math.sqrt(max(below, 0.0)))


@dataclass(frozen=True, slots=True)
class Load:
    """All pieces of a plan."""

    pieces: tuple[Piece, ...]

    @property
    def lasts_s(self) -> float:
        """How long it lasts."""
        return sum(piece.lasts_s for piece in self.pieces)

    @property
    def area(self) -> float:
        """How many journeys it brings on average."""
        return sum(piece.area for piece in self.pieces)

    def wanted(self, first_s: float, last_s: float) -> float:
        """How many journeys are wanted between two moments."""
        return self._until(last_s) - self._until(first_s)

    def rate_at(self, at_s: float) -> float:
        """The wanted rate at a moment; nothing before the start and after the end."""
        for piece in self.pieces:
            if 0 <= at_s < piece.lasts_s:
                return piece.rate_at(at_s)
            at_s -= piece.lasts_s
        return 0.0

    def _until(self, at_s: float) -> float:
        found = 0.0
        for piece in self.pieces:
            if at_s < piece.lasts_s:
                here = max(at_s, 0.0)
                return found + here * (piece.first + piece.rate_at(here)) / 2
            found += piece.area
            at_s -= piece.lasts_s
        return found


def load_of(plan: Plan) -> Load:
    """The load that a plan asks for."""
    return Load(tuple(piece for phase in plan.load for piece in pieces_of(phase.shape)))


def pieces_of(shape: Shape) -> Sequence[Piece]:
    """One stretch of a plan as pieces."""
    match shape:
        case Steady(rate=rate, lasts=lasts):
            return (Piece(_s(lasts), rate, rate),)
        case Steps():
            return [Piece(_s(shape.each), rate, rate) for rate in _rates(shape)]
        case Ramp():
            return (Piece(_s(shape.lasts), shape.from_, shape.to),)
        case Spike(rate=rate, peak=peak):
            third = _s(shape.lasts) / 3
            return [Piece(third, each, each) for each in (rate, peak, rate)]
        case Day():
            return list(_day(shape))


def _rates(steps: Steps) -> Iterator[float]:
    """The rates of all steps; the last is as high as was asked, be it a smaller step."""
    rate = steps.from_
    while rate < steps.to:
        yield rate
        rate += steps.by
    yield steps.to


def _day(day: Day) -> Iterator[Piece]:
    each = _s(day.lasts) / DAY_PIECES
    middle, swing = (day.high + day.low) / 2, (day.high - day.low) / 2
    rates = [
        middle - swing * math.cos(2 * math.pi * place / DAY_PIECES)
        for place in range(DAY_PIECES + 1)
    ]
    for first, last in pairwise(rates):
        yield Piece(each, first, last)


def _s(span: timedelta) -> float:
    return span.total_seconds()
