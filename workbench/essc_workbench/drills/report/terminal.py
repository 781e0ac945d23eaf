"""What came of a drill, as the last lines of a terminal; as plain text where there is none."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from essc_workbench.drills.report import numbers, words
from essc_workbench.drills.report.sentences import ended_early, why
from essc_workbench.drills.report.tables import (
    RatioRow,
    latencies,
    percentiles,
    ratios,
    reasons,
    table_without_lines,
)
from essc_workbench.drills.results import Result, Ruling

REASONS_MAX = 5
_COLOURS = {
    Ruling.PASSED: "green",
    Ruling.FAILED: "red",
    Ruling.VOID: "yellow",
    Ruling.BROKEN: "red",
}


def tell(console: Console, result: Result, report: str = "") -> None:
    """Prints it; `report` is where the page lies."""
    _say(console, _head(result))
    _say(console, Text(f"    {why(result).en}"))
    _say(console, Text(f"    {why(result).zh}"))
    early = ended_early(result)
    if early:
        _say(console, Text(f"    {early.en} {early.zh}"))
    console.print()
    console.print(_objectives(result))
    console.print()
    for line in _accounting(result):
        _say(console, Text(line))
    console.print()
    console.print(_latencies(result))
    console.print()
    for line in _rest(result, report):
        _say(console, Text(line))


def _say(console: Console, text: Text) -> None:
    console.print(text, soft_wrap=True)


def _head(result: Result) -> Text:
    told = words.RULINGS[result.ruling]
    head = Text(f"{told.en} {told.zh}", style=f"bold {_COLOURS[result.ruling]}")
    if result.audit is None:
        head.append(f", {words.UNAUDITED.en} {words.UNAUDITED.zh}")
    return head.append(
        f"  {result.name}: {result.title.en} · {result.title.zh}", style="not bold default"
    )


def _objectives(result: Result) -> Table:
    table = table_without_lines("objective 目标", "wanted 要求", "seen 实际")
    for each in result.objectives:
        mark = Text("✓ ", style="green") if each.is_met else Text("✗ ", style="red")
        text = mark.append(each.text.en).append(f"\n  {each.text.zh}", style="dim")
        table.add_row(text, each.wanted, each.seen)
    return table


def _accounting(result: Result) -> Iterator[str]:
    counts = result.counts
    parts = " + ".join(
        f"{numbers.count(part)} {told.en}"
        for part, told in zip(words.parts(counts), words.OUTCOMES.values(), strict=True)
    )
    yield f"{numbers.count(counts.intended)} intended = {parts}"
    if not counts.is_whole:
        yield f"{words.NOT_WHOLE.en} {words.NOT_WHOLE.zh}"
    rows, left_out = reasons(result)
    for row in rows[:REASONS_MAX]:
        yield f"    {row.count} × {row.reason} ({row.journey}, {row.channel})"
    rest = max(len(rows) - REASONS_MAX, 0) + left_out
    if rest:
        yield f"    and {rest} more 其余见报告"


def _latencies(result: Result) -> Table:
    """From intended time only: from send stands in the page."""
    table = table_without_lines("latency from intended time 延迟", *words.PERCENTILES)
    for row in latencies(result):
        if row.since is words.FROM_INTENDED:
            style = "bold" if row.is_total else ""
            table.add_row(f"{row.journey} {row.channel}".strip(), *row.values, style=style)
    if result.closed_loop:
        p99, most = result.closed_loop.p99_us, result.closed_loop.max_us
        claimed = ("", "", numbers.latency(p99), "", numbers.latency(most))
        table.add_row("a closed loop claims 闭环压测的说法", *claimed, style="dim")
    return table


def _rest(result: Result, report: str) -> Iterator[str]:
    for number, fault in enumerate(result.faults, start=1):
        span = f"{numbers.seconds(fault.at_s)} – {numbers.seconds(fault.until_s)}"
        over = (
            "never recovered 未恢复"
            if fault.recovered_s is None
            else f"recovered after 恢复用时 {numbers.seconds(fault.recovered_s)}"
        )
        told = f"{fault.party} {fault.text.en} {fault.text.zh}"
        yield f"fault 故障      F{number} {told}, {span}, {over}"
    if result.event_lag and result.event_lag.count:
        p50, _, p99, _, most = percentiles(result.event_lag)
        yield f"event lag 滞后  p50 {p50}, p99 {p99}, max {most}"
    yield f"audit 审计      {_audit(result)}"
    made = result.generator
    cpus = ", ".join(map(numbers.share, made.cpu)) or "–"
    yield (
        f"generator 自身  {cpus} of a core, {numbers.share(made.late)} sent late, "
        f"loop lag p99 {numbers.latency(made.loop_lag_p99_us)}"
    )
    rows = ratios(result)
    if rows:
        yield f"ratios 比值     {', '.join(map(_ratio, rows))}"
    if report:
        yield f"report 报告     {report}"
    yield f"again 重跑      {result.replay}"


def _ratio(row: RatioRow) -> str:
    return f"{row.ratio} {row.about.en.partition(', ')[2]}"


def _audit(result: Result) -> str:
    if result.audit is None:
        return f"{words.UNAUDITED.en} {words.UNAUDITED.zh}"
    rulings = [finding.ruling for finding in result.audit.findings]
    told = [
        f"{rulings.count(name)} {each.en} {each.zh}"
        for name, each in words.AUDIT_RULINGS.items()
        if name in rulings
    ]
    checks = sum(finding.checks for finding in result.audit.findings)
    took = numbers.seconds(result.audit.took_s)
    calls = numbers.count(result.audit.calls)
    return f"{', '.join(told) or '–'}; {numbers.count(checks)} checks of {calls} calls in {took}"
