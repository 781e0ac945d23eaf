"""Steps as a report tells them: the line that a person would have written."""

from pathlib import Path
from typing import Any

import pytest

from essc_workbench.scenarios.as_written import flow
from essc_workbench.scenarios.documents import read
from essc_workbench.scenarios.files import parse
from essc_workbench.scenarios.steps.counters import CheckCode

HEAD = """\
title: {en: A, zh: 甲}
rules: [R10]
federation: {channels: [wechat, alipay]}
steps:
"""


@pytest.mark.parametrize(
    "line",
    [
        "apply: {channel: [wechat, alipay], citizen: zhang-san}",
        "note: hi there",
        'note: "first: this"',
        "advance: 1m1s",
        "kill: wechat",
        "settle",
    ],
)
def test_a_step_of_a_file_is_told_as_the_file_has_it(line: str) -> None:
    scenario = parse(f"{HEAD}  - {line}\n", "a.yaml", None, Path())

    assert [step.told() for step in scenario.steps] == [line]


def test_what_a_step_gives_and_what_it_holds_are_told_where_the_file_has_them() -> None:
    showing = "show_code: {citizen: zhang-san, as: code, channel: wechat}"
    checking = "check_code: {code: code, usage: payment, verdict: valid}"
    steps = f"  - {showing}\n  - together: [{checking}, note: beside]\n"

    scenario = parse(HEAD + steps, "a.yaml", None, Path())

    assert [step.told() for step in scenario.steps] == [showing, "together:"]


def test_a_step_of_python_tells_last_what_it_gives() -> None:
    step = CheckCode(as_="check", code="code", usage="payment")

    assert step.told().endswith(", as: check}")
    assert '"' not in step.told()


@pytest.mark.parametrize(
    "value",
    [
        *(
            "oma",
            "$code",
            "two words",
            "…",
            "微信",
            "2026-01-31",
            "5m",
            "",
            " a ",
            "- a",
            "a: b",
            "a #b",
        ),
        *(
            "true",
            "No",
            "null",
            "~",
            "7",
            "1e3",
            "0x1f",
            "-1",
            ".5",
            "205817",
            "a,b",
            "[a]",
            "'",
            "\n",
        ),
        *(
            7,
            True,
            None,
            1.5,
            [],
            {},
            ["a", {"b": [1, "2"]}],
            {"a b": "c"},
            "?",
            "<<",
            "=",
            "1_0",
            "*a",
        ),
    ],
)
def test_what_is_written_is_read_as_the_same(value: Any) -> None:
    document = read(f"value: [{flow(value)}]\n")

    assert document.mistakes == []
    assert document.value == {"value": [value]}
