"""What journeys cost, found in drills whose truth is known."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.drills.costly import IDLE_S, PANEL_S, SCAN_S, drill, truth

from essc_workbench.drills.capacity.checking import check
from essc_workbench.drills.capacity.costs import Costs
from essc_workbench.drills.capacity.fits import fit, told
from essc_workbench.drills.capacity.least_squares import equations, solved, tangle
from essc_workbench.drills.capacity.model import Range
from essc_workbench.drills.capacity.stretches import Drill, drills_of
from essc_workbench.drills.results import Counts, FaultSeen, Result, Words
from essc_workbench.failures import UsageError

SMALL = (
    {"panel": 20.0},
    {"scan": 20.0},
    {"panel": 60.0, "scan": 20.0},
    {"panel": 20.0, "scan": 80},
)
LARGE = {"panel": 700.0, "scan": 300.0}


def drills(*results: Result) -> tuple[Drill, ...]:
    return drills_of([(f"drill-{number}", result) for number, result in enumerate(results)])


def small(noise: float, seed: int = 0) -> list[Result]:
    return [
        drill(rates, noise=noise, seed=seed + place, citizens=1000)
        for place, rates in enumerate(SMALL)
    ]


def test_the_costs_are_found_where_drills_differ_enough() -> None:
    found = fit(drills(*small(0.03), drill(LARGE, noise=0.03)))

    assert found.costs.journeys["panel"] == pytest.approx(PANEL_S, rel=0.05)
    assert found.costs.journeys["scan"] == pytest.approx(SCAN_S, rel=0.05)
    assert found.sees_waking
    assert found.rare == ()


def test_a_drill_ten_times_larger_lies_in_the_range_that_small_ones_give() -> None:
    checks = [
        check(drills(*small(0.05, seed), drill(LARGE, noise=0.05, seed=seed + 9)))
        for seed in range(0, 100, 10)
    ]

    # Nine of ten are promised; of ten fixed ones as many lie inside.
    assert sum(checked.is_within for checked in checks) >= 9
    for checked in checks:
        assert checked.times > 8
        assert checked.measured == pytest.approx(truth(LARGE), rel=0.03)
        assert abs(checked.error) < 0.25


def test_without_noise_the_costs_are_right_to_a_few_hundredths() -> None:
    found = fit(drills(*small(0.0)))
    checked = check(drills(*small(0.0), drill(LARGE)))

    assert found.costs.cores(LARGE) == pytest.approx(truth(LARGE), rel=0.03)
    assert checked.name == "drill-4"
    assert checked.is_within


def test_beyond_the_drills_a_journey_may_cost_less_but_not_more() -> None:
    costs = Costs({"panel": 0.001, "scan": 0.002}, rate_max=100.0, power=0.25)
    waking = replace(costs, waking=0.001, half=50.0)

    assert costs.cores({"panel": 100.0}) == pytest.approx(0.1)
    assert costs.cores({"panel": 1600.0}) == pytest.approx(1.6 / 2)
    # Where wakings are known, what only reads has nothing else to share.
    assert waking.cores({"panel": 1600.0}) == pytest.approx(1.6 + 1.6 / 33)
    assert waking.cores({"scan": 1600.0}) == pytest.approx(3.2 / 2 + 1.6 / 33)


def test_a_drill_that_nothing_explains_is_not_hidden_by_the_range() -> None:
    honest = small(0.02)
    seconds = tuple(
        row.model_copy(update={"cpu": {"platform": 3 * row.cpu["platform"]}})
        for row in drill(LARGE, noise=0.02).seconds
    )
    odd = drill(LARGE).model_copy(update={"seconds": seconds})

    checked = check(drills(*honest, odd))

    assert not checked.is_within
    assert checked.error < -0.5


def test_the_same_seed_gives_the_same_draws() -> None:
    given_drills = drills(*small(0.05))

    assert fit(given_drills, 4).draws == fit(given_drills, 4).draws
    assert fit(given_drills, 4).draws != fit(given_drills, 5).draws


def test_noisier_drills_give_a_wider_range() -> None:
    def width(noise: float) -> float:
        found = Range.of([costs.cores(LARGE) for costs in fit(drills(*small(noise))).draws])
        return found.high - found.low

    assert width(0.10) > width(0.01) > 0


def test_journeys_that_always_come_together_are_refused_by_name() -> None:
    one, twice = {"panel": 300.0, "scan": 100.0}, {"panel": 600.0, "scan": 200.0}

    with pytest.raises(UsageError, match="costs of panel and scan cannot be told apart"):
        fit(drills(drill(one), drill(twice, seed=2)))


def test_too_few_stretches_are_refused_with_the_number_that_is_needed() -> None:
    with pytest.raises(UsageError, match=r"5 stretches .* 2 journeys; 9 are needed"):
        fit(drills(drill({"panel": 50, "scan": 5}, seconds=29)))


def test_a_rare_journey_has_no_cost_and_is_named() -> None:
    found = fit(drills(*small(0.03), drill({"panel": 200, "family": 0.2}, seconds=30)))

    assert found.rare == ("family",)
    assert "family" not in found.costs.journeys


def test_a_range_of_one_rate_says_that_it_cannot_see_wakings() -> None:
    found = fit(drills(drill({"panel": 1000.0}), drill({"scan": 1000.0}, seed=2)))

    assert not found.sees_waking
    assert found.costs.journeys["panel"] > PANEL_S


def test_only_calm_seconds_count() -> None:
    fault = FaultSeen(
        text=Words(zh="冻结", en="frozen"), party="platform", at_s=20, until_s=22, recovered_s=1
    )
    result = drill({"panel": 100.0}, seconds=60, faults=(fault,))
    bad = result.seconds[40].model_copy(update={"counts": Counts(intended=100, ok=90, shed=10)})
    rows = (*result.seconds[:40], bad, *result.seconds[41:])

    (found,) = drills(result.model_copy(update={"seconds": rows}))

    # 2..17 and 25..39 and 41..57, in stretches of five; the fault has two seconds on either side
    assert found.calm_s == 15 + 15 + 15
    assert found.seconds == 60


def test_a_second_in_which_nobody_looked_breaks_a_row() -> None:
    result = drill({"panel": 100.0}, seconds=20)
    rows = tuple(
        row.model_copy(update={"cpu": {}}) if row.at_s == 8 else row for row in result.seconds
    )

    (found,) = drills(result.model_copy(update={"seconds": rows}))

    assert [stretch.seconds for stretch in found.stretches] == [5, 5]


def test_a_long_drill_has_longer_stretches_and_no_more_of_them() -> None:
    (found,) = drills(drill({"panel": 5.0}, seconds=1200))

    assert len(found.stretches) <= 60
    assert {stretch.seconds for stretch in found.stretches} == {20}


def test_what_no_cost_can_be_read_from_is_refused_by_name() -> None:
    result = drill({"panel": 100.0})
    blind = tuple(row.model_copy(update={"cpu": {}}) for row in result.seconds)
    mute = tuple(row.model_copy(update={"journeys": {}}) for row in result.seconds)

    with pytest.raises(UsageError, match="drill-0: nobody measured the platform"):
        drills(result.model_copy(update={"seconds": blind}))
    with pytest.raises(UsageError, match="drill-0: it does not say by second which journeys"):
        drills(result.model_copy(update={"seconds": mute}))
    with pytest.raises(UsageError, match="drill-0: it has no 5 calm seconds in a row"):
        drills(drill({"panel": 100.0}, seconds=8))
    with pytest.raises(UsageError, match="some of these drills were sent by channels"):
        drills(result, drill({"panel": 100.0}, via="phones"))


def test_a_check_needs_what_it_predicts_to_be_in_another_drill() -> None:
    with pytest.raises(UsageError, match="two drills at least"):
        check(drills(drill({"panel": 100.0})))
    with pytest.raises(UsageError, match="drill-1: no other drill has scan"):
        check(drills(drill({"panel": 100.0}), drill({"scan": 200.0})))


def test_what_a_stretch_takes_leaves_out_what_has_no_cost() -> None:
    found = fit(drills(*small(0.0)))
    (stretch, *_) = drills(drill({"panel": 100.0, "pay": 50.0}))[0].stretches

    assert told(stretch, found.costs) == pytest.approx(
        stretch.seconds * truth({"panel": 100}), rel=0.3
    )
    assert found.costs.idle <= 10 * IDLE_S


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5))
def test_no_answer_without_negative_parts_is_better(seed: int, width: int) -> None:
    chance = random.Random(seed)
    rows = [[chance.uniform(0.1, 3) for _ in range(width)] for _ in range(12)]
    measured = [chance.uniform(-1, 4) for _ in rows]
    weights = [chance.uniform(0.5, 2) for _ in rows]
    made = equations(rows, measured, weights)

    answer = solved(made)

    assert min(answer) >= 0
    least = made.misfit(answer)
    for _ in range(30):
        near = [max(0.0, value + chance.gauss(0, 0.05)) for value in answer]
        assert made.misfit(near) >= least - 1e-9


def test_columns_that_are_the_same_are_a_tangle_of_those_two() -> None:
    rows = [[1.0, 5.0, 2.0], [2.0, 1.0, 4.0], [3.0, 2.0, 6.0], [1.0, 4.0, 2.0]]

    found = tangle(equations(rows, [1.0] * 4, [1.0] * 4))

    assert {found.column, found.partner} == {0, 2}
    assert found.inflation > 1e6
