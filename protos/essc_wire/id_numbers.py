"""Citizen ID numbers (公民身份号码, GB 11643) and what makes one visibly invented.

17 digits (division, birth date, sequence) and a check digit of ISO 7064 MOD 11-2.
"""

from datetime import date

SYNTHETIC_DIVISION = "990000"  # no division code begins with 99
SYNTHETIC_PHONE_PREFIX = "111"  # no operator numbers begin with 11

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"


def check_digit(body: str) -> str:
    """The check digit of 17 digits."""
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return _CHECK_DIGITS[total % 11]


def is_well_formed(id_number: str) -> bool:
    """Whether form, birth date and check digit are right."""
    body = id_number[:17]
    if len(id_number) != 18 or not (body.isascii() and body.isdigit()):
        return False
    try:
        date(int(body[6:10]), int(body[10:12]), int(body[12:14]))
    except ValueError:
        return False
    return id_number[17] == check_digit(body)


def synthetic(birth: date, sequence: int) -> str:
    """An invented ID number: of no division, with a right check digit. Sequence 0 to 999."""
    body = f"{SYNTHETIC_DIVISION}{birth:%Y%m%d}{sequence:03d}"
    return body + check_digit(body)


def is_synthetic(id_number: str) -> bool:
    """Whether an ID number is visibly invented."""
    return id_number.startswith(SYNTHETIC_DIVISION)


def is_synthetic_phone(phone: str) -> bool:
    """Whether a phone is visibly invented."""
    return phone.startswith(SYNTHETIC_PHONE_PREFIX)
