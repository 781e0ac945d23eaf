"""Objectives and rulings, from made-up tallies."""

from typing import Any

import pytest
from tests.drills.plans import plan

from essc_workbench.drills.concluding import Around, result_of, ruling_of
from essc_workbench.drills.coordinator import Conducted
from essc_workbench.drills.faulting import recovered_s
from essc_workbench.drills.health import Health
from essc_workbench.drills.histograms import class_of
from essc_workbench.drills.objectives import Seen, judged, unseen
from essc_workbench.drills.outcomes import Outcome, Played
from essc_workbench.drills.reports import Report
from essc_workbench.drills.results import (
    Audit,
    AuditFinding,
    Counts,
    FaultSeen,
    Ruling,
    Second,
    Words,
)
from essc_workbench.drills.tallies import Tallies, Totals

OK, REFUSED = Played(Outcome.OK), Played(Outcome.REFUSED, "WHY")
WORDS = Words(zh="话", en="words")
WECHAT_PANEL, WECHAT_PAY, ALIPAY_PANEL = range(3)


def totals(*ends: tuple[int, Played, int, int]) -> Totals:
    """So many journeys of a kind, each ended so after so many microseconds."""
    tallies, found = Tallies(3), Totals(3)
    for kind, played, us, count in ends:
        for _ in range(count):
            tallies.intend(0, kind)
            tallies.end(0, kind, played, us, us)
    found.add(tallies.told())
    return found


def seen(objective: dict[str, Any], counted: Totals, **more: Any) -> Seen:
    faults = [{"at": "1s", "kill": "platform"}]
    return Seen(plan(objectives=[objective], faults=faults), counted, **{"event_lags": {}, **more})


MIXED = totals(
    (WECHAT_PANEL, OK, 1_000, 190),
    (WECHAT_PANEL, REFUSED, 90_000, 10),
    (WECHAT_PAY, OK, 50_000, 100),
    (ALIPAY_PANEL, OK, 2_000, 98),
    (ALIPAY_PANEL, Played(Outcome.OK, is_late=True), 3_000_000, 2),
)


@pytest.mark.parametrize(
    ("objective", "wanted", "told", "is_met"),
    [
        ({"latency": 90.0, "within": "1ms", "journey": "panel"}, "≤ 1 ms", "2.00 ms", False),
        ({"latency": 90.0, "within": "3ms", "journey": "panel"}, "≤ 3 ms", "2.00 ms", True),
        ({"latency": 99.0, "within": "100ms", "channel": "wechat"}, "≤ 100 ms", "90.0 ms", True),
        ({"latency": 99.0, "within": "1s", "channel": "alipay"}, "≤ 1 s", "3.00 s", False),
        ({"good": 0.95, "journey": "panel", "channel": "wechat"}, "≥ 95 %", "95 %", True),
        ({"good": 0.99, "channel": "alipay"}, "≥ 99 %", "98 %", False),
        ({"good": 0.97}, "≥ 97 %", "97 %", True),
        ({"fairness": 0.98}, "≥ 98 %", "98.63 %", True),
        ({"fairness": 0.99}, "≥ 99 %", "98.63 %", False),
        ({"fairness": 0.96, "journey": "panel"}, "≥ 96 %", "96.93 %", True),
    ],
)
def test_an_objective_is_judged_by_what_it_is_about(
    objective: dict[str, Any], wanted: str, told: str, is_met: bool
) -> None:
    (found,) = judged(seen(objective, MIXED))

    assert (found.wanted, found.is_met) == (wanted, is_met)
    assert found.seen.startswith(told)


def test_errors_are_inside_the_percentiles() -> None:
    counted = totals((WECHAT_PANEL, OK, 1_000, 90), (WECHAT_PANEL, REFUSED, 700_000, 10))

    (found,) = judged(seen({"latency": 95.0, "within": "100ms"}, counted))

    assert not found.is_met


def test_the_lag_of_events_is_judged() -> None:
    lags = {"wechat": {class_of(5_000): 98}, "alipay": {class_of(400_000): 2}}

    (found,) = judged(seen({"event_lag": 99.0, "within": "100ms"}, MIXED, event_lags=lags))

    assert not found.is_met
    assert found.seen.startswith("400")


def test_the_lag_of_one_channels_events_is_judged_alone() -> None:
    lags = {"wechat": {class_of(5_000): 98}, "alipay": {class_of(400_000): 2}}
    wanted = {"event_lag": 50.0, "within": "100ms", "channel": "wechat"}

    about = seen(wanted, MIXED, event_lags=lags)

    (found,) = judged(about)
    assert found.is_met
    assert found.text.en == "p50 of the lag of events of wechat"
    assert list(unseen(about)) == []
    assert [each.en for each in unseen(seen({**wanted, "channel": "alipay"}, MIXED))] == [
        "objective 1 needs 2 samples at least, and has 0"
    ]


def test_a_channel_of_which_nothing_was_seen_is_not_compared_for_fairness() -> None:
    counted = totals((WECHAT_PANEL, OK, 1_000, 90))

    told = [each.en for each in unseen(seen({"fairness": 0.9}, counted))]

    assert told == ["objective 1 needs 1 samples at least, and has 0"]


def fault(recovered: float | None) -> FaultSeen:
    return FaultSeen(text=WORDS, party="platform", at_s=1, until_s=2, recovered_s=recovered)


@pytest.mark.parametrize(
    ("times", "is_met"),
    [((0.5, 2.9), True), ((3.1,), False), ((0.1, None), False)],
)
def test_every_fault_must_be_recovered_from(times: tuple[float | None, ...], is_met: bool) -> None:
    faults = tuple(map(fault, times))

    (found,) = judged(seen({"recovers": "3s"}, MIXED, faults=faults))

    assert found.is_met is is_met


def second(at_s: int, intended: int, ended: int, ok: int = 0) -> Second:
    return Second(at_s=at_s, counts=Counts(intended=intended, ok=ok), ended=ended)


def test_it_has_recovered_with_the_first_whole_second_from_which_on_all_is_good_again() -> None:
    seconds = [second(at, 100, ended) for at, ended in enumerate((100, 10, 95, 90, 99))]

    assert recovered_s(seconds, 0.25, [(0.1, 0.25)], 5.0) == 1.75
    assert recovered_s(seconds, 4.5, [(4.1, 4.5)], 5.0) is None


@pytest.mark.parametrize("ended", [(0, 100, 0, 0), (100, 100, 100, 0), (0, 0, 0, 100)])
def test_good_seconds_that_dead_ones_follow_or_one_alone_are_no_recovery(
    ended: tuple[int, ...],
) -> None:
    seconds = [second(at, 100, count) for at, count in enumerate(ended)]

    assert recovered_s(seconds, 0, [(0, 0)], 4.0) is None


def test_a_backlog_that_is_answered_later_is_no_recovery_in_the_seconds_it_was_due() -> None:
    seconds = [second(at, 100, count, ok=100) for at, count in enumerate((0, 0, 300, 100))]

    assert recovered_s(seconds, 0, [(0, 0)], 4.0) == 2.0


def test_what_happens_after_the_next_fault_began_is_no_longer_looked_at() -> None:
    seconds = [second(at, 100, count) for at, count in enumerate((100, 100, 0, 100))]

    assert recovered_s(seconds, 0, [(0, 0), (2.5, 2.9)], 4.0) == 0


@pytest.mark.parametrize(
    ("objective", "needed"),
    [
        ({"latency": 99.9, "within": "1s"}, 1000),
        ({"latency": 50.0, "within": "1s", "journey": "pay", "channel": "wechat"}, 0),
        ({"event_lag": 99.0, "within": "1s"}, 100),
        ({"recovers": "1s"}, 1),
    ],
)
def test_too_few_journeys_say_nothing(objective: dict[str, Any], needed: int) -> None:
    told = [each.en for each in unseen(seen(objective, MIXED))]

    count = 400 if "latency" in objective else 0
    expected = [f"objective 1 needs {needed} samples at least, and has {count}"] if needed else []
    assert told == expected


def conducted(**changes: Any) -> Conducted:
    health = Health(1)
    health.add(0, Report(sends=400, late_sends=changes.pop("late", 0), in_load_s=1, wall_s=1))
    found = Conducted(plan(objectives=[{"good": changes.pop("good", 0.9)}]), MIXED, health)
    for name, value in changes.items():
        setattr(found, name, value)
    return found


def audit(ruling: str) -> Audit:
    return Audit(findings=(AuditFinding(judge="once", text=WORDS, ruling=ruling, checks=1),))


@pytest.mark.parametrize(
    ("changes", "found", "ruling"),
    [
        ({}, None, Ruling.PASSED),
        ({}, audit("good"), Ruling.PASSED),
        ({"good": 0.99}, None, Ruling.FAILED),
        ({}, audit("broken"), Ruling.FAILED),
        ({}, audit("unknown"), Ruling.VOID),
        ({"late": 40}, None, Ruling.VOID),
        ({"late": 40, "good": 0.99}, None, Ruling.VOID),
        ({"late": 40}, audit("broken"), Ruling.FAILED),
        ({"ended_early": WORDS}, None, Ruling.FAILED),
        ({"ended_early": WORDS, "is_void": True}, None, Ruling.VOID),
        ({"failure": "a bug"}, audit("broken"), Ruling.BROKEN),
    ],
)
def test_how_a_drill_came_out(changes: dict[str, Any], found: Audit | None, ruling: Ruling) -> None:
    around = Around(name="a", seed=5, replay="essc drill run a.yaml", start_time="", audit=found)

    result = result_of(conducted(**changes), around)

    assert result.ruling is ruling
    assert result.status == {"passed": 0, "failed": 1, "void": 2, "broken": 3}[ruling]


def test_a_result_tells_every_kind_and_keeps_the_plan_with_its_seed() -> None:
    around = Around(name="a", seed=5, replay="essc drill run a.yaml", start_time="")

    result = result_of(conducted(), around)

    assert result.plan["seed"] == 5
    assert [(line.channel, line.journey, line.counts.intended) for line in result.lines] == [
        ("wechat", "panel", 200),
        ("wechat", "pay", 100),
        ("alipay", "panel", 100),
    ]
    assert result.total.count == result.counts.intended == 400
    assert all(line.counts.is_whole for line in result.lines)
    assert result.lines[0].reasons == {"WHY": 10}


def test_a_void_drill_never_passes() -> None:
    bad = conducted(late=400)

    generator = bad.health.told(bad.totals)

    assert ruling_of(bad, generator, (), None) is Ruling.VOID
