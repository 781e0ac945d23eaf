"""Ages and calendar spans: dates are those of China at the platform's time."""

import calendar
from datetime import date

from essc_platform.core.records import Instant
from essc_platform.core.times import china_day, end_of_china_day

_EPOCH = date(1970, 1, 1).toordinal()


def is_under(years: int, id_number: str, at: Instant) -> bool:
    """R41: whether a person is younger than this; who has the birthday today is not.

    A person born on 29 February has it on 1 March of a year without that day.
    """
    birth = (int(id_number[6:10]) + years, int(id_number[10:12]), int(id_number[12:14]))
    today = _china_date(at)
    return (today.year, today.month, today.day) < birth


def after_months(at: Instant, months: int) -> Instant:
    """R52: the same time of the day so many calendar months later.

    Where that month is too short, it is on its last day.
    """
    today = _china_date(at)
    year, month = divmod(today.year * 12 + today.month - 1 + months, 12)
    last_day = calendar.monthrange(year, month + 1)[1]
    later = date(year, month + 1, min(today.day, last_day)).toordinal() - _EPOCH
    return at + end_of_china_day(later) - end_of_china_day(china_day(at))


def _china_date(at: Instant) -> date:
    return date.fromordinal(_EPOCH + china_day(at))
