"""compare.html, and its lines for a terminal: two drills side by side."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from essc_workbench.drills.comparison.compare import Comparison, Difference, compare
from essc_workbench.drills.comparison.figures import Figure, Meaning
from essc_workbench.drills.report import numbers, words
from essc_workbench.drills.report.charts import (
    Chart,
    Series,
    Values,
    charts_as_json,
    field_of,
    mean,
    points_of,
    width_of,
    worst,
)
from essc_workbench.drills.report.page import template
from essc_workbench.drills.report.tables import table_without_lines
from essc_workbench.drills.report.writing import write_page
from essc_workbench.drills.results import FaultSeen, Result, Words, read_result

COMPARISON = "compare.html"
_COLOURS = {Meaning.BETTER: "green", Meaning.WORSE: "red"}


def compare_folders(console: Console, first: Path, second: Path, page: Path | None) -> Path:
    """Compares what two drills left, tells it, and writes the page. Raises UsageError."""
    comparison = compare(read_result(first), read_result(second))
    folder = second if second.is_dir() else second.parent
    path = write_page(comparison_page(comparison), page or folder / COMPARISON)
    tell_comparison(console, comparison)
    console.print(f"report 报告  {path}", markup=False, highlight=False, soft_wrap=True)
    return path


def comparison_page(comparison: Comparison) -> str:
    """The whole page."""
    drawn = comparison_charts(comparison)
    return template("compare.html.j2").render(
        comparison=comparison,
        charts=drawn,
        drawing=_drawing(comparison, drawn),
        faults=comparison_faults(comparison),
    )


def comparison_charts(comparison: Comparison) -> tuple[Chart, ...]:
    """What both were like over time: A dashed, B whole."""
    return (
        _both(
            comparison,
            "rate",
            Words(en="Good rate", zh="成功速率"),
            "rate",
            (("", "good", lambda points: mean(points, lambda second: second.counts.ok)),),
        ),
        _both(
            comparison,
            "latency",
            Words(en="Latency from intended time", zh="延迟（自应发时刻起）"),
            "time",
            (
                ("p50 ", "accent", lambda points: worst(points, field_of("p50_us"))),
                ("p99 ", "event", lambda points: worst(points, field_of("p99_us"))),
            ),
        ),
        _both(
            comparison,
            "lag",
            Words(en="Lag of events, p99", zh="事件滞后 p99"),
            "time",
            (("", "event", lambda points: worst(points, field_of("event_lag_p99_us"))),),
        ),
    )


def _both(
    comparison: Comparison,
    name: str,
    title: Words,
    unit: str,
    lines: Iterable[tuple[str, str, Callable[[list[Any]], Values]]],
) -> Chart:
    count = max(len(_points(comparison, each)) for each in (comparison.a, comparison.b))
    series = []
    for label, colour, of in lines:
        for side, result in (("A", comparison.a), ("B", comparison.b)):
            values = of(_points(comparison, result))
            series.append(
                Series(
                    label=Words(en=f"{label}{side}", zh=""),
                    colour=colour,
                    values=values + (None,) * (count - len(values)),
                    is_dashed=side == "A",
                )
            )
    told = "; ".join(f"{each.label.en} {_typical(each.values, unit)}" for each in series)
    return Chart(
        name=name,
        title=title,
        unit=unit,
        series=tuple(series),
        told=Words(en=f"In the middle: {told}.", zh=f"中位数：{told}。"),
    )


def _typical(values: Values, unit: str) -> str:
    known = sorted(value for value in values if value is not None)
    if not known:
        return "–"
    middle = known[len(known) // 2]
    return numbers.rate(middle) if unit == "rate" else numbers.latency(middle)


def _points(comparison: Comparison, result: Result) -> list[Any]:
    """Points of the same width of both, so that they lie one over the other."""
    longer = max(len(comparison.a.seconds), len(comparison.b.seconds))
    return points_of(result, width_of(longer))


def _drawing(comparison: Comparison, drawn: Iterable[Chart]) -> dict[str, Any]:
    longer = max(comparison.a.seconds, comparison.b.seconds, key=len)
    width = width_of(len(longer))
    return {
        "x": [second.at_s for second in longer[::width]],
        "step_s": width,
        "heat_us": (),
        "faults": [
            {"label": label, "from": fault.at_s, "to": fault.until_s}
            for label, fault in comparison_faults(comparison)
        ],
        "charts": charts_as_json(drawn),
    }


def comparison_faults(comparison: Comparison) -> tuple[tuple[str, FaultSeen], ...]:
    """The faults of both with their labels; those of which both had the same stand there once."""
    a, b = comparison.a.faults, comparison.b.faults
    if [_when(fault) for fault in a] == [_when(fault) for fault in b]:
        return tuple((f"F{number}", fault) for number, fault in enumerate(a, start=1))
    return tuple(
        (f"{side}{number}", fault)
        for side, faults in (("A", a), ("B", b))
        for number, fault in enumerate(faults, start=1)
    )


def _when(fault: FaultSeen) -> tuple[str, int, int]:
    return fault.text.en, round(fault.at_s), round(fault.until_s)


def tell_comparison(console: Console, comparison: Comparison) -> None:
    """Prints it; as plain text where there is no terminal."""
    for text in _head(comparison):
        console.print(text, soft_wrap=True)
    console.print()
    console.print(_figures_table("of all journeys 合计", comparison.figures))
    console.print()
    console.print(_figures_table("by journey 按办事", comparison.lines))
    for title, differences in (
        ("objective 目标", comparison.objectives),
        ("judge 裁判", comparison.audit),
        ("plan 计划", comparison.plan),
        ("environment 环境", comparison.environment),
    ):
        if differences:
            console.print()
            console.print(_differences_table(title, differences))
    console.print()
    console.print(f"{words.NOISE_TOLD.en} {words.NOISE_TOLD.zh}", markup=False, highlight=False)


def _head(comparison: Comparison) -> Iterator[Text]:
    for side, each in (("A", comparison.a), ("B", comparison.b)):
        ruling = words.RULINGS[each.ruling]
        yield Text(
            f"{side}  {ruling.en} {ruling.zh}  {each.name}: {each.title.en}, {each.start_time}"
        )
    for warning in comparison.warnings:
        yield Text(f"!  {warning.en} · {warning.zh}", style="yellow")


def _figures_table(first: str, figures: Iterable[Figure]) -> Table:
    table = table_without_lines(first, "A", "B", "B/A")
    table.add_column("")
    for each in figures:
        told = words.MEANINGS[each.meaning.value]
        meaning = Text(told.en.partition(":")[0], style=_COLOURS.get(each.meaning, "dim"))
        name = f"{each.about.en} {each.about.zh}".strip()
        table.add_row(name, each.a, each.b, each.ratio, meaning.append(_short_zh(told)))
    return table


def _short_zh(told: Words) -> str:
    return f" {told.zh.partition('：')[0]}" if told.zh else ""


def _differences_table(first: str, differences: Iterable[Difference]) -> Table:
    table = table_without_lines(first)
    table.add_column("A")
    table.add_column("B")
    for each in differences:
        style = "bold" if each.a != each.b else ""
        table.add_row(
            Text(f"{each.name} {each.zh}".strip()), Text(each.a), Text(each.b), style=style
        )
    return table
