"""`essc capacity REPORT…`: reads drills, answers, writes."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from essc_workbench.drills.capacity.assumptions import assumed, mix_of
from essc_workbench.drills.capacity.checking import check
from essc_workbench.drills.capacity.choosing import LeftOut, chosen
from essc_workbench.drills.capacity.fits import fit
from essc_workbench.drills.capacity.model import need
from essc_workbench.drills.capacity.stretches import Drill, drills_of
from essc_workbench.drills.capacity.telling import (
    answer_json,
    check_json,
    print_answer,
    print_check,
)
from essc_workbench.drills.results import FILE_NAME, read_result
from essc_workbench.failures import GOOD, UsageError
from essc_workbench.folders import reason

REPORTS_MAX = 64


def run(
    console: Console,
    reports: Sequence[Path],
    *,
    assume: Sequence[str],
    mix: Sequence[str],
    checks: bool,
    seed: int,
    json_path: Path | None,
) -> int:
    """Answers what a population needs, or checks the model. Answers the exit status."""
    if len(reports) > REPORTS_MAX:
        raise UsageError(f"{len(reports)} reports: {REPORTS_MAX} at most")
    files = {(path / FILE_NAME if path.is_dir() else path).resolve() for path in reports}
    if len(files) < len(reports):
        raise UsageError("a report is given twice; it would count for two drills")
    wanted = assumed(assume)
    kept, left_out = chosen([(_name(path), read_result(path)) for path in reports])
    _tell(console, left_out)
    drills = drills_of(kept)
    if checks:
        checked = check(drills, seed)
        print_check(console, checked)
        _write(json_path, check_json(checked) | _left_out_json(left_out))
        return GOOD
    found = fit(drills, seed)
    counted = _counted(drills, set(found.costs.journeys))
    shares = mix_of(mix, counted)
    needed = need(found, drills, shares, wanted)
    print_answer(console, drills, found, needed, shares, wanted)
    answer = answer_json(drills, found, needed, shares, wanted)
    _write(json_path, answer | _left_out_json(left_out))
    return GOOD


def _tell(console: Console, left_out: Sequence[LeftOut]) -> None:
    for each in left_out:
        told = f"left out 未采用  {each.name}: {each.why.en} · {each.why.zh}"
        console.print(told, markup=False, highlight=False, soft_wrap=True)


def _left_out_json(left_out: Sequence[LeftOut]) -> dict[str, Any]:
    return {
        "left_out": [
            {"name": each.name, "why": {"en": each.why.en, "zh": each.why.zh}} for each in left_out
        ]
    }


def _counted(drills: Sequence[Drill], known: set[str]) -> dict[str, float]:
    """The mix of the largest drill; what only others have has weight 0."""
    largest = max(drills, key=lambda drill: drill.rate).counts
    return {name: float(largest[name]) for name in sorted(known)}


def _name(path: Path) -> str:
    """How a report is called in tables: its folder, or its file."""
    return path.name if path.is_dir() or path.name != FILE_NAME else path.resolve().parent.name


def _write(path: Path | None, answer: dict[str, Any]) -> None:
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(answer, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {reason(error)}") from None
