"""The outside authorities the platform asks, each at an address.

In lab mode the addresses are those of the own lab port; a real one is another address.
"""

import grpc
import structlog

from essc.authority.v1 import authority_service_pb2 as pb
from essc.authority.v1 import authority_service_pb2_grpc as pb_grpc
from essc.identity.v1 import identity_pb2
from essc_platform.settler import Transfer
from essc_wire.client import Peer

TIMEOUT_S = 3.0


class Authorities:
    """Text messages, faces, photos, and the bank that moves the money of settlements."""

    def __init__(self, text_messages: str, faces: str, bank: str, photos: str) -> None:
        self._texts, self._faces, self._bank = Peer(text_messages), Peer(faces), Peer(bank)
        self._photos = Peer(photos)
        self._text_stub = pb_grpc.TextMessageServiceStub(self._texts.channel)
        self._face_stub = pb_grpc.FaceServiceStub(self._faces.channel)
        self._bank_stub = pb_grpc.SettlementBankServiceStub(self._bank.channel)
        self._photo_stub = pb_grpc.PhotoServiceStub(self._photos.channel)

    async def send_text(self, request: pb.SendTextMessageRequest) -> bool:
        """Whether the authority took the message."""
        try:
            await self._text_stub.SendTextMessage(
                request, **self._texts.options(timeout_s=TIMEOUT_S)
            )
        except grpc.RpcError as error:
            _unreachable("text messages", error)
            return False
        return True

    async def judge_face(self, request: pb.JudgeFaceRequest) -> pb.JudgeFaceResponse | None:
        """The judgement; None if the authority did not answer."""
        try:
            return await self._face_stub.JudgeFace(
                request, **self._faces.options(timeout_s=TIMEOUT_S)
            )
        except grpc.RpcError as error:
            _unreachable("faces", error)
            return None

    async def transfer(self, transfer: Transfer) -> bool | None:
        """Whether the bank has moved the money; None if it did not answer."""
        direction = pb.TransferRequest.DIRECTION_COLLECT
        if transfer.is_back:
            direction = pb.TransferRequest.DIRECTION_GIVE_BACK
        request = pb.TransferRequest(
            transfer_id=transfer.transfer_id,
            direction=direction,
            holder=identity_pb2.Person(name=transfer.name, id_number=transfer.id_number),
            bank_id=transfer.bank_id,
            provider_id=transfer.provider,
            own_fen=transfer.own_fen,
            insurance_fen=transfer.insurance_fen,
        )
        try:
            answer = await self._bank_stub.Transfer(
                request, **self._bank.options(timeout_s=TIMEOUT_S)
            )
        except grpc.RpcError as error:
            _unreachable("settlement bank", error)
            return None
        return bool(answer.moved)

    async def judge_photo(self, request: pb.JudgePhotoRequest) -> pb.JudgePhotoResponse | None:
        """What a photo shows; None if the authority did not answer."""
        try:
            return await self._photo_stub.JudgePhoto(
                request, **self._photos.options(timeout_s=TIMEOUT_S)
            )
        except grpc.RpcError as error:
            _unreachable("photos", error)
            return None

    async def close(self) -> None:
        """Closes all connections."""
        await self._texts.close()
        await self._faces.close()
        await self._bank.close()
        await self._photos.close()


def _unreachable(name: str, error: grpc.RpcError) -> None:
    code = getattr(error, "code", lambda: None)()
    structlog.get_logger("authority").warning("no answer", authority=name, code=str(code))
