"""The simulated real-name accounts: put there by scenarios, asked by the channel."""

import hashlib
import hmac

from google.protobuf.message import Message

from essc.lab.v1 import lab_service_pb2
from essc_channels.core.records import Person
from essc_channels.store import lab
from essc_channels.store.database import Database
from essc_channels.wire.sessions import Caller
from essc_channels.wire.storing import stored
from essc_wire import id_numbers
from essc_wire.guard import Call
from essc_wire.refusals import Refusal, Violation


def keyed_digest(key: bytes, *texts: str) -> bytes:
    """What is kept of texts that one only wants to know again."""
    content = " ".join(f"{len(text)} {text}" for text in texts).encode()
    return hmac.new(key, content, hashlib.sha256).digest()


def password_digest(key: bytes, account: str, password: str) -> bytes:
    """What is kept of a wallet password; empty where there is none."""
    return keyed_digest(key, account, password) if password else b""


class AccountService:
    """Serves `essc.lab.v1.AccountService`."""

    def __init__(self, database: Database, key: bytes, *, allow_any_id: bool) -> None:
        self._database, self._key, self._allow_any_id = database, key, allow_any_id

    @stored
    async def PutAccount(
        self, request: lab_service_pb2.PutAccountRequest, call: Call[Caller]
    ) -> Message | Refusal:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        account = lab.LabAccount(
            account=request.account,
            person=Person(name=request.person.name, id_number=request.person.id_number),
            reserved_phone=request.reserved_phone,
            wallet_password_digest=password_digest(
                self._key, request.account, request.wallet_password
            ),
        )
        with self._database.write() as connection:
            lab.put_account(connection, account)
        return lab_service_pb2.PutAccountResponse()

    def _refusal(self, request: lab_service_pb2.PutAccountRequest) -> Refusal | None:
        id_number, phone = request.person.id_number, request.reserved_phone
        if not id_numbers.is_well_formed(id_number):
            wrong = Violation(field="person.id_number", text="birth date or check digit is wrong")
            return Refusal("REQUEST_INVALID", violations=(wrong,))
        if self._allow_any_id:
            return None
        if not id_numbers.is_synthetic(id_number):
            return Refusal("ID_NUMBER_NOT_SYNTHETIC")
        if phone and not id_numbers.is_synthetic_phone(phone):
            return Refusal("ID_NUMBER_NOT_SYNTHETIC")
        return None
