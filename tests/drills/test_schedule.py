"""The schedule: the same journeys at the same times, however many processes share them."""

import statistics
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tests.drills.plans import plan

from essc_workbench.drills.schedule import LANES, Intent, intents, places


@settings(max_examples=20, deadline=None)
@given(shards=some.integers(1, LANES), seed=some.integers(0, 2**53 - 1))
def test_shards_together_are_the_whole(shards: int, seed: int) -> None:
    drill = plan(load=[{"ramp": {"from": 5.0, "to": 80.0, "lasts": "3s"}}])

    parts = [list(intents(drill, seed, shard, shards)) for shard in range(shards)]

    assert sorted(each for part in parts for each in part) == list(intents(drill, seed))
    assert all(part == sorted(part) for part in parts)


def test_the_same_seed_gives_the_same_journeys_and_another_gives_others() -> None:
    assert list(intents(plan(), 7)) == list(intents(plan(), 7))
    assert list(intents(plan(), 7)) != list(intents(plan(), 8))


def test_every_journey_has_a_number_of_its_own() -> None:
    numbers = [each.number for each in intents(plan(), 1)]

    assert len(set(numbers)) == len(numbers)
    assert min(numbers) == 0


def test_journeys_that_come_by_chance_come_as_poisson_says() -> None:
    whole = list(intents(plan(load=[{"steady": {"rate": 100.0, "lasts": "100s"}}]), 3))

    gaps = [after.due_us - before.due_us for before, after in pairwise(whole)]
    by_second = Counter(each.due_us // 1_000_000 for each in whole)
    counts = [by_second[second] for second in range(100)]
    assert abs(len(whole) - 10_000) < 400
    assert statistics.mean(gaps) == pytest.approx(10_000, rel=0.05)
    assert statistics.stdev(gaps) == pytest.approx(10_000, rel=0.05)
    assert statistics.variance(counts) == pytest.approx(100, rel=0.4)


def test_even_journeys_come_like_a_metronome() -> None:
    whole = list(intents(plan(arrival="even"), 3))

    gaps = {after.due_us - before.due_us for before, after in pairwise(whole)}
    assert len(whole) == 2000
    assert whole[0].due_us == 5_000
    assert gaps <= {9_999, 10_000, 10_001}


def test_the_rate_follows_the_load() -> None:
    drill = plan(load=[{"spike": {"rate": 100.0, "peak": 900.0, "lasts": "30s"}}], arrival="even")

    by_third = Counter(each.due_us // 10_000_000 for each in intents(drill, 1))

    assert by_third == {0: 1000, 1: 9000, 2: 1000}


def test_the_mix_follows_the_weights() -> None:
    kinds = Counter(
        each.kind for each in intents(plan(load=[{"steady": {"rate": 1000.0, "lasts": "10s"}}]), 1)
    )

    assert {kind: round(count / kinds.total(), 1) for kind, count in kinds.items()} == {
        0: 0.6,
        1: 0.1,
        2: 0.3,
    }


@pytest.mark.parametrize("hot", [0.5, 1.0, 1.5, 3.0])
def test_a_few_residents_are_wanted_more_as_zipf_says(hot: float) -> None:
    place_of = places(1000, hot)

    drawn = Counter(place_of(step / 200_000) for step in range(200_000))

    ranks = [count for _, count in drawn.most_common()]
    assert all(0 <= place < 1000 for place in drawn)
    assert ranks[0] > 2 * ranks[9] if hot > 0.5 else ranks[0] > ranks[9]
    # Between the fortieth and the eightieth the law shows as a straight line on two log scales.
    assert ranks[39] / ranks[79] == pytest.approx(2**hot, rel=0.25)


def test_without_heat_everybody_is_wanted_alike() -> None:
    place_of = places(4, 0)

    assert [place_of(drawn) for drawn in (0.0, 0.24, 0.25, 0.99)] == [0, 0, 1, 3]


def test_even_the_last_draw_is_somebody() -> None:
    for hot in (0.0, 0.7, 1.0, 2.0):
        for citizens in (1, 2, 4_000_000):
            assert 0 <= places(citizens, hot)(1 - 2**-53) < citizens


def test_nothing_is_drawn_before_it_is_needed() -> None:
    year = plan(load=[{"steady": {"rate": 100_000.0, "lasts": "24h"}}] * 60)

    first = next(intents(year, 1))

    assert isinstance(first, Intent)


@pytest.mark.parametrize(("shard", "shards"), [(1, 1), (-1, 2), (0, LANES + 1)])
def test_a_shard_that_there_is_not_is_refused(shard: int, shards: int) -> None:
    with pytest.raises(ValueError, match=f"shard {shard} of {shards}"):
        intents(plan(), 1, shard, shards)
