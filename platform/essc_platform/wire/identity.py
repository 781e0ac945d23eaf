"""IdentityService: challenges and proofs.

What an answer is worth is found here, before the batch: a code is compared, a face is judged by its
authority, a password is verified in a small pool. The rule then decides what follows, and refuses a
finding that has grown old.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from essc.authority.v1 import authority_service_pb2 as authority
from essc.identity.v1 import identity_pb2
from essc.identity.v1 import identity_service_pb2 as pb
from essc_platform.clock import random_number
from essc_platform.core import challenges
from essc_platform.core.acting import BindingName
from essc_platform.core.challenges import TEXTED, Finding, StartChallenge
from essc_platform.core.decisions import Rejected
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Challenge,
    Citizen,
    CitizenKey,
    Counters,
    Method,
    Password,
    Purpose,
)
from essc_platform.core.snapshot import one
from essc_platform.store.gateway import load
from essc_platform.wire import convert
from essc_platform.wire.authorities import Authorities
from essc_platform.wire.front import Front, PlatformCall, invalid, refusal
from essc_platform.wire.hashing import PasswordPool
from essc_platform.wire.members import binding_name
from essc_platform.wire.text_codes import TextCodes
from essc_wire.id_numbers import is_well_formed
from essc_wire.refusals import Refusal

TURN_WAITING_MAX = 32
_VERIFY_ATTEMPTS = 3
_FINDINGS = {
    authority.JudgeFaceResponse.VERDICT_PASSED: Finding.RIGHT,
    authority.JudgeFaceResponse.VERDICT_NOT_LIVE: Finding.NOT_LIVE,
}
_ANSWERS = {
    Method.TEXT_MESSAGE: "text_code",
    Method.RESERVED_PHONE: "text_code",
    Method.FACE: "face_capture",
    Method.CARD_PASSWORD: "card_password",
    Method.VOUCHED: "vouched",
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an answer is judged by."""

    challenge: Challenge
    citizen: Citizen
    password: Password | None
    counters: Counters | None


@dataclass(frozen=True, slots=True)
class _Subject:
    """Who is to be authenticated, and how the request names that person."""

    citizen: CitizenKey
    link_number: int | None
    name: str | None = field(default=None, repr=False)
    id_number: str | None = field(default=None, repr=False)
    holder: CitizenKey | None = None
    binding: BindingName | None = None


@dataclass(slots=True)
class _Turn:
    """Who is being judged about one person, and how many wait for it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class IdentityServicer:
    """essc.identity.v1.IdentityService."""

    def __init__(self, front: Front, authorities: Authorities, passwords: PasswordPool) -> None:
        self._front, self._vault, self._authorities = front, front.vault, authorities
        self._passwords, self._text_codes = passwords, TextCodes(front, authorities)
        self._turns: dict[CitizenKey, _Turn] = {}

    async def StartChallenge(
        self, request: pb.StartChallengeRequest, call: PlatformCall
    ) -> bytes | Refusal:
        refused = _start_refusal(request, call)
        if refused is not None:
            return refused
        subject = await self._subject(request.subject, call)
        command = StartChallenge(
            at=self._front.clock.now(),
            channel=call.caller.party_id,
            citizen=subject.citizen,
            link_number=subject.link_number,
            name=subject.name,
            id_number=subject.id_number,
            holder=subject.holder,
            binding=subject.binding,
            phone=request.phone if request.HasField("phone") else None,
            method=Method(request.method),
            purpose=Purpose(request.purpose),
            new_number=random_number(),
        )
        answer = await self._front.change(
            call,
            request.request_id,
            command,
            lambda started: pb.StartChallengeResponse(
                challenge=convert.challenge(started, request.vouch_kind, self._vault)
            ),
        )
        if isinstance(answer, bytes) and command.method in TEXTED:
            return await self._text_codes.send(answer, command.method, call.caller.display_name)
        return answer

    async def _subject(self, subject: identity_pb2.Subject, call: PlatformCall) -> _Subject:
        match subject.WhichOneof("subject"):
            case "link_id":
                return _Subject(*self._vault.read_id(subject.link_id))
            case "member":
                holder, link_number = self._vault.read_id(subject.member.link_id)
                binding = await binding_name(self._front, call, holder, subject.member.binding_id)
                assert binding is not None, "the contract wants an id"
                return _Subject(binding.member, link_number, holder=holder, binding=binding)
            case _:
                person = subject.person
                citizen = self._vault.citizen_key(person.id_number)
                return _Subject(citizen, None, person.name, person.id_number)

    async def AnswerChallenge(
        self, request: pb.AnswerChallengeRequest, call: PlatformCall
    ) -> bytes | Refusal:
        citizen, _ = self._vault.read_id(request.challenge_id)
        turn = self._turns.get(citizen)
        if turn is not None and turn.waiting >= TURN_WAITING_MAX:
            return refusal(Rejected(Reason.PLATFORM_BUSY))
        async with self._turn(citizen):
            return await self._answer(request, call)

    async def _answer(
        self, request: pb.AnswerChallengeRequest, call: PlatformCall
    ) -> bytes | Refusal:
        answer: bytes | Refusal = Refusal("CHANGES_CONFLICT")
        for _ in range(_VERIFY_ATTEMPTS):
            finding: Finding | Refusal = Finding.NOT_JUDGED
            asked = await self._asked(request, call)
            if asked is not None:
                finding = await self._find(asked, request, call)
            judged = finding if isinstance(finding, Finding) else Finding.NOT_JUDGED
            answer = await self._decide(request, call, judged, asked)
            if not (isinstance(answer, Refusal) and answer.reason == "CHANGES_CONFLICT"):
                break
            if isinstance(finding, Refusal):
                # Nobody could judge it, and that is the first thing that stands in its way.
                return finding
        return answer

    async def _decide(
        self,
        request: pb.AnswerChallengeRequest,
        call: PlatformCall,
        finding: Finding,
        asked: _Asked | None,
    ) -> bytes | Refusal:
        command = self._command(request, call, finding, asked)
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda earned: pb.AnswerChallengeResponse(
                proof=convert.proof(earned.proof, self._vault)
            ),
        )

    def _command(
        self,
        request: pb.AnswerChallengeRequest,
        call: PlatformCall,
        finding: Finding,
        asked: _Asked | None,
    ) -> challenges.AnswerChallenge:
        citizen, number = self._vault.read_id(request.challenge_id)
        password = asked.password if asked else None
        return challenges.AnswerChallenge(
            at=self._front.clock.now(),
            channel=call.caller.party_id,
            citizen=citizen,
            number=number,
            finding=finding,
            password_version=password.version if password else None,
            new_proof_number=random_number(),
        )

    async def _asked(self, request: pb.AnswerChallengeRequest, call: PlatformCall) -> _Asked | None:
        """The open challenge of this channel; None leaves what to answer to the batch."""
        key, number = self._vault.read_id(request.challenge_id)
        challenge_key = (*key, number)
        reads = frozenset(
            {
                one(Challenge, challenge_key),
                one(Citizen, key),
                one(Password, key),
                one(Counters, key),
            }
        )
        seen = (await self._front.read(load, reads)).view(reads)
        challenge, citizen = seen.one(Challenge, challenge_key), seen.one(Citizen, key)
        if challenge is None or citizen is None or challenge.channel != call.caller.party_id:
            return None
        if challenge.is_answered or await self._front.is_recorded(call, request.request_id):
            return None
        return _Asked(challenge, citizen, seen.one(Password, key), seen.one(Counters, key))

    def _is_worth_judging(
        self, asked: _Asked, request: pb.AnswerChallengeRequest, call: PlatformCall
    ) -> bool:
        """Whether the rule lacks nothing but the finding: judging is slow, so it comes last."""
        command = self._command(request, call, Finding.NOT_JUDGED, asked)
        decision = challenges.answer_challenge(
            command, asked.challenge, asked.password, asked.counters, self._front.policy
        )
        return isinstance(decision, Rejected) and decision.reason is Reason.CHANGES_CONFLICT

    async def _find(
        self, asked: _Asked, request: pb.AnswerChallengeRequest, call: PlatformCall
    ) -> Finding | Refusal:
        if request.WhichOneof("answer") != _ANSWERS[asked.challenge.method]:
            return Finding.OTHER_METHOD
        if not self._is_worth_judging(asked, request, call):
            return Finding.NOT_JUDGED
        match asked.challenge.method:
            case Method.TEXT_MESSAGE | Method.RESERVED_PHONE:
                code = self._vault.text_code(request.challenge_id)
                return Finding.RIGHT if request.text_code == code else Finding.WRONG_CODE
            case Method.VOUCHED:
                return Finding.RIGHT if request.vouched else Finding.NOT_VOUCHED
            case Method.CARD_PASSWORD:
                return await self._verify(asked, request.card_password, call)
            case Method.FACE:
                return await self._judge(asked.citizen, request)

    async def _verify(self, asked: _Asked, digits: str, call: PlatformCall) -> Finding | Refusal:
        password = asked.password
        if password is None:
            return Finding.NOT_JUDGED
        is_right = await self._passwords.is_right(
            call.caller.party_id, asked.citizen.key, digits, password.hash
        )
        if isinstance(is_right, Refusal):
            return is_right
        return Finding.RIGHT if is_right else Finding.WRONG_PASSWORD

    async def _judge(
        self, citizen: Citizen, request: pb.AnswerChallengeRequest
    ) -> Finding | Refusal:
        question = self._vault.face_question(request.challenge_id)
        judged = await self._authorities.judge_face(
            authority.JudgeFaceRequest(
                person=identity_pb2.Person(name=citizen.name, id_number=citizen.id_number),
                actions=question.actions,  # type: ignore[arg-type]
                digits=question.digits,
                capture=request.face_capture,
            )
        )
        if judged is None:
            return Refusal("AUTHORITY_UNREACHABLE")
        return _FINDINGS.get(judged.verdict, Finding.OTHER_FACE)

    @asynccontextmanager
    async def _turn(self, citizen: CitizenKey) -> AsyncIterator[None]:
        """R25: answers about one person are judged and decided in the order of arrival."""
        turn = self._turns.setdefault(citizen, _Turn())
        turn.waiting += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.waiting -= 1
            if not turn.waiting:
                del self._turns[citizen]


def _start_refusal(request: pb.StartChallengeRequest, call: PlatformCall) -> Refusal | None:
    if request.subject.HasField("person") and not is_well_formed(request.subject.person.id_number):
        return invalid("subject.person.id_number", "birth date or check digit is wrong")
    if request.method != identity_pb2.METHOD_VOUCHED:
        return None
    if not request.vouch_kind:
        return invalid("vouch_kind", "needed with METHOD_VOUCHED")
    channel = call.caller.channel
    assert channel is not None, "the service's audience are channels"
    if request.vouch_kind not in channel.vouch_kinds:
        return Refusal("METHOD_NOT_ALLOWED")
    return None
