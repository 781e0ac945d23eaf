"""From all that was seen to the result, and how the drill came out."""

from dataclasses import dataclass, field
from typing import Any

from essc_workbench.drills.coordinator import Conducted
from essc_workbench.drills.histograms import Classes, latency_of, summed
from essc_workbench.drills.loads import load_of
from essc_workbench.drills.objectives import Seen, judged, unseen
from essc_workbench.drills.orders import kinds_of
from essc_workbench.drills.results import (
    Audit,
    Baselines,
    Claim,
    FaultSeen,
    Generator,
    Line,
    Objective,
    Result,
    Ruling,
    Store,
    Words,
)
from essc_workbench.drills.seconds import HEAT_US


@dataclass(slots=True, kw_only=True)
class Around:
    """What belongs to a result besides what the generator saw."""

    name: str
    seed: int
    replay: str
    start_time: str
    took_s: float = 0.0
    faults: tuple[FaultSeen, ...] = ()
    event_lags: dict[str, Classes] = field(default_factory=dict)
    """By channel."""
    audit: Audit | None = None
    baselines: Baselines = field(default_factory=Baselines)
    stores: dict[str, Store] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)


def result_of(seen: Conducted, around: Around) -> Result:
    """The result of a drill."""
    plan, totals = seen.plan, seen.totals
    about = Seen(plan, totals, around.event_lags, around.faults)
    event_lag = summed(around.event_lags)
    objectives = judged(about)
    generator = seen.health.told(totals)
    generator = generator.model_copy(update={"void": (*generator.void, *unseen(about))})
    closed = latency_of(seen.closed)
    return Result(
        name=around.name,
        title=Words(zh=plan.title.zh, en=plan.title.en),
        plan=_written(seen, around.seed),
        replay=around.replay,
        start_time=around.start_time,
        took_s=round(around.took_s, 3),
        load_s=round(seen.load_s, 3),
        wanted_s=round(load_of(plan).lasts_s, 3),
        ended_early=seen.ended_early,
        ruling=ruling_of(seen, generator, objectives, around.audit),
        counts=totals.whole.counts,
        total=latency_of(totals.whole.due),
        closed_loop=Claim(p99_us=closed.p99_us, max_us=closed.max_us) if closed.count else None,
        lines=tuple(
            Line(
                journey=kind.journey,
                channel=kind.channel,
                counts=tally.counts,
                reasons=dict(sorted(tally.reasons.items())),
                intended=latency_of(tally.due),
                sent=latency_of(tally.sent),
            )
            for kind, tally in zip(kinds_of(plan), totals.kinds, strict=True)
        ),
        seconds=seen.seconds,
        heat_us=HEAT_US,
        event_lag=latency_of(event_lag) if event_lag else None,
        objectives=objectives,
        faults=around.faults,
        audit=around.audit,
        generator=generator,
        baselines=around.baselines,
        stores=around.stores,
        environment=around.environment,
        failure=seen.failure,
    )


def ruling_of(
    seen: Conducted,
    generator: Generator,
    objectives: tuple[Objective, ...],
    audit: Audit | None,
) -> Ruling:
    """How it came out. What the audit found broken is so, however the generator did."""
    rulings = {finding.ruling for finding in audit.findings} if audit is not None else set()
    if seen.failure:
        return Ruling.BROKEN
    if "broken" in rulings:
        return Ruling.FAILED
    if generator.void or seen.is_void or "unknown" in rulings:
        return Ruling.VOID
    if seen.ended_early is not None or not all(each.is_met for each in objectives):
        return Ruling.FAILED
    return Ruling.PASSED


def _written(seen: Conducted, seed: int) -> dict[str, Any]:
    """The plan as a file would have it, with the seed that was used."""
    plan: dict[str, Any] = seen.plan.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return {**plan, "seed": seed}
