"""What the benchmark measures with drills.

`audit_speed`: seconds of load for each second of its audit, exports included. The load is about
what this machine holds, half of it calls that change something; the audit also looks at all that
the preparing did.
`generator_ratio`, `generator_vs_locust`: see `rivals.py`.
"""

import io
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from rich.console import Console

from essc_workbench.bench.measures import Place
from essc_workbench.bench.report import AUDIT, GENERATOR, LOCUST
from essc_workbench.drills.concluding import Around
from essc_workbench.drills.plan import Plan
from essc_workbench.drills.playing import drilled
from essc_workbench.drills.results import Audit, Result
from essc_workbench.drills.rivals import measure_generator, measure_locust
from essc_workbench.failures import WorkbenchError

RATE: Final = 300.0
"""Journeys a second; of three calls each, taken together."""
LASTS_S: Final = 30
PLAN: Final[dict[str, Any]] = {
    "title": {"en": "a load to be audited", "zh": "供审计的负载"},
    "federation": {"channels": ("wechat", "alipay")},
    "population": {"citizens": 800},
    "journeys": {
        "wechat": {"panel": 6.0, "show_and_scan": 4.0, "unlink_and_link": 2.0},
        "alipay": {"panel": 6.0, "unlink_and_link": 2.0},
    },
    "load": ({"steady": {"rate": RATE, "lasts": f"{LASTS_S}s"}},),
    "callers": {"deadline": "5s"},
    "objectives": ({"good": 0.5},),
}


async def measure_audit(place: Place) -> None:
    """Plays a drill and has it audited. Raises WorkbenchError if that finds something broken."""
    place.say(f"auditing {LASTS_S} s of load")
    folder = place.folder("audit")
    start_time = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    around = Around(name="audit", seed=1, replay="", start_time=start_time)
    quiet = Console(file=io.StringIO())
    result = await drilled(quiet, Plan.model_validate(PLAN), folder, around, is_plain=True)
    audit = _good(result)
    place.report.figures[AUDIT] = result.load_s / audit.took_s
    counts = result.counts
    place.report.remarks.append(
        f"{AUDIT}: {result.load_s:.0f} s of load, {counts.ok:,} of {counts.intended:,} journeys "
        f"good; {audit.calls:,} calls were judged in {audit.took_s:.1f} s, exports included, with "
        f"{audit.cpu_s:.1f} s of processor time"
    )


def _good(result: Result) -> Audit:
    audit = result.audit
    if audit is None or any(each.ruling == "broken" for each in audit.findings):
        raise WorkbenchError("the audit of a drill found something broken, or nothing")
    return audit


MEASURES: Final[Mapping[str, Callable[[Place], Awaitable[None]]]] = {
    GENERATOR: measure_generator,
    LOCUST: measure_locust,
    AUDIT: measure_audit,
}
"""By the key of the figure."""
