"""Who plays what: circles of residents, so that no two journeys get into each other's way.

Who unlinks, loses the card or mistypes the password changes what others would be answered. So each
such journey has households of its own, and within them one person plays one journey at a time. The
households that are left are for whoever only reads and shows codes, and there is no limit to how
much of that one person does at once. Of several processes each has its own share of every circle,
and all of them share the rest.

An unexpected refusal is counted as refused, whatever the reason: circles make them rare, they do
not explain them away.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from essc_workbench.drills.journey_names import JourneyName
from essc_workbench.drills.journeys.calls import Ended
from essc_workbench.drills.loads import load_of
from essc_workbench.drills.outcomes import Outcome
from essc_workbench.drills.plan import Plan
from essc_workbench.seeding.people import HOUSEHOLD, Role

CODES: Final[tuple[JourneyName, ...]] = ("show_code", "show_and_scan")
QUIET: Final[frozenset[JourneyName]] = frozenset({"panel", *CODES})
"""Journeys that anybody plays beside anybody."""
FAMILIES_PER_HOUSEHOLD: Final = 19
"""How many members a household's adults can add to each other before their places are used up."""
SPARE: Final = 1.3
"""So many more than the load brings on average."""
_SHARES: Final[Mapping[JourneyName, float]] = {
    "unlink_and_link": 0.2,
    "report_loss": 0.1,
    "certify": 0.4,
}
"""Which share of the linked households such a circle has; what it costs is links only. Of those who
certify as many as the load brings, so that few come twice.
"""
_LEAST: Final[Mapping[JourneyName, int]] = {"unlink_and_link": 2, "report_loss": 2, "certify": 4}
"""How many it has at least, for each process: of a household only the oldest is certified."""
_FEW: Final[Mapping[JourneyName, int]] = {"wrong_password": 4, "pay": 8, "family": 4}
"""How many households have card passwords for it, for each process; one takes the platform 31 ms.
A family needs more, by how many members are added."""


@dataclass(frozen=True, slots=True)
class Circle:
    """Households in a row."""

    first: int
    count: int

    @property
    def places(self) -> range:
        """Everybody's places."""
        return range(self.first * HOUSEHOLD, (self.first + self.count) * HOUSEHOLD)

    @property
    def households(self) -> range:
        return range(self.first, self.first + self.count)

    def of_role(self, *roles: Role) -> Iterator[int]:
        """The places of everybody in these roles."""
        return (place for place in self.places if place % HOUSEHOLD in roles)


@dataclass(frozen=True, slots=True)
class Circles:
    """The population of a plan, taken apart."""

    by_journey: Mapping[JourneyName, Circle]
    """For `apply`: those who have no link."""
    rest: range
    """The places of whoever plays the quiet journeys."""
    linked: range
    """The places of everybody who has a link in every channel."""

    def places(self, journey: JourneyName) -> range:
        """Who may play a journey."""
        return self.rest if journey in QUIET else self.by_journey[journey].places


def circles_of(plan: Plan) -> Circles:
    """The circles of a plan. Some are empty where there are too few people: see `playable.py`."""
    people = plan.population
    linked = round(people.citizens * people.linked)
    names = {name for mix in plan.journeys.values() for name in mix}
    found: dict[JourneyName, Circle] = {}
    end = linked // HOUSEHOLD
    for name in sorted(names - QUIET - {"apply"}):
        count = min(wanted_households(plan, name), end)
        found[name] = Circle(end - count, count)
        end -= count
    if "apply" in names:
        first = math.ceil(linked / HOUSEHOLD)
        found["apply"] = Circle(first, people.citizens // HOUSEHOLD - first)
    rest = range(end * HOUSEHOLD if found else linked)
    return Circles(found, rest, range(linked))


def bound_households(plan: Plan) -> range:
    """The households that are bound as families before the clock starts: none of a circle."""
    wanted = round(plan.population.families * len(circles_of(plan).linked) / HOUSEHOLD)
    return range(wanted)


def expected(plan: Plan, journey: JourneyName) -> float:
    """How many such journeys the plan's load brings on average."""
    weights = [weight for mix in plan.journeys.values() for weight in mix.values()]
    own = sum(mix.get(journey, 0.0) for mix in plan.journeys.values())
    return load_of(plan).area * own / sum(weights)


def wanted_households(plan: Plan, name: JourneyName) -> int:
    """How many households the circle of a journey should have."""
    if name not in _FEW:
        people = plan.population
        linked = round(people.citizens * people.linked) // HOUSEHOLD
        share = math.ceil(_SHARES[name] * linked)
        if name == "certify":
            share = min(share, math.ceil(expected(plan, name)))
        return max(plan.processes * _LEAST[name], share)
    few = plan.processes * _FEW[name]
    if name != "family":
        return few
    return few + math.ceil(SPARE * expected(plan, name) / FAMILIES_PER_HOUSEHOLD)


class Taking:
    """The places of a circle that one process has, and who of them is busy."""

    def __init__(self, places: range | tuple[int, ...], shard: int = 0, shards: int = 1) -> None:
        self.places = tuple(p for p in places if p // HOUSEHOLD % shards == shard)
        self._busy: set[int] = set()

    @contextmanager
    def taken(self, place: int) -> Iterator[int]:
        """Somebody of the circle for whom it is, or the next who is free. Raises Ended."""
        count = len(self.places)
        for turn in range(count):
            found = self.places[(place + turn) % count]
            if found not in self._busy:
                break
        else:
            raise Ended(Outcome.NOT_SENT, "NOBODY_FREE")
        self._busy.add(found)
        try:
            yield found
        finally:
            self._busy.discard(found)
