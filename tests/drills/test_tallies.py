"""Counting to the unit: cells travel, add up, and tell the times that HdrHistogram would tell."""

import json
from random import Random

import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given
from hypothesis import strategies as some

from essc_workbench.drills.health import Pulse
from essc_workbench.drills.histograms import (
    US_MAX,
    class_of,
    heat,
    highest,
    histogram_of,
    latency_of,
    percentile,
    share_within,
)
from essc_workbench.drills.outcomes import Outcome, Played
from essc_workbench.drills.seconds import Gauge, second_of
from essc_workbench.drills.tallies import REASONS_MAX, Tallies, Tally, Totals

OK = Played(Outcome.OK)
BUSY = Played(Outcome.SHED, "PLATFORM_BUSY")


@given(some.integers(0, US_MAX))
def test_a_class_is_that_of_the_library(us: int) -> None:
    library = HdrHistogram(1, US_MAX, 3)

    assert class_of(us) == library._counts_index_for(us)
    assert highest(class_of(us)) == library.get_highest_equivalent_value(us)


def test_a_distribution_is_told_as_the_library_tells_it() -> None:
    chance, library = Random(3), HdrHistogram(1, US_MAX, 3)
    classes: dict[int, int] = {}
    for _ in range(20_000):
        us = int(chance.lognormvariate(8, 2))
        library.record_value(us)
        classes[class_of(us)] = classes.get(class_of(us), 0) + 1

    told = latency_of(classes)

    assert told.count == 20_000
    assert told.p50_us == library.get_value_at_percentile(50) == percentile(classes, 50)
    assert told.p99_us == library.get_value_at_percentile(99) == percentile(classes, 99)
    assert told.max_us == library.get_value_at_percentile(100) == percentile(classes, 100)
    assert told.mean_us == pytest.approx(library.get_mean_value(), rel=0.002)
    assert HdrHistogram.decode(told.histogram).get_total_count() == 20_000


def test_nothing_has_no_times() -> None:
    assert latency_of({}).count == 0
    assert percentile({}, 99) == 0
    assert share_within({}, 5) == 0


def test_times_are_shown_in_wider_classes() -> None:
    classes = {class_of(us): 1 for us in (10, 999, 1500, 70_000)}

    assert heat(classes, (1000, 2000, 50_000)) == (2, 1, 0, 1)
    assert share_within(classes, 2000) == 0.75
    assert histogram_of(classes).get_total_count() == 4


def test_every_journey_is_in_its_cell_with_both_times() -> None:
    tallies = Tallies(2)
    tallies.intend(3, 1)
    tallies.intend(3, 1)
    tallies.end(3, 1, OK, 500, 400)
    tallies.end(3, 1, BUSY, 900, 300)

    ((second, kind, *packed),) = tallies.told()

    tally = Tally.unpacked(packed)
    assert (second, kind) == (3, 1)
    assert tally.counts.model_dump(exclude_defaults=True) == {"intended": 2, "ok": 1, "shed": 1}
    assert tally.due == {500: 1, 900: 1}
    assert tally.sent == {400: 1, 300: 1}
    assert tally.reasons == {"PLATFORM_BUSY": 1}
    assert tallies.told() == []


def test_a_journey_is_counted_in_the_second_in_which_it_ended_as_well() -> None:
    tallies, totals = Tallies(1), Totals(1)
    for ended in (3, 4, 9):
        tallies.intend(3, 0)
        tallies.end(3, 0, OK, 500, 400, ended)
    tallies.end(3, 0, Played(Outcome.OK, is_late=True), 5, 5, 9)

    totals.add(json.loads(json.dumps(tallies.told())))

    assert totals.ended == {3: 1, 4: 1, 9: 1}
    assert list(totals.seconds) == [3]
    assert second_of(3, totals, (), Pulse(), Gauge()).prompt == 2


def test_what_was_not_sent_has_a_time_from_when_it_was_due_and_no_other() -> None:
    tallies = Tallies(1)
    tallies.end(0, 0, Played(Outcome.NOT_SENT, "IN_FLIGHT_MAX"), 2_000_000, 0)

    ((_, _, *packed),) = tallies.told()

    tally = Tally.unpacked(packed)
    assert sum(tally.due.values()) == 1
    assert tally.sent == {}


def test_a_good_answer_that_came_in_vain_is_counted_as_late_too() -> None:
    tallies = Tallies(1)
    tallies.end(0, 0, Played(Outcome.OK, is_late=True), 5, 5)
    totals = Totals(1)

    totals.add(tallies.told())

    assert totals.whole.counts.ok == totals.whole.counts.late == 1


ENDS = some.tuples(
    some.integers(0, 5), some.integers(0, 2), some.sampled_from(Outcome), some.integers(0, 10**7)
)


@given(some.lists(some.lists(ENDS, max_size=30), max_size=4))
def test_all_sums_are_whole_however_the_cells_travelled(
    told: list[list[tuple[int, int, Outcome, int]]],
) -> None:
    totals, tallies = Totals(3), Tallies(3)
    for part in told:
        for second, kind, outcome, us in part:
            tallies.intend(second, kind)
            tallies.end(second, kind, Played(outcome, "WHY"), us, us)
        totals.add(json.loads(json.dumps(tallies.told())))

    count = sum(map(len, told))
    assert totals.whole.intended == count
    assert all(tally.counts.is_whole for tally in totals.tallies())
    assert all(sum(tally.due.values()) == tally.intended for tally in totals.tallies())
    assert sum(tally.intended for tally in totals.kinds) == count
    assert sum(tally.intended for tally in totals.seconds.values()) == count
    assert sum(map(sum, totals.good.values())) == totals.whole.ok


def test_those_that_nobody_will_end_are_counted_with_the_time_they_waited() -> None:
    tally = Tally()
    tally.intended = 5

    tally.give_up(Outcome.UNKNOWN, "GENERATOR_DIED", 2_000_000, 3)
    tally.give_up(Outcome.NOT_SENT, "GENERATOR_DIED", 2_000_000, 2)

    assert tally.counts.is_whole
    assert sum(tally.due.values()) == 5
    assert sum(tally.sent.values()) == 3
    assert tally.reasons == {"GENERATOR_DIED": 5}


def test_reasons_are_told_apart_up_to_a_bound() -> None:
    tally = Tally()

    for number in range(REASONS_MAX + 7):
        tally.because(f"REASON_{number}")

    assert len(tally.reasons) == REASONS_MAX + 1
    assert tally.reasons["OTHER"] == 7


@pytest.mark.parametrize("row", [[], [1, 2, 3], None, [1, [0] * 6, 0, [1], [], {}, []]])
def test_what_is_no_tally_is_refused(row: list[object]) -> None:
    with pytest.raises(ValueError, match=r"tally|unpack|shorter"):
        Tally.unpacked(row)
