"""Opening the panel, showing a code, and having it scanned: whatever people do all day."""

from collections.abc import Mapping

from essc.code.v1.code_pb2 import USAGE_QUERY
from essc_workbench.drills.journeys.desk import Desk
from essc_workbench.drills.journeys.scanning import Scanner
from essc_workbench.drills.journeys.turns import Acted, RequestIds, Turn


class Quiet(Acted):
    """A journey of the rest: of whoever belongs to no circle."""

    def __init__(self, ids: RequestIds, desks: Mapping[str, Desk], rest: range) -> None:
        super().__init__(ids)
        self._desks, self._rest = desks, rest

    def _place(self, place: int) -> int:
        rest = self._rest
        return place if place in rest else rest[place % len(rest)]


class OpenPanel(Quiet):
    """The card's panel is opened."""

    async def act(self, place: int, channel: str, turn: Turn) -> None:
        await self._desks[channel].card(turn, self._place(place))


class ShowCode(Quiet):
    """A code is made."""

    async def act(self, place: int, channel: str, turn: Turn) -> None:
        await self._desks[channel].code(turn, self._place(place))


class ShowAndScan(Quiet):
    """A code is made, and a verifier scans it."""

    def __init__(
        self, ids: RequestIds, desks: Mapping[str, Desk], rest: range, scanner: Scanner
    ) -> None:
        super().__init__(ids, desks, rest)
        self._scanner = scanner

    async def act(self, place: int, channel: str, turn: Turn) -> None:
        place = self._place(place)
        code = await self._desks[channel].code(turn, place)
        await self._scanner.scan(turn, place, code, USAGE_QUERY)
