"""`essc run`: scenario files, each run and judged, a line for each; the worst is the status."""

import asyncio
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from essc_workbench.backstage import Backstage, backstage
from essc_workbench.failures import UsageError
from essc_workbench.foreign import from_here
from essc_workbench.report.verdicts import ExitStatus, worst
from essc_workbench.report.writing import HISTORY
from essc_workbench.scenarios.files import ScenarioFile
from essc_workbench.scenarios.run_folders import scenario_name
from essc_workbench.scenarios.runner import Wishes, line_again, play_file, prepared, read
from essc_workbench.scenarios.telling import Outcome, outcome_of, tell, tell_count

PARALLEL_MAX = 16


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

        async def one(file: ScenarioFile) -> Outcome:
            async with turn:
                report = _own_folder(wishes.report, file, len(files))
                own = replace(wishes, report=report, backstage=ready)
                try:
                    return await _one(console, file, own)
                except UsageError as error:
                    return _not_played(console, file, error)

        ended = await asyncio.gather(*map(one, files), return_exceptions=True)
    outcomes = [each for each in ended if isinstance(each, Outcome)]
    tell_count(console, outcomes)
    for each in ended:
        if isinstance(each, BaseException):  # a bug of ours: what the others came to is told first
            raise each
    return worst(outcome.status for outcome in outcomes)


async def _one(console: Console, file: ScenarioFile, wishes: Wishes) -> Outcome:
    """Runs a file, and tells how it went, or that it was stopped."""
    run = await prepared(file, wishes)
    try:
        verdict = await play_file(file, run)
    except asyncio.CancelledError:
        text = f"stopped 中止  {run.play.name}: nothing is judged; history: {run.folder / HISTORY}"
        console.print(text, markup=False, highlight=False, soft_wrap=True)
        raise
    outcome = outcome_of(verdict, line_again(file, run.play.setting))
    tell(console, verdict, outcome, run.folder)
    return outcome


def _not_played(console: Console, file: ScenarioFile, error: UsageError) -> Outcome:
    """What comes of a file that asks for what there is not: nothing is judged."""
    console.print(f"essc: {error}", markup=False, highlight=False, soft_wrap=True)
    return Outcome(
        name=scenario_name(file.path),
        status=ExitStatus.UNKNOWN,
        words=(str(error),),
        again=f"essc run {shlex.quote(from_here(file.path))}",
    )


@contextmanager
def _kept_ready(
    files: Sequence[ScenarioFile], parallel: int, wishes: Wishes
) -> Iterator[Backstage | None]:
    """What several files need again and again; a single one needs nothing kept."""
    if len(files) == 1 or wishes.backstage is not None:
        yield wishes.backstage
        return
    channels = max(len(file.scenario.federation.channels) for file in files)
    at_once = min(parallel, len(files))
    with backstage(channels=channels, at_once=at_once, deployment=wishes.deployment) as ready:
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
