from typing import Any

import pytest
from tests.core.people import NOW, ZHANG, Table, by_bureau, citizen, judge_situation

from essc_platform.core.citizens import (
    CitizenAnswer,
    RegisterCitizen,
    masked_id_number,
    masked_name,
    masked_phone,
)
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.reasons import Reason
from essc_platform.core.records import EntryKind

REGISTER = RegisterCitizen(
    at=NOW,
    citizen=ZHANG,
    id_number="990101199001011234",
    name="张小三",
    phone="11100001234",
)

REGISTERING = Table(
    {"command": REGISTER, "citizen": citizen(cancel_time=NOW)},
    ({}, Rejected(Reason.CITIZEN_EXISTS)),
    (
        {"citizen": None},
        Accepted(
            answer=CitizenAnswer(citizen=citizen(register_time=NOW)),
            changes=(citizen(register_time=NOW),),
            entries=(by_bureau(EntryKind.CITIZEN_REGISTERED),),
        ),
    ),
)


@pytest.mark.rule("R2")
@pytest.mark.parametrize(("situation", "decision"), REGISTERING.rows, ids=REGISTERING.ids)
def test_registering_a_citizen(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R92")
@pytest.mark.parametrize(("name", "masked"), [("张三", "张*"), ("欧阳小三", "欧***")])
def test_a_name_is_masked_but_for_its_first_character(name: str, masked: str) -> None:
    assert masked_name(name) == masked


@pytest.mark.rule("R92")
def test_an_id_number_is_masked_but_for_its_last_two_characters() -> None:
    assert masked_id_number("99010119900101123X") == "****************3X"


@pytest.mark.rule("R92")
def test_a_phone_is_masked_in_the_middle() -> None:
    assert masked_phone("11100001234") == "111****1234"


@pytest.mark.rule("R92")
def test_a_registration_is_printed_without_the_person() -> None:
    printed = repr(REGISTER)

    assert "张" not in printed
    assert "990101" not in printed
    assert "11100" not in printed
