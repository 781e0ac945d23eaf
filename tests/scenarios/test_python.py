"""Scenarios in Python: the same steps, the same run, the same verdict as of a file."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from essc_workbench import scenario
from essc_workbench.backstage import Backstage
from essc_workbench.failures import UsageError
from essc_workbench.scenario import (
    Apply,
    Broken,
    CitizenSpec,
    ExpectPanel,
    Note,
    Unlink,
    WrongArgument,
    federation,
)
from essc_workbench.scenarios.steps.registry import all_steps


def test_every_step_of_files_is_there_for_python() -> None:
    missing = {kind.__name__ for kind in all_steps().values()} - set(scenario.__all__)

    assert missing == set()


@pytest.mark.parametrize(
    ("kind", "given", "told"),
    [
        (
            Unlink,
            {"citizn": "ma", "channel": "wechat"},
            "Unlink: 'citizen' is missing; no field 'citizn' here; did you mean 'citizen'?",
        ),
        (
            ExpectPanel,
            {"citizen": "ma", "channel": "wechat", "state": "usabel"},
            "ExpectPanel: state: 'usabel' is not possible here; did you mean 'usable'?",
        ),
        (Note, {"text": 7}, "Note: text: 7: should be text"),
        (
            CitizenSpec,
            {"birthdate": date(1950, 3, 4)},
            "CitizenSpec: no field 'birthdate' here; did you mean 'birth_date'?",
        ),
    ],
)
def test_a_wrong_argument_is_told_in_one_line(
    kind: type[Any], given: dict[str, object], told: str
) -> None:
    with pytest.raises(WrongArgument) as wrong:
        kind(**given)

    assert str(wrong.value) == told


async def test_steps_are_played_and_judged(tmp_path: Path, ready: Backstage) -> None:
    oma = CitizenSpec(birth_date=date(1950, 3, 4), linked=("wechat", "alipay"))
    folder = tmp_path / "run"

    async with federation(
        ["wechat", "alipay"], seed=3, citizens={"oma": oma}, report=folder, backstage=ready
    ) as f:
        await f.play(Apply(citizen="zhang-san", channel="alipay"))
        await f.together(
            Unlink(citizen="oma", channel="wechat"),
            ExpectPanel(citizen="oma", channel="alipay", state="usable"),
        )
        await f.play(ExpectPanel(citizen="oma", channel="wechat", state="not_opened"))

    f.check()
    assert f.verdict.seed == 3
    assert f.verdict.replay == 'the same steps in federation(["wechat", "alipay"], seed=3)'
    assert [step.partition(":")[0] for step in f.verdict.steps] == [
        "apply",
        "together",
        "unlink",
        "expect_panel",
        "expect_panel",
    ]
    assert (f.folder / "report.html").exists()


async def test_a_run_in_which_nothing_is_checked_is_no_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ready: Backstage
) -> None:
    monkeypatch.setattr("essc_workbench.scenarios.runs.JUDGES", ())

    async with federation(["wechat"], report=tmp_path / "run", backstage=ready) as f:
        await f.play(Note(text="nothing happens"))

    with pytest.raises(Broken, match="nothing was checked, which is no pass"):
        f.check()


async def test_a_block_without_steps_is_no_pass(tmp_path: Path, ready: Backstage) -> None:
    async with federation(["wechat"], report=tmp_path / "run", backstage=ready) as f:
        pass

    assert f.verdict.ruling == "unknown"
    with pytest.raises(Broken, match="no step made a call and nothing was expected"):
        f.check()


async def test_a_channel_that_there_is_not_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="wechatt: no such channel"):
        async with federation(["wechatt"], report=tmp_path / "run"):
            raise AssertionError("nothing is played")
