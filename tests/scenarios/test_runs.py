"""A run of a scenario: what is played, what is judged, what stays, and what it ends with."""

import asyncio
import io
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from essc_workbench.backstage import Backstage, backstage
from essc_workbench.failures import UsageError
from essc_workbench.foreign import from_here
from essc_workbench.history.reading import read_history
from essc_workbench.report.verdicts import ExitStatus, Verdict
from essc_workbench.scenarios.command import run_all
from essc_workbench.scenarios.run_folders import fresh_folder, named_folder, scenario_name
from essc_workbench.scenarios.runner import Wishes, read, run_file
from essc_workbench.templates import Template

HEAD = """\
title: {en: A first one, zh: 第一个}
rules: [R10, R11]
seed: 7
federation: {channels: [wechat, alipay]}
citizens:
  oma: {birth_date: 1950-03-04, linked: [wechat, alipay], password: "205817"}
  opa: {birth_date: 1948-05-06, card: lost, linked: wechat}
"""
IN_ANY_ORDER = """\
steps:
  - in_any_order:
      - apply: {citizen: zhang-san, channel: wechat}
      - unlink: {citizen: oma, channel: wechat}
      - note: in between
      - expect_panel: {citizen: oma, channel: alipay, state: usable}
      - together:
          - apply: {citizen: zhang-san, channel: alipay}
          - expect_panel: {citizen: opa, channel: wechat, state: blocked}
  - repeat: {times: 2, steps: [in_any_order: [{note: a}, {note: b}, {note: c}]]}
  - fault: {name: gone, lose_answer: true, sources: [wechat], method: Unlink, count: 1}
  - fill_disk: alipay
  - free_disk: alipay
  - kill: alipay
  - freeze: wechat
"""
UNMET = """\
steps:
  - note: before
  - together:
      - expect_panel: {citizen: oma, channel: alipay, state: ended}
      - note: beside
  - note: never
"""


def file_of(folder: Path, steps: str, name: str = "a") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(HEAD + steps, "utf-8")
    return path


def told(verdict: Verdict) -> object:
    """What must be the same again: everything but times and how much was compared."""
    return (
        verdict.ruling,
        verdict.steps,
        [(each.step, each.about, each.expected, each.seen) for each in verdict.expectations],
        [(each.judge, each.ruling, each.violations) for each in verdict.findings],
        verdict.failure,
    )


def played(folder: Path) -> list[object]:
    """The notes in the order in which they were played."""
    began = read_history(folder / "history.jsonl").happened("step-began")
    return [each.facts["text"] for each in began if each.facts["verb"] == "note"]


async def same_verdicts(tmp_path: Path, template: Template, times: int) -> None:
    file, folders = file_of(tmp_path, IN_ANY_ORDER), [tmp_path / str(i) for i in range(times)]

    with backstage(channels=2) as kept:
        ready = replace(kept, template=template)
        wishes = [Wishes(report=folder, backstage=ready) for folder in folders]
        verdicts = [(await run_file(read(file), wish))[0] for wish in wishes]

    assert [verdict.status for verdict in verdicts] == [ExitStatus.GOOD] * times
    assert all(told(verdict) == told(verdicts[0]) for verdict in verdicts)
    assert all(played(folder) == played(folders[0]) for folder in folders)
    assert verdicts[0].skipped == ()


@pytest.mark.timeout(240)
async def test_the_same_seed_gives_the_same_verdict(tmp_path: Path, template: Template) -> None:
    await same_verdicts(tmp_path, template, 2)


@pytest.mark.soak
@pytest.mark.timeout(1200)
async def test_the_same_seed_gives_the_same_verdict_twenty_times(
    tmp_path: Path, template: Template
) -> None:
    await same_verdicts(tmp_path, template, 20)


async def test_a_step_that_is_not_met_ends_the_playing_and_not_the_judging(
    tmp_path: Path, ready: Backstage
) -> None:
    file, folder = file_of(tmp_path, UNMET), tmp_path / "run"
    console = Console(file=io.StringIO(), width=200)

    status = await run_all(
        console, [file], Wishes(report=folder, keeps_data=True, seed=9, backstage=ready)
    )

    said = console.file.getvalue()  # type: ignore[attr-defined]
    verdict = json.loads((folder / "verdict.json").read_text("utf-8"))
    assert status == ExitStatus.BROKEN
    assert "step 3: " in said
    assert "expected state: ended" in said
    assert f"again:  essc run {from_here(file)} --seed 9" in said
    assert verdict["ruling"] == "broken"
    assert len(verdict["findings"]) > 1
    assert played(folder) == ["note: before", "note: beside"]
    assert (folder / "data" / "logs" / "platform.log").exists()
    assert {"history.jsonl", "junit.xml", "report.html"} <= {each.name for each in folder.iterdir()}


async def test_the_last_lines_of_several_files_say_again_which_were_not_good_and_why(
    tmp_path: Path, ready: Backstage
) -> None:
    unmet = "steps:\n  - expect_panel: {citizen: oma, channel: alipay, state: ended}\n"
    files = [
        file_of(tmp_path, "steps:\n  - advance: {to: 2001-01-01}\n", "not-playable"),
        file_of(tmp_path, unmet, "unmet"),
        file_of(tmp_path, "steps:\n  - apply: {citizen: zhang-san, channel: wechat}\n", "well"),
    ]
    console = Console(file=io.StringIO(), width=40)

    status = await run_all(console, files, Wishes(report=tmp_path / "runs", backstage=ready))

    said = console.file.getvalue()  # type: ignore[attr-defined]
    count, *after = said[said.index("3 scenarios: ") :].splitlines()
    assert status == ExitStatus.BROKEN
    assert count == ("3 scenarios: 1 good, 1 BROKEN, 1 unknown · 3 个场景：1 通过，1 违反，1 不明")
    assert after == [
        "unknown 不明  not-playable",
        f"    {files[0]}:9: advance: 2001-01-01 is over on the platform's clock",
        f"    again:  essc run {from_here(files[0])}",
        "BROKEN  违反  unmet",
        after[4],
        f"    again:  essc run {from_here(files[1])} --seed 7",
    ]
    assert after[4].startswith("    step 1: ")
    assert "expected state: ended" in after[4]


@pytest.mark.parametrize("step", ["note: hi", "settle"])
async def test_a_run_in_which_nobody_calls_and_nothing_is_expected_is_no_pass(
    tmp_path: Path, step: str, ready: Backstage
) -> None:
    file, folder = file_of(tmp_path, f"steps: [{step}]\n"), tmp_path / "run"
    console = Console(file=io.StringIO(), width=200)

    status = await run_all(console, [file], Wishes(report=folder, backstage=ready))

    words = "no step made a call and nothing was expected, which is no pass"
    verdict = json.loads((folder / "verdict.json").read_text("utf-8"))
    assert status == ExitStatus.UNKNOWN
    assert words in console.file.getvalue()  # type: ignore[attr-defined]
    assert (verdict["ruling"], verdict["is_idle"]) == ("unknown", True)
    assert words in (folder / "junit.xml").read_text("utf-8")
    assert words.capitalize() in (folder / "report.html").read_text("utf-8")


async def test_a_step_that_asks_for_what_there_is_not_is_told_by_its_line(
    tmp_path: Path, ready: Backstage
) -> None:
    steps = "steps:\n  - advance: {to: 2001-01-01}\n"
    file, folder = file_of(tmp_path, steps), tmp_path / "run"
    console = Console(file=io.StringIO(), width=200)

    status = await run_all(console, [file], Wishes(report=folder, backstage=ready))

    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert status == ExitStatus.UNKNOWN
    assert f"{file}:9: advance: 2001-01-01 is over" in said
    assert [each.name for each in folder.iterdir()] == ["history.jsonl"]


async def test_files_that_are_wrong_are_all_told_before_any_is_run(tmp_path: Path) -> None:
    files: Sequence[Path] = [
        file_of(tmp_path, "steps:\n  - kil: wechat\n", "a"),
        file_of(tmp_path, "steps:\n  - kill: wechatt\n", "b"),
    ]

    with pytest.raises(UsageError) as raised:
        await run_all(Console(file=io.StringIO()), files, Wishes(report=tmp_path / "run"))

    assert "a.yaml:9:5: no verb 'kil'" in str(raised.value)
    assert "b.yaml:9:11: no party 'wechatt'" in str(raised.value)
    assert not (tmp_path / "run").exists()


async def test_two_files_of_one_name_are_not_run_at_once(tmp_path: Path) -> None:
    file = file_of(tmp_path, "steps: [settle]\n")

    with pytest.raises(UsageError, match="two files are called a"):
        await run_all(Console(file=io.StringIO()), [file, file], Wishes())


@pytest.mark.parametrize("parallel", [0, 17])
async def test_how_many_run_at_once_is_bounded(tmp_path: Path, parallel: int) -> None:
    file = file_of(tmp_path, "steps: [settle]\n")

    with pytest.raises(UsageError, match=f"--parallel {parallel}: 1 to 16"):
        await run_all(Console(file=io.StringIO()), [file], Wishes(), parallel=parallel)


async def test_a_run_that_is_stopped_says_so_in_one_line_and_where_its_history_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stopping(*_: object) -> None:
        work.cancel()
        await asyncio.Event().wait()

    monkeypatch.setattr("essc_workbench.scenarios.steps.control.Note.play", stopping)
    file, folder = file_of(tmp_path, "steps: [note: a]\n"), tmp_path / "run"
    console = Console(file=io.StringIO(), width=200)

    work = asyncio.ensure_future(run_all(console, [file], Wishes(report=folder)))
    with pytest.raises(asyncio.CancelledError):
        await work

    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert said == f"stopped 中止  a: nothing is judged; history: {folder / 'history.jsonl'}\n"
    assert [each.name for each in folder.iterdir()] == ["history.jsonl"]


def test_a_folder_that_holds_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").touch()

    with pytest.raises(UsageError, match=r"holds letter\.txt, which no run left"):
        named_folder(tmp_path)


def test_what_an_earlier_run_left_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "verdict.json").touch()
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "file").touch()

    named_folder(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_runs_without_a_named_folder_are_numbered(tmp_path: Path) -> None:
    folders = [fresh_folder("a", 7, tmp_path) for _ in range(2)]

    assert [folder.name for folder in folders] == ["a-7-1", "a-7-2"]


@pytest.mark.parametrize(
    ("file", "name"),
    [("a.yaml", "a"), ("b.scenario.yaml", "b"), ("c d.yml", "c-d"), (".yaml", "scenario")],
)
def test_a_run_is_called_like_its_file(file: str, name: str) -> None:
    assert scenario_name(Path(file)) == name


async def test_a_failure_of_the_workbench_is_told_and_its_data_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> list[list[str]]:
        return [["/bin/sh", "-c", "echo no room for the platform >&2; exit 9"]]

    monkeypatch.setattr("essc_workbench.federation.platform_commands", broken)
    file, folder = file_of(tmp_path, "steps: [settle]\n"), tmp_path / "run"
    console = Console(file=io.StringIO(), width=200)

    status = await run_all(console, [file], Wishes(report=folder))

    said = console.file.getvalue()  # type: ignore[attr-defined]
    verdict = json.loads((folder / "verdict.json").read_text("utf-8"))
    assert status == ExitStatus.OWN_FAILURE
    assert "the workbench failed: platform did not start: no room for the platform" in said
    assert "(see data/logs/platform.log)" in verdict["failure"]
    assert str(tmp_path) not in (folder / "verdict.json").read_text("utf-8")
    assert (folder / "data" / "logs" / "platform.log").exists()


async def test_what_a_run_leaves_names_nobody(tmp_path: Path, ready: Backstage) -> None:
    change = "- change_password: {citizen: oma, channel: wechat, new_password: '648201'}"
    file, folder = file_of(tmp_path, f"steps:\n  {change}\n"), tmp_path / "run"

    await run_file(read(file), Wishes(report=folder, backstage=ready))

    written = "".join(
        path.read_text("utf-8")
        for path in folder.iterdir()
        if path.suffix in (".json", ".jsonl", ".xml", ".html")
    )
    steps = json.loads((folder / "verdict.json").read_text("utf-8"))["steps"]
    assert steps[0] == "change_password: {citizen: oma, channel: wechat, new_password: …}"
    assert re.search(r"(?<![0-9])(648201|205817)(?![0-9])", written) is None
