"""Where a run leaves what it leaves: a folder of its own."""

import re
import shutil
from pathlib import Path

from essc_workbench.failures import UsageError
from essc_workbench.folders import reason
from essc_workbench.judges.keeping import FOLDER as SNAPSHOTS
from essc_workbench.report.writing import HISTORY, JUNIT, REPORT, VERDICT

RUNS = Path("build/runs")
DATA = "data"
_COUNT_MAX = 10_000
_OURS = {HISTORY, VERDICT, JUNIT, REPORT, SNAPSHOTS, DATA}


def scenario_name(path: Path) -> str:
    """What a file's runs are called: its name without `.yaml` or `.scenario.yaml`."""
    name = re.sub(r"(\.scenario)?\.ya?ml$", "", path.name)
    return re.sub(r"[^\w.-]+", "-", name)[:80].strip(".") or "scenario"


def fresh_folder(name: str, seed: int, runs: Path = RUNS) -> Path:
    """A new folder for a run, numbered: build/runs/NAME-SEED-N."""
    for count in range(1, _COUNT_MAX):
        folder = runs / f"{name}-{seed}-{count}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise UsageError(f"{folder}: {reason(error)}") from None
        return folder
    raise UsageError(f"{runs}: holds {_COUNT_MAX} runs of {name} with seed {seed} already")


def named_folder(folder: Path) -> Path:
    """A folder that somebody named. What an earlier run left in it is replaced, nothing else."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        foreign = sorted(each.name for each in folder.iterdir() if each.name not in _OURS)
        if foreign:
            raise UsageError(f"{folder}: holds {foreign[0]}, which no run left; name a new folder")
        for name in _OURS:
            _remove(folder / name)
    except OSError as error:
        raise UsageError(f"{folder}: {reason(error)}") from None
    return folder


def drop_data(folder: Path) -> None:
    """Removes the parties' data of a run; its report stays."""
    shutil.rmtree(folder / DATA, ignore_errors=True)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
