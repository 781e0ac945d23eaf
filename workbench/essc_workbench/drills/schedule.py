"""When which journey is due, of whom: all of a drill follows from its plan and its seed.

The load is the sum of sixty-four lanes, each with a sixty-fourth of the rate and chance of its own.
A shard takes every n-th lane, so whatever the number of processes is, together they send the same
journeys at the same times. Nothing is listed: a shard draws each journey when it needs it.
"""

import heapq
import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from random import Random
from typing import Final, NamedTuple

from essc_workbench.drills.loads import Load, load_of
from essc_workbench.drills.orders import kinds_of
from essc_workbench.drills.plan import PROCESSES_MAX, Plan

LANES: Final = PROCESSES_MAX
_SPREAD: Final = 2_654_435_761
"""A prime above every population: it scatters the ranks over all places, one to one."""


class Intent(NamedTuple):
    """One journey that is to be sent."""

    due_us: int
    """From the start of the load."""
    number: int
    """Its own in the drill, from 0; there are gaps between the last ones."""
    kind: int
    """Its place in `kinds_of(plan)`."""
    place: int
    """The resident's place in the population."""


def intents(plan: Plan, seed: int, shard: int = 0, shards: int = 1) -> Iterator[Intent]:
    """The intents of one shard, in the order of their times. At most `LANES` shards."""
    if not 0 <= shard < shards <= LANES:
        raise ValueError(f"shard {shard} of {shards}; there are 1 to {LANES}")
    load, chooses = load_of(plan), _kinds(plan)
    place_of = places(plan.population.citizens, plan.population.hot)
    lanes = (
        _lane(plan, load, Random(f"{seed}/lane/{lane}"), lane, chooses, place_of)
        for lane in range(shard, LANES, shards)
    )
    return heapq.merge(*lanes)


def _lane(
    plan: Plan,
    load: Load,
    chance: Random,
    lane: int,
    kind_of: Callable[[float], int],
    place_of: Callable[[float], int],
) -> Iterator[Intent]:
    draw = chance.random
    areas = _by_chance(draw) if plan.arrival == "poisson" else _evenly(lane)
    for turn, due_us in enumerate(_times(load, areas)):
        yield Intent(due_us, turn * LANES + lane, kind_of(draw()), place_of(draw()))


def _by_chance(draw: Callable[[], float]) -> Iterator[float]:
    """When a lane has its journeys, by how many the whole load has brought until then."""
    area = 0.0
    while True:
        area -= LANES * math.log(1.0 - draw())
        yield area


def _evenly(lane: int) -> Iterator[float]:
    area = lane + 0.5
    while True:
        yield area
        area += LANES


def _times(load: Load, areas: Iterator[float]) -> Iterator[int]:
    """The times at which the load has brought so many, in microseconds, until it ends."""
    start_s, before = 0.0, 0.0
    pieces = iter(load.pieces)
    piece = next(pieces)
    for area in areas:
        while area >= before + piece.area:
            before += piece.area
            start_s += piece.lasts_s
            following = next(pieces, None)
            if following is None:
                return
            piece = following
        yield int((start_s + piece.time_of(area - before)) * 1e6)


def _kinds(plan: Plan) -> Callable[[float], int]:
    weights: Sequence[float] = [kind.weight for kind in kinds_of(plan)]
    *bounds, total = accumulate(weights)
    if not bounds:
        return lambda _drawn: 0
    return lambda drawn: bisect_right(bounds, drawn * total)


def places(citizens: int, hot: float) -> Callable[[float], int]:
    """From a number below 1 to a resident's place; with Zipf's law if `hot` is more than nothing.

    The k-th most wanted resident is wanted as k to the power of minus `hot`, and lives anywhere.
    """
    if not hot:
        return lambda drawn: int(drawn * citizens)
    if abs(hot - 1) < 1e-9:
        reach = math.log(citizens + 1)
        return lambda drawn: (int(math.exp(drawn * reach)) - 1) * _SPREAD % citizens
    power, root = 1 - hot, 1 / (1 - hot)
    swing = (citizens + 1) ** power - 1
    return lambda drawn: (int((1 + drawn * swing) ** root) - 1) * _SPREAD % citizens
