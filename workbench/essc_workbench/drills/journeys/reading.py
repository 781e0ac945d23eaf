"""Opening the panel, showing a code, and having it scanned: whatever people do all day."""

from collections.abc import Mapping
from typing import Any, Final

from essc.code.v1 import verification_service_pb2 as verification
from essc.code.v1.code_pb2 import USAGE_QUERY, VERDICT_VALID, Verdict
from essc_wire.times import to_instant
from essc_workbench.drills.journeys.calls import Ask, Ended, Line
from essc_workbench.drills.journeys.desk import Desk
from essc_workbench.drills.journeys.turns import Acted, RequestIds, Turn
from essc_workbench.drills.outcomes import Outcome

_SCANNED: Final = ("verdict", "check_number", "check_time")


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
    """A code is made, and a verifier scans it.

    Who shows two codes at once has the first one replaced: that verdict is right, and the journey
    did not end as it should, so it is refused as CODE_REPLACED.
    """

    def __init__(
        self, ids: RequestIds, desks: Mapping[str, Desk], rest: range, verifier: Line
    ) -> None:
        super().__init__(ids, desks, rest)
        self._notes = verifier.notes
        self._check = Ask(
            verifier,
            "essc.code.v1.VerificationService/CheckCode",
            verification.CheckCodeResponse,
            asked=("code", "usage"),
            told=_SCANNED,
            tell=_found,
        )

    async def act(self, place: int, channel: str, turn: Turn) -> None:
        place, desk = self._place(place), self._desks[channel]
        code = await desk.code(turn, place)
        request_id = turn.request_id()
        request = verification.CheckCodeRequest(request_id=request_id, code=code, usage=USAGE_QUERY)
        answer = await self._check(
            request.SerializeToString(),
            request_id,
            turn.deadline_s,
            (place,),
            (desk.digest("code", code), USAGE_QUERY),
        )
        if answer.verdict != VERDICT_VALID:
            name = Verdict.Name(answer.verdict).removeprefix("VERDICT_")
            raise Ended(Outcome.REFUSED, f"CODE_{name}")


def _found(answer: verification.CheckCodeResponse) -> tuple[Any, ...]:
    return (answer.verdict, answer.check_number, to_instant(answer.check_time))
