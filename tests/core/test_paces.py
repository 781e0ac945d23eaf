"""How fast the writer is, as its last batches were: what is told to whoever comes in vain."""

import pytest

from essc_platform.paces import Pace


def test_whoever_comes_before_the_first_batch_is_told_a_fifth_of_a_second() -> None:
    pace = Pace()

    assert pace.delay_ms(4000) == 200
    assert pace.wait_s(4000) == 0


def test_the_delay_is_how_long_the_queue_takes() -> None:
    pace = Pace()
    pace.note(100, 0.05)

    assert pace.delay_ms(1000) == 500
    assert pace.wait_s(1000) == pytest.approx(0.5)
    assert pace.batch_s == pytest.approx(0.05)


def test_the_delay_follows_a_writer_that_becomes_slow() -> None:
    pace = Pace()
    pace.note(100, 0.01)
    assert pace.delay_ms(1000) == 100

    for _ in range(40):
        pace.note(100, 0.1)

    assert pace.delay_ms(1000) == 1000


def test_the_delay_has_bounds() -> None:
    pace = Pace()
    pace.note(1, 0.01)

    assert pace.delay_ms(0) == 10
    assert pace.delay_ms(1_000_000) == 2000


def test_an_expectation_that_nobody_can_meet_does_not_stay() -> None:
    pace = Pace()
    pace.note(1, 0.8)

    pace.doubt()
    pace.doubt()

    assert pace.batch_s == pytest.approx(0.2)
