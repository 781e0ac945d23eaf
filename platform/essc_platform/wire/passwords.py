"""PasswordService: one password for all channels.

Hashing is slow, so it comes last: the rule is asked without a hash first, and refuses all that it
would refuse; only what lacks nothing else is hashed and asked again.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from google.protobuf.message import Message

from essc.password.v1 import password_service_pb2 as pb
from essc_platform.core.passwords import (
    ChangePassword,
    PasswordAnswer,
    ResetPassword,
    SetPassword,
)
from essc_platform.wire.front import Front, PlatformCall
from essc_platform.wire.hashing import PasswordPool
from essc_wire.refusals import Refusal
from essc_wire.times import to_timestamp

_Renewal: TypeAlias = SetPassword | ChangePassword | ResetPassword


class PasswordServicer:
    """essc.password.v1.PasswordService."""

    def __init__(self, front: Front, pool: PasswordPool) -> None:
        self._front, self._vault, self._pool = front, front.vault, pool

    async def SetPassword(
        self, request: pb.SetPasswordRequest, call: PlatformCall
    ) -> bytes | Refusal:
        citizen, number = self._vault.read_id(request.link_id)
        command = SetPassword(
            at=self._front.clock.now(),
            channel=call.caller.party_id,
            citizen=citizen,
            link_number=number,
            proof=self._front.proof_key(request.proof),
            digits=request.new_password,
            hash=None,
        )

        def encode(answer: PasswordAnswer) -> pb.SetPasswordResponse:
            return pb.SetPasswordResponse(change_time=to_timestamp(answer.change_time))

        return await self._renew(call, request.request_id, command, encode)

    async def ChangePassword(
        self, request: pb.ChangePasswordRequest, call: PlatformCall
    ) -> bytes | Refusal:
        citizen, number = self._vault.read_id(request.link_id)
        command = ChangePassword(
            at=self._front.clock.now(),
            channel=call.caller.party_id,
            citizen=citizen,
            link_number=number,
            proof=self._front.proof_key(request.proof),
            digits=request.new_password,
            hash=None,
        )

        def encode(answer: PasswordAnswer) -> pb.ChangePasswordResponse:
            return pb.ChangePasswordResponse(change_time=to_timestamp(answer.change_time))

        return await self._renew(call, request.request_id, command, encode)

    async def ResetPassword(
        self, request: pb.ResetPasswordRequest, call: PlatformCall
    ) -> bytes | Refusal:
        citizen, number = self._vault.read_id(request.link_id)
        command = ResetPassword(
            at=self._front.clock.now(),
            channel=call.caller.party_id,
            citizen=citizen,
            link_number=number,
            text_proof=self._front.proof_key(request.text_proof),
            face_proof=self._front.proof_key(request.face_proof),
            digits=request.new_password,
            hash=None,
        )

        def encode(answer: PasswordAnswer) -> pb.ResetPasswordResponse:
            return pb.ResetPasswordResponse(change_time=to_timestamp(answer.change_time))

        return await self._renew(call, request.request_id, command, encode)

    async def _renew(
        self,
        call: PlatformCall,
        request_id: str,
        command: _Renewal,
        encode: Callable[[PasswordAnswer], Message],
    ) -> bytes | Refusal:
        answer = await self._front.change(call, request_id, command, encode)
        if not (isinstance(answer, Refusal) and answer.reason == "CHANGES_CONFLICT"):
            return answer
        hashed = await self._pool.hashed(call.caller.party_id, command.citizen, command.digits)
        if isinstance(hashed, Refusal):
            return hashed
        complete = replace(command, at=self._front.clock.now(), hash=hashed)
        return await self._front.change(call, request_id, complete, encode)
