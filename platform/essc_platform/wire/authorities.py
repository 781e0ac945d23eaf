"""The outside authorities the platform asks: text messages and faces, each at an address.

In lab mode the addresses are those of the own lab port; a real one is another address.
"""

import grpc
import structlog

from essc.authority.v1 import authority_service_pb2 as pb
from essc.authority.v1 import authority_service_pb2_grpc as pb_grpc
from essc_wire.client import Peer

TIMEOUT_S = 3.0


class Authorities:
    """Text messages and faces."""

    def __init__(self, text_messages: str, faces: str) -> None:
        self._texts, self._faces = Peer(text_messages), Peer(faces)
        self._text_stub = pb_grpc.TextMessageServiceStub(self._texts.channel)
        self._face_stub = pb_grpc.FaceServiceStub(self._faces.channel)

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

    async def close(self) -> None:
        """Closes both connections."""
        await self._texts.close()
        await self._faces.close()


def _unreachable(name: str, error: grpc.RpcError) -> None:
    code = getattr(error, "code", lambda: None)()
    structlog.get_logger("authority").warning("no answer", authority=name, code=str(code))
