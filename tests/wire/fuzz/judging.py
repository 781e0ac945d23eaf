"""What must hold for every call, whatever it asks: see `Judge`."""

import sqlite3
from collections.abc import Callable
from typing import Any, Protocol

import grpc
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass
from tests.wire import people
from tests.wire.national_platform.methods import Method
from tests.wire.people import Rows

from essc_wire.refusals import PLATFORM_DOMAIN

TIMEOUT_S = 10.0

# The refusals of this one method are counted (R25), and repeated they are counted once (R91).
ANSWER = "essc.identity.v1.IdentityService.AnswerChallenge"
COUNTED = {
    "FACE_MISMATCH": {"challenges", "counters", "requests"},
    "LIVENESS_FAILED": {"challenges", "counters", "requests"},
    "TEXT_CODE_WRONG": {"challenges", "requests"},
    "VOUCHING_FAILED": {"challenges", "requests"},
    "PASSWORD_WRONG": {"passwords", "requests"},
    "PASSWORD_LOCKED": {"passwords", "requests", "entries"},
}


class Sender(Protocol):
    """Who asks: a party with its token, or a phone with its session."""

    party_id: str

    @property
    def peer(self) -> Any: ...


class Judge:
    """Sends calls, and notes each that was answered as none may be.

    No refusal is INTERNAL_FAULT or without one of our reasons; no call hangs; what is refused has
    changed nothing but what is counted.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        dump: Callable[[], Rows],
        domain: str = PLATFORM_DOMAIN,
    ) -> None:
        self._connection, self._dump, self._domain = connection, dump, domain
        self._version = self._data_version()
        self._rows = dump()
        self.findings: list[str] = []
        self.accepted: set[str] = set()
        self.reasons: dict[str, set[str]] = {}

    async def call(self, method: Method, caller: Sender, raw: bytes) -> bytes | None:
        """The answer, if it was accepted."""
        self._look()
        before = self._rows
        try:
            answer = await method.send(caller, raw, timeout=TIMEOUT_S)
        except grpc.RpcError as error:
            self._judge_refusal(method, caller, raw, error, before)
            return None
        self.accepted.add(method.name)
        try:
            GetMessageClass(method.descriptor.output_type).FromString(answer)
        except DecodeError:
            self._note(method, caller, raw, "an answer that is no message of its type")
        return answer

    def _judge_refusal(
        self, method: Method, caller: Sender, raw: bytes, error: Any, before: Rows
    ) -> None:
        try:
            reason = people.checked(error, self._domain).reason
        except AssertionError as wrong:
            self._note(method, caller, raw, f"{error.code()}: {wrong}")
            return
        self.reasons.setdefault(method.name, set()).add(reason)
        if reason == "INTERNAL_FAULT":
            self._note(method, caller, raw, reason)
        self._look()
        counted = COUNTED.get(reason, set()) if method.name == ANSWER else set()
        changed = {name for name, rows in self._rows.items() if rows != before[name]} - counted
        if changed:
            self._note(method, caller, raw, f"{reason}, and yet changed: {sorted(changed)}")

    def _note(self, method: Method, caller: Sender, raw: bytes, what: str) -> None:
        request: Any
        try:
            request = GetMessageClass(method.descriptor.input_type).FromString(raw)
        except DecodeError:
            request = "no message"
        finding = f"{method.name} by {caller.party_id!r}: {what}\n{request}{raw.hex()}"
        self.findings.append(finding[:3000])

    def _look(self) -> None:
        """Reads all rows again if anyone has committed something since."""
        version = self._data_version()
        if version != self._version:
            self._version, self._rows = version, self._dump()

    def _data_version(self) -> int:
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(version)


def assert_nothing_found(judge: Judge) -> None:
    for name, reasons in judge.reasons.items():
        print(name, "accepted," if name in judge.accepted else "never accepted,", *sorted(reasons))
    for finding in judge.findings:
        print(finding)
    assert [finding.partition("\n")[0] for finding in judge.findings] == []
