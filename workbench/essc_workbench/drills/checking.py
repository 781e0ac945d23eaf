"""`essc drill check`: plans are read and looked at whole, and nothing is started."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from essc_workbench.drills.files import PlanFile, load
from essc_workbench.drills.loads import load_of
from essc_workbench.failures import GOOD, UsageError
from essc_workbench.scenarios.knowledge import known


def check_all(console: Console, paths: Sequence[Path]) -> int:
    """Says of each plan what it is. Raises UsageError with the mistakes of all of them."""
    found, mistakes = [], []
    for path in paths:
        try:
            found.append(load(path, known()))
        except UsageError as error:
            mistakes.append(str(error))
    for file in found:
        for line in lines_of(file):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    if mistakes:
        raise UsageError("\n".join(mistakes))
    return GOOD


def lines_of(file: PlanFile) -> list[str]:
    """A plan in two lines, one in each language."""
    plan, load = file.plan, load_of(file.plan)
    count, channels, people = round(load.area), len(plan.journeys), plan.population.citizens
    many = "1 channel" if channels == 1 else f"{channels} channels"
    english = f"{count:,} journeys in {load.lasts_s:g} s, {many}, {people:,} citizens"
    chinese = f"{load.lasts_s:g} 秒内 {count:,} 次办事，{channels} 个渠道，{people:,} 人"
    return [
        f"good 通过  {file.path}: {plan.title.en} · {plan.title.zh}",
        f"    {english} · {chinese}",
    ]
