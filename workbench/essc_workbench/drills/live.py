"""A drill as it goes on: in a terminal one picture that stays where it is, elsewhere a line now and
then. It takes seconds as they come, and knows from the plan what is still to come.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from essc_workbench.drills.plan import Plan
from essc_workbench.drills.progressing import FaultAhead, Progress
from essc_workbench.drills.report import numbers
from essc_workbench.drills.report.words import OUTCOMES
from essc_workbench.drills.results import Second

LINE_EVERY_S: Final = 10
REASONS_MAX, FAULTS_MAX, CPUS_MAX = 4, 4, 6
CURVE: Final = 16
"""So many seconds have room in a small curve."""
_STEPS: Final = "▁▂▃▄▅▆▇█"
_BAR: Final = 46
_STATES: Final = {"ahead": ("dim", ""), "now": ("bold yellow", ""), "over": ("dim", "over 已结束")}


class Watch:
    """Whoever watches a drill: call it with each second."""

    def __init__(self, console: Console, plan: Plan, live: Live | None) -> None:
        self.progress = Progress(plan)
        self._console, self._live = console, live
        self._begun: set[int] = set()
        self._told_s = 0
        """Up to here there were lines; a second that is told again has none."""

    def __call__(self, second: Second) -> None:
        self.progress.take(second)
        if self._live is not None:
            self._live.update(picture(self.progress), refresh=True)
            return
        for line in self._lines(second):
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _lines(self, second: Second) -> Iterator[str]:
        for number, fault in enumerate(self.progress.faults, start=1):
            if number not in self._begun and second.at_s + 1 > fault.at_s:
                self._begun.add(number)
                at = numbers.seconds(fault.at_s)
                yield f"{at:>6}  F{number} {fault.label}"
        if (second.at_s + 1) % LINE_EVERY_S == 0 and second.at_s >= self._told_s:
            self._told_s = second.at_s + 1
            yield plain_line(second)


@contextmanager
def watching(console: Console, plan: Plan, *, is_plain: bool = False) -> Iterator[Watch]:
    """Shows a drill until it is over; then the picture makes room for what came of it."""
    if is_plain or not console.is_terminal:
        yield Watch(console, plan, None)
        return
    first = picture(Progress(plan))
    with Live(first, console=console, auto_refresh=False, transient=True) as live:
        yield Watch(console, plan, live)


def plain_line(second: Second) -> str:
    """A second as a line of text."""
    parts = [
        f"{second.at_s + 1:>4} s",
        f"wanted {numbers.rate(second.counts.intended)}",
        f"good {numbers.rate(second.counts.ok)}",
        f"p50 {_latency(second.p50_us)}",
        f"p99 {_latency(second.p99_us)}",
    ]
    if second.queue is not None:
        parts.append(f"queue {second.queue}")
    return "  ".join([*parts, *_reasons(second)])


def picture(progress: Progress) -> RenderableType:
    """All of it, of a height that does not change by more than a few lines."""
    plan, second = progress.plan, progress.now
    left = numbers.seconds(max(progress.lasts_s - progress.now_s, 0))
    head = Text(f"{plan.title.en} · {plan.title.zh}", style="bold", no_wrap=True)
    head.truncate(78, overflow="ellipsis")
    done = progress.now_s / progress.lasts_s if progress.lasts_s else 1.0
    bar = Text("━" * round(done * _BAR), style="cyan")
    bar.append("─" * (_BAR - round(done * _BAR)), style="dim")
    bar.append(f"  {progress.now_s:.0f} of {numbers.seconds(progress.lasts_s)}, {left} left 剩余")
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="dim", no_wrap=True)
    rows.add_column(no_wrap=True, overflow="ellipsis")
    for label, content in _rows(progress, second):
        rows.add_row(label, content)
    foot = Text("Ctrl-C ends it early, with a report 提前结束并出报告", style="dim")
    return Group(head, bar, rows, foot)


def _rows(progress: Progress, second: Second | None) -> Iterator[tuple[str, RenderableType]]:
    if second is None:
        yield "rate 速率", Text(f"wanted {numbers.rate(progress.load.rate_at(0))}")
        yield from _faults(progress)
        return
    seconds = list(progress.seconds)[-CURVE:]
    wanted, good = second.counts.intended, second.counts.ok
    yield (
        "rate 速率",
        _told(
            _curve([each.counts.ok for each in seconds]),
            f"wanted 应发 {numbers.rate(wanted)}  good 成功 {numbers.rate(good)}",
        ),
    )
    yield (
        "latency 延迟",
        _told(
            _curve([math.log10(max(each.p99_us, 100)) - 2 for each in seconds]),
            f"p50 {_latency(second.p50_us)}  p99 {_latency(second.p99_us)}  "
            f"max {_latency(second.max_us)}",
        ),
    )
    yield "", Text(f"longest so far 迄今最长 {_latency(progress.longest_us)}", style="dim")
    yield "not good 未成功", Text("  ".join(_reasons(second)) or "–")
    if second.event_lag_p99_us is None:
        lag = "–"
    else:
        half = _latency(second.event_lag_p50_us or 0)
        lag = f"p50 {half}  p99 {_latency(second.event_lag_p99_us)}"
    yield "event lag 事件滞后", Text(lag)
    queue = "–" if second.queue is None else numbers.count(second.queue)
    under_way = numbers.count(second.in_flight)
    yield "waiting 排队", Text(f"platform 平台 {queue}  under way 进行中 {under_way}")
    yield "CPU", Text(_cpus(second) or "–")
    yield from _so_far(progress)
    yield from _faults(progress)


def _faults(progress: Progress) -> Iterator[tuple[str, RenderableType]]:
    """The faults that go on, then the next, then the last that are over; in their order."""
    ranked = sorted(
        enumerate(progress.faults, start=1),
        key=lambda each: (
            ("now", "ahead", "over").index(each[1].state(progress.now_s)),
            abs(each[1].at_s - progress.now_s),
        ),
    )
    for place, (number, fault) in enumerate(sorted(ranked[:FAULTS_MAX], key=lambda each: each[0])):
        yield "" if place else "faults 故障", _fault(number, fault, progress.now_s)
    if len(ranked) > FAULTS_MAX:
        yield "", Text(f"and {len(ranked) - FAULTS_MAX} more 另有", style="dim")


def _fault(number: int, fault: FaultAhead, now_s: float) -> Text:
    state = fault.state(now_s)
    style, told = _STATES[state]
    if state == "ahead":
        told = f"in {numbers.seconds(fault.at_s - now_s)} 后"
    elif state == "now":
        told = f"NOW, {numbers.seconds(fault.until_s - now_s)} left 剩余"
    return Text(f"F{number} {fault.label}: {told}", style=style)


def _so_far(progress: Progress) -> Iterator[tuple[str, RenderableType]]:
    so_far = progress.so_far
    intended, ok = so_far["intended"], so_far["ok"]
    good = numbers.share(ok / intended) if intended else "–"
    told = f"{numbers.count(intended)} intended 应发, {numbers.count(ok)} ok 成功 ({good})"
    yield "so far 累计", Text(told)
    others = [
        f"{numbers.count(so_far[name])} {words.en}"
        for name, words in OUTCOMES.items()
        if so_far[name] and name != "ok"
    ]
    yield "", Text(", ".join(others) or "–")


def _told(curve: str, text: str) -> Text:
    return Text(f"{curve:>{CURVE}}  ", style="cyan").append(text, style="default")


def _reasons(second: Second) -> list[str]:
    ranked = sorted(second.reasons.items(), key=lambda each: (-each[1], each[0]))
    told = [f"{name} {numbers.count(count)}" for name, count in ranked[:REASONS_MAX]]
    rest = sum(count for _, count in ranked[REASONS_MAX:])
    return [*told, f"… {numbers.count(rest)}"] if rest else told


def _cpus(second: Second) -> str:
    ranked = sorted(second.cpu.items(), key=lambda each: -each[1])
    return "  ".join(f"{name} {used * 100:.0f} %" for name, used in ranked[:CPUS_MAX])


def _latency(us: int) -> str:
    return numbers.latency(us) if us else "–"


def _curve(values: Sequence[float]) -> str:
    """A small curve from zero to the greatest of its values."""
    top = max(values, default=0)
    return "".join(_blocks(values, top)) if top > 0 else _STEPS[0] * len(values)


def _blocks(values: Iterable[float], top: float) -> Iterator[str]:
    last = len(_STEPS) - 1
    return (_STEPS[min(max(round(value / top * last), 0), last)] for value in values)
