"""The answer for people, both languages side by side, and the same for programs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from essc_workbench.drills.capacity.assumptions import ASSUMPTIONS
from essc_workbench.drills.capacity.checking import Checked
from essc_workbench.drills.capacity.costs import Costs
from essc_workbench.drills.capacity.fits import Fit
from essc_workbench.drills.capacity.model import BUCKETS, FAR, Figure, Need, Range
from essc_workbench.drills.capacity.stretches import Drill
from essc_workbench.drills.results import Words

VERSION = 1
_FIGURES: Final[Mapping[str, Words]] = {
    "day": Words(zh="高峰日办事次数", en="journeys on the peak day"),
    "peak": Words(zh="最忙时刻每秒办事", en="journeys a second at the busiest moment"),
    "writes": Words(zh="最忙时刻每秒写入", en="writes a second then"),
    "process_rate": Words(zh="每进程每秒办事", en="journeys a second of one process"),
    "processes": Words(zh="平台进程", en="platform processes"),
    "at_once": Words(zh="每进程并发", en="calls and streams at once in a process"),
    "disk_gib": Words(zh="磁盘 (GiB)", en="GiB on disk"),
    "shards": Words(zh="数据库分片", en="database shards"),
    "machines": Words(zh="机器", en="machines"),
}
_WAYS: Final[Mapping[str, Words]] = {
    "rate": Words(zh="每秒办事", en="journeys a second"),
    "writes": Words(zh="每秒写入", en="writes a second"),
    "cards": Words(zh="人数", en="citizens"),
    "channels": Words(zh="渠道数", en="channels"),
    "share": Words(zh="单核占用", en="share of a core"),
}
"""In which ways an answer may lie beyond the drills."""
_NOT: Final = Words(zh="未验证", en="not validated")


def print_answer(
    console: Console,
    drills: Sequence[Drill],
    fit: Fit,
    need: Need,
    mix: Mapping[str, float],
    assumed: Mapping[str, float],
) -> None:
    """Drills, costs, assumptions, figures, and what is to be said about them."""
    console.print(_drill_table(drills, fit))
    console.print(_cost_table(fit, mix))
    console.print(_assumption_table(assumed))
    console.print(_figure_table(need))
    for note in notes(fit, need, assumed):
        console.print(f"{note.zh} {note.en}", highlight=False, markup=False)


def print_check(console: Console, checked: Checked) -> None:
    """One table and one line."""
    table = Table(title="检验：预测最大的演练 check: the largest drill, predicted from the others")
    for column in ("", "低 low", "预计 likely", "高 high", "实测 measured", "误差 error"):
        table.add_column(column, justify="left" if not column else "right")
    said = checked.predicted
    table.add_row(
        f"{checked.name}, {checked.rate:,.0f}/s",
        *(f"{value:.3f}" for value in (said.low, said.likely, said.high, checked.measured)),
        f"{checked.error:+.1%}",
    )
    console.print(table)
    where = ("在范围之内", "within the range") if checked.is_within else ("超出范围", "outside it")
    console.print(
        f"该演练的速率是其余演练最高速率的 {checked.times:.1f} 倍，实测占用{where[0]}。"
        f"It is {checked.times:.1f} times the greatest rate of the others; the share of a core "
        f"that was measured lies {where[1]}.",
        highlight=False,
        markup=False,
    )


def notes(fit: Fit, need: Need, assumed: Mapping[str, float]) -> Iterable[Words]:
    """What a reader has to know beside the figures."""
    yield Words(
        zh="范围仅来自实测开销：十次中有九次落在其间；各项假设按所给取值。",
        en="Ranges come from the measured costs alone, nine of ten draws; assumptions are taken as "
        "given.",
    )
    for way in sorted({way for figure in need.figures for way in figure.beyond}):
        words, bound = _WAYS[way], getattr(need.reach, way)
        yield Words(
            zh=f"{_NOT.zh}：{words.zh}，演练仅至 {_number(bound)}。",
            en=f"{_NOT.en.capitalize()} in {words.en}: drilled to {_number(bound)}.",
        )
    if not fit.sees_waking:
        yield Words(
            zh="各演练速率相近，看不出唤醒开销；更高速率下每次开销可能更低。",
            en="The drills are too alike in rate to show what wakings cost; at a higher rate a "
            "journey may cost less.",
        )
    if fit.rare:
        yield Words(
            zh=f"次数太少，未计开销：{'、'.join(fit.rare)}。",
            en=f"Too rare for a cost of its own: {', '.join(fit.rare)}.",
        )
    if not need.disk.citizen or not need.disk.journey:
        yield Words(
            zh="演练的存储太小，看不出每人或每次办事占用的磁盘，按假设计算。",
            en="The drills' stores are too small to tell bytes of a citizen or of a journey; they "
            "are assumed.",
        )
    likely = {figure.key: figure.range.likely for figure in need.figures}
    if likely["shards"] > BUCKETS:
        yield Words(
            zh=f"分片多于 {BUCKETS} 个桶，现有表结构不能再分。",
            en=f"That is more shards than the {BUCKETS} buckets by which the tables can be spread.",
        )
    if likely["at_once"] > assumed["calls_at_once"]:
        yield Words(
            zh="一个进程的同时调用与事件流超过其上限。",
            en="That is more calls and streams at once than a process takes.",
        )
    if need.p99_us is not None:
        yield Words(
            zh=f"在该负载附近实测的 p99 为 {need.p99_us / 1000:.1f} 毫秒。",
            en=f"The p99 that was measured near this utilisation is {need.p99_us / 1000:.1f} ms.",
        )


def _drill_table(drills: Sequence[Drill], fit: Fit) -> Table:
    table = Table(title="演练 drills")
    for column in (
        "",
        "平稳秒 calm s",
        "次/秒 rate",
        "单核占用 of a core",
        "p99 ms",
        "实测/模型 fit",
    ):
        table.add_column(column, justify="left" if not column else "right")
    for drill, misfit in zip(drills, fit.misfits, strict=True):
        table.add_row(
            drill.name,
            f"{drill.calm_s} / {drill.seconds}",
            f"{drill.rate:,.0f}",
            f"{drill.share:.3f}",
            f"{drill.p99_us / 1000:.1f}",
            f"{misfit:.3f}",
        )
    return table


def _cost_table(fit: Fit, mix: Mapping[str, float]) -> Table:
    table = Table(title="每次办事的处理器开销 (µs) processor time of a journey")
    for column in ("", "低 low", "预计 likely", "高 high", "占比 share of the mix"):
        table.add_column(column, justify="left" if not column else "right")
    for name, found in cost_ranges(fit).items():
        share = f"{mix[name]:.1%}" if name in mix else ""
        table.add_row(name, *(f"{v * 1e6:,.0f}" for v in _parts(found)), share)
    return table


def _assumption_table(assumed: Mapping[str, float]) -> Table:
    table = Table("假设 assumption", title="假设 what is assumed")
    table.add_column("", justify="right")
    table.add_column("")
    for name, value in assumed.items():
        words = ASSUMPTIONS[name].words
        table.add_row(name, _number(value), _both(words))
    return table


def _figure_table(need: Need) -> Table:
    table = Table(title="所需 what it takes")
    for column in ("", "低 low", "预计 likely", "高 high", ""):
        table.add_column(column, justify="right" if column else "left")
    for figure in need.figures:
        words = _FIGURES[figure.key]
        mark = "" if figure.is_validated else _both(_NOT)
        numbers = (_number(value) for value in _parts(figure.range))
        table.add_row(_both(words), *numbers, mark)
    return table


def cost_ranges(fit: Fit) -> dict[str, Range]:
    """By journey, and idle and waking: processor seconds."""

    def of(costs: Costs) -> dict[str, float]:
        return {**costs.journeys, "(idle)": costs.idle, "(waking)": costs.waking}

    rows = [of(costs) for costs in fit.draws]
    return {name: Range.of([row[name] for row in rows]) for name in rows[0]}


def _both(words: Words) -> str:
    return f"{words.zh}\n{words.en}"


def _parts(found: Range) -> tuple[float, float, float]:
    return found.low, found.likely, found.high


def _number(value: float) -> str:
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def answer_json(
    drills: Sequence[Drill],
    fit: Fit,
    need: Need,
    mix: Mapping[str, float],
    assumed: Mapping[str, float],
) -> dict[str, Any]:
    """The same as the tables."""
    return {
        "version": VERSION,
        "drills": [
            {"name": drill.name, "rate": drill.rate, "share": drill.share, "misfit": misfit}
            for drill, misfit in zip(drills, fit.misfits, strict=True)
        ],
        "costs_s": {name: _range_json(found) for name, found in cost_ranges(fit).items()},
        "rare": list(fit.rare),
        "mix": dict(mix),
        "assumed": dict(assumed),
        "far": FAR,
        "figures": {figure.key: _figure_json(figure) for figure in need.figures},
        "p99_us": need.p99_us,
        "notes": [note.model_dump() for note in notes(fit, need, assumed)],
    }


def check_json(checked: Checked) -> dict[str, Any]:
    """The same as the table of a check."""
    return {
        "version": VERSION,
        "predicted": checked.name,
        "rate": checked.rate,
        "times": checked.times,
        "share": _range_json(checked.predicted),
        "measured": checked.measured,
        "error": checked.error,
        "is_within": checked.is_within,
    }


def _figure_json(figure: Figure) -> dict[str, Any]:
    return {
        **_range_json(figure.range),
        "is_validated": figure.is_validated,
        "beyond": list(figure.beyond),
    }


def _range_json(found: Range) -> dict[str, float]:
    return {"low": found.low, "likely": found.likely, "high": found.high}
