"""When a drill ends early, and when it says nothing: looked at with made-up seconds."""

import pytest
from tests.drills.plans import plan

from essc_workbench.drills.health import Health
from essc_workbench.drills.histograms import class_of
from essc_workbench.drills.outcomes import Outcome, Played
from essc_workbench.drills.reports import Report, read_report
from essc_workbench.drills.stopping import reason_to_stop
from essc_workbench.drills.tallies import Tallies, Totals
from essc_workbench.failures import WorkbenchError


def seconds(*bad: int, us: int = 1000) -> Totals:
    """Seconds of a hundred journeys, so many of each refused."""
    tallies, totals = Tallies(3), Totals(3)
    for second, count in enumerate(bad):
        for number in range(100):
            outcome = Outcome.REFUSED if number < count else Outcome.OK
            tallies.intend(second, 0)
            tallies.end(second, 0, Played(outcome, "WHY"), us, us)
    totals.add(tallies.told())
    return totals


def health(*late: int) -> Health:
    """Seconds of a hundred sends, so many of each late."""
    found = Health(1)
    for second, count in enumerate(late):
        found.add(
            0, Report(second=second, sends=100, late_sends=count, wall_s=1, in_load_s=1, cpu_s=0.5)
        )
    return found


def told(totals: Totals, pulse: Health, end: int, **stop: object) -> str:
    found = reason_to_stop(plan(stop=stop), totals, pulse, end)
    return "" if found is None else f"{found.text.en}{' void' if found.is_void else ''}"


def test_bad_outcomes_end_it_over_five_seconds_and_not_sooner() -> None:
    totals = seconds(0, 0, 30, 30, 30, 0, 0, 0)

    assert told(totals, health(), 4, bad=0.17) == ""
    assert told(totals, health(), 5, bad=0.17) == (
        "over the last 5 s the share of bad outcomes was 18.0%, above the plan's 17.0%"
    )
    assert told(totals, health(), 5, bad=0.18) == ""
    assert told(totals, health(), 8, bad=0.17) == ""


def test_slow_answers_end_it() -> None:
    totals = seconds(0, 0, 0, 0, 0, us=2_000_000)

    assert "percentile of latency was 2.0" in told(totals, health(), 5, latency="1s")
    assert told(totals, health(), 5, latency="3s") == ""


def test_late_sends_end_it_and_make_it_void() -> None:
    totals = seconds(0, 0, 0, 0, 0)

    assert told(totals, health(0, 0, 0, 0, 10), 5, lateness=0.01).endswith("plan's 1.0% void")
    assert told(totals, health(0, 0, 0, 0, 5), 5, lateness=0.01) == ""


def test_a_plan_that_says_nothing_ends_nothing() -> None:
    assert told(seconds(100, 100, 100, 100, 100), health(*[100] * 5), 5) == ""


@pytest.mark.parametrize(
    ("report", "why"),
    [
        (Report(cpu_in_load_s=0.91, in_load_s=1, sends=1000), "used 91% of a core"),
        (Report(loop_lag={class_of(21_000): 2, class_of(10): 98}, sends=1000), "loop lagged by 21"),
        (Report(sends=1000, late_sends=11), "1.1% of the journeys were sent more than 10 ms"),
    ],
)
def test_a_generator_that_was_the_bottleneck_is_told(report: Report, why: str) -> None:
    found = Health(1)
    found.add(0, report)

    (only,) = found.told(Totals(1)).void

    assert why in only.en


def test_a_generator_within_its_bounds_is_a_witness() -> None:
    found = Health(2)
    for shard in (0, 1):
        lag = {class_of(19_000): 1, class_of(10): 99}
        found.add(
            shard,
            Report(sends=500, late_sends=5, cpu_in_load_s=0.9, in_load_s=1, loop_lag=lag),
        )

    told = found.told(Totals(1))

    assert told.void == ()
    assert told.cpu == (0.9, 0.9)
    assert told.late == 0.01


def test_a_report_travels() -> None:
    report = Report(second=3, sends=2, loop_lag={5: 1}, closed={7: 2}, rows=[[0, 0, 1]])

    assert read_report(report.line()) == report


@pytest.mark.parametrize("line", [b"", b"Traceback\n", b"[1]\n", b'{"second": 1, "more": 2}\n'])
def test_what_is_no_report_is_told(line: bytes) -> None:
    with pytest.raises(WorkbenchError, match="said no report but"):
        read_report(line)
