from dataclasses import fields

import pytest
from tests.core.people import china

from essc_platform.core.policy import Origin, Policy, PolicyValue, values
from essc_platform.core.times import china_day, end_of_china_day

READ = {each.name: each for each in values(Policy())}


@pytest.mark.rule("R90")
def test_every_value_of_the_policy_can_be_read_by_name() -> None:
    assert list(READ) == sorted(field.name for field in fields(Policy))


@pytest.mark.rule("R90")
@pytest.mark.parametrize("value", READ.values(), ids=lambda value: value.name)
def test_every_value_says_where_it_comes_from_and_which_rules_it_serves(
    value: PolicyValue,
) -> None:
    assert value.origin in Origin
    assert value.text
    assert value.value
    assert value.rules
    assert all(rule[0] == "R" and rule[1:].isdigit() for rule in value.rules)


@pytest.mark.rule("R90")
def test_a_value_is_written_out_with_its_unit() -> None:
    assert READ["proof_seconds"] == PolicyValue(
        name="proof_seconds",
        value="600",
        unit="s",
        origin=Origin.ASSUMED,
        rules=("R23",),
        text="how long a proof is good",
    )


@pytest.mark.rule("R6", "R90")
def test_regions_that_differ_are_written_out_one_by_one() -> None:
    assert READ["temporary_loss_days_by_region"].value == "320100: 10, 320500: 7"


@pytest.mark.rule("R3", "R8", "R16", "R17", "R25", "R91")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("loss", "block"),
        ("card_years", "10"),
        ("temporary_loss_days", "15"),
        ("password_tries", "6"),
        ("password_lock_hours", "24"),
        ("failed_faces_per_day", "10"),
        ("text_messages_per_day", "10"),
        ("shadow_minutes", "10"),
        ("event_days", "90"),
        ("request_days", "30"),
        ("token_seconds", "600"),
        ("token_leeway_seconds", "60"),
        ("message_bytes", "262144"),
    ],
)
def test_the_values_that_the_rules_name_are_the_defaults(name: str, value: str) -> None:
    assert READ[name].value == value


@pytest.mark.rule("R25")
@pytest.mark.parametrize(
    ("moment", "day"),
    [("1970-01-01 00:00", 0), ("1970-01-01 08:00", 0), ("1970-01-02 00:00", 1)],
)
def test_a_day_begins_at_midnight_in_china(moment: str, day: int) -> None:
    assert china_day(china(moment)) == day


@pytest.mark.rule("R6")
def test_a_day_ends_at_24_00_in_china_which_is_16_00_utc() -> None:
    assert end_of_china_day(0) == 16 * 3_600_000_000
    assert end_of_china_day(20_514) == china("2026-03-03 00:00")
