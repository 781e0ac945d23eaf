"""Spans of time as people write them on a command line."""

import pytest

from essc_workbench.clocks import span_us
from essc_workbench.failures import UsageError

HOUR_US = 3600 * 1_000_000


@pytest.mark.parametrize(
    ("text", "hours"),
    [("3600s", 1), ("60m", 1), ("36h", 36), ("2d", 48), ("1w", 168), ("1d12h", 36)],
)
def test_a_span_is_read(text: str, hours: int) -> None:
    assert span_us(text) == hours * HOUR_US


def test_a_span_may_be_shorter_than_a_second() -> None:
    assert span_us("1s250ms") == 1_250_000


@pytest.mark.parametrize("text", ["0s", "999999d", "999999999w"])
def test_a_span_that_no_clock_advances_by_is_said(text: str) -> None:
    with pytest.raises(UsageError, match="at most 20 years"):
        span_us(text)


@pytest.mark.parametrize("text", ["", "2", "d", "2 d", "-2d", "2y", "1.5h", "99999999999999999d"])
def test_what_is_no_span_is_said(text: str) -> None:
    with pytest.raises(UsageError, match="no span of time"):
        span_us(text)
