"""What drills must show, played: what people waited beside a platform that stood still, how late
events come while channels write, and what is left of a kill at the peak.

Each takes a folder of its own and answers what was seen; tests and `essc bench` say what that has
to be.
"""

import io
import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from essc_workbench.drills.concluding import Around
from essc_workbench.drills.plan import Plan
from essc_workbench.drills.playing import drilled
from essc_workbench.drills.reading_notes import read_notes
from essc_workbench.drills.results import Result
from essc_workbench.drills.staging import NOTES
from essc_workbench.failures import WorkbenchError

Fields = Mapping[str, Any]
_WRITES: Final = ("Unlink", "Apply")
_TURNS: Final = 3
_FROZEN_RATE, _FROZEN_LASTS_S = 50, 12
FROZEN: Final[Fields] = {
    "title": {"en": "A platform that stands still", "zh": "平台停顿"},
    "federation": {"channels": ["wechat"]},
    "population": {"citizens": 40},
    "journeys": {"wechat": {"panel": 1.0}},
    "load": [{"steady": {"rate": _FROZEN_RATE, "lasts": f"{_FROZEN_LASTS_S}s"}}],
    "arrival": "even",
    "callers": {"deadline": "10s"},
    "faults": [{"at": "5s", "freeze": "platform", "lasts": "2s"}],
    "objectives": [{"good": 0.99}],
}
KILLED: Final[Fields] = {
    "title": {"en": "The platform is killed at the peak", "zh": "高峰时平台被强杀"},
    "federation": {"channels": ["wechat", "alipay"]},
    "population": {"citizens": 160},
    "journeys": {
        "wechat": {"panel": 5.0, "show_and_scan": 2.0, "unlink_and_link": 2.0},
        "alipay": {"panel": 4.0, "unlink_and_link": 2.0},
    },
    "load": [{"spike": {"rate": 30.0, "peak": 90.0, "lasts": "24s"}}],
    "callers": {"deadline": "10s", "attempts": 10},
    "faults": [{"at": "10s", "kill": "platform", "lasts": "200ms"}],
    "objectives": [{"good": 0.5}, {"recovers": "3s"}],
}
WRITING: Final[Fields] = {
    "title": {"en": "Events while channels write", "zh": "渠道写入时的事件"},
    "federation": {"channels": ["wechat", "alipay"]},
    "population": {"citizens": 400},
    "journeys": {"wechat": {"unlink_and_link": 1.0}, "alipay": {"unlink_and_link": 1.0}},
    "callers": {"deadline": "5s", "in_flight": 64},
    "objectives": [{"good": 0.5}],
}
_MORE_THAN_IT_HOLDS, _PEAK_LASTS_S, _WARM_S = 300.0, 8, 2
_HALF_LASTS_S: Final = 18


@dataclass(frozen=True, slots=True)
class Frozen:
    """What was waited beside a platform that stood still, and what arithmetic says."""

    result: Result
    frozen_s: float
    """How long it did."""
    p99_s: float
    """What is due: whoever comes first waits all of it, the next one's wait is shorter by the time
    between two, and so on; one in a hundred waits longer than this."""

    @property
    def off(self) -> float:
        """How far the 99th percentile or the maximum lies from what is due, as a share of it."""
        seen, due = self.result.total, (self.p99_s, self.frozen_s)
        return max(
            abs(us / 1e6 - due_s) / due_s
            for us, due_s in zip((seen.p99_us, seen.max_us), due, strict=True)
        )


async def stood_still(folder: Path) -> Frozen:
    """A platform is frozen for two seconds, at an even rate."""
    result = await played(FROZEN, folder, seed=3, is_audited=False)
    (fault,) = result.faults
    frozen_s = fault.until_s - fault.at_s
    return Frozen(result, frozen_s, frozen_s - _FROZEN_LASTS_S * 0.01)


async def killed_at_the_peak(folder: Path) -> Result:
    """A platform is killed in the middle of a spike, and started again at once."""
    return await played(KILLED, folder, seed=5)


@dataclass(frozen=True, slots=True)
class Lag:
    """How late events came at half of the load that this machine holds."""

    result: Result
    peak: float
    """Journeys a second that ended well, when more was asked for than could be done."""
    write_us: float
    """The median of a write at half of that."""

    @property
    def ratio(self) -> float:
        """The 99th percentile of the lag of events, in writes."""
        lag = self.result.event_lag
        return (lag.p99_us if lag is not None else 0) / self.write_us

    @property
    def thirds_us(self) -> tuple[float, float]:
        """The 99th percentile by second: the median of the first third, and of the last."""
        lags = [each.event_lag_p99_us for each in self.result.seconds if each.event_lag_p99_us]
        third = len(lags) // 3
        return statistics.median(lags[:third]), statistics.median(lags[-third:])


async def lagging(folder: Path) -> Lag:
    """Finds what two channels can write, then has them write half as much.

    A machine that keeps the generator waiting says nothing of lags: that half is played again, a
    few times at most. Raises WorkbenchError if it was never quiet.
    """
    (folder / "peak").mkdir()
    load = [{"steady": {"rate": _MORE_THAN_IT_HOLDS, "lasts": f"{_PEAK_LASTS_S}s"}}]
    most = await played({**WRITING, "load": load}, folder / "peak", seed=6, is_audited=False)
    peak = statistics.mean(each.ended for each in most.seconds[_WARM_S:_PEAK_LASTS_S])
    half = [{"steady": {"rate": max(peak / 2, 1.0), "lasts": f"{_HALF_LASTS_S}s"}}]
    why = ""
    for turn in range(_TURNS):
        own = folder / f"half-{turn + 1}"
        own.mkdir()
        result = await played({**WRITING, "load": half}, own, seed=6, is_audited=False)
        if not result.generator.void:
            return Lag(result, peak, statistics.median(write_times_us(own / NOTES)))
        why = result.generator.void[0].en
    raise WorkbenchError(f"the machine was never quiet: {why}")


def write_times_us(notes: Path) -> list[int]:
    """How long each write took that the load's callers noted."""
    book = read_notes(notes / "generator-0.jsonl")
    methods = [kind.method.rpartition("/")[2] for kind in book.kinds]
    return [
        row.ended_us - row.began_us
        for row in book.rows
        if methods[row.kind] in _WRITES and row.ended_us is not None
    ]


async def played(fields: Fields, folder: Path, *, seed: int, is_audited: bool = True) -> Result:
    """A drill in a folder of its own, that nobody watches. Raises WorkbenchError if it broke."""
    start_time = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    around = Around(name=folder.name, seed=seed, replay="", start_time=start_time)
    quiet = Console(file=io.StringIO())
    result = await drilled(
        quiet, plan_of(fields), folder, around, is_plain=True, is_audited=is_audited
    )
    if result.failure:
        raise WorkbenchError(result.failure)
    return result


def plan_of(fields: Fields) -> Plan:
    """A plan as a file would have it."""
    return Plan.model_validate_json(json.dumps(fields))


def broken(result: Result) -> Sequence[str]:
    """The judges that found something broken, or could not tell."""
    findings = result.audit.findings if result.audit is not None else ()
    return [each.judge for each in findings if each.ruling in ("broken", "unknown")]
