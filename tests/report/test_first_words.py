"""What a verdict that is not good says first."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.report.made import made_history, made_verdict

from essc_workbench.judges.expectations import Expectations
from essc_workbench.judges.findings import Finding, Ruling, Text, Violation
from essc_workbench.report.verdicts import Expectation, Verdict
from essc_workbench.report.words import first_words

UNMET = Expectation(step=3, about="panel", expected="usable", seen="blocked", is_met=False, at_us=7)
SAID = Text(zh="坏了", en="something is broken")


@pytest.fixture
def verdict(tmp_path: Path) -> Verdict:
    """One with nothing found, nothing expected and nothing pending."""
    made = made_verdict(made_history(tmp_path))
    return replace(made, findings=(), expectations=(), pending=(), failure="")


def found(judge: str, *rules: str) -> Finding:
    return Finding(
        judge=judge,
        rules=rules,
        text=SAID,
        ruling=Ruling.BROKEN,
        checks=1,
        violations=(Violation(text=SAID),),
    )


def test_an_unmet_expectation_is_said_once(verdict: Verdict) -> None:
    told = replace(verdict, expectations=(UNMET,), findings=(found(Expectations.name),))

    assert first_words(told) == ["step 3: panel: expected usable, seen blocked"]


def test_a_judge_is_quoted_with_its_rules(verdict: Verdict) -> None:
    told = replace(verdict, findings=(found("feeds", "R13", "R16"), found("books", "R62")))

    assert first_words(told) == [
        "feeds (R13, R16): something is broken · 坏了",
        "books (R62): something is broken · 坏了",
    ]


def test_where_nothing_was_checked_that_is_said(verdict: Verdict) -> None:
    assert first_words(verdict) == ["nothing was checked, which is no pass"]
