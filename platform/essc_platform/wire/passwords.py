"""PasswordService: one password for all channels."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from essc.password.v1 import password_service_pb2 as pb
from essc_platform.core.passwords import (
    ChangePassword,
    PasswordAnswer,
    ResetPassword,
    SetPassword,
)
from essc_platform.core.records import CitizenKey
from essc_platform.wire.front import Front, PlatformCall
from essc_wire.refusals import Refusal
from essc_wire.times import to_timestamp


class PasswordServicer:
    """essc.password.v1.PasswordService."""

    def __init__(self, front: Front, pool: ThreadPoolExecutor) -> None:
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
            hash=await self._hash(citizen, request.new_password),
        )

        def encode(answer: PasswordAnswer) -> pb.SetPasswordResponse:
            return pb.SetPasswordResponse(change_time=to_timestamp(answer.change_time))

        return await self._front.change(call, request.request_id, command, encode)

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
            hash=await self._hash(citizen, request.new_password),
        )

        def encode(answer: PasswordAnswer) -> pb.ChangePasswordResponse:
            return pb.ChangePasswordResponse(change_time=to_timestamp(answer.change_time))

        return await self._front.change(call, request.request_id, command, encode)

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
            hash=await self._hash(citizen, request.new_password),
        )

        def encode(answer: PasswordAnswer) -> pb.ResetPasswordResponse:
            return pb.ResetPasswordResponse(change_time=to_timestamp(answer.change_time))

        return await self._front.change(call, request.request_id, command, encode)

    async def _hash(self, citizen: CitizenKey, digits: str) -> str:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._vault.hash_password, citizen, digits)
