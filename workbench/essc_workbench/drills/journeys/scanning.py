"""A verifier scans codes."""

from typing import Any, Final

from essc.code.v1 import verification_service_pb2 as verification
from essc.code.v1.code_pb2 import VERDICT_VALID, Usage, Verdict
from essc_wire.times import to_instant
from essc_workbench.drills.journeys.calls import Ask, Ended, Line
from essc_workbench.drills.journeys.turns import Turn
from essc_workbench.drills.outcomes import Outcome

_TOLD: Final = ("verdict", "check_number", "check_time")


class Scanner:
    """The verifier's line.

    Who shows two codes at once has the first one replaced: that verdict is right, and the journey
    did not end as it should, so it is refused as CODE_REPLACED.
    """

    def __init__(self, verifier: Line) -> None:
        self._notes = verifier.notes
        self._check = Ask(
            verifier,
            "essc.code.v1.VerificationService/CheckCode",
            verification.CheckCodeResponse,
            asked=("code", "usage"),
            told=_TOLD,
            tell=_found,
        )

    async def scan(self, turn: Turn, place: int, code: str, usage: Usage.ValueType) -> str:
        """Scans a code: the check's number. Raises Ended unless it is valid."""
        request_id = turn.request_id()
        request = verification.CheckCodeRequest(request_id=request_id, code=code, usage=usage)
        digest = self._notes.digest("code", code) if self._notes is not None else ""
        answer = await self._check(
            request.SerializeToString(), request_id, turn.deadline_s, (place,), (digest, usage)
        )
        if answer.verdict != VERDICT_VALID:
            name = Verdict.Name(answer.verdict).removeprefix("VERDICT_")
            raise Ended(Outcome.REFUSED, f"CODE_{name}")
        number: str = answer.check_number
        return number


def _found(answer: verification.CheckCodeResponse) -> tuple[Any, ...]:
    return (answer.verdict, answer.check_number, to_instant(answer.check_time))
