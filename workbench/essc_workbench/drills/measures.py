"""What the benchmark measures with drills.

`audit_speed`: seconds of load for each second of its audit, exports included. The load is about
what this machine holds, half of it calls that change something; the audit also looks at all that
the preparing did.
`generator_ratio`, `generator_vs_locust`: see `rivals.py`; `history_cost`: see `history_cost.py`;
`honest_latency`, `event_lag_ratio`, `recovery_s`: see `proofs.py`.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from essc_workbench.bench.measures import Place
from essc_workbench.bench.report import AUDIT, GENERATOR, HISTORY, HONEST, LAG, LOCUST, RECOVERY
from essc_workbench.drills.history_cost import history_cost
from essc_workbench.drills.proofs import (
    Fields,
    broken,
    killed_at_the_peak,
    lagging,
    played,
    stood_still,
)
from essc_workbench.drills.results import Audit, Result
from essc_workbench.drills.rivals import measure_generator, measure_locust
from essc_workbench.failures import WorkbenchError

RATE: Final = 300.0
"""Journeys a second; of three calls each, taken together."""
LASTS_S: Final = 30
PLAN: Final[Fields] = {
    "title": {"en": "a load to be audited", "zh": "供审计的负载"},
    "federation": {"channels": ["wechat", "alipay"]},
    "population": {"citizens": 800},
    "journeys": {
        "wechat": {"panel": 6.0, "show_and_scan": 4.0, "unlink_and_link": 2.0},
        "alipay": {"panel": 6.0, "unlink_and_link": 2.0},
    },
    "load": [{"steady": {"rate": RATE, "lasts": f"{LASTS_S}s"}}],
    "callers": {"deadline": "5s"},
    "objectives": [{"good": 0.5}],
}


async def measure_audit(place: Place) -> None:
    """Plays a drill and has it audited. Raises WorkbenchError if that finds something broken."""
    place.say(f"auditing {LASTS_S} s of load")
    result = await played(PLAN, place.folder("audit"), seed=1)
    audit = _good(result)
    place.report.figures[AUDIT] = result.load_s / audit.took_s
    counts = result.counts
    place.report.remarks.append(
        f"{AUDIT}: {result.load_s:.0f} s of load, {counts.ok:,} of {counts.intended:,} journeys "
        f"good; {audit.calls:,} calls were judged in {audit.took_s:.1f} s, exports included, with "
        f"{audit.cpu_s:.1f} s of processor time"
    )


def _good(result: Result) -> Audit:
    if result.audit is None or broken(result):
        found = ", ".join(broken(result)) or "it was not audited"
        raise WorkbenchError(f"the audit of a drill is not good: {found}")
    return result.audit


async def measure_history(place: Place) -> None:
    """What the notes of a drill cost its generator."""
    place.say("a generator with its history and without, in turns")
    place.report.figures[HISTORY] = await history_cost(place.folder("history"), place.say)


async def measure_honesty(place: Place) -> None:
    """Latency beside a platform that stands still, and what a closed loop would have claimed."""
    place.say("a platform stands still for two seconds")
    seen = await stood_still(place.folder("frozen"))
    total, claim = seen.result.total, seen.result.closed_loop
    place.report.figures[HONEST] = seen.off
    place.report.remarks.append(
        f"{HONEST}: frozen for {seen.frozen_s:.3f} s: p99 {total.p99_us / 1e6:.3f} s, due "
        f"{seen.p99_s:.3f} s; maximum {total.max_us / 1e6:.3f} s; a closed loop claims a p99 of "
        f"{claim.p99_us / 1e6 if claim else 0:.3f} s"
    )


async def measure_lag(place: Place) -> None:
    """How late events come at half of what two channels can write."""
    place.say("events while channels write: the most, then half of it")
    seen = await lagging(place.folder("lag"))
    early_us, late_us = seen.thirds_us
    place.report.figures[LAG] = seen.ratio
    place.report.remarks.append(
        f"{LAG}: at most {seen.peak:.0f} journeys a second; at half of that p50 of a write is "
        f"{seen.write_us / 1000:.1f} ms, p99 of the lag {seen.ratio * seen.write_us / 1000:.1f} ms "
        f"({early_us / 1000:.1f} ms in the first third, {late_us / 1000:.1f} ms in the last)"
    )


async def measure_recovery(place: Place) -> None:
    """A kill at the peak. Raises WorkbenchError if anything that was acknowledged is lost."""
    place.say("a platform is killed at the peak")
    result = await killed_at_the_peak(place.folder("killed"))
    audit = _good(result)
    (fault,) = result.faults
    place.report.figures[RECOVERY] = fault.recovered_s
    place.report.remarks.append(
        f"{RECOVERY}: up {fault.until_s - fault.at_s:.2f} s after the kill; nothing of "
        f"{audit.calls:,} calls is lost"
    )


MEASURES: Final[Mapping[str, Callable[[Place], Awaitable[None]]]] = {
    GENERATOR: measure_generator,
    LOCUST: measure_locust,
    AUDIT: measure_audit,
    HISTORY: measure_history,
    HONEST: measure_honesty,
    LAG: measure_lag,
    RECOVERY: measure_recovery,
}
"""By the key of the figure."""
