"""The national policy: every value that the rules leave open, with its origin.

Anyone can read it through the contract; `docs/policy.md` is written from this table.
"""

from dataclasses import Field, dataclass, field, fields
from enum import IntEnum
from typing import Any, NamedTuple


class Origin(IntEnum):
    """Where a value comes from; numbers as in the contract."""

    GIVEN = 1
    ASSUMED = 2


class PolicyValue(NamedTuple):
    """One value of the policy, as people read it."""

    name: str
    value: str
    unit: str
    origin: Origin
    rules: tuple[str, ...]
    text: str


def _value(default: Any, unit: str, origin: Origin, rules: str, text: str) -> Any:
    return field(
        default=default,
        metadata={"unit": unit, "origin": origin, "rules": tuple(rules.split()), "text": text},
    )


BLOCK, HOLDER_CONSENT = "block", "holder_consent"
LOSSES = (BLOCK, HOLDER_CONSENT)
"""R3: the two published readings of what a lost card means."""

_GIVEN, _ASSUMED = Origin.GIVEN, Origin.ASSUMED


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The values. Spans are in the unit of the name."""

    loss: str = _value(BLOCK, "", _GIVEN, "R3", "what a lost card means: block, or holder_consent")
    allow_while_lost_hours: int = _value(
        24, "hours", _ASSUMED, "R3", "how long a link that was opened for a loss stays open"
    )
    key_overlap_seconds: int = _value(
        300, "s", _ASSUMED, "R8", "how long a signing key is published before it signs"
    )
    card_years: int = _value(10, "years", _GIVEN, "R8", "how long an electronic card is valid")
    temporary_loss_days: int = _value(
        15, "days", _GIVEN, "R6", "after how many days a temporary loss lifts itself, at 24:00"
    )
    temporary_loss_days_by_region: tuple[tuple[str, int], ...] = _value(
        (("320100", 10), ("320500", 7)), "days", _ASSUMED, "R6", "regions that differ from it"
    )
    consent_version: str = _value(
        "2026-01", "", _ASSUMED, "R5 R20", "the version of the consent text that counts"
    )
    challenge_seconds: int = _value(
        300, "s", _ASSUMED, "R22 R23", "how long a challenge waits for its answer"
    )
    challenge_tries: int = _value(5, "tries", _ASSUMED, "R22", "answers that a challenge takes")
    proof_seconds: int = _value(600, "s", _ASSUMED, "R23", "how long a proof is good")
    password_tries: int = _value(
        6, "tries", _ASSUMED, "R25", "which wrong password in a row locks, over all channels"
    )
    password_lock_hours: int = _value(24, "hours", _ASSUMED, "R25", "how long the lock lasts")
    failed_faces_per_day: int = _value(
        10, "tries", _ASSUMED, "R25", "failed face answers a person has on a day in China"
    )
    text_messages_per_day: int = _value(
        10, "messages", _ASSUMED, "R25", "text messages a person is sent on a day in China"
    )
    ticket_seconds: int = _value(
        600, "s", _ASSUMED, "R61", "how long a ticket waits for its provider"
    )
    ticket_days: int = _value(
        1,
        "days",
        _ASSUMED,
        "R61",
        "how long a ticket nobody redeemed is remembered; then it is unknown",
    )
    order_hours: int = _value(24, "hours", _ASSUMED, "R62", "how long an order waits to be paid")
    password_free_one_fen: int = _value(
        20_000, "fen", _ASSUMED, "R62", "the most that one password-free payment takes"
    )
    password_free_day_fen: int = _value(
        100_000, "fen", _ASSUMED, "R62", "the most that a link takes so on a day in China"
    )
    notice_version: str = _value(
        "2026-01", "", _ASSUMED, "R41", "the version of the family notice that counts"
    )
    parent_places: int = _value(4, "places", _GIVEN, "R40", "how many parents a holder can bind")
    child_places: int = _value(3, "places", _GIVEN, "R40", "how many children a holder can bind")
    spouse_places: int = _value(1, "places", _GIVEN, "R40", "how many spouses a holder can bind")
    other_places: int = _value(2, "places", _GIVEN, "R40", "how many others a holder can bind")
    own_face_years: int = _value(
        16, "years", _GIVEN, "R41", "from which birthday a member's own live face is needed"
    )
    binders_max: int = _value(
        4, "holders", _GIVEN, "R42", "how many holders a person can be bound by at a time"
    )
    certification_months: int = _value(
        12, "months", _GIVEN, "R52", "how many calendar months a certification counts"
    )
    renewal_days: int = _value(
        90, "days", _ASSUMED, "R52", "how many days before its end it can be renewed"
    )
    code_seconds: int = _value(
        60, "s", _GIVEN, "R30", "how long a code lives, on the platform's clock"
    )
    known_devices: int = _value(
        5, "devices", _GIVEN, "R33", "how many devices a link knows; the one used longest ago goes"
    )
    check_minutes: int = _value(
        10, "min", _ASSUMED, "R32", "how long a check number is good for the holder and an order"
    )
    code_days: int = _value(
        1, "days", _ASSUMED, "R31", "how long a code is remembered after its end; then it is forged"
    )
    shadow_minutes: int = _value(
        10, "min", _ASSUMED, "R17", "how old a shadow copy may be that a channel shows"
    )
    event_days: int = _value(90, "days", _ASSUMED, "R16", "how long events are kept")
    request_days: int = _value(30, "days", _ASSUMED, "R91", "how long a request_id is remembered")
    heartbeat_seconds: int = _value(
        5, "s", _ASSUMED, "R16", "the longest silence of an event stream"
    )
    reconnect_ms: int = _value(
        1000, "ms", _ASSUMED, "R16", "the longest pause before a channel watches again"
    )
    answer_ms: int = _value(
        5000, "ms", _ASSUMED, "R17", "how long a channel waits for the platform at most"
    )
    repeat_attempts: int = _value(
        3, "attempts", _ASSUMED, "R91", "how often a caller repeats an uncertain call at once"
    )
    token_seconds: int = _value(600, "s", _ASSUMED, "R15", "the longest life of a token")
    token_leeway_seconds: int = _value(60, "s", _ASSUMED, "R15", "how far clocks may differ")
    message_bytes: int = _value(262_144, "bytes", _ASSUMED, "R91", "the largest message")


def values(policy: Policy) -> tuple[PolicyValue, ...]:
    """The policy as people read it, by name."""
    return tuple(sorted(_read(policy, each) for each in fields(policy)))


def _read(policy: Policy, each: Field[Any]) -> PolicyValue:
    value = getattr(policy, each.name)
    if isinstance(value, tuple):
        value = ", ".join(f"{name}: {days}" for name, days in value)
    facts = each.metadata
    return PolicyValue(
        each.name, str(value), facts["unit"], facts["origin"], facts["rules"], facts["text"]
    )
