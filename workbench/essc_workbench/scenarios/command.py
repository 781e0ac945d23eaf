"""`essc run`: scenario files, each run and judged, a line for each; the worst is the status."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from essc_workbench.backstage import Backstage, backstage
from essc_workbench.failures import UsageError
from essc_workbench.report.verdicts import ExitStatus, Verdict, worst
from essc_workbench.report.words import first_words
from essc_workbench.report.writing import HISTORY, REPORT
from essc_workbench.scenarios.files import ScenarioFile
from essc_workbench.scenarios.run_folders import scenario_name
from essc_workbench.scenarios.runner import Wishes, line_again, play_file, prepared, read

PARALLEL_MAX = 16
_WORDS = {
    ExitStatus.GOOD: ("good", "通过", "green"),
    ExitStatus.BROKEN: ("BROKEN", "违反", "red"),
    ExitStatus.UNKNOWN: ("unknown", "不明", "yellow"),
    ExitStatus.OWN_FAILURE: ("failed", "工具故障", "red"),
}


async def run_all(
    console: Console, paths: Sequence[Path], wishes: Wishes, *, parallel: int = 1
) -> int:
    """Runs files, some at once. All are read before the first is run. Answers the exit status."""
    if not 1 <= parallel <= PARALLEL_MAX:
        raise UsageError(f"--parallel {parallel}: 1 to {PARALLEL_MAX}")
    if wishes.foreign and len(paths) > 1:
        raise UsageError("a foreign party keeps its state: run one file at a time against it")
    files = await asyncio.to_thread(_read_all, paths)
    turn = asyncio.Semaphore(parallel)
    with _kept_ready(files, parallel, wishes) as ready:

        async def one(file: ScenarioFile) -> Verdict:
            async with turn:
                report = _own_folder(wishes.report, file, len(files))
                own = replace(wishes, report=report, backstage=ready)
                return await _one(console, file, own)

        outcomes = await asyncio.gather(*map(one, files), return_exceptions=True)
    return _status(console, outcomes)


async def _one(console: Console, file: ScenarioFile, wishes: Wishes) -> Verdict:
    """Runs a file, and tells how it went, or that it was stopped."""
    run = await prepared(file, wishes)
    try:
        verdict = await play_file(file, run)
    except asyncio.CancelledError:
        text = f"stopped 中止  {run.play.name}: nothing is judged; history: {run.folder / HISTORY}"
        console.print(text, markup=False, highlight=False, soft_wrap=True)
        raise
    _tell(console, verdict, run.folder, line_again(file, run.play.setting))
    return verdict


@contextmanager
def _kept_ready(
    files: Sequence[ScenarioFile], parallel: int, wishes: Wishes
) -> Iterator[Backstage | None]:
    """What several files need again and again; a single one needs nothing kept."""
    if len(files) == 1 or wishes.backstage is not None:
        yield wishes.backstage
        return
    channels = max(len(file.scenario.federation.channels) for file in files)
    with backstage(channels=channels, at_once=min(parallel, len(files))) as ready:
        yield ready


def _read_all(paths: Sequence[Path]) -> list[ScenarioFile]:
    """All files. Raises UsageError with the mistakes of all of them."""
    found, mistakes = [], []
    for path in paths:
        try:
            found.append(read(path))
        except UsageError as error:
            mistakes.append(str(error))
    if mistakes:
        raise UsageError("\n".join(mistakes))
    names = [scenario_name(path) for path in paths]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"two files are called {twice[0]}: run them one after the other")
    return found


def _own_folder(report: Path | None, file: ScenarioFile, count: int) -> Path | None:
    """The folder that was named is the run's; of several runs each has one inside it."""
    if report is None or count == 1:
        return report
    return report / scenario_name(file.path)


def _status(console: Console, outcomes: Sequence[Verdict | BaseException]) -> int:
    """The worst of all. What ended without a verdict is said."""
    statuses = []
    for outcome in outcomes:
        if isinstance(outcome, Verdict):
            statuses.append(worst([outcome]))
        elif isinstance(outcome, UsageError):
            console.print(f"essc: {outcome}", markup=False, highlight=False, soft_wrap=True)
            statuses.append(ExitStatus.UNKNOWN)
        else:
            raise outcome
    if len(statuses) > 1:
        words = [
            f"{statuses.count(each)} {_WORDS[each][0]}" for each in ExitStatus if each in statuses
        ]
        console.print(f"{len(statuses)} scenarios: {', '.join(words)}", highlight=False)
    order = (ExitStatus.OWN_FAILURE, ExitStatus.BROKEN, ExitStatus.UNKNOWN)
    return int(next((each for each in order if each in statuses), ExitStatus.GOOD))


def _tell(console: Console, verdict: Verdict, folder: Path, again: str) -> None:
    """One line, where all is not well what was seen first, and how to see it again."""
    word, zh, colour = _WORDS[verdict.status]
    console.print(
        f"[{colour}]{word:<7} {zh}[/]", f"{verdict.took_s:5.1f} s", end="  ", highlight=False
    )
    lines = [f"{verdict.scenario}: {verdict.title.en} · {verdict.title.zh}"]
    if verdict.status != ExitStatus.GOOD:
        lines += [f"    {line}" for line in first_words(verdict)]
    lines.append(f"    report: {folder / REPORT}")
    lines.append(f"    again:  {again}")
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
