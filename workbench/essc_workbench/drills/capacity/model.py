"""From what a journey costs to what a population needs: processes, shards, machines, bytes.

    peak      = users · times · journeys_per_user · peak_hour / 3600 · burst
    r         : the rate at which one process uses `utilisation` of a core, by its costs
    processes = peak · (1 + headroom) / r
    disk      = cards · bytes of a citizen + journeys kept · bytes of a journey
    shards    = the greater of writes · (1 + headroom) / writes_per_shard and disk / shard_gib
    machines  = the greater of processes and shards / (cores - reserved_cores)

With the embedded store a process writes a database of its own, so a machine has to hold as many of
them as the greater number says. Ranges come from the measured costs alone; an assumption is taken
as it is given.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median, quantiles

from essc_workbench.drills.capacity.assumptions import WRITES
from essc_workbench.drills.capacity.costs import Costs
from essc_workbench.drills.capacity.fits import Fit
from essc_workbench.drills.capacity.stretches import Drill
from essc_workbench.failures import UsageError

FAR = 10
"""What lies beyond so many times the largest drill is not validated."""
LOG_BYTES = 32 * 2**20
"""So much a store's write-ahead log may hold at most."""
BUCKETS = 1024
"""By which the tables can be spread; so many shards there are at most."""
_NEAR = 0.1
"""A stretch is near a utilisation if its own differs by no more."""
_HOUR_S, _GIB = 3_600, 2**30
_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Range:
    """A number that is not known exactly: nine of ten draws lie between low and high."""

    low: float
    likely: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Range":
        """From draws; one that is the same in all of them is exact."""
        if len(values) == 1 or min(values) == max(values):
            return cls(values[0], values[0], values[0])
        parts = quantiles(values, n=20, method="inclusive")
        return cls(parts[0], median(values), parts[-1])


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the answer."""

    key: str
    range: Range
    beyond: tuple[str, ...]
    """In which ways (rate, writes, cards, share, channels) it lies beyond what was drilled."""

    @property
    def is_validated(self) -> bool:
        """Whether it lies within ten times the largest drill."""
        return not self.beyond


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the drills went."""

    rate: float
    writes: float
    cards: float
    channels: float
    share: float
    """The greatest share of a core that a platform used in a stretch."""


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes, as each drill that recorded them has it; empty if none did."""

    citizen: tuple[float, ...]
    journey: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """What a population needs."""

    figures: tuple[Figure, ...]
    reach: Reach
    disk: Disk
    p99_us: float | None
    """As measured near the wanted utilisation; None if no drill drove a platform so far."""


def reach_of(drills: Sequence[Drill]) -> Reach:
    """How far these drills went, in any stretch."""
    stretches = [stretch for drill in drills for stretch in drill.stretches]
    return Reach(
        rate=max(stretch.rate for stretch in stretches),
        writes=max(_writes(stretch.counts) / stretch.seconds for stretch in stretches),
        cards=max(drill.citizens for drill in drills),
        channels=max(drill.channels for drill in drills),
        share=max(stretch.share for stretch in stretches),
    )


def disk_of(drills: Sequence[Drill]) -> Disk:
    """Bytes of a citizen and of a journey, by drill.

    The store's log has room for some megabytes that are neither; so only a drill whose store was
    ten times as large tells the one, and one in which it grew by four times as much the other.
    """
    citizen, journey = [], []
    for drill in drills:
        if drill.store is None:
            continue
        before, grown = drill.store.before_bytes, drill.store.grown_bytes
        if drill.citizens and before >= 10 * LOG_BYTES:
            citizen.append(before / drill.citizens)
        if grown >= 4 * LOG_BYTES:
            journey.append(grown / (drill.rate * drill.seconds))
    return Disk(tuple(citizen), tuple(journey))


def need(
    fit: Fit, drills: Sequence[Drill], mix: Mapping[str, float], assumed: Mapping[str, float]
) -> Need:
    """What a population needs, in ranges. Raises UsageError if no process can serve it."""
    disk, reach = disk_of(drills), reach_of(drills)
    citizen = disk.citizen or (assumed["citizen_bytes"],)
    journey = disk.journey or (assumed["write_bytes"] * _writes(mix),)
    mean_s = fmean(drill.mean_us for drill in drills) / 1e6
    rows = []
    for number, costs in enumerate(fit.draws):
        sizes = _turn(citizen, number), _turn(journey, number)
        rows.append(_figures(costs, sizes, mean_s, mix, assumed))
    beyond = _beyond(rows[0], assumed, reach)
    figures = (
        Figure(
            key=key,
            range=Range.of([row[key] for row in rows]),
            beyond=tuple(way for way in _WAYS[key] if way in beyond),
        )
        for key in rows[0]
    )
    near = [
        stretch.p99_us
        for drill in drills
        for stretch in drill.stretches
        if abs(stretch.share - assumed["utilisation"]) <= _NEAR
    ]
    return Need(tuple(figures), reach, disk, median(near) if near else None)


_WAYS: Mapping[str, tuple[str, ...]] = {
    "day": ("rate",),
    "peak": ("rate",),
    "writes": ("writes",),
    "process_rate": ("share",),
    "processes": ("rate", "share"),
    "at_once": ("share", "channels"),
    "disk_gib": ("rate", "cards"),
    "shards": ("writes", "cards"),
    "machines": ("rate", "writes", "cards", "share"),
}
"""Every figure, and what it depends on."""


def _figures(
    costs: Costs,
    sizes: tuple[float, float],
    mean_s: float,
    mix: Mapping[str, float],
    assumed: Mapping[str, float],
) -> dict[str, float]:
    day = assumed["users"] * assumed["times"] * assumed["journeys_per_user"]
    peak = day * assumed["peak_hour"] / _HOUR_S * assumed["burst"]
    writes = peak * _writes(mix)
    rate = process_rate(costs, mix, assumed["utilisation"])
    reserve = 1 + assumed["headroom"]
    processes = math.ceil(peak * reserve / rate)
    found = {
        "day": day,
        "peak": peak,
        "writes": writes,
        "process_rate": rate,
        "processes": processes,
        "at_once": rate * mean_s + assumed["channels"],
    }
    shards = math.ceil(writes * reserve / assumed["writes_per_shard"])
    citizen, journey = sizes
    kept = day * assumed["average_day"] * assumed["history_days"]
    found["disk_gib"] = (assumed["cards"] * citizen + kept * journey) / _GIB
    shards = max(shards, math.ceil(found["disk_gib"] / assumed["shard_gib"]))
    found["shards"] = max(shards, 1)
    room = assumed["cores"] - assumed["reserved_cores"]
    found["machines"] = math.ceil(max(processes, found["shards"]) / room)
    return found


def process_rate(costs: Costs, mix: Mapping[str, float], utilisation: float) -> float:
    """The journeys a second at which one process uses so much of a core. Raises UsageError."""

    def share(rate: float) -> float:
        return costs.cores({name: part * rate for name, part in mix.items()})

    if share(0.0) >= utilisation:
        raise UsageError(
            f"utilisation={utilisation:g}: a process uses {share(0.0):.2f} of a core when nothing "
            "is asked"
        )
    low, high = 0.0, 1.0
    while share(high) < utilisation:
        high *= 2
        if high > 1e9:
            raise UsageError("these journeys cost nothing that was measured")
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if share(middle) < utilisation else (low, middle)
    return low


def _writes(parts: Mapping[str, float]) -> float:
    return sum(part * WRITES.get(name, 1.0) for name, part in parts.items())


def _turn(values: Sequence[float], number: int) -> float:
    return values[number % len(values)]


def _beyond(row: Mapping[str, float], assumed: Mapping[str, float], reach: Reach) -> set[str]:
    """The ways in which this lies beyond what was drilled.

    A process that was never driven as hard as wanted is beyond it at once: what waits grows
    faster than what is asked.
    """
    pairs = {
        "rate": (row["peak"], FAR * reach.rate),
        "writes": (row["writes"], FAR * reach.writes),
        "cards": (assumed["cards"], FAR * reach.cards),
        "channels": (assumed["channels"], FAR * reach.channels),
        "share": (assumed["utilisation"], reach.share + _NEAR),
    }
    return {way for way, (wanted, bound) in pairs.items() if wanted > bound}
