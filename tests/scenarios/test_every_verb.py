"""Every verb is played once, against a real federation."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from essc_workbench.backstage import Backstage
from essc_workbench.report.verdicts import ExitStatus
from essc_workbench.scenarios.runner import Wishes, read, run_file
from essc_workbench.scenarios.steps.base import Step
from essc_workbench.scenarios.steps.registry import all_steps

FILE = Path(__file__).with_name("every_verb.yaml")


def verbs(steps: Iterable[Step]) -> set[str]:
    return {verb for step in steps for verb in (step.verb, *verbs(step.inside()))}


def test_the_file_leaves_no_verb_out() -> None:
    assert verbs(read(FILE).scenario.steps) == set(all_steps())


@pytest.mark.timeout(180)
async def test_every_verb_can_be_played(tmp_path: Path, ready: Backstage) -> None:
    verdict, _ = await run_file(read(FILE), Wishes(report=tmp_path / "run", backstage=ready))

    assert verdict.status is ExitStatus.GOOD, [
        (each.about, each.expected, each.seen) for each in verdict.expectations if not each.is_met
    ]
    assert len(verdict.expectations) > 80
