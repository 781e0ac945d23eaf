"""Whether a plan's journeys can be played by its people; asked when the plan is read."""

import math
from collections.abc import Iterator
from typing import Final

from essc_workbench.drills.journey_names import JourneyName
from essc_workbench.drills.journeys.circles import (
    QUIET,
    SPARE,
    bound_households,
    circles_of,
    expected,
    wanted_households,
)
from essc_workbench.drills.plan import Plan
from essc_workbench.scenarios.documents import Path
from essc_workbench.seeding.people import HOUSEHOLD

_BANKS: Final = "bank-"
_CITIZENS: Final[Path] = ("population", "citizens")
_LINKED: Final[Path] = ("population", "linked")


def unplayable(plan: Plan) -> Iterator[tuple[Path, str, bool]]:
    """What the people of a plan cannot do, as `fitting.misfits` has it."""
    names = {name for mix in plan.journeys.values() for name in mix}
    yield from _too_few(plan, names)
    if "apply" in names:
        yield from _all_linked(plan)
    yield from _two_banks(plan)
    bound, free = len(bound_households(plan)), len(circles_of(plan).rest) // HOUSEHOLD
    if bound > free:
        text = f"{bound} households to bind, and {free} are in no journey's way"
        yield ("population", "families"), text, False
    if plan.via == "phones":
        for channel, mix in plan.journeys.items():
            if "report_loss" in mix:
                text = "a loss is reported at a bureau's desk, so not `via: phones`"
                yield ("journeys", channel, "report_loss"), text, True


def _too_few(plan: Plan, names: set[JourneyName]) -> Iterator[tuple[Path, str, bool]]:
    """Each journey that gets into the way of others needs people of its own."""
    people = plan.population
    linked = round(people.citizens * people.linked)
    own = sorted(names - QUIET - {"apply"})
    needed = sum(wanted_households(plan, name) for name in own)
    needed += 1 if names & QUIET else 0
    if needed * HOUSEHOLD > linked:
        text = f"{linked} are linked, and {', '.join(own) or 'these journeys'} need"
        yield _CITIZENS, f"{text} {needed * HOUSEHOLD} of their own", False


def _all_linked(plan: Plan) -> Iterator[tuple[Path, str, bool]]:
    """Whoever applies has no link yet, and applies in each channel once."""
    channels = sum("apply" in mix for mix in plan.journeys.values())
    there = len(circles_of(plan).places("apply"))
    applying = math.ceil(SPARE * expected(plan, "apply") / channels)
    if applying > there:
        text = f"{applying} may apply in each channel, and {there} have no link yet"
        yield _LINKED, text, False


def _two_banks(plan: Plan) -> Iterator[tuple[Path, str, bool]]:
    """In a bank's channel people pay from its own accounts, and have one account (R26)."""
    banks = [
        channel
        for channel, mix in plan.journeys.items()
        if "pay" in mix and channel.startswith(_BANKS)
    ]
    for channel in banks[1:]:
        text = f"people have their account at {banks[0]}, so nobody pays at another bank"
        yield ("journeys", channel, "pay"), text, True
