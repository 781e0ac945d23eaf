"""What `essc run` says: some lines when a scenario is over, and at the end how many were good.

After the count come all that were not good once more, so that the last lines of a log are enough.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from essc_workbench.report.verdicts import ExitStatus, Verdict
from essc_workbench.report.words import first_words
from essc_workbench.report.writing import REPORT

_WORDS = {
    ExitStatus.GOOD: ("good", "通过", "green"),
    ExitStatus.BROKEN: ("BROKEN", "违反", "red"),
    ExitStatus.UNKNOWN: ("unknown", "不明", "yellow"),
    ExitStatus.OWN_FAILURE: ("failed", "工具故障", "red"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one file."""

    name: str
    status: ExitStatus
    words: tuple[str, ...]
    """What was not as it should be, first things first; of a good one nothing."""
    again: str
    """The line that runs it again from the current folder."""


def outcome_of(verdict: Verdict, again: str) -> Outcome:
    """What came of a file that was played to its verdict."""
    words = () if verdict.status is ExitStatus.GOOD else tuple(first_words(verdict))
    return Outcome(name=verdict.scenario, status=verdict.status, words=words, again=again)


def tell(console: Console, verdict: Verdict, outcome: Outcome, folder: Path) -> None:
    """One line, where all is not well what was seen, and how to see it again."""
    word, zh, colour = _WORDS[outcome.status]
    console.print(
        f"[{colour}]{word:<7} {zh}[/]", f"{verdict.took_s:5.1f} s", end="  ", highlight=False
    )
    _lines(
        console,
        f"{verdict.scenario}: {verdict.title.en} · {verdict.title.zh}",
        *(f"    {line}" for line in outcome.words),
        f"    report: {folder / REPORT}",
        f"    again:  {outcome.again}",
    )


def tell_count(console: Console, outcomes: Sequence[Outcome]) -> None:
    """How many ended how; then each that was not good: its name, what came first, the line again.

    Of a single file nothing: its own lines are the last already.
    """
    if len(outcomes) < 2:
        return
    statuses = [each.status for each in outcomes]
    counts = [(statuses.count(each), each) for each in ExitStatus if each in statuses]
    en = ", ".join(f"{count} {_WORDS[status][0]}" for count, status in counts)
    zh = "，".join(f"{count} {_WORDS[status][1]}" for count, status in counts)
    _lines(console, f"{len(outcomes)} scenarios: {en} · {len(outcomes)} 个场景：{zh}")
    for outcome in outcomes:
        if outcome.status is not ExitStatus.GOOD:
            word, zh, colour = _WORDS[outcome.status]
            console.print(f"[{colour}]{word:<7} {zh}[/]", end="  ", highlight=False)
            _lines(console, *_not_good(outcome))


def _not_good(outcome: Outcome) -> Iterator[str]:
    yield outcome.name
    yield from (f"    {words}" for words in outcome.words[:1])
    if more := len(outcome.words) - 1:
        yield f"    and {more} more above · 另有 {more} 条见上文"
    yield f"    again:  {outcome.again}"


def _lines(console: Console, *lines: str) -> None:
    """Lines as they are: a file's words are no markup, and no line is broken."""
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
