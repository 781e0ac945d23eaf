"""The simulated authority: wallet passwords, reserved phones and real-name accounts.

The channel asks it at an address, like any other: a real one at another address takes its place.
"""

import hmac
from dataclasses import replace
from typing import Final

from google.protobuf.message import Message

from essc.authority.v1 import authority_service_pb2 as messages
from essc.identity.v1 import identity_pb2
from essc_channels.core.channel_profiles import VouchKind
from essc_channels.core.records import Instant
from essc_channels.lab.accounts import keyed_digest, password_digest
from essc_channels.store import lab
from essc_channels.store.database import Database
from essc_channels.store.lab import Asked, LabAccount, Vouch, VouchAnswer
from essc_channels.wire.sessions import Caller
from essc_channels.wire.storing import stored
from essc_wire.clock import PartyClock, random_bytes, random_digits
from essc_wire.guard import Call
from essc_wire.refusals import Refusal
from essc_wire.times import SECOND_US, to_timestamp

_LIFETIME_US: Final = 300 * SECOND_US
_TRIES: Final = 5
_CODE_DIGITS: Final = 6


class VouchService:
    """Serves `essc.authority.v1.VouchService` for one channel."""

    def __init__(self, database: Database, clock: PartyClock, key: bytes, signature: str) -> None:
        """`signature` is the name that its text messages bear."""
        self._database, self._clock = database, clock
        self._key, self._signature = key, signature

    @stored
    async def GetAccount(
        self, request: messages.GetAccountRequest, call: Call[Caller]
    ) -> Message | Refusal:
        with self._database.read() as connection:
            account = lab.find_account(connection, request.account)
        if account is None:
            return Refusal("ACCOUNT_UNKNOWN")
        person = identity_pb2.Person(name=account.person.name, id_number=account.person.id_number)
        return messages.GetAccountResponse(person=person)

    @stored
    async def StartVouch(
        self, request: messages.StartVouchRequest, call: Call[Caller]
    ) -> Message | Refusal:
        now = self._clock.now()
        asked = self._asked("start", request.request_id, request.account, str(request.kind))
        with self._database.write() as connection:
            if lab.is_reused(connection, asked):
                return Refusal("REQUEST_ID_REUSED")
            account = lab.find_account(connection, request.account)
            if account is None:
                return Refusal("ACCOUNT_UNKNOWN")
            vouch = lab.find_vouch_of_request(connection, asked)
            if vouch is None:
                vouch = _new_vouch(request, account, now)
                lab.add_vouch(connection, asked, vouch, now)
                if vouch.code:
                    words = (
                        f"【{self._signature}】验证码 {vouch.code}，五分钟内有效，请勿告知他人。"
                    )
                    lab.add_message(connection, account.reserved_phone, words, now)
        return messages.StartVouchResponse(
            vouch_id=vouch.vouch_id,
            masked_phone=vouch.masked_phone,
            expire_time=to_timestamp(vouch.expire_time),
            tries_left=vouch.tries_left,
        )

    @stored
    async def AnswerVouch(
        self, request: messages.AnswerVouchRequest, call: Call[Caller]
    ) -> Message | Refusal:
        now = self._clock.now()
        asked = self._asked("answer", request.request_id, request.vouch_id, request.answer)
        with self._database.write() as connection:
            if lab.is_reused(connection, asked):
                return Refusal("REQUEST_ID_REUSED")
            judged = lab.find_vouch_answer(connection, asked)
            if judged is None:
                vouch = lab.find_vouch(connection, request.vouch_id)
                if vouch is None or now >= vouch.expire_time:
                    return Refusal("CHALLENGE_NOT_FOUND")
                account = lab.find_account(connection, vouch.account)
                judged = self._judge(vouch, account, request.answer)
                lab.add_vouch_answer(connection, asked, judged)
        return messages.AnswerVouchResponse(passed=judged.passed, tries_left=judged.tries_left)

    def _asked(self, verb: str, request_id: str, *content: str) -> Asked:
        """R91: a request as it is known again, however the letters of its UUID are written."""
        return Asked(request_id.lower(), keyed_digest(self._key, verb, *content))

    def _judge(self, vouch: Vouch, account: LabAccount | None, answer: str) -> VouchAnswer:
        """A check passes once; every answer uses up a try."""
        passed = (
            vouch.tries_left > 0 and account is not None and self._is_right(vouch, account, answer)
        )
        left = 0 if passed else max(vouch.tries_left - 1, 0)
        return VouchAnswer(vouch_id=vouch.vouch_id, passed=passed, tries_left=left)

    def _is_right(self, vouch: Vouch, account: LabAccount, answer: str) -> bool:
        match vouch.kind:
            case VouchKind.REAL_NAME_ACCOUNT:
                return True  # signing in was the check
            case VouchKind.ACCOUNT_IDENTITY:
                return answer == "yes"
            case VouchKind.RESERVED_PHONE:
                return bool(vouch.code) and hmac.compare_digest(
                    vouch.code.encode(), answer.encode()
                )
            case VouchKind.WALLET_PASSWORD:
                given = password_digest(self._key, account.account, answer)
                return bool(given) and hmac.compare_digest(given, account.wallet_password_digest)


def _new_vouch(request: messages.StartVouchRequest, account: LabAccount, now: Instant) -> Vouch:
    """A check of the kind. Without a reserved phone no code is sent, and none is right."""
    vouch = Vouch(
        vouch_id=random_bytes(16).hex(),
        account=request.account,
        kind=VouchKind(request.kind),
        expire_time=now + _LIFETIME_US,
        tries_left=_TRIES,
    )
    phone = account.reserved_phone
    if vouch.kind is not VouchKind.RESERVED_PHONE or not phone:
        return vouch
    return replace(
        vouch, code=random_digits(_CODE_DIGITS), masked_phone=f"{phone[:3]}****{phone[-4:]}"
    )
