"""Spans and calendar days. A day is a calendar day in China: UTC+8, no summer time."""

from essc_platform.core.records import Instant

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_CHINA = 8 * HOUR


def china_day(at: Instant) -> int:
    """Days since 1970-01-01, in China."""
    return (at + _CHINA) // DAY


def end_of_china_day(day: int) -> Instant:
    """24:00 in China of a day counted from 1970-01-01."""
    return (day + 1) * DAY - _CHINA
