"""`essc drill run`: a plan is read, staged, played, looked at, and told."""

import asyncio
import shlex
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console

from essc_workbench.drills.concluding import Around
from essc_workbench.drills.files import PlanFile, load, name_of
from essc_workbench.drills.histograms import library
from essc_workbench.drills.places import place_of
from essc_workbench.drills.playing import drilled
from essc_workbench.drills.report.terminal import tell
from essc_workbench.drills.report.writing import REPORT, write_report
from essc_workbench.drills.results import FILE_NAME, Ruling, write_result
from essc_workbench.drills.staging import DATA, NOTES
from essc_workbench.failures import UsageError
from essc_workbench.folders import reason
from essc_workbench.scenarios.knowledge import known
from essc_workbench.scenarios.run_folders import fresh_folder
from essc_workbench.stores import AS_BEFORE, Deployment

DRILLS: Final = Path("build/drills")
STOPPED: Final = (
    "stopped before there was anything to report: all processes have ended, nothing is kept\n"
    "在有结果可报告之前被中止：所有进程均已结束，未留下任何文件"
)
_OURS: Final = {FILE_NAME, REPORT, DATA, NOTES, "compare.html"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How a plan is to be run."""

    report: Path | None = None
    """The drill's own folder. Default: a new one under build/drills."""
    seed: int | None = None
    """Instead of the plan's own."""
    is_plain: bool = False
    """Lines instead of a picture that changes."""
    keeps_data: bool = False
    dask: str = ""
    """HOST:PORT of a Dask scheduler whose workers send; empty for processes of this machine."""
    listen: str = ""
    """The address of this machine at which those reach the parties; empty for loopback."""
    is_audited: bool = True
    deployment: Deployment = AS_BEFORE
    """Of how many processes the platform is, and where it keeps its data."""


async def run_plan(console: Console, path: Path, wishes: Wishes) -> int:
    """Runs a drill. Answers the exit status; raises UsageError for a file that is wrong."""
    file = await asyncio.to_thread(load, path, known())
    library()  # said before anything is started, not when the result is to be written
    seed = file.plan.seed if wishes.seed is None else wishes.seed
    name = name_of(path)
    folder = _named(wishes.report) if wishes.report else fresh_folder(name, seed, DRILLS)
    try:
        async with place_of(file.plan, wishes.dask, wishes.listen) as place:
            result = await drilled(
                console,
                place.plan,
                folder,
                around_of(file, seed, wishes),
                is_plain=wishes.is_plain,
                is_audited=wishes.is_audited,
                make_shards=place.make_shards,
                host=place.host,
                deployment=wishes.deployment.kept() if wishes.keeps_data else wishes.deployment,
            )
    except asyncio.CancelledError:
        _empty(folder)
        with suppress(OSError):  # somebody else's file has come there meanwhile
            folder.rmdir()
        console.print(STOPPED, markup=False, highlight=False, soft_wrap=True)
        raise
    result = place.told(result)
    await asyncio.to_thread(write_result, result, folder)
    page = await asyncio.to_thread(write_report, result, folder)
    if not wishes.keeps_data and result.ruling is not Ruling.BROKEN:
        shutil.rmtree(folder / DATA, ignore_errors=True)
    tell(console, result, str(page))
    return int(result.status)


def around_of(file: PlanFile, seed: int, wishes: Wishes) -> Around:
    """What a result says besides what was seen."""
    places = {"--dask": wishes.dask, "--listen": wishes.listen}
    where = "".join(f" {name} {shlex.quote(given)}" for name, given in places.items() if given)
    deployed = f" {options}" if (options := wishes.deployment.options()) else ""
    again = f"essc drill run {shlex.quote(str(file.path))} --seed {seed}"
    unaudited = "" if wishes.is_audited else " --no-audit"
    return Around(
        name=name_of(file.path),
        seed=seed,
        replay=f"{again}{where}{deployed}{unaudited}",
        start_time=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    )


def _named(folder: Path) -> Path:
    """A folder that somebody named. What an earlier drill left in it is replaced, nothing else."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        foreign = sorted(each.name for each in folder.iterdir() if each.name not in _OURS)
        if foreign:
            raise UsageError(
                f"{folder}: holds {foreign[0]}, which no drill left; name a new folder"
            )
        _empty(folder)
    except OSError as error:
        raise UsageError(f"{folder}: {reason(error)}") from None
    return folder


def _empty(folder: Path) -> None:
    """Removes what a drill leaves there, keys and data of parties among it."""
    for each in (folder / name for name in _OURS):
        shutil.rmtree(each) if each.is_dir() else each.unlink(missing_ok=True)
