"""Days as people in China count them, and how old a person is."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from essc_channels.core.records import Instant

_CHINA: Final = timedelta(hours=8)
CHILD_UNDER: Final = 16


def china_date(moment: Instant) -> date:
    """The calendar day in China."""
    return (datetime.fromtimestamp(moment / 1_000_000, UTC) + _CHINA).date()


def is_child(id_number: str, now: Instant) -> bool:
    """Whether a person is under 16; the sixteenth birthday itself counts as 16 (R41)."""
    born = date.fromisoformat(id_number[6:14])
    today = china_date(now)
    has_had_birthday = (today.month, today.day) >= (born.month, born.day)
    return today.year - born.year - (0 if has_had_birthday else 1) < CHILD_UNDER
