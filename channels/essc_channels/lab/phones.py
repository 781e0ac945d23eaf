"""The inbox of the phones that the simulated authority sends codes to."""

from google.protobuf.message import Message

from essc.lab.v1 import lab_service_pb2
from essc_channels.store import lab
from essc_channels.store.database import Database
from essc_channels.wire.sessions import Caller
from essc_channels.wire.storing import stored
from essc_wire.guard import Call
from essc_wire.times import to_timestamp


class PhoneService:
    """Serves `essc.lab.v1.PhoneService`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @stored
    async def ListMessages(
        self, request: lab_service_pb2.ListMessagesRequest, call: Call[Caller]
    ) -> Message:
        with self._database.read() as connection:
            inbox = lab.list_messages(connection, request.phone)
        return lab_service_pb2.ListMessagesResponse(
            messages=[
                lab_service_pb2.TextMessage(text=words, receive_time=to_timestamp(time))
                for words, time in inbox
            ]
        )
