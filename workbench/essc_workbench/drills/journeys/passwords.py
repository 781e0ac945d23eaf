"""A wrong card password.

Each costs the platform 31 ms, right or wrong. The sixth wrong one in a row would lock the password
for a day (R25), so whoever has been wrong four times enters the right one first.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from essc.identity.v1 import identity_pb2 as identity
from essc_workbench.drills.journeys.calls import Ended
from essc_workbench.drills.journeys.circles import Taking
from essc_workbench.drills.journeys.desk import Desk
from essc_workbench.drills.journeys.turns import Acted, RequestIds, Turn
from essc_workbench.drills.outcomes import Outcome

WRONG: Final = "246810"
_WRONG_MAX: Final = 4


class WrongPassword(Acted):
    """One wrong password, refused: that is how it should end."""

    def __init__(
        self, ids: RequestIds, desks: Mapping[str, Desk], circle: Taking, right: str
    ) -> None:
        super().__init__(ids)
        self._desks, self._circle, self._right = desks, circle, right
        self._wrong: Counter[int] = Counter()

    async def act(self, place: int, channel: str, turn: Turn) -> None:
        checks = self._desks[channel].checks
        with self._circle.taken(place) as found:
            person = self._desks[channel].people.person(found)
            if self._wrong[found] >= _WRONG_MAX:
                await checks.password(turn, person, identity.PURPOSE_UNLINK, self._right)
                self._wrong[found] = 0
            self._wrong[found] += 1
            try:
                await checks.password(turn, person, identity.PURPOSE_UNLINK, WRONG)
            except Ended as ended:
                if ended.is_refusal and ended.reason == "PASSWORD_WRONG":
                    return
                raise
            raise Ended(Outcome.FAILED, "PASSWORD_TAKEN_WRONG")
