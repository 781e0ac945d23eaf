"""Interleaved windows, and the ratios that follow from them.

One round gives each contestant one window, right after one another and in an order that turns, so
that a machine that slows down slows all of them down. A ratio is a median over pairs of the same
round. A pair in which a server used less than 80 % of its core says more about the generator than
about the server: it is discarded, and counted.
"""

import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from essc_wire.client import Peer
from essc_workbench.bench.load import Send, Window, drive, percentile

PAIRS_MIN = 7
ROUNDS_MAX = 12
SHARE_MIN = 0.8

Calls: TypeAlias = list[tuple[Send, bytes]]


@dataclass(slots=True)
class Contestant:
    """A server, the calls it gets in a window, and what its windows took."""

    name: str
    peer: Peer
    pid: int
    prepare: Callable[[], Awaitable[Calls]]
    windows: list[Window] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Calls a second, median of the windows."""
        return statistics.median(window.rate for window in self.windows)

    @property
    def cpu_us(self) -> float:
        """Processor time a call, median of the windows."""
        return statistics.median(window.cpu_us for window in self.windows)

    @property
    def share(self) -> float:
        """How much of its core the server used, median of the windows."""
        return statistics.median(window.share for window in self.windows)

    def latency_ms(self, percent: int) -> float:
        """A percentile of all calls of all windows."""
        return percentile((each for window in self.windows for each in window.latencies_s), percent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """The first contestant's cost divided by the second's, and the second's rate by the first's."""

    cpu: float
    rate: float
    pairs: int
    discarded: int

    @property
    def is_sound(self) -> bool:
        """Whether enough pairs are left to say anything."""
        return self.pairs >= PAIRS_MIN


async def compete(
    contestants: Sequence[Contestant], say: Callable[[str], None], *, judged: int
) -> None:
    """Runs rounds until there are enough, or too many. Enough: the first so many contestants used
    their cores, in enough pairs with the first of all.
    """
    for contestant in contestants:
        await _window(contestant)  # the first window warms up and does not count
    for turn in range(ROUNDS_MAX):
        good = (_good(contestants[0], each) for each in contestants[:judged])
        if min(good, default=turn) >= PAIRS_MIN:
            return
        say(f"round {turn + 1}: {', '.join(each.name for each in contestants)}")
        prepared = [(each, await each.prepare()) for each in contestants]
        start = turn % len(prepared)
        for contestant, calls in prepared[start:] + prepared[:start]:
            contestant.windows.append(await drive(contestant.peer, contestant.pid, calls))


def ratio(first: Contestant, second: Contestant, *, per_call: int = 1) -> Ratio:
    """What a call of the first costs, divided by what one of the second does.

    A call of the second may carry several things; then it is compared by each of them.
    """
    pairs = list(zip(first.windows, second.windows, strict=True))
    good = [(one, other) for one, other in pairs if _is_good(one, other)]
    counted = good or pairs
    return Ratio(
        cpu=per_call * statistics.median(one.cpu_us / other.cpu_us for one, other in counted),
        rate=per_call * statistics.median(other.rate / one.rate for one, other in counted),
        pairs=len(good),
        discarded=len(pairs) - len(good),
    )


def tail(first: Contestant, second: Contestant, percent: int) -> float:
    """The second's latency at a percentile, divided by the first's: the median over rounds."""
    pairs = zip(first.windows, second.windows, strict=True)
    return statistics.median(
        other.latency_ms(percent) / one.latency_ms(percent) for one, other in pairs
    )


def growth(row: Sequence[Contestant]) -> float:
    """What the dearest costs, divided by what the cheapest does; each beside the first."""
    costs = [
        statistics.median(
            window.cpu_us / first.cpu_us
            for window, first in zip(each.windows, row[0].windows, strict=True)
        )
        for each in row
    ]
    return max(costs) / min(costs)


async def _window(contestant: Contestant) -> Window:
    return await drive(contestant.peer, contestant.pid, await contestant.prepare())


def _good(first: Contestant, second: Contestant) -> int:
    pairs = zip(first.windows, second.windows, strict=True)
    return sum(_is_good(one, other) for one, other in pairs)


def _is_good(one: Window, other: Window) -> bool:
    return min(one.share, other.share) >= SHARE_MIN
