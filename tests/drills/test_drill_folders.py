"""What a drill looks at before it starts anything: its folder, and what it will need at its end."""

import asyncio
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from essc_workbench.drills.command import Wishes, around_of, run_plan
from essc_workbench.drills.files import load
from essc_workbench.drills.histograms import library
from essc_workbench.drills.results import read_result
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


async def test_a_drill_that_is_stopped_while_it_is_prepared_says_so_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, console = tmp_path / "drill", Console(file=io.StringIO(), width=200)

    async def stopping(*_: object, **__: object) -> None:
        (folder / "data" / "keys").mkdir(parents=True)
        work.cancel()
        await asyncio.Event().wait()

    monkeypatch.setattr("essc_workbench.drills.command.drilled", stopping)

    work = asyncio.ensure_future(run_plan(console, PLAN, Wishes(report=folder)))
    with pytest.raises(asyncio.CancelledError):
        await work

    assert not folder.exists()
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert said.startswith("stopped before there was anything to report")
    assert "在有结果可报告之前被中止" in said


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{}", "no result of a drill: name: Field required; 14 more"),
        ("no JSON", "no result of a drill: Invalid JSON: expected ident at line 1 column 2"),
    ],
)
def test_what_is_no_result_of_a_drill_is_told_with_the_first_mistake(
    tmp_path: Path, text: str, told: str
) -> None:
    (tmp_path / "drill.json").write_text(text)

    with pytest.raises(UsageError) as raised:
        read_result(tmp_path)

    assert str(raised.value) == f"{tmp_path / 'drill.json'}: {told}"


def test_a_drill_that_was_not_audited_is_repeated_without_an_audit() -> None:
    around = around_of(load(PLAN), 3, Wishes(is_audited=False))

    assert around.replay.endswith("1-first.yaml --seed 3 --no-audit")
