"""When a plan wants a drill to end early: looked at every second, over the last five."""

from dataclasses import dataclass
from typing import Final

from essc_workbench.drills.health import Health
from essc_workbench.drills.histograms import Classes, add, percentile
from essc_workbench.drills.outcomes import Outcome
from essc_workbench.drills.plan import Plan
from essc_workbench.drills.results import Words
from essc_workbench.drills.tallies import OUTCOMES, Totals

WINDOW: Final = 5
"""Seconds."""
_BAD: Final = [
    place
    for place, outcome in enumerate(OUTCOMES)
    if outcome in (Outcome.REFUSED, Outcome.FAILED, Outcome.UNKNOWN)
]


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a drill ends."""

    text: Words
    is_void: bool = False


def reason_to_stop(plan: Plan, totals: Totals, health: Health, end: int) -> Stop | None:
    """Whether the five seconds before `end` are such that the plan wants no more of it."""
    if end < WINDOW:
        return None
    tallies = [totals.at(second) for second in range(end - WINDOW, end)]
    wanted = plan.stop
    if wanted.bad is not None:
        bad = sum(tally.outcomes[place] for tally in tallies for place in _BAD)
        share = bad / max(sum(tally.ended for tally in tallies), 1)
        if share > wanted.bad:
            return Stop(_told("bad", f"{share:.1%}", f"{wanted.bad:.1%}"))
    if wanted.latency is not None:
        times: Classes = {}
        for tally in tallies:
            add(times, tally.due)
        p99_s = percentile(times, 99) / 1e6
        if p99_s > wanted.latency.total_seconds():
            return Stop(_told("latency", f"{p99_s:.3f} s", f"{wanted.latency.total_seconds():g} s"))
    if wanted.lateness is not None:
        late = health.lateness(end - WINDOW, end)
        if late > wanted.lateness:
            told = _told("lateness", f"{late:.1%}", f"{wanted.lateness:.1%}")
            return Stop(told, is_void=True)
    return None


_WHAT: Final = {
    "bad": ("不良结果占比", "the share of bad outcomes"),
    "latency": ("延迟 p99", "the 99th percentile of latency"),
    "lateness": ("晚发占比", "the share of late sends"),
}


def _told(what: str, seen: str, bound: str) -> Words:
    zh, en = _WHAT[what]
    return Words(
        zh=f"最近 {WINDOW} 秒{zh}为 {seen}，超过计划的 {bound}",
        en=f"over the last {WINDOW} s {en} was {seen}, above the plan's {bound}",
    )
