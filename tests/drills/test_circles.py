"""Circles: no two journeys that get into each other's way share a resident."""

from itertools import combinations

import pytest
from tests.drills.journey_plans import ALL, plan_of

from essc_workbench.drills.journeys.calls import Ended
from essc_workbench.drills.journeys.circles import Taking, circles_of
from essc_workbench.seeding.people import HOUSEHOLD, Role


def test_every_journey_has_people_of_its_own() -> None:
    circles = circles_of(plan_of(ALL, citizens=1000))

    parts = [set(circle.places) for circle in circles.by_journey.values()] + [set(circles.rest)]
    assert all(parts)
    assert not any(one & other for one, other in combinations(parts, 2))


def test_whoever_applies_has_no_link_and_everybody_else_has_one() -> None:
    circles = circles_of(plan_of(ALL, citizens=1000))

    others = [circle for name, circle in circles.by_journey.items() if name != "apply"]
    assert set(circles.places("apply")) == set(range(800, 1000))
    assert all(set(each.places) <= set(circles.linked) for each in others)


def test_where_nobody_disturbs_all_who_are_linked_play() -> None:
    circles = circles_of(plan_of({"panel": 1.0, "show_code": 1.0}, citizens=1000))

    assert circles.rest == circles.linked == range(800)


def test_processes_share_a_circle_by_household() -> None:
    places = range(40)

    one, other = Taking(places, 0, 2), Taking(places, 1, 2)

    assert sorted((*one.places, *other.places)) == list(places)
    homes = [{place // HOUSEHOLD for place in each.places} for each in (one, other)]
    assert not homes[0] & homes[1]


def test_one_who_is_busy_is_passed_over_and_free_again_afterwards() -> None:
    taking = Taking((4, 5))

    with taking.taken(0) as first, taking.taken(0) as second:
        assert (first, second) == (4, 5)
    with taking.taken(0) as again:
        assert again == 4


def test_where_everybody_is_busy_a_journey_is_not_sent() -> None:
    taking = Taking((4,))

    with taking.taken(0), pytest.raises(Ended) as ended, taking.taken(0):
        pass

    assert ended.value.played.outcome == "not_sent"
    assert ended.value.reason == "NOBODY_FREE"


def test_roles_of_a_circle_are_by_place_in_the_household() -> None:
    circle = circles_of(plan_of(ALL, citizens=1000)).by_journey["certify"]

    assert {place % HOUSEHOLD for place in circle.of_role(Role.GRANDPARENT)} == {0}
