"""Applying for the card, and giving it up in one channel to apply again."""

from collections.abc import Mapping

from essc_workbench.drills.journeys.calls import Ended
from essc_workbench.drills.journeys.circles import Taking
from essc_workbench.drills.journeys.desk import Desk
from essc_workbench.drills.journeys.turns import Acted, RequestIds, Turn
from essc_workbench.drills.outcomes import Outcome


class Apply(Acted):
    """A person without a link gets one: everybody once in each channel, one after the other."""

    def __init__(self, ids: RequestIds, desks: Mapping[str, Desk], people: Taking) -> None:
        super().__init__(ids)
        self._desks, self._people = desks, people.places
        self._next = dict.fromkeys(desks, 0)

    async def act(self, place: int, channel: str, turn: Turn) -> None:
        number = self._next[channel]
        if number >= len(self._people):
            raise Ended(Outcome.NOT_SENT, "NOBODY_WITHOUT_LINK")
        self._next[channel] = number + 1
        await self._desks[channel].apply(turn, self._people[number])


class UnlinkAndLink(Acted):
    """The link is given up, and applied for again.

    After a journey of which the end is not known the next one asks first how the link stands.
    """

    def __init__(self, ids: RequestIds, desks: Mapping[str, Desk], circle: Taking) -> None:
        super().__init__(ids)
        self._desks, self._circle = desks, circle
        self._unsure = {channel: set[int]() for channel in desks}

    async def act(self, place: int, channel: str, turn: Turn) -> None:
        desk, unsure = self._desks[channel], self._unsure[channel]
        with self._circle.taken(place) as found:
            is_linked = found not in unsure or await self._is_linked(desk, turn, found)
            unsure.add(found)
            if is_linked:
                await desk.unlink(turn, found)
            link = await desk.apply(turn, found)
            if link.link_id != desk.links.id_of(found):
                raise Ended(Outcome.FAILED, "LINK_ID_CHANGED")
            desk.links.serials[found] = link.serial
            unsure.discard(found)

    async def _is_linked(self, desk: Desk, turn: Turn, place: int) -> bool:
        try:
            answer = await desk.card(turn, place)
        except Ended as ended:
            if ended.is_refusal and ended.reason == "LINK_NOT_ACTIVE":
                return False
            raise
        desk.links.serials[place] = answer.link.serial
        return True
