"""The workbench in somebody else's test suite: pytest finds it, and a broken rule fails a test."""

import pytest

SCENARIO = """\
title: {en: A link ends, zh: 解除关联}
rules: [R12]
federation: {channels: [wechat]}
citizens: {oma: {birth_date: 1950-03-04, linked: wechat}}
steps:
  - unlink: {citizen: oma, channel: wechat}
  - expect_panel: {citizen: oma, channel: wechat, state: STATE}
"""
SUITE = """\
import asyncio

import pytest

from essc_workbench.scenario import CitizenSpec, ExpectPanel, Note, Unmet
from datetime import date


def test_of_a_file(essc_run):
    assert essc_run("good.yaml", seed=3).seed == 3


def test_of_a_file_that_is_broken(essc_run):
    essc_run("broken.yaml")


async def met(essc_federation):
    oma = CitizenSpec(birth_date=date(1950, 3, 4), linked="wechat")
    async with essc_federation(["wechat"], citizens={"oma": oma}) as f:
        await f.play(ExpectPanel(citizen="oma", channel="wechat", state="usable"))
        with pytest.raises(Unmet):
            ended = ExpectPanel(citizen="oma", channel="wechat", state="ended")
            await f.together(Note(text="a"), ended)


def test_of_steps(essc_federation):
    asyncio.run(met(essc_federation))


def test_of_a_file_with_mistakes(essc_run):
    essc_run("mistaken.yaml")


async def unmet(essc_federation):
    oma = CitizenSpec(birth_date=date(1950, 3, 4), linked="wechat")
    async with essc_federation(["wechat"], citizens={"oma": oma}) as f:
        await f.play(ExpectPanel(citizen="oma", channel="wechat", state="ended"))


def test_of_a_step_that_is_not_met(essc_federation):
    asyncio.run(unmet(essc_federation))
"""


@pytest.mark.timeout(180)
def test_a_suite_plays_files_and_steps_and_fails_where_a_rule_is_broken(
    pytester: pytest.Pytester,
) -> None:
    pytester.makefile(
        ".yaml",
        good=SCENARIO.replace("STATE", "not_opened"),
        broken=SCENARIO.replace("STATE", "usable"),
        mistaken=SCENARIO.replace("STATE", "usabel"),
    )
    pytester.makepyfile(SUITE)

    result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider")

    result.assert_outcomes(passed=1, failed=4)
    result.stdout.fnmatch_lines(
        [
            "*Broken: *oma*wechat*expected*usable*seen*not_opened*",
            "*Broken: *oma*wechat*expected*ended*seen*usable*",
            "mistaken.yaml:7:*'usabel' is not possible here; did you mean 'usable'?",
            "E *Unmet: *oma*wechat*expected*ended*seen*usable*",
            "E *step: expect_panel: *oma*",
            "E *report: *run-1",
        ]
    )
    result.stdout.no_fnmatch_line("*essc_workbench*.py:*")
