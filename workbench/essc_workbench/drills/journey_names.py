"""The journeys there are, by the name that plans have for them."""

from typing import Literal, TypeAlias

JourneyName: TypeAlias = Literal[
    "apply",
    "panel",
    "show_code",
    "show_and_scan",
    "unlink_and_link",
    "wrong_password",
    "family",
    "certify",
    "pay",
    "report_loss",
]
"""apply: a person without a link gets one. panel: the card's panel is opened. show_code: a code is
made. show_and_scan: a code is made, and a verifier scans it. unlink_and_link: the link is given up
and applied for again. wrong_password: one wrong password, refused. family: a member is bound and
released. certify: a pension certification. pay: a provider bills, the person pays. report_loss: the
physical card is reported lost, and the loss lifted."""
