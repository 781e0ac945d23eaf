"""Distributions of times: counted by class while a drill runs, an HdrHistogram when it is told.

A class is a span of microseconds, narrow where times are short: three digits of each time are kept.
The classes are those of HdrHistogram, found in closed form, so that counting one costs a fifth of a
microsecond; whatever is told of a distribution (percentiles, encoded form) the library says.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final, TypeAlias

from essc_workbench.drills.results import Latency
from essc_workbench.failures import UsageError

US_MAX: Final = 3_600_000_000
"""An hour; what takes longer counts as that."""
DIGITS: Final = 3
_HALF_BITS: Final = 10
_LOWEST: Final = (1 << (_HALF_BITS + 1)) - 1

Classes: TypeAlias = dict[int, int]
"""How many times fell into each class."""


def class_of(us: int) -> int:
    """The class of a time."""
    shift = (us | _LOWEST).bit_length() - _HALF_BITS - 1
    return (shift << _HALF_BITS) + (us >> shift)


def highest(of_class: int) -> int:
    """The longest time of a class, in microseconds."""
    shift = max((of_class >> _HALF_BITS) - 1, 0)
    first = of_class - (shift << _HALF_BITS)
    return ((first + 1) << shift) - 1


def add(to: Classes, more: Mapping[int, int]) -> None:
    """Counts what was counted elsewhere."""
    for each, count in more.items():
        to[each] = to.get(each, 0) + count


def summed(parts: Mapping[str, Classes]) -> Classes:
    """Several distributions as one."""
    whole: Classes = {}
    for part in parts.values():
        add(whole, part)
    return whole


def percentile(classes: Mapping[int, int], percent: float) -> int:
    """The time that so many of a hundred did not exceed; 0 of nothing. For what is shown live."""
    wanted = max(sum(classes.values()) * percent / 100, 1)
    seen = 0
    for each in sorted(classes):
        seen += classes[each]
        if seen >= wanted:
            return highest(each)
    return 0


def share_within(classes: Mapping[int, int], bound_us: int) -> float:
    """The share that took no longer; 1 of nothing."""
    total = sum(classes.values())
    return sum(n for each, n in classes.items() if highest(each) <= bound_us) / (total or 1)


def heat(classes: Mapping[int, int], bounds_us: Iterable[int]) -> tuple[int, ...]:
    """Counts by wider classes, with these upper bounds; the last has none."""
    bounds = [*bounds_us]
    found = [0] * (len(bounds) + 1)
    for each, count in classes.items():
        top = highest(each)
        found[next((i for i, bound in enumerate(bounds) if top <= bound), len(bounds))] += count
    return tuple(found)


def latency_of(classes: Mapping[int, int]) -> Latency:
    """What is told of a distribution."""
    if not classes:
        return Latency()
    histogram = histogram_of(classes)
    at = histogram.get_percentile_to_value_dict([50, 90, 99, 99.9, 100])
    return Latency(
        count=histogram.get_total_count(),
        p50_us=at[50],
        p90_us=at[90],
        p99_us=at[99],
        p999_us=at[99.9],
        max_us=at[100],
        mean_us=round(histogram.get_mean_value(), 1),
        histogram=histogram.encode().decode("ascii"),
    )


def histogram_of(classes: Mapping[int, int]) -> Any:
    """The same as an HdrHistogram."""
    histogram = library()(1, US_MAX, DIGITS)
    for each, count in classes.items():
        histogram.record_value(highest(each), count)
    return histogram


@cache
def library() -> Any:
    """The one that others read histograms with. Raises UsageError where it is not installed."""
    try:
        from hdrh.histogram import HdrHistogram
    except ImportError:
        raise UsageError("drills need hdrhistogram: pip install essc-federation[drill]") from None
    return HdrHistogram
