"""Figures of two drills side by side, and what their differences mean."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from essc_workbench.drills.comparison.noise import Range, Ranges, ranges
from essc_workbench.drills.report import numbers
from essc_workbench.drills.results import Latency, Line, Result, Words

LATENCIES: Final = {
    "p50": "p50_us",
    "p90": "p90_us",
    "p99": "p99_us",
    "p99.9": "p999_us",
    "max": "max_us",
}


class Meaning(StrEnum):
    """What a difference comes to."""

    BETTER = "better"
    WORSE = "worse"
    ALIKE = "alike"
    """Within what the seconds of one run vary."""
    UNTOLD = "untold"
    """Too few seconds, nothing measured, or a figure that is neither good nor bad."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of both."""

    about: Words
    a: str
    b: str
    ratio: str
    """B by A."""
    ranges: tuple[str, str]
    """How far each might as well have been elsewhere; empty where that cannot be told."""
    meaning: Meaning


class _Sides:
    """Both drills, and how much their figures vary."""

    def __init__(self, a: Result, b: Result) -> None:
        self.a, self.b = a, b
        self._ranges: tuple[Ranges, Ranges] = (ranges(a), ranges(b))

    def figure(
        self,
        about: Words,
        told: Callable[[float], str],
        values: tuple[float | None, float | None],
        *,
        better: int = 0,
        varies: str = "",
        widened: tuple[float, float] = (1.0, 1.0),
    ) -> Figure:
        """`better`: 1 if more is, -1 if less is, 0 if neither; `varies`: by which of the ranges."""
        a, b = values
        spans = [
            _span(value, known.get(varies), times)
            for value, known, times in zip(values, self._ranges, widened, strict=True)
        ]
        most = 1.0 if told is numbers.share else math.inf
        first, second = (
            f"{told(span[0])} – {told(min(span[1], most))}" if span is not None else ""
            for span in spans
        )
        return Figure(
            about=about,
            a="–" if a is None else told(a),
            b="–" if b is None else told(b),
            ratio="–" if a is None or b is None else numbers.ratio(b, a),
            ranges=(first, second),
            meaning=_meaning(spans[0], spans[1], better),
        )


def all_figures(a: Result, b: Result) -> tuple[tuple[Figure, ...], tuple[Figure, ...]]:
    """Those of all journeys together, and those by journey and channel."""
    sides = _Sides(a, b)
    return tuple(_figures(sides)), tuple(_by_kind(sides))


def _figures(sides: _Sides) -> Iterator[Figure]:
    a, b = sides.a, sides.b
    wanted, good = (
        tuple(_by(getattr(each.counts, name), each.load_s) for each in (a, b))
        for name in ("intended", "ok")
    )
    yield sides.figure(Words(en="rate wanted", zh="应发速率"), numbers.rate, _two(wanted))
    yield sides.figure(
        Words(en="rate good", zh="成功速率"),
        numbers.rate,
        _two(good),
        better=1,
        varies="good_rate",
    )
    yield sides.figure(
        Words(en="share good", zh="成功率"),
        numbers.share,
        (_by(a.counts.ok, a.counts.intended), _by(b.counts.ok, b.counts.intended)),
        better=1,
        varies="good_share",
    )
    for name, field in LATENCIES.items():
        yield sides.figure(
            Words(en=f"latency {name}", zh="延迟"),
            numbers.latency,
            (_us(a.total, field), _us(b.total, field)),
            better=-1,
            varies=name,
        )
    for name in ("p50", "p99"):
        yield sides.figure(
            Words(en=f"event lag {name}", zh="事件滞后"),
            numbers.latency,
            (_us(a.event_lag, f"{name}_us"), _us(b.event_lag, f"{name}_us")),
            better=-1,
            varies=f"lag {name}",
        )
    yield sides.figure(
        Words(en="generator CPU per call", zh="发生器每次调用 CPU"),
        numbers.latency,
        (a.generator.cpu_us_per_call, b.generator.cpu_us_per_call),
    )
    for about, field in (
        (Words(en="good by empty handler", zh="成功 / 空处理器"), "empty_rate"),
        (Words(en="good by durable commits", zh="成功 / 持久提交"), "commit_rate"),
    ):
        ratios = (
            _by(rate or 0.0, getattr(each.baselines, field))
            for rate, each in zip(good, (a, b), strict=True)
        )
        yield sides.figure(about, lambda value: f"{value:.2f}", _two(tuple(ratios)))


def _by_kind(sides: _Sides) -> Iterator[Figure]:
    """Of a kind fewer journeys were seen than of all, so its figures vary more."""
    others = {(line.journey, line.channel): line for line in sides.b.lines}
    for line in sides.a.lines:
        other = others.get((line.journey, line.channel))
        if other is None:
            continue
        name = f"{line.journey} {line.channel}"
        widened = (_widened(sides.a, line), _widened(sides.b, other))
        yield sides.figure(
            Words(en=f"{name} share good", zh="成功率"),
            numbers.share,
            (
                _by(line.counts.ok, line.counts.intended),
                _by(other.counts.ok, other.counts.intended),
            ),
            better=1,
            varies="good_share",
            widened=widened,
        )
        for percentile in ("p50", "p99"):
            field = LATENCIES[percentile]
            yield sides.figure(
                Words(en=f"{name} {percentile}", zh=""),
                numbers.latency,
                (_us(line.intended, field), _us(other.intended, field)),
                better=-1,
                varies=percentile,
                widened=widened,
            )


def _widened(result: Result, line: Line) -> float:
    return math.sqrt(result.counts.intended / max(line.counts.intended, 1))


def _span(value: float | None, known: Range | None, times: float) -> tuple[float, float] | None:
    if value is None or known is None:
        return None
    wide = known.widened(times)
    return value * wide.low, value * wide.high


def _meaning(a: tuple[float, float] | None, b: tuple[float, float] | None, better: int) -> Meaning:
    if a is None or b is None or not better:
        return Meaning.UNTOLD
    if a[0] <= b[1] and b[0] <= a[1]:
        return Meaning.ALIKE
    return Meaning.BETTER if (b[0] - a[0]) * better > 0 else Meaning.WORSE


def _two(values: tuple[float | None, ...]) -> tuple[float | None, float | None]:
    a, b = values
    return a, b


def _by(part: float, whole: float | None) -> float | None:
    return part / whole if whole else None


def _us(latency: Latency | None, field: str) -> float | None:
    return float(getattr(latency, field)) if latency is not None and latency.count else None
