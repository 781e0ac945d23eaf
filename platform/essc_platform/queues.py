"""Who waits for the writer: each caller in a queue of its own.

While all that waits fits into one batch, the order is that of arrival. Beyond that the queues take
turns, so many commands each as their callers weigh, and a long one holds up nobody but itself.
Within a batch the order is that of arrival all the same.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

from essc_platform.shares import Shares

TURN: Final = 16
"""Commands of one caller before the next has its turn; of one that weighs more, as often as that.
What belongs together and is more waits until its caller has been passed over often enough."""

T = TypeVar("T")


class _Waiting(NamedTuple, Generic[T]):
    arrival: int
    size: int
    item: T


class Queues(Generic[T]):
    """Items by caller; an item is one or more commands that belong together."""

    def __init__(self, commands_max: int, weights: Mapping[str, int]) -> None:
        """`weights`: of callers that weigh more than 1."""
        self._shares, self._weights = Shares(commands_max, weights), weights
        self._queues: dict[str, deque[_Waiting[T]]] = {}
        self._turns: deque[str] = deque()
        self._credit: dict[str, int] = {}
        self._arrivals = 0

    @property
    def commands(self) -> int:
        """How many commands wait."""
        return self._shares.taken

    @property
    def holders(self) -> int:
        """How many callers have a command waiting."""
        return self._shares.holders

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits, not even an item without commands."""
        return not self._queues

    def is_open(self, caller: str) -> bool:
        """Whether one more item of a caller may wait."""
        return self._shares.is_open(caller)

    def ahead_of(self, caller: str) -> int:
        """How many commands come before whatever this caller adds now, at the most."""
        own = self._shares.held(caller) + self._turn_of(caller)
        return min(self._shares.taken, int(own * (1 + self._shares.others(caller))))

    def add(self, caller: str, size: int, item: T) -> None:
        """Puts an item of so many commands at the end of its caller's queue."""
        queue = self._queues.get(caller)
        if queue is None:
            queue = self._queues[caller] = deque()
            self._turns.append(caller)
        queue.append(_Waiting(self._arrivals, size, item))
        self._arrivals += 1
        if size:
            self._shares.take(caller, size)

    def take(self, room: int) -> Sequence[T]:
        """What comes next, up to so many commands, in the order of arrival.

        What belongs together stays together; if it is more than the room, it comes alone.
        """
        taken: list[_Waiting[T]] = []
        while self._turns:
            caller = self._turns.popleft()
            queue = self._queues[caller]
            credit = self._credit.pop(caller, self._turn_of(caller))
            if queue[0].size > room and not taken:
                room = credit = queue[0].size
            used = 0
            while queue and queue[0].size <= min(credit, room) - used:
                taken.append(queue.popleft())
                used += taken[-1].size
            room -= used
            if used:
                self._shares.free(caller, used)
            if not queue:
                del self._queues[caller]
            elif queue[0].size > room:
                # The batch is full. Whoever it is full for is the first of the next one.
                self._turns.appendleft(caller)
                self._credit[caller] = credit - used
                break
            else:
                self._turns.append(caller)
                self._credit[caller] = credit - used + self._turn_of(caller)
        taken.sort(key=_arrival)
        return [each.item for each in taken]

    def _turn_of(self, caller: str) -> int:
        return TURN * self._weights.get(caller, 1)

    def callers(self) -> Sequence[str]:
        """Whoever waits."""
        return tuple(self._queues)


def _arrival(waiting: "_Waiting[T]") -> int:
    return waiting.arrival
