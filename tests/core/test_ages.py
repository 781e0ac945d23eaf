import pytest
from tests.core.people import china

from essc_platform.core.ages import after_months, is_under


@pytest.mark.rule("R41")
@pytest.mark.parametrize(
    ("birth", "at", "wanted"),
    [
        ("20100302", "2026-03-01 23:59", True),
        ("20100302", "2026-03-02 00:00", False),  # the birthday itself counts as 16
        ("20100303", "2026-03-02 12:00", True),
        ("20100201", "2026-03-02 12:00", False),
        ("20101201", "2026-03-02 12:00", True),
        ("20840229", "2100-02-28 23:59", True),
        ("20840229", "2100-03-01 00:00", False),  # 2100 has no 29 February
    ],
)
def test_who_is_under_sixteen_in_china(birth: str, at: str, wanted: bool) -> None:
    assert is_under(16, f"990000{birth}0011", china(at)) is wanted


@pytest.mark.rule("R52")
@pytest.mark.parametrize(
    ("at", "months", "wanted"),
    [
        ("2026-03-02 12:00", 12, "2027-03-02 12:00"),
        ("2028-02-29 07:30", 12, "2029-02-28 07:30"),
        ("2026-12-31 23:59", 2, "2027-02-28 23:59"),
        ("2026-12-01 00:00", 1, "2027-01-01 00:00"),
        ("2026-11-15 00:00", 1, "2026-12-15 00:00"),
    ],
)
def test_calendar_months_later_in_china(at: str, months: int, wanted: str) -> None:
    assert after_months(china(at), months) == china(wanted)
