"""Running a scenario's file: read it, play its steps, answer its verdict."""

import asyncio
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from essc_workbench.backstage import Backstage
from essc_workbench.failures import UsageError, WorkbenchError
from essc_workbench.foreign import Foreign, check_answers, from_here, options_of
from essc_workbench.judges.findings import Text
from essc_workbench.report.verdicts import Verdict
from essc_workbench.scenarios.files import ScenarioFile, load
from essc_workbench.scenarios.knowledge import known
from essc_workbench.scenarios.opening import Setting, setting_of
from essc_workbench.scenarios.run_folders import fresh_folder, named_folder, scenario_name
from essc_workbench.scenarios.runs import Play, Run
from essc_workbench.scenarios.stage import Stage
from essc_workbench.scenarios.steps.base import Step
from essc_workbench.scenarios.unmet import NotPlayable
from essc_workbench.stores import AS_BEFORE, Deployment

STEPS_S_MAX = 900
"""How long the steps of a scenario may take in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How a file is to be run."""

    report: Path | None = None
    """The run's own folder. Default: a new one under build/runs."""
    keeps_data: bool = False
    seed: int | None = None
    """Instead of the file's own."""
    foreign: Mapping[str, Foreign] = field(default_factory=dict)
    """Parties that somebody else runs."""
    backstage: Backstage | None = None
    """What is kept ready for several files."""
    deployment: Deployment = AS_BEFORE
    """Of how many processes the platform is, and where it keeps its data."""


def read(path: Path) -> ScenarioFile:
    """A scenario from its file, with all names looked up. Raises UsageError with its mistakes."""
    return load(path, known())


async def run_file(file: ScenarioFile, wishes: Wishes) -> tuple[Verdict, Path]:
    """Runs a scenario. Answers its verdict and the folder with its report.

    Raises UsageError for a scenario that asks for what there is not. A failure of the workbench
    itself is in the verdict.
    """
    run = await prepared(file, wishes)
    return await play_file(file, run), run.folder


async def prepared(file: ScenarioFile, wishes: Wishes) -> Run:
    """A scenario's run with its folder, before anything starts. Raises UsageError."""
    deployment = wishes.deployment.kept() if wishes.keeps_data else wishes.deployment
    play = play_of(file, wishes.seed, wishes.foreign, wishes.backstage, deployment)
    await check_answers(wishes.foreign)
    seed = play.setting.seed
    folder = named_folder(wishes.report) if wishes.report else fresh_folder(play.name, seed)
    return Run(play, folder, keeps_data=wishes.keeps_data)


async def play_file(file: ScenarioFile, run: Run) -> Verdict:
    """Plays a scenario's steps in its run. Answers the verdict."""
    try:
        async with run as stage:
            await play_all(stage, file.scenario.steps)
    except UsageError as error:
        between = ":" if isinstance(error, NotPlayable) else ": "
        raise UsageError(f"{file.path}{between}{error}") from None
    except Exception:  # an unmet step, or a failure: the verdict tells it
        if not run.has_ended:
            raise
    return run.verdict


def play_of(
    file: ScenarioFile,
    seed: int | None = None,
    foreign: Mapping[str, Foreign] | None = None,
    backstage: Backstage | None = None,
    deployment: Deployment = AS_BEFORE,
) -> Play:
    """A file as a play."""
    scenario = file.scenario
    setting = replace(
        setting_of(scenario, file.path.parent.resolve(), seed, foreign),
        backstage=backstage,
        deployment=deployment,
    )
    strangers = f" {options_of(setting.foreign)}" if setting.foreign else ""
    return Play(
        name=scenario_name(file.path),
        title=Text(zh=scenario.title.zh, en=scenario.title.en),
        rules=scenario.rules,
        setting=setting,
        replay=f"essc run {_short(file.path)} --seed {setting.seed}{strangers}",
    )


def line_again(file: ScenarioFile, setting: Setting) -> str:
    """The line that runs it again from the current folder. It may lead through the machine's
    folders, so it is for the terminal; files keep the short one.
    """
    strangers = f" {options_of(setting.foreign, from_here)}" if setting.foreign else ""
    deployed = f" {options}" if (options := setting.deployment.options()) else ""
    return (
        f"essc run {shlex.quote(from_here(file.path))} --seed {setting.seed}{strangers}{deployed}"
    )


def _short(path: Path) -> str:
    """A file as seen from here, quoted for a shell; one from elsewhere by its name alone."""
    here = Path.cwd()
    whole = path.resolve()
    return shlex.quote(str(whole.relative_to(here) if whole.is_relative_to(here) else path.name))


async def play_all(stage: Stage, steps: Sequence[Step]) -> None:
    """Plays steps from top to bottom; their numbers are those of the file, whatever is played."""
    for step in steps:
        stage.number(step)
    try:
        async with asyncio.timeout(STEPS_S_MAX):
            for step in steps:
                await stage.play(step)
    except TimeoutError:
        raise WorkbenchError(f"the steps were not done within {STEPS_S_MAX} s") from None
