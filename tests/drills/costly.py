"""Drills that never were, of a platform whose costs are known."""

import random
from collections.abc import Mapping

from essc_workbench.drills.results import (
    Counts,
    FaultSeen,
    Generator,
    Latency,
    Result,
    Ruling,
    Second,
    Store,
    Words,
)

PANEL_S, SCAN_S, IDLE_S = 0.0004, 0.0012, 0.004
"""What the invented platform needs for a journey of each kind, and for nothing, a second."""
WAKING_S, HALF = 0.0006, 50.0


def truth(rates: Mapping[str, float]) -> float:
    """The share of a core that the invented platform uses."""
    rate = sum(rates.values())
    asked = rates.get("panel", 0) * PANEL_S + rates.get("scan", 0) * SCAN_S
    return IDLE_S + asked + WAKING_S * rate / (1 + rate / HALF)


def drill(
    rates: Mapping[str, float],
    *,
    seconds: int = 64,
    noise: float = 0.0,
    seed: int = 1,
    citizens: int = 1000,
    via: str = "platform",
    faults: tuple[FaultSeen, ...] = (),
    store: Store | None = None,
) -> Result:
    """A drill at these rates; its counts vary as chance does, its costs by `noise`."""
    chance = random.Random(seed)
    rows = tuple(_second(at, rates, noise, chance) for at in range(seconds))
    whole = sum(row.counts.ok for row in rows)
    counts = Counts(intended=whole, ok=whole)
    return Result(
        name="made-up",
        title=Words(zh="虚构", en="made up"),
        plan={
            "via": via,
            "population": {"citizens": citizens},
            "federation": {"channels": ["wechat", "alipay"]},
        },
        replay="essc drill run made-up.yaml",
        start_time="2026-11-24T08:00:00Z",
        took_s=seconds,
        load_s=seconds,
        wanted_s=seconds,
        ruling=Ruling.PASSED,
        counts=counts,
        total=Latency(count=whole, p50_us=1500, p99_us=6000, max_us=9000, mean_us=2000.0),
        lines=(),
        seconds=rows,
        objectives=(),
        faults=faults,
        generator=Generator(
            processes=1, cpu=(0.2,), loop_lag_p99_us=900, late=0.0, cpu_us_per_call=200.0
        ),
        stores={} if store is None else {"platform": store},
    )


def _second(at: int, rates: Mapping[str, float], noise: float, chance: random.Random) -> Second:
    counts = {name: _poisson(rate, chance) for name, rate in rates.items()}
    whole = sum(counts.values())
    cpu = truth(dict(counts)) * (1 + chance.gauss(0, noise))
    return Second(
        at_s=at,
        counts=Counts(intended=whole, ok=whole),
        p50_us=1500,
        p99_us=6000,
        max_us=9000,
        cpu={"platform": cpu, "generator": 0.2},
        journeys=counts,
    )


def _poisson(mean: float, chance: random.Random) -> int:
    """How many come by chance in a second in which so many come in the mean."""
    if mean > 50:
        return max(0, round(chance.gauss(mean, mean**0.5)))
    at, count = chance.expovariate(mean), 0
    while at < 1:
        at, count = at + chance.expovariate(mean), count + 1
    return count
