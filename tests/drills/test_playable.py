"""A plan whose people cannot play it is refused when it is read."""

from typing import Any

import pytest
from tests.drills.journey_plans import ALL, plan_of

from essc_workbench.drills.journeys.playable import unplayable


def test_a_plan_with_people_enough_can_be_played() -> None:
    assert list(unplayable(plan_of(ALL, citizens=400))) == []


def test_too_few_people_for_their_journeys_are_told_with_how_many_it_takes() -> None:
    [(path, text, is_key)] = unplayable(plan_of({"panel": 1.0, "pay": 1.0}, citizens=40))

    assert path == ("population", "citizens")
    assert text == "32 are linked, and pay need 36 of their own"
    assert not is_key


def test_nobody_applies_where_everybody_is_linked() -> None:
    plan = plan_of({"apply": 1.0}, population={"citizens": 100, "linked": 1.0})

    [(path, text, _)] = unplayable(plan)

    assert path == ("population", "linked")
    assert text == "65 may apply in each channel, and 0 have no link yet"


def test_people_pay_at_one_bank() -> None:
    mix = {"pay": 1.0}
    banks: dict[str, Any] = {
        "federation": {"channels": ("bank-east", "bank-west")},
        "journeys": {"bank-east": mix, "bank-west": mix},
    }

    [(path, _, is_key)] = unplayable(plan_of(mix, **banks))

    assert path == ("journeys", "bank-west", "pay")
    assert is_key


@pytest.mark.parametrize("processes", [1, 4])
def test_each_process_has_people_of_its_own(processes: int) -> None:
    found = list(unplayable(plan_of({"wrong_password": 1.0}, citizens=40, processes=processes)))

    assert bool(found) == (processes == 4)


def test_families_are_bound_among_those_who_are_in_nobodys_way() -> None:
    people = {"citizens": 400, "linked": 1.0, "families": 1.0}

    [(path, text, _)] = unplayable(
        plan_of({"panel": 1.0, "unlink_and_link": 1.0}, population=people)
    )

    assert path == ("population", "families")
    assert text == "100 households to bind, and 80 are in no journey's way"
