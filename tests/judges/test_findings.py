"""What a judge says follows from what it compared, and from what it lacked."""

import pytest
from tests.judges.telling import Telling, platform

from essc_workbench.judges import JUDGES
from essc_workbench.judges.expectations import Expectations
from essc_workbench.judges.findings import Judge, Ruling
from essc_workbench.judges.tallies import VIOLATIONS_MAX, Tally

JUDGE = Expectations()


@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.name)
def test_where_nothing_happened_no_judge_finds_anything_good(judge: Judge) -> None:
    without, empty = Telling().evidence(), Telling().evidence({"platform": platform()})

    rulings = {judge.judge(each).ruling for each in (without, empty)}

    assert rulings == {Ruling.NOT_JUDGED}


@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.name)
def test_every_judge_has_a_name_and_says_in_both_languages_what_it_stands_for(
    judge: Judge,
) -> None:
    finding = judge.judge(Telling().evidence())

    assert finding.judge == judge.name
    assert judge.text.en.isascii()
    assert not judge.text.zh.isascii()
    assert [each.name for each in JUDGES].count(judge.name) == 1


@pytest.mark.parametrize("judge", JUDGES[1:], ids=lambda judge: judge.name)
def test_a_snapshot_whose_end_never_came_is_none(judge: Judge) -> None:
    cut = platform()
    cut.ClearField("row_count")

    finding = judge.judge(Telling().evidence({"platform": cut}))

    assert finding.not_judged[:1] == ("platform",)


def test_what_is_broken_is_worse_than_what_is_unknown_and_that_than_what_is_not_judged() -> None:
    tally = Tally()

    rulings = [tally.finding(JUDGE).ruling]
    tally.holds(True)
    rulings.append(tally.finding(JUDGE).ruling)
    tally.lacks("alipay")
    rulings.append(tally.finding(JUDGE).ruling)
    tally.undecided(zh="未到", en="on its way")
    rulings.append(tally.finding(JUDGE).ruling)
    tally.broken(zh="坏", en="broken")
    rulings.append(tally.finding(JUDGE).ruling)

    assert rulings == ["not-judged", "good", "not-judged", "unknown", "broken"]


def test_a_finding_tells_of_so_many_violations_and_counts_the_rest() -> None:
    tally = Tally()

    for call in range(VIOLATIONS_MAX + 3):
        tally.broken(zh="坏", en="broken", calls=(call,))

    finding = tally.finding(JUDGE)
    assert len(finding.violations) == VIOLATIONS_MAX == 50
    assert finding.notes[-1].en == "3 more places were broken"


def test_an_expectation_that_was_not_met_is_told_with_its_step() -> None:
    told = Telling()
    told.happened("expected", step=2, about="panel", expected="usable", seen="usable")
    good = JUDGE.judge(told.evidence())
    told.happened("expected", step=3, about="panel", expected="usable", seen="blocked")

    broken = JUDGE.judge(told.evidence())

    assert (good.ruling, good.checks) == (Ruling.GOOD, 1)
    assert broken.violations[0].text.en == "step 3 (panel): expected usable, seen blocked"
