"""What a run leaves behind, as programs read it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from junitparser import JUnitXml
from tests.report.made import made_history, made_verdict
from typer.testing import CliRunner

from essc_workbench.cli import app
from essc_workbench.failures import UsageError
from essc_workbench.history.reading import History, read_history
from essc_workbench.judges.findings import Finding, Ruling, Text
from essc_workbench.report.diagram import draw
from essc_workbench.report.timeline import ROW, Timeline
from essc_workbench.report.verdicts import ExitStatus, Verdict, read_verdict, worst
from essc_workbench.report.writing import write_again, write_report

NOTHING = Text(en="Nothing.", zh="无。")


def empty(**changes: object) -> Verdict:
    verdict = Verdict(
        scenario="empty",
        title=NOTHING,
        rules=(),
        seed=1,
        replay="essc run empty.yaml --seed 1",
        steps=(),
        took_s=0.1,
        start_time="2026-11-24T10:00:00Z",
    )
    return replace(verdict, **changes)  # type: ignore[arg-type]  # each test names its own field


def found(ruling: Ruling, checks: int = 1) -> Finding:
    return Finding(judge="j", rules=("R11",), text=NOTHING, ruling=ruling, checks=checks)


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (empty(), ExitStatus.UNKNOWN),
        (empty(findings=(found(Ruling.NOT_JUDGED, 0),)), ExitStatus.UNKNOWN),
        (empty(findings=(found(Ruling.GOOD),)), ExitStatus.GOOD),
        (empty(findings=(found(Ruling.GOOD), found(Ruling.NOT_JUDGED, 0))), ExitStatus.GOOD),
        (empty(findings=(found(Ruling.GOOD), found(Ruling.UNKNOWN))), ExitStatus.UNKNOWN),
        (empty(findings=(found(Ruling.UNKNOWN), found(Ruling.BROKEN))), ExitStatus.BROKEN),
        (empty(findings=(found(Ruling.GOOD),), is_idle=True), ExitStatus.UNKNOWN),
        (empty(findings=(found(Ruling.BROKEN),), failure="x"), ExitStatus.OWN_FAILURE),
    ],
)
def test_the_worst_decides_and_no_check_is_no_pass(verdict: Verdict, status: ExitStatus) -> None:
    assert verdict.status is status


def test_of_several_runs_the_worst_counts() -> None:
    good, broken, unknown, failed = ExitStatus

    assert worst([good]) is ExitStatus.GOOD
    assert worst([good, broken, unknown]) is ExitStatus.BROKEN
    assert worst([broken, failed]) is ExitStatus.OWN_FAILURE
    assert worst([]) is ExitStatus.UNKNOWN


def test_a_verdict_is_read_back_as_it_was(tmp_path: Path) -> None:
    history = made_history(tmp_path)
    verdict = made_verdict(history)

    write_report(tmp_path, verdict, history)

    assert read_verdict(tmp_path / "verdict.json") == verdict
    told = json.loads((tmp_path / "verdict.json").read_text("utf-8"))
    assert (told["ruling"], told["status"], told["checks"]) == ("broken", 1, 10)


def test_a_report_written_again_is_the_same(tmp_path: Path) -> None:
    history = made_history(tmp_path)
    page = write_report(tmp_path, made_verdict(history), history)
    before = page.read_bytes()

    write_again(tmp_path)

    assert page.read_bytes() == before


def test_build_servers_read_one_case_for_each_judge_and_expectation(tmp_path: Path) -> None:
    history = made_history(tmp_path)
    write_report(tmp_path, made_verdict(history), history)

    (suite,) = JUnitXml.fromfile(str(tmp_path / "junit.xml"))

    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (6, 2, 1, 1)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 2}', '{"version": 1}'])
def test_a_file_that_is_no_verdict_is_said(tmp_path: Path, text: str) -> None:
    file = tmp_path / "verdict.json"
    file.write_text(text, "utf-8")

    with pytest.raises(UsageError, match=r"verdict\.json"):
        read_verdict(file)


def test_a_line_that_is_no_history_is_named(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    made_history(tmp_path)
    file.write_text(file.read_text("utf-8") + '{"kind": "told"}\n', "utf-8")

    with pytest.raises(UsageError, match=r"history\.jsonl:[0-9]+: not a line"):
        read_history(file)


def test_what_is_not_drawn_is_counted(tmp_path: Path) -> None:
    history = made_history(tmp_path)
    call = history.items[5]
    many = History([*history.items, *[call] * 500])

    picture = draw(many, made_verdict(history))

    assert picture.calls_left_out == 107
    assert sum(arrow.kind == "call" for arrow in picture.arrows) == 400


def test_a_long_wait_is_folded_and_said() -> None:
    timeline = Timeline([0, 1_000, 60_000_000])

    assert [fold.took_us for fold in timeline.folds] == [59_999_000]
    assert timeline.y(1_000) - timeline.y(0) == pytest.approx(ROW, abs=0.1)
    assert timeline.bottom < 100


def test_later_is_never_higher() -> None:
    timeline = Timeline([0, 10, 5_000_000, 5_000_010])

    heights = [timeline.y(at) for at in (0, 5, 10, 900_000, 5_000_000, 5_000_005, 9_000_000)]

    assert heights == sorted(heights)


def test_the_command_writes_a_report_again_and_says_where(tmp_path: Path) -> None:
    history = made_history(tmp_path)
    page = write_report(tmp_path, made_verdict(history), history)
    page.unlink()

    said = CliRunner().invoke(app, ["report", str(tmp_path)])

    assert (said.exit_code, said.output.strip()) == (0, str(page))
    assert page.exists()
