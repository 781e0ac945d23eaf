"""The calm seconds of drills, a few together: what was done in them, and what that cost.

Not calm is a second in which more than a hundredth of the journeys did not end well (a refusal
costs something else than an answer), in which a fault was at work, in which the load began or
ended, or for which nobody measured the platform. A journey's cost may fall into the second after
its own, and the system counts processor time in hundredths of a second; so a few seconds are taken
together.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean, median

from essc_workbench.drills.results import Result, Ruling, Second, Store, Words
from essc_workbench.failures import UsageError

PARTY = "platform"
STRETCH_S = 5
STRETCHES_MAX = 60
"""Of one drill; a longer one has longer stretches."""
_BAD = 0.01
_EDGE_S = 2
"""How long it is not calm after the beginning, before the end and around a fault."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A few calm seconds in a row."""

    drill: int
    """The number of its drill among those given, from 0."""
    seconds: int
    counts: dict[str, int]
    """By journey, those that ended well."""
    cpu_s: float
    """Processor time of the platform."""
    p99_us: float
    """The median of the seconds' 99th percentiles."""

    @property
    def total(self) -> int:
        """Journeys of all kinds."""
        return sum(self.counts.values())

    @property
    def rate(self) -> float:
        """Journeys a second."""
        return self.total / self.seconds

    @property
    def share(self) -> float:
        """The share of a core that the platform used."""
        return self.cpu_s / self.seconds


@dataclass(frozen=True, slots=True)
class Drill:
    """What one drill has to tell."""

    name: str
    stretches: tuple[Stretch, ...]
    citizens: int
    channels: int
    mean_us: float
    """The mean latency of a journey, from intended time."""
    store: Store | None
    seconds: int
    """All seconds of its load, calm or not."""

    @property
    def counts(self) -> Counter[str]:
        """By journey, those of its stretches."""
        return sum((Counter(stretch.counts) for stretch in self.stretches), Counter())

    @property
    def rate(self) -> float:
        """Journeys a second, over its stretches."""
        return fmean(stretch.rate for stretch in self.stretches)

    @property
    def share(self) -> float:
        """The share of a core that the platform used, over its stretches."""
        return fmean(stretch.share for stretch in self.stretches)

    @property
    def p99_us(self) -> float:
        """The median of its stretches' 99th percentiles."""
        return median(stretch.p99_us for stretch in self.stretches)

    @property
    def calm_s(self) -> int:
        """How many of its seconds were calm."""
        return sum(stretch.seconds for stretch in self.stretches)


def drills_of(results: Sequence[tuple[str, Result]]) -> tuple[Drill, ...]:
    """The drills of named results. Raises UsageError for one that tells nothing about costs."""
    ways = {str(result.plan.get("via", "platform")) for _, result in results}
    if len(ways) > 1:
        raise UsageError(
            "some of these drills were sent by channels and some by phones: their journeys make "
            "other calls at the platform; give those of one kind"
        )
    return tuple(_drill(number, name, result) for number, (name, result) in enumerate(results))


def unfit(result: Result) -> Words | None:
    """Why a drill tells nothing about costs; None if it does."""
    if result.ruling in (Ruling.VOID, Ruling.BROKEN):
        return Words(
            en=f"it is {result.ruling.value}: its figures say nothing of the platform",
            zh="无效或出错：其数据不能说明平台",
        )
    if not any(second.journeys for second in result.seconds):
        return Words(
            en="it does not say by second which journeys ended well", zh="没有逐秒的成功办事数"
        )
    if not any(PARTY in second.cpu for second in result.seconds):
        return Words(
            en="nobody measured the platform's processor time", zh="没有测量平台的处理器时间"
        )
    length = _length(result)
    if not any(_parts(result, length)):
        return Words(
            en=f"it has no {length} calm seconds in a row (without bad answers, faults, "
            "beginning and end)",
            zh=f"没有连续 {length} 个平稳秒（无不良应答、无故障、不在首尾）",
        )
    return None


def _length(result: Result) -> int:
    return max(STRETCH_S, -(-len(result.seconds) // STRETCHES_MAX))


def _drill(number: int, name: str, result: Result) -> Drill:
    why = unfit(result)
    if why is not None:
        raise UsageError(f"{name}: {why.en}")
    stretches = tuple(_stretch(number, part) for part in _parts(result, _length(result)))
    population = result.plan.get("population") or {}
    federation = result.plan.get("federation") or {}
    return Drill(
        name=name,
        stretches=stretches,
        citizens=int(population.get("citizens", 0)),
        channels=len(federation.get("channels", ())),
        mean_us=result.total.mean_us,
        store=result.stores.get(PARTY),
        seconds=len(result.seconds),
    )


def _parts(result: Result, length: int) -> Iterator[Sequence[Second]]:
    """Calm seconds in a row, so many each; what is left over at the end of a row is left out."""
    calm = [second for second in result.seconds if _is_calm(result, second)]
    # In a row the time grows as the place does.
    for _, pairs in groupby(enumerate(calm), key=lambda pair: pair[1].at_s - pair[0]):
        row = [second for _, second in pairs]
        for start in range(0, len(row) - length + 1, length):
            yield row[start : start + length]


def _is_calm(result: Result, second: Second) -> bool:
    counts, begins, ends = second.counts, second.at_s, second.at_s + 1
    if PARTY not in second.cpu or not second.journeys:
        return False
    if counts.intended - counts.ok + counts.late > _BAD * counts.intended:
        return False
    if begins < _EDGE_S or ends > result.load_s - _EDGE_S:
        return False
    return not any(
        begins < fault.until_s + (fault.recovered_s or 0) + _EDGE_S and ends > fault.at_s - _EDGE_S
        for fault in result.faults
    )


def _stretch(number: int, seconds: Sequence[Second]) -> Stretch:
    return Stretch(
        drill=number,
        seconds=len(seconds),
        counts=dict(sum((Counter(second.journeys) for second in seconds), Counter())),
        cpu_s=sum(second.cpu[PARTY] for second in seconds),
        p99_us=median(second.p99_us for second in seconds),
    )
