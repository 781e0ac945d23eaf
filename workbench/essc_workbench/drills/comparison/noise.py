"""What one run's own seconds vary: how far its figures might as well have been elsewhere.

The seconds of a run are drawn again and again, as many as there were, some twice and some not at
all, and each figure is worked out of every draw. Nine tenths of them lie in the figure's range. Two
runs of which the ranges meet may differ by chance alone.

A few bad seconds (a fault, a pause of the disk) decide a high percentile; of such a figure the
range is wide, as it should be. What differs between runs, but not within one, no single run can
tell; so the ranges are rather too narrow for two runs a week apart.
"""

import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from essc_workbench.drills.results import Result, Second

DRAWS: Final = 200
BLOCKS_MAX: Final = 60
"""Neighbouring seconds of a long run are drawn together."""
BLOCKS_MIN: Final = 5
"""Of fewer seconds nobody can say how much they vary."""
PERCENTILES: Final = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p99.9": 99.9}
_TAIL: Final = 0.05
_NONE_SEEN: Final = 3.0
"""Where none of n was bad, one of n/3 may be: the rule of three."""

Ranges = dict[str, "Range"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """How far a figure might as well have been elsewhere, as multiples of the figure."""

    low: float
    high: float

    def widened(self, times: float) -> "Range":
        """For something of which fewer were seen."""
        return Range(low=self.low**times, high=self.high**times)


@dataclass(frozen=True, slots=True)
class _Block:
    """Neighbouring seconds as one."""

    intended: int
    ok: int
    seconds: int
    heat: tuple[int, ...]
    longest_us: int


def ranges(result: Result) -> Ranges:
    """The range of each figure by name: good_rate, good_share, those of PERCENTILES, max, and
    lag p50 and lag p99. Without those that cannot be told.
    """
    blocks = _blocks(result)
    if len(blocks) < BLOCKS_MIN:
        return {}
    chance = random.Random(result.counts.intended)  # the same result, the same ranges
    whole = _worked_out(blocks, result.heat_us)
    drawn = [
        _worked_out(chance.choices(blocks, k=len(blocks)), result.heat_us) for _ in range(DRAWS)
    ]
    found = {
        name: _range(value, sorted(draw[name] for draw in drawn if name in draw))
        for name, value in whole.items()
        if value > 0
    }
    if "good_share" in found:
        found["good_share"] = _with_none_seen(found["good_share"], result.counts.intended)
    return found | _of_lags(result)


def _of_lags(result: Result) -> Ranges:
    """Of events only percentiles of each second are kept; how far those lie apart is the range."""
    found = {}
    for name, field in (("lag p50", "event_lag_p50_us"), ("lag p99", "event_lag_p99_us")):
        known = sorted(getattr(second, field) or 0 for second in result.seconds)
        known = [value for value in known if value]
        if len(known) >= BLOCKS_MIN:
            found[name] = _range(known[len(known) // 2], known)
    return found


def _range(value: float, drawn: Sequence[float]) -> Range:
    edge = int(len(drawn) * _TAIL)
    return Range(low=max(drawn[edge] / value, 1e-9), high=drawn[-1 - edge] / value)


def _with_none_seen(share: Range, count: int) -> Range:
    """A handful of failures more or less is always chance."""
    least = _NONE_SEEN / max(count, 1)
    return Range(low=min(share.low, max(1 - least, 1e-9)), high=max(share.high, 1 + least))


def _blocks(result: Result) -> list[_Block]:
    seconds = [second for second in result.seconds if second.counts.intended]
    width = -(-len(seconds) // BLOCKS_MAX) or 1
    return [_block(seconds[at : at + width]) for at in range(0, len(seconds), width)]


def _block(seconds: Sequence[Second]) -> _Block:
    length = max(len(second.heat) for second in seconds)
    return _Block(
        intended=sum(second.counts.intended for second in seconds),
        ok=sum(second.counts.ok for second in seconds),
        seconds=len(seconds),
        heat=tuple(
            sum(second.heat[i] for second in seconds if i < len(second.heat)) for i in range(length)
        ),
        longest_us=max(second.max_us for second in seconds),
    )


def _worked_out(blocks: Sequence[_Block], heat_us: Sequence[int]) -> dict[str, float]:
    """The figures of some blocks; of percentiles, what the classes of the heat map tell."""
    intended = ok = seconds = longest = 0
    heat = Counter[int]()
    for block in blocks:
        intended, ok, seconds = intended + block.intended, ok + block.ok, seconds + block.seconds
        longest = max(longest, block.longest_us)
        for place, count in enumerate(block.heat):
            heat[place] += count
    found = {"good_rate": ok / seconds, "good_share": ok / intended, "max": float(longest)}
    if heat.total() and heat_us:
        bounds = (heat_us[0] / 2, *map(float, heat_us), max(longest, heat_us[-1] * 1.01))
        found |= {name: _percentile(heat, bounds, at) for name, at in PERCENTILES.items()}
    return found


def _percentile(heat: Counter[int], bounds: Sequence[float], percent: float) -> float:
    """A percentile in microseconds, evenly (on a logarithmic scale) inside its class."""
    wanted, before = heat.total() * percent / 100, 0
    for place in range(len(bounds) - 1):
        count = heat[place]
        if count and before + count >= wanted:
            inside = (wanted - before) / count
            low, high = math.log(bounds[place]), math.log(bounds[place + 1])
            return math.exp(low + (high - low) * inside)
        before += count
    return bounds[-1]
