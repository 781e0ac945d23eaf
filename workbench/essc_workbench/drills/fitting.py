"""Whether the parts of a plan fit each other: what each names is there, what it needs happens."""

from collections.abc import Collection, Iterator
from typing import Final, TypeAlias

from essc_workbench.drills.fields import span_words
from essc_workbench.drills.journeys.playable import unplayable
from essc_workbench.drills.loads import load_of
from essc_workbench.drills.plan import FaultPlan, ObjectivePlan, Plan
from essc_workbench.fleet import party_of
from essc_workbench.near_misses import meant
from essc_workbench.routes import PLATFORM
from essc_workbench.scenarios.documents import Path

_ENDLESS: Final = ("restart", "disconnect", "advance")
_OF_PROCESSES: Final = ("kill", "freeze", "restart")
Misfit: TypeAlias = tuple[Path, str, bool]
"""Where it stands in a plan, what is wrong, and whether it is the key that is wrong there."""


def misfits(plan: Plan) -> Iterator[Misfit]:
    """Every part of a plan that does not fit the rest of it."""
    there = plan.federation.channels
    for name in plan.journeys:
        if name not in there:
            yield ("journeys", name), _nobody("channel", name, there), True
    for place, fault in enumerate(plan.faults):
        yield from _of_fault(("faults", place), fault, plan)
    for place, objective in enumerate(plan.objectives):
        yield from _of_objective(("objectives", place), objective, plan)
    yield from _without_effect(plan)
    yield from unplayable(plan)


def _without_effect(plan: Plan) -> Iterator[Misfit]:
    """What is given, and changes nothing."""
    if plan.gate and not any(fault.lose_answers for fault in plan.faults):
        yield ("gate",), "no fault uses the gate, which only costs rate; lose_answers does", True
    people = plan.population
    if people.third and round(people.citizens * people.linked) == people.citizens:
        yield ("population", "third"), "everybody is linked, and nobody is left for it", True
    stop = plan.stop
    ends = (stop.bad, stop.latency, stop.lateness)
    if "stop" in plan.model_fields_set and all(each is None for each in ends):
        yield ("stop",), "ends nothing; give it bad, latency or lateness", True


def _of_fault(path: Path, fault: FaultPlan, plan: Plan) -> Iterator[Misfit]:
    channels = plan.federation.channels
    named = {
        "kill": (fault.kill, (PLATFORM, *channels)),
        "freeze": (fault.freeze, (PLATFORM, *channels)),
        "restart": (fault.restart, (PLATFORM, *channels)),
        "suspend": (fault.suspend, channels),
        "disconnect": (fault.disconnect, tuple(plan.journeys)),
        "lose_answers": (fault.lose_answers, tuple(plan.journeys)),
    }
    for field, (name, there) in named.items():
        if name is not None and name not in there and not _is_process(field, name):
            yield (*path, field), _nobody("party", name, there), False
    if fault.lose_answers is not None and not plan.gate:
        yield (*path, "lose_answers"), "nobody goes through the gate; give `gate` a share", True
    endless = next((name for name in _ENDLESS if getattr(fault, name) is not None), None)
    if endless is not None and "lasts" in fault.model_fields_set:
        yield (*path, "lasts"), f"{endless} has no length", True
    lasts_s = load_of(plan).lasts_s
    if fault.at.total_seconds() >= lasts_s:
        yield (*path, "at"), f"after the end of the load, which lasts {lasts_s:g} s", False


def _is_process(field: str, name: str) -> bool:
    """Whether this is one process of the platform, to which that can be done.

    How many there are is said where the plan is run.
    """
    return field in _OF_PROCESSES and party_of(name) == PLATFORM


def _of_objective(path: Path, objective: ObjectivePlan, plan: Plan) -> Iterator[Misfit]:
    channel, journey = objective.channel, objective.journey
    # Events reach every channel of the federation, also those in which nobody does anything.
    known = plan.journeys if objective.event_lag is None else plan.federation.channels
    if channel is not None and channel not in known:
        yield (*path, "channel"), _nobody("channel", channel, known), False
        return
    if objective.event_lag is not None:
        return
    mixes = [plan.journeys[channel]] if channel is not None else plan.journeys.values()
    there = sorted({name for mix in mixes for name in mix})
    if journey is not None and journey not in there:
        where = f"in {channel}" if channel is not None else "in this plan"
        yield (*path, "journey"), f"no journey {journey!r} {where}; {meant(journey, there)}", False
    compared = sum(journey in (None, *mix) for mix in plan.journeys.values())
    if objective.fairness is not None and 0 < compared < 2:
        text = f"needs {journey or 'journeys'} in two channels"
        yield (*path, "fairness"), text, True
    if objective.recovers is not None and not plan.faults:
        yield (*path, "recovers"), "needs a fault; this plan has none", True
    yield from _cannot_fail(path, objective, plan)


def _cannot_fail(path: Path, objective: ObjectivePlan, plan: Plan) -> Iterator[Misfit]:
    """Bounds that nothing exceeds."""
    within, deadline = objective.within, plan.callers.deadline
    if objective.latency is not None and within is not None and within >= deadline:
        text = f"callers give up after {span_words(deadline)}; a bound is less than their deadline"
        yield (*path, "within"), text, False
    lasts_s = load_of(plan).lasts_s
    if objective.recovers is not None and objective.recovers.total_seconds() > lasts_s:
        yield (*path, "recovers"), f"longer than the load, which lasts {lasts_s:g} s", False


def _nobody(what: str, name: str, there: Collection[str]) -> str:
    return f"no {what} {name!r} in this plan; {meant(name, there)}"
