"""Where the instants of a run lie on a page: in order, with idle time folded up.

Between two instants that are drawn there is at least room for a line of text and at most a little
more; what is left out of a long wait is said beside it.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

ROW = 16.0
"""Height between two instants that follow each other at once."""
ROW_MAX = 44.0
_US_PER_UNIT = 20_000.0
"""This much time makes one more unit of height, until ROW_MAX."""
FOLD_US = 1_500_000
"""A gap from here on is marked as folded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """A wait that is drawn shorter than it was."""

    y: float
    took_us: int


class Timeline:
    """Heights of instants, in pixels from the top."""

    def __init__(self, instants: Iterable[int], top: float = 0.0) -> None:
        self._at = sorted(set(instants))
        self._y: list[float] = []
        self.folds: list[Fold] = []
        y = top
        for index, instant in enumerate(self._at):
            if index:
                took = instant - self._at[index - 1]
                step = min(ROW + took / _US_PER_UNIT, ROW_MAX)
                if took >= FOLD_US:
                    self.folds.append(Fold(y=y + step / 2, took_us=took))
                y += step
            self._y.append(y)

    @property
    def instants(self) -> tuple[int, ...]:
        """The instants that have a height of their own."""
        return tuple(self._at)

    @property
    def bottom(self) -> float:
        """The height of the last instant."""
        return self._y[-1] if self._y else 0.0

    def y(self, instant: int) -> float:
        """The height of an instant; one between two is put between them."""
        if not self._at:
            return 0.0
        right = bisect_right(self._at, instant)
        if right == 0:
            return self._y[0]
        if right == len(self._at):
            return self._y[-1]
        begin, end = self._at[right - 1], self._at[right]
        share = (instant - begin) / (end - begin)
        return self._y[right - 1] + share * (self._y[right] - self._y[right - 1])


def seconds(at_us: int) -> str:
    """An instant of the run, as people read it."""
    return f"{at_us / 1e6:.3f} s"


def span(us: int) -> str:
    """A span of time, as people read it."""
    if us < 1_000_000:
        return f"{us / 1000:.0f} ms"
    return f"{us / 1e6:.1f} s" if us < 120_000_000 else f"{us / 60e6:.0f} min"
