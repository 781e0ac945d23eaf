"""Identity checks as channels make them at the platform: a question, an answer, a proof."""

from typing import Any

from essc.identity.v1 import identity_pb2 as identity
from essc.identity.v1 import identity_service_pb2 as service
from essc.lab.v1 import lab_service_pb2 as lab
from essc_workbench.drills.journeys.calls import Ask, Line, mixed_up
from essc_workbench.drills.journeys.people import named
from essc_workbench.drills.journeys.turns import Turn
from essc_workbench.seeding.people import Resident

_SERVICE = "essc.identity.v1.IdentityService"
_BY_PERSON = ("subject.person.id_number", "subject.link_id", "method", "purpose")


class Checks:
    """The checks of one channel."""

    def __init__(self, line: Line, vouch_kind: int) -> None:
        self._notes, self._vouch_kind = line.notes, vouch_kind
        self._start = Ask(
            line,
            f"{_SERVICE}/StartChallenge",
            service.StartChallengeResponse,
            asked=_BY_PERSON,
            told=("challenge.challenge_id", "challenge.tries_left"),
            tell=lambda answer: (answer.challenge.challenge_id, answer.challenge.tries_left),
        )
        self._answer = Ask(
            line,
            f"{_SERVICE}/AnswerChallenge",
            service.AnswerChallengeResponse,
            asked=("challenge_id", "card_password"),
            told=("proof.proof", "proof.method", "proof.purpose"),
            tell=self._told,
        )

    async def face(self, turn: Turn, person: Resident, purpose: identity.Purpose.ValueType) -> str:
        """A proof by the live face."""
        asked = await self._asked(turn, person, identity.METHOD_FACE, purpose)
        capture = lab.FaceCapture(
            id_number=person.id_number, actions=asked.face.actions, digits=asked.face.digits
        )
        return await self._proof(
            turn, person, asked, purpose, face_capture=capture.SerializeToString()
        )

    async def vouched(
        self, turn: Turn, person: Resident, purpose: identity.Purpose.ValueType
    ) -> str:
        """A proof by what the channel vouches for."""
        asked = await self._asked(turn, person, identity.METHOD_VOUCHED, purpose)
        return await self._proof(turn, person, asked, purpose, vouched=True)

    async def password(
        self, turn: Turn, person: Resident, purpose: identity.Purpose.ValueType, digits: str
    ) -> str:
        """A proof by the card password; it costs the platform 31 ms, right or wrong."""
        asked = await self._asked(turn, person, identity.METHOD_CARD_PASSWORD, purpose)
        return await self._proof(turn, person, asked, purpose, card_password=digits)

    async def started(
        self,
        turn: Turn,
        person: Resident,
        method: identity.Method.ValueType,
        purpose: identity.Purpose.ValueType,
        link_id: str,
    ) -> identity.Challenge:
        """A question that goes to the person's phone, or to the one reserved at the bank."""
        return await self._asked(turn, person, method, purpose, link_id)

    async def by_code(
        self,
        turn: Turn,
        person: Resident,
        asked: identity.Challenge,
        purpose: identity.Purpose.ValueType,
        digits: str,
        request_id: str,
    ) -> str:
        """A proof by the code of a text message."""
        return await self._proof(turn, person, asked, purpose, request_id, text_code=digits)

    async def _asked(
        self,
        turn: Turn,
        person: Resident,
        method: identity.Method.ValueType,
        purpose: identity.Purpose.ValueType,
        link_id: str = "",
    ) -> identity.Challenge:
        request_id = turn.request_id()
        is_vouched = method == identity.METHOD_VOUCHED
        request = service.StartChallengeRequest(
            request_id=request_id,
            subject=identity.Subject(link_id=link_id) if link_id else named(person),
            method=method,
            purpose=purpose,
            vouch_kind=self._vouch_kind if is_vouched else identity.VOUCH_KIND_UNSPECIFIED,  # type: ignore[arg-type]
        )
        place = person.place
        whose = (None, link_id) if link_id else (place, None)
        answer = await self._start(
            request.SerializeToString(),
            request_id,
            turn.deadline_s,
            (place,),
            (*whose, method, purpose),
        )
        challenge: identity.Challenge = answer.challenge
        return challenge

    async def _proof(
        self,
        turn: Turn,
        person: Resident,
        asked: identity.Challenge,
        purpose: identity.Purpose.ValueType,
        request_id: str = "",
        **given: Any,
    ) -> str:
        request_id = request_id or turn.request_id()
        request = service.AnswerChallengeRequest(
            request_id=request_id, challenge_id=asked.challenge_id, **given
        )
        answer = await self._answer(
            request.SerializeToString(),
            request_id,
            turn.deadline_s,
            (person.place,),
            (asked.challenge_id, self._digest(given.get("card_password"))),
        )
        if answer.proof.purpose != purpose:
            raise mixed_up()
        proof: str = answer.proof.proof
        return proof

    def _digest(self, digits: str | None) -> str | None:
        """A card password as notes have it: what was entered, not whether it was right."""
        if digits is None or self._notes is None:
            return None
        return self._notes.digest("password", digits)

    def _told(self, answer: service.AnswerChallengeResponse) -> tuple[Any, ...]:
        assert self._notes is not None, "it is only told where it is noted"
        proof = answer.proof
        return (self._notes.digest("proof", proof.proof), proof.method, proof.purpose)
