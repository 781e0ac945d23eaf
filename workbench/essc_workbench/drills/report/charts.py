"""The charts of a drill as plain values: what is drawn over the seconds of its load.

One point is one second; of a long drill several seconds are one point, of which counts are
averaged and times and depths are the worst: a peak is never smoothed away.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from essc_workbench.drills.report import numbers
from essc_workbench.drills.results import Result, Second, Words

POINTS_MAX = 900
REASONS_MAX = 6
CPUS_MAX = 8

Values = tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line of a chart."""

    label: Words
    colour: str
    """The name of one of the page's colours."""
    values: Values
    is_dashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What is drawn in one frame, and what is said to who does not see it."""

    name: str
    title: Words
    unit: str
    """`rate`, `time`, `number` or `share`: how its values are told."""
    series: tuple[Series, ...]
    told: Words
    heat: tuple[tuple[int, ...], ...] = ()
    """Answers of each point by class of latency; only of the heat map."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw, because nobody measured it."""
        return all(value is None for each in self.series for value in each.values)


def charts(result: Result) -> tuple[Chart, ...]:
    """All charts, in the order of the page."""
    points = points_of(result)
    return (
        _rate(result, points),
        _latency(result, points),
        _reasons(result, points),
        _queue(points),
        _lag(points),
        _cpu(points),
    )


def as_json(result: Result, drawn: Iterable[Chart]) -> dict[str, Any]:
    """What the page's script draws from."""
    return {
        "x": [point[0].at_s for point in points_of(result)],
        "step_s": width_of(len(result.seconds)),
        "heat_us": result.heat_us,
        "faults": [
            {"label": f"F{number}", "from": each.at_s, "to": max(each.until_s, each.at_s)}
            for number, each in enumerate(result.faults, start=1)
        ],
        "charts": charts_as_json(drawn),
    }


def charts_as_json(drawn: Iterable[Chart]) -> list[dict[str, Any]]:
    """The charts among what the page's script draws from; empty ones are not drawn."""
    return [
        {
            "name": chart.name,
            "unit": chart.unit,
            "heat": chart.heat,
            "series": [
                {
                    "label": each.label.en,
                    "colour": each.colour,
                    "dashed": each.is_dashed,
                    "values": each.values,
                }
                for each in chart.series
            ],
        }
        for chart in drawn
        if not chart.is_empty
    ]


def points_of(result: Result, width: int = 0) -> list[Sequence[Second]]:
    """The seconds of each point; `width` seconds each, or as many as are needed."""
    width = width or width_of(len(result.seconds))
    return [result.seconds[at : at + width] for at in range(0, len(result.seconds), width)]


def width_of(seconds: int) -> int:
    """How many seconds are one point, so that there are not too many of them."""
    return -(-seconds // POINTS_MAX) or 1


def mean(points: list[Sequence[Second]], of: Callable[[Second], float]) -> Values:
    return tuple(round(sum(map(of, point)) / len(point), 2) for point in points)


def worst(points: list[Sequence[Second]], of: Callable[[Second], float | None]) -> Values:
    found = ([value for value in map(of, point) if value is not None] for point in points)
    return tuple(max(values) if values else None for values in found)


def field_of(name: str) -> Callable[[Second], float | None]:
    """A latency of a second; none, rather than zero, where there was no answer."""
    return lambda second: getattr(second, name) or None


def _ended_by(reason: str) -> Callable[[Second], float]:
    return lambda second: second.reasons.get(reason, 0)


def _cpu_of(party: str) -> Callable[[Second], float | None]:
    return lambda second: second.cpu.get(party)


def _rate(result: Result, points: list[Sequence[Second]]) -> Chart:
    wanted = mean(points, lambda second: second.counts.intended)
    good = mean(points, lambda second: second.counts.ok)
    least = min((value for value in good if value is not None), default=0)
    span = result.load_s or 1
    return Chart(
        name="rate",
        title=Words(en="Rate, wanted and good", zh="速率：应发与成功"),
        unit="rate",
        series=(
            Series(
                label=Words(en="wanted", zh="应发"), colour="soft", values=wanted, is_dashed=True
            ),
            Series(label=Words(en="good", zh="成功"), colour="good", values=good),
        ),
        told=Words(
            en=f"{numbers.rate(result.counts.intended / span)} wanted and "
            f"{numbers.rate(result.counts.ok / span)} good on average; "
            f"the worst moment had {numbers.rate(least)} good.",
            zh=f"平均应发 {numbers.rate(result.counts.intended / span)}，"
            f"成功 {numbers.rate(result.counts.ok / span)}；最差时成功 {numbers.rate(least)}。",
        ),
    )


def _latency(result: Result, points: list[Sequence[Second]]) -> Chart:
    classes = len(result.heat_us) + 1
    heat = tuple(
        tuple(
            sum(second.heat[i] for second in point if i < len(second.heat)) for i in range(classes)
        )
        for point in points
    )
    longest = max(result.seconds, key=lambda second: second.max_us, default=None)
    at, us = (longest.at_s, longest.max_us) if longest else (0, 0)
    kinds = (("p50", "p50_us", "accent"), ("p99", "p99_us", "event"), ("max", "max_us", "broken"))
    return Chart(
        name="latency",
        title=Words(en="Latency from intended time", zh="延迟（自应发时刻起）"),
        unit="time",
        series=tuple(
            Series(
                label=Words(en=label, zh=""),
                colour=colour,
                values=worst(points, field_of(name)),
            )
            for label, name, colour in kinds
        ),
        told=Words(
            en=f"The stronger the colour, the more answers took so long. Half took at most "
            f"{numbers.latency(result.total.p50_us)}, 99 % at most "
            f"{numbers.latency(result.total.p99_us)}; "
            f"the longest, {numbers.latency(us)}, was due at {numbers.seconds(at)}.",
            zh=f"颜色越浓，耗时如此的应答越多。半数不超过 {numbers.latency(result.total.p50_us)}，"
            f"99% 不超过 {numbers.latency(result.total.p99_us)}；"
            f"最长 {numbers.latency(us)}，应发于第 {numbers.seconds(at)}。",
        ),
        heat=heat,
    )


def _reasons(result: Result, points: list[Sequence[Second]]) -> Chart:
    found = Counter[str]()
    for second in result.seconds:
        found.update(second.reasons)
    names = [name for name, _ in found.most_common(REASONS_MAX)]
    rest = found.keys() - set(names)
    colours = ("broken", "unknown", "accent", "event", "good", "not-judged")
    series = [
        Series(
            label=Words(en=name, zh=""),
            colour=colour,
            values=mean(points, _ended_by(name)),
        )
        for name, colour in zip(names, colours, strict=False)
    ]
    if rest:
        label = Words(en=f"{len(rest)} others", zh=f"其余 {len(rest)} 种")
        others = mean(points, lambda second: sum(second.reasons.get(each, 0) for each in rest))
        series.append(Series(label=label, colour="ink", values=others, is_dashed=True))
    told = ", ".join(f"{name} {numbers.count(found[name])}" for name in names) + ("…" * bool(rest))
    return Chart(
        name="reasons",
        title=Words(en="Not good, by reason", zh="未成功者，按原因"),
        unit="rate",
        series=tuple(series),
        told=Words(en=f"In all: {told or 'none'}.", zh=f"共计：{told or '无'}。"),
    )


def _queue(points: list[Sequence[Second]]) -> Chart:
    queue, flight = worst(points, lambda s: s.queue), worst(points, lambda s: s.in_flight)
    most, deepest = (max((value or 0 for value in each), default=0) for each in (flight, queue))
    is_known = any(value is not None for value in queue)
    waited = Words(
        en=f"At most {deepest:,.0f} commands waited at the platform, asked once a second."
        if is_known
        else "The platform did not say how many commands waited.",
        zh=f"平台队列最多 {deepest:,.0f} 条命令（每秒询问一次）。"
        if is_known
        else "平台未报告队列长度。",
    )
    return Chart(
        name="queue",
        title=Words(en="Waiting", zh="排队"),
        unit="number",
        series=(
            Series(label=Words(en="platform's queue", zh="平台队列"), colour="event", values=queue),
            Series(
                label=Words(en="journeys under way", zh="进行中的办事"),
                colour="accent",
                values=flight,
            ),
        ),
        told=Words(
            en=f"At most {most:,.0f} journeys were under way at once. {waited.en}",
            zh=f"同时进行的办事最多 {most:,.0f} 次。{waited.zh}",
        ),
    )


def _lag(points: list[Sequence[Second]]) -> Chart:
    half = worst(points, lambda second: second.event_lag_p50_us)
    most = worst(points, lambda second: second.event_lag_p99_us)
    peak = numbers.latency(max((value or 0 for value in most), default=0))
    return Chart(
        name="lag",
        title=Words(en="Lag of events", zh="事件滞后"),
        unit="time",
        series=(
            Series(label=Words(en="p50", zh=""), colour="accent", values=half),
            Series(label=Words(en="p99", zh=""), colour="event", values=most),
        ),
        told=Words(en=f"In the worst moment p99 was {peak}.", zh=f"最差时 p99 为 {peak}。"),
    )


def _cpu(points: list[Sequence[Second]]) -> Chart:
    names = list(dict.fromkeys(name for point in points for second in point for name in second.cpu))
    first = [name for name in ("platform", "generator") if name in names]
    names = [*first, *(name for name in names if name not in first)][:CPUS_MAX]
    colours = ("event", "unknown", "accent", "good", "broken", "not-judged", "soft", "ink")
    series = tuple(
        Series(
            label=Words(en=name, zh=""),
            colour=colour,
            values=worst(points, _cpu_of(name)),
        )
        for name, colour in zip(names, colours, strict=False)
    )
    told = ", ".join(
        f"{each.label.en} {numbers.share(max((v or 0 for v in each.values), default=0))}"
        for each in series
    )
    return Chart(
        name="cpu",
        title=Words(en="CPU, shares of a core", zh="CPU（单核占比）"),
        unit="share",
        series=series,
        told=Words(en=f"At most: {told or 'none'}.", zh=f"最高：{told or '无'}。"),
    )
