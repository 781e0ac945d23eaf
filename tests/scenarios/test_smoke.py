"""Three of the scenarios that ship, run and judged; `make scenarios` runs them all."""

from pathlib import Path

import pytest

from essc_workbench.backstage import Backstage
from essc_workbench.report.verdicts import ExitStatus
from essc_workbench.scenarios.runner import Wishes, read, run_file

SHIPPED = Path(__file__).resolve().parents[2] / "scenarios"


@pytest.mark.parametrize(
    "name",
    [
        "unlinking-leaves-the-others",
        "code-shared-by-screenshot",
        "certified-twice-from-two-channels",
    ],
)
async def test_a_shipped_scenario_is_good(name: str, tmp_path: Path, ready: Backstage) -> None:
    verdict, _ = await run_file(
        read(SHIPPED / f"{name}.yaml"), Wishes(report=tmp_path / "run", backstage=ready)
    )

    assert verdict.status is ExitStatus.GOOD, verdict
    assert verdict.checks > 0


def test_every_shipped_scenario_can_be_read_and_there_are_at_least_forty() -> None:
    scenarios = [read(path).scenario for path in sorted(SHIPPED.glob("*.yaml"))]

    assert len(scenarios) >= 40
    assert len({scenario.title.en for scenario in scenarios}) == len(scenarios)
