"""What a process counts of itself: plain numbers of its loop's own thread, shown when asked for.

A count takes some tens of nanoseconds and a spread a few hundred, so they are always on. How they
are shown is the business of `metrics.py`, which is loaded only where somebody may ask.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Final, NamedTuple, TypeAlias

SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Bounds for spans: a read takes less than the first few, a deadline is behind the last few."""
COUNTS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
GOOD: Final = ""
GONE: Final = "GONE"
"""The outcome of a call whose caller did not wait for it."""
OTHER: Final = "OTHER"
OUTCOMES_MAX: Final = 100
"""Outcomes of one method that are told apart. Far more than any has, so that whatever another party
says as its reason cannot make the page grow."""


class Spread:
    """How values are spread: how many lie at or below each bound, and their sum."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        """`bounds` ascend; one more place is for what lies above the last."""
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def note(self, value: float) -> None:
        """One more value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def copy(self) -> "Spread":
        """The same at this moment, for whoever reads it elsewhere."""
        copied = Spread(self.bounds)
        copied.counts, copied.total = list(self.counts), self.total
        return copied


class Kind(Enum):
    """What a family's values mean."""

    COUNTER = "only grows"
    GAUGE = "is what it is now"
    SPREAD = "how values are spread"


Labels: TypeAlias = tuple[str, ...]


class Family(NamedTuple):
    """Values of one name, told apart by labels. No label ever holds personal data, and the values
    of each are of a closed list.
    """

    name: str
    kind: Kind
    text: str
    labels: Labels
    values: Mapping[Labels, float] | Mapping[Labels, Spread]


_NO_LABELS: Final[Labels] = ()


def counter(name: str, text: str, value: float) -> Family:
    """A counter without labels; its name does not end with `_total`."""
    return Family(name, Kind.COUNTER, text, (), {_NO_LABELS: value})


def gauge(name: str, text: str, value: float) -> Family:
    """A gauge without labels."""
    return Family(name, Kind.GAUGE, text, (), {_NO_LABELS: value})


def spread(name: str, text: str, value: Spread) -> Family:
    """A spread without labels."""
    return Family(name, Kind.SPREAD, text, (), {_NO_LABELS: value.copy()})


class MethodMeter:
    """The calls of one method: how they ended, how long they took, what streams sent."""

    __slots__ = ("outcomes", "seconds", "sent")

    def __init__(self) -> None:
        self.outcomes: dict[str, int] = {}
        """By reason; GOOD and GONE are no reasons."""
        self.seconds = Spread(SECONDS)
        self.sent = 0

    def ended(self, outcome: str, seconds: float) -> None:
        """A call has ended."""
        try:
            self.outcomes[outcome] += 1
        except KeyError:
            self.stream_ended(outcome)
        spread = self.seconds
        spread.counts[bisect_left(spread.bounds, seconds)] += 1
        spread.total += seconds

    def stream_ended(self, outcome: str) -> None:
        """A stream has ended; how long it lasted says nothing of how fast anything is."""
        if outcome not in self.outcomes and len(self.outcomes) >= OUTCOMES_MAX:
            outcome = OTHER
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1


class AskMeter:
    """What a process asks of another party: how it ended, how long it took, what is on its way."""

    __slots__ = ("ended", "seconds", "waiting")

    def __init__(self) -> None:
        self.waiting = 0
        self.ended = {"ok": 0, "refused": 0, "away": 0}
        self.seconds = Spread(SECONDS)


class CallMeters:
    """The methods of one process, each with its meter from the start."""

    def __init__(self) -> None:
        self._methods: dict[str, MethodMeter] = {}

    def of(self, method: str) -> MethodMeter:
        """The meter of a method, by its full name in the contract."""
        return self._methods.setdefault(method, MethodMeter())

    def methods(self) -> Iterator[tuple[str, MethodMeter]]:
        """The methods that were called."""
        return ((name, each) for name, each in self._methods.items() if each.outcomes or each.sent)
