"""What a drill looks at before it starts anything: its folder, and what it will need at its end."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from essc_workbench.drills.command import Wishes, around_of, run_plan
from essc_workbench.drills.files import load
from essc_workbench.drills.histograms import library
from essc_workbench.failures import UsageError

PLAN = Path(__file__).resolve().parents[2] / "docs" / "examples" / "drills" / "1-first.yaml"


@pytest.fixture
def without_histograms(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    library.cache_clear()
    monkeypatch.setitem(sys.modules, "hdrh.histogram", None)
    yield
    library.cache_clear()


async def test_what_is_not_installed_is_said_before_anything_is_started(
    without_histograms: None, tmp_path: Path
) -> None:
    console = Console(file=io.StringIO())

    with pytest.raises(UsageError, match=r"essc-federation\[drill\]"):
        await run_plan(console, PLAN, Wishes(report=tmp_path / "drill"))

    assert not (tmp_path / "drill").exists()


async def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")

    with pytest.raises(UsageError, match=r"thesis\.txt, which no drill left"):
        await run_plan(Console(file=io.StringIO()), PLAN, Wishes(report=tmp_path))

    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_drill_that_was_not_audited_is_repeated_without_an_audit() -> None:
    around = around_of(load(PLAN), 3, Wishes(is_audited=False))

    assert around.replay.endswith("1-first.yaml --seed 3 --no-audit")
