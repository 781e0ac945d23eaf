"""A drill as it goes on, and its last lines, as a terminal shows them."""

import io
import json

import pytest
from rich.cells import cell_len
from rich.console import Console
from tests.drills.made import PLAN, REPLAY, lossy, made_result, passed, void

from essc_workbench.drills.live import picture, watching
from essc_workbench.drills.plan import Plan
from essc_workbench.drills.progressing import Progress
from essc_workbench.drills.report.terminal import tell
from essc_workbench.drills.results import Counts, Result, Second


@pytest.fixture(scope="module")
def result() -> Result:
    return made_result()


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan.model_validate_json(json.dumps(PLAN))


def shown(progress: Progress, width: int = 80) -> list[str]:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    with console.capture() as captured:
        console.print(picture(progress))
    return captured.get().splitlines()


def told(result: Result) -> str:
    console = Console(width=80, file=io.StringIO())
    with console.capture() as captured:
        tell(console, result, "build/drills/made-up/report.html")
    return captured.get()


def test_the_picture_holds_all_that_a_drill_is_watched_for(plan: Plan, result: Result) -> None:
    progress = Progress(plan)
    for second in result.seconds[:31]:
        progress.take(second)

    text = "\n".join(shown(progress))

    assert "31 of 60 s, 29 s left" in text
    assert "wanted 应发 198/s  good 成功 184/s" in text
    assert "p99 2.00 s" in text
    assert "DEADLINE_EXCEEDED 14" in text
    assert "under way 进行中 300" in text
    assert "F1 platform is frozen 被冻结: NOW, 1 s left" in text


def test_the_picture_keeps_its_height_and_fits_eighty_columns(plan: Plan, result: Result) -> None:
    progress, heights = Progress(plan), set()
    many = {f"A_REASON_WITH_A_VERY_LONG_NAME_{n}": 9 for n in range(9)}
    for second in result.seconds:
        progress.take(second.model_copy(update={"reasons": many}))
        lines = shown(progress)
        heights.add(len(lines))

        assert max(map(cell_len, lines)) <= 80

    assert heights == {13}


def test_before_the_first_second_the_picture_says_what_is_to_come(plan: Plan) -> None:
    text = "\n".join(shown(Progress(plan)))

    assert "0 of 60 s, 60 s left" in text
    assert "wanted 200/s" in text
    assert "F1 platform is frozen 被冻结: in 30 s" in text


def test_a_second_that_is_told_again_counts_once(plan: Plan) -> None:
    progress = Progress(plan)
    progress.take(Second(at_s=0, counts=Counts(intended=10, ok=4)))
    progress.take(Second(at_s=1, counts=Counts(intended=10, ok=10)))

    progress.take(Second(at_s=0, counts=Counts(intended=10, ok=9, unknown=1)))

    assert progress.so_far["intended"] == 20
    assert progress.so_far["ok"] == 19
    assert progress.so_far["unknown"] == 1


def test_what_is_kept_of_a_long_drill_stays_small(plan: Plan) -> None:
    progress = Progress(plan)
    for at in range(1_000):
        progress.take(Second(at_s=at, counts=Counts(intended=1, ok=1)))

    progress.take(Second(at_s=3, counts=Counts(intended=1, ok=1)))

    assert len(progress.seconds) == 120
    assert progress.so_far["intended"] == 1_000


def test_every_kind_of_fault_has_its_words() -> None:
    faults = [
        {"at": "1s", kind: whom}
        for kind, whom in (
            ("kill", "platform"),
            ("freeze", "wechat"),
            ("restart", "platform"),
            ("suspend", "wechat"),
            ("disconnect", "wechat"),
            ("advance", "1h"),
        )
    ]
    plan = Plan.model_validate_json(json.dumps({**PLAN, "faults": faults}))

    assert [fault.label for fault in Progress(plan).faults] == [
        "platform is killed 被强杀",
        "wechat is frozen 被冻结",
        "platform is restarted 重启",
        "wechat is suspended 被暂停",
        "wechat is disconnected 断开连接",
        "all clocks go forward by 1h 所有时钟前进 1h",
    ]


def test_without_a_terminal_there_is_a_line_now_and_then(plan: Plan, result: Result) -> None:
    file = io.StringIO()

    with watching(Console(width=80, file=file), plan) as watch:
        for second in result.seconds:
            watch(second)
            watch(second)  # told again: more of it is known

    lines = file.getvalue().splitlines()
    assert len(lines) == 7
    assert lines[3] == "  30 s  F1 platform is frozen 被冻结"
    assert lines[6].startswith("  60 s  wanted 185/s  good 185/s  p50 3.77 ms")


def test_in_a_terminal_one_picture_stays_and_makes_room_at_the_end(
    plan: Plan, result: Result
) -> None:
    file = io.StringIO()
    console = Console(width=80, file=file, force_terminal=True)

    with watching(console, plan) as watch:
        for second in result.seconds[:3]:
            watch(second)

    assert "3 of 60 s, 57 s left" in file.getvalue()
    assert file.getvalue().endswith("\x1b[2K")  # the last line of the picture is wiped


def test_the_last_lines_say_how_it_came_out_and_why(result: Result) -> None:
    lines = told(result).splitlines()

    assert lines[0] == "failed 未通过  made-up: Codes at <rush> hour · 高峰时段扫码"
    assert lines[1].strip().startswith("1 of 3 objectives was not met")
    assert lines[-2] == "report 报告     build/drills/made-up/report.html"
    assert lines[-1] == f"again 重跑      {REPLAY}"


def test_the_last_lines_hold_accounting_latency_and_audit(result: Result) -> None:
    text = told(result)

    assert "11,832 intended = 11,742 ok + 5 refused + 48 shed + 0 failed + 37 unknown" in text
    assert "a closed loop claims" in text
    assert "24.0 ms" in text
    assert "1 good 通过, 1 not judged 未裁定; 4,812 checks of 17,204 calls in 2.1 s" in text
    assert "0.08 by an empty handler" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("change", [passed, void, lossy])
def test_each_outcome_has_its_first_word(change: object, result: Result) -> None:
    assert callable(change)
    changed = change(result)

    assert told(changed).startswith(changed.ruling.value)
