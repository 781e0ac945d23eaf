"""An invented population: everybody once, the same every time, and no list of them anywhere."""

from collections import Counter

import pytest

from essc_wire.id_numbers import is_synthetic, is_synthetic_phone, is_well_formed
from essc_workbench.failures import UsageError
from essc_workbench.seeding.people import POPULATION_MAX, Role, resident, residents


def test_nobody_is_there_twice_and_everybody_is_visibly_invented() -> None:
    people = list(residents(20_000, seed=3))

    assert len({person.id_number for person in people}) == 20_000
    assert len({person.phone for person in people}) == 20_000
    assert all(is_well_formed(person.id_number) for person in people)
    assert all(is_synthetic(person.id_number) for person in people)
    assert all(is_synthetic_phone(person.phone) for person in people)


def test_the_last_people_of_the_largest_population_are_no_others() -> None:
    last = [resident(place) for place in range(POPULATION_MAX - 2000, POPULATION_MAX)]
    first = list(residents(2000))

    assert len({person.id_number for person in (*last, *first)}) == 4000
    with pytest.raises(UsageError, match="at most"):
        resident(POPULATION_MAX)


def test_a_person_follows_from_place_and_seed_alone() -> None:
    whole = list(residents(1000, seed=5))

    assert list(residents(10, seed=5, first=500)) == whole[500:510]
    assert resident(500, seed=6) != whole[500]


def test_four_places_are_a_household_of_three_generations_in_one_region() -> None:
    home = [resident(place) for place in resident(4_001).household]
    born = [int(person.id_number[6:10]) for person in home]

    assert [person.place for person in home] == [4_000, 4_001, 4_002, 4_003]
    assert [person.role for person in home] == list(Role)
    assert len({person.region for person in home}) == 1
    assert home[0].name[0] == home[1].name[0] == home[3].name[0]
    assert born == sorted(born)
    assert born[0] < 1962 <= born[1]
    assert born[3] >= 2000


def test_regions_and_years_of_birth_are_spread() -> None:
    people = list(residents(8_000))

    regions = Counter(person.region for person in people)
    years = {person.id_number[6:10] for person in people}

    assert min(regions.values()) > 0.8 * max(regions.values())
    assert len(years) > 75
