"""One journey as it is played, and the request ids that follow from its number."""

import hashlib
import time
from abc import ABC, abstractmethod
from typing import Final

from essc_workbench.drills.journeys.calls import Ended
from essc_workbench.drills.outcomes import Outcome, Played

_OK: Final = Played(Outcome.OK)
_LATE: Final = Played(Outcome.OK, is_late=True)


class RequestIds:
    """Request ids by a number and a step of it: the same text gives the same ids."""

    def __init__(self, text: str) -> None:
        told = hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
        self._head = f"{told[:8]}-{told[8:]}-4"

    def of(self, number: int, step: int) -> str:
        """The id of a step, from 0 to 4095, of whatever has this number."""
        return f"{self._head}{step:03x}-8000-{number:012x}"


class Turn:
    """One journey of one resident: its deadline, and the ids of its requests in a row."""

    __slots__ = ("_ids", "_step", "deadline_s", "number")

    def __init__(self, ids: RequestIds, number: int, deadline_s: float, step: int = 0) -> None:
        self._ids, self._step = ids, step
        self.number, self.deadline_s = number, deadline_s

    def request_id(self) -> str:
        """The id of the next request."""
        self._step += 1
        return self._ids.of(self.number, self._step)


class Acted(ABC):
    """A journey that is a row of steps; whatever ends it early says what became of it."""

    def __init__(self, ids: RequestIds) -> None:
        self._ids = ids

    async def play(self, place: int, channel: str, number: int, deadline_s: float) -> Played:
        """As `Journey` has it."""
        try:
            await self.act(place, channel, Turn(self._ids, number, deadline_s))
        except Ended as ended:
            return ended.played
        return _OK if time.monotonic() <= deadline_s else _LATE

    @abstractmethod
    async def act(self, place: int, channel: str, turn: Turn) -> None:
        """Goes all the way. Raises Ended."""
