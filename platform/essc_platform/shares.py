"""A bounded room, and what of it one caller may hold while others want some.

As long as half of the room is free, whoever comes is let in. Beyond that a caller who holds its
share already is refused: the room divided by those who hold any of it, each as often as it weighs.
So one caller alone may use all of it, and whoever comes with little is let in however much others
want.
"""

from collections.abc import Mapping
from typing import Final

_OVERDRAFT: Final = 2
"""What all hold together, as a multiple of the room: who comes late has a share while others still
hold more than theirs."""


class Shares:
    """Who holds how much."""

    def __init__(self, room: int, weights: Mapping[str, int]) -> None:
        """`weights`: of callers that weigh more than 1."""
        self._room, self._weights = room, weights
        self._half = room // 2
        self._held: dict[str, int] = {}
        self._weight = 0
        """What those weigh that hold any."""
        self.taken = 0
        """How much all hold together."""

    def held(self, caller: str) -> int:
        """How much a caller holds."""
        return self._held.get(caller, 0)

    @property
    def holders(self) -> int:
        """How many callers hold any."""
        return len(self._held)

    def others(self, caller: str) -> float:
        """How often as much as one caller has all others have together."""
        own = self._weights.get(caller, 1)
        return (self._weight - own * (caller in self._held)) / own

    def is_open(self, caller: str) -> bool:
        """Whether a caller may take more."""
        if self.taken < self._half:
            return True
        own, held = self._weights.get(caller, 1), self._held.get(caller, 0)
        weight = self._weight + (0 if held else own)
        is_within = held < max(self._room * own // weight, 1)
        return is_within and self.taken < self._room * _OVERDRAFT

    def take(self, caller: str, count: int = 1) -> None:
        """Gives a caller so much; whether it may have it is asked before."""
        held = self._held.get(caller, 0)
        if not held:
            self._weight += self._weights.get(caller, 1)
        self._held[caller] = held + count
        self.taken += count

    def free(self, caller: str, count: int = 1) -> None:
        """Takes so much back."""
        self.taken -= count
        left = self._held[caller] - count
        if left:
            self._held[caller] = left
        else:
            del self._held[caller]
            self._weight -= self._weights.get(caller, 1)
