"""What came of a drill: one value, written as `drill.json`, from which every view is made.

Times are microseconds where the name ends in `_us`, seconds in `_s`; times of the drill count from
the start of its load.
"""

from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from essc_workbench.failures import UsageError
from essc_workbench.folders import reason

VERSION = 1
FILE_NAME = "drill.json"


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Value):
    """What people read, in both languages."""

    zh: str
    en: str


class Ruling(StrEnum):
    """The outcome of a drill."""

    PASSED = "passed"
    FAILED = "failed"
    VOID = "void"
    """The generator was the bottleneck, or too little was seen: nothing can be said."""
    BROKEN = "broken"
    """The workbench itself failed."""


class ExitStatus(IntEnum):
    """The exit status of `essc drill run`."""

    PASSED = 0
    FAILED = 1
    VOID = 2
    BROKEN = 3


class Counts(_Value):
    """Every intended journey, by what became of it."""

    intended: int = 0
    ok: int = 0
    refused: int = 0
    shed: int = 0
    failed: int = 0
    unknown: int = 0
    not_sent: int = 0
    late: int = 0
    """Of the ok ones, those that came after the caller's deadline."""

    @property
    def is_whole(self) -> bool:
        """Whether the parts are the whole, to the unit."""
        return self.intended == (
            self.ok + self.refused + self.shed + self.failed + self.unknown + self.not_sent
        )


class Latency(_Value):
    """A distribution of times, errors included."""

    count: int = 0
    p50_us: int = 0
    p90_us: int = 0
    p99_us: int = 0
    p999_us: int = 0
    max_us: int = 0
    mean_us: float = 0.0
    histogram: str = ""
    """HdrHistogram V2, compressed, base64; empty where it is not kept."""


class Line(_Value):
    """One journey in one channel."""

    journey: str
    channel: str
    counts: Counts
    reasons: dict[str, int] = Field(default_factory=dict)
    """How often each reason ended one that was not ok."""
    intended: Latency
    """From the time at which it was due."""
    sent: Latency
    """From the time at which it was sent."""


class Second(_Value):
    """One second of the load, by intended time."""

    at_s: int
    counts: Counts
    ended: int = 0
    """Journeys that ended well and in time in this second of the clock, whenever they were due."""
    prompt: int = 0
    """Of those due in this second, those that ended well and in time in it or in the next."""
    p50_us: int = 0
    p99_us: int = 0
    max_us: int = 0
    heat: tuple[int, ...] = ()
    """Answers by latency from intended time, in the classes of `Result.heat_us`."""
    reasons: dict[str, int] = Field(default_factory=dict)
    event_lag_p50_us: int | None = None
    event_lag_p99_us: int | None = None
    in_flight: int = 0
    """The most journeys under way at once."""
    queue: int | None = None
    """The most commands that waited at the platform when it was asked; None if it did not say."""
    cpu: dict[str, float] = Field(default_factory=dict)
    """Share of a core by party, and `generator`; over this second of the clock."""
    journeys: dict[str, int] = Field(default_factory=dict)
    """By journey, those of `counts.ok`: with `cpu` they tell what each costs."""


class Store(_Value):
    """What a party keeps on its disk."""

    before_bytes: int
    """All files of its data folder when the load began."""
    after_bytes: int
    """The same when it was over."""

    @property
    def grown_bytes(self) -> int:
        """What the load added."""
        return self.after_bytes - self.before_bytes


class Objective(_Value):
    """One objective, and what was seen."""

    text: Words
    wanted: str
    seen: str
    is_met: bool


class FaultSeen(_Value):
    """A fault as it was done."""

    text: Words
    party: str
    at_s: float
    until_s: float
    recovered_s: float | None = None
    """From its end until the first whole second from which on 90 % of the wanted rate was good, to
    the next fault or the end of the load; None if there was none. Exact to one second."""


class AuditFinding(_Value):
    """What one judge says."""

    judge: str
    text: Words
    ruling: str
    """good, not-judged, unknown or broken, as of scenarios."""
    checks: int
    violations: tuple[Words, ...] = ()
    notes: tuple[Words, ...] = ()


class Audit(_Value):
    """Whether what was acknowledged is there, once, and nothing else."""

    findings: tuple[AuditFinding, ...] = ()
    calls: int = 0
    """Calls of the history that was judged."""
    took_s: float = 0.0
    """Exports, reading and judging."""
    cpu_s: float = 0.0
    """Processor time of reading and judging."""


class Generator(_Value):
    """How the generator itself did."""

    processes: int
    cpu: tuple[float, ...]
    """Share of a core of each process, over the load."""
    loop_lag_p99_us: int
    late: float
    """Share of sends that came more than 10 ms after their intended time."""
    cpu_us_per_call: float
    void: tuple[Words, ...] = ()
    """Why nothing can be said; empty if it kept up."""


class Baselines(_Value):
    """What this machine can do at best, measured in the same run."""

    empty_rate: float | None = None
    """Answers a second of an empty handler."""
    commit_rate: float | None = None
    """Durable commits a second of the store alone."""


class Claim(_Value):
    """What a closed loop would have claimed from the same run."""

    p99_us: int
    max_us: int


class Result(_Value):
    """One drill."""

    version: int = VERSION
    name: str
    title: Words
    plan: dict[str, Any]
    replay: str
    """The line that runs it again."""
    start_time: str
    """ISO 8601 in UTC."""
    took_s: float
    load_s: float
    """How long the load lasted."""
    wanted_s: float
    """How long it was to last; more than `load_s` if it was ended early."""
    ended_early: Words | None = None
    ruling: Ruling
    counts: Counts
    total: Latency
    closed_loop: Claim | None = None
    lines: tuple[Line, ...]
    seconds: tuple[Second, ...]
    heat_us: tuple[int, ...] = ()
    """Upper bounds of the heat map's classes; the last class has none."""
    event_lag: Latency | None = None
    objectives: tuple[Objective, ...]
    faults: tuple[FaultSeen, ...] = ()
    audit: Audit | None = None
    generator: Generator
    baselines: Baselines = Baselines()
    stores: dict[str, Store] = Field(default_factory=dict)
    """By party; empty if its folder cannot be seen."""
    environment: dict[str, str] = Field(default_factory=dict)
    failure: str = ""

    @property
    def status(self) -> ExitStatus:
        """The exit status that it stands for."""
        return ExitStatus[self.ruling.name]


def read_result(path: Path) -> Result:
    """A result from its file or its folder. Raises UsageError."""
    file = path / FILE_NAME if path.is_dir() else path
    try:
        return Result.model_validate_json(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file}: {reason(error)}") from None
    except ValidationError as error:
        raise UsageError(f"{file}: no result of a drill: {_first(error)}") from None


def _first(error: ValidationError) -> str:
    """The first of what is wrong, and how many more there are."""
    first, *more = error.errors(include_url=False, include_context=False, include_input=False)
    place = ".".join(str(part) for part in first["loc"])
    also = f"; {len(more)} more" if more else ""
    return f"{place}: {first['msg']}{also}" if place else f"{first['msg']}{also}"


def write_result(result: Result, folder: Path) -> Path:
    """Writes a result whole, or not at all."""
    file = folder / FILE_NAME
    making = folder / f"{FILE_NAME}.making"
    making.write_text(result.model_dump_json(indent=1), encoding="utf-8")
    return making.replace(file)
