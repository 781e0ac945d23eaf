"""Reading text messages: a person's phone, as the lab ports of platform and channels show it.

The platform's messages (验证码 to the real-name phone) and a bank's (to the phone reserved at the
bank card) arrive at different lab ports. One inbox is shared by all phones of one person, so that a
code that was used in one channel is not tried in the next.
"""

import asyncio
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass

from essc.lab.v1 import lab_service_pb2 as lab
from essc.lab.v1.lab_service_pb2_grpc import PhoneServiceStub
from essc_wire.client import Peer
from essc_workbench.failures import WorkbenchError

ARRIVAL_S = 5.0
_POLL_S = 0.05
_CODE = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")


class NoMessageError(WorkbenchError):
    """A text message that somebody waits for does not come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A six-digit code in a message."""

    digits: str
    text: str
    key: tuple[int, str]
    """What tells it from a like message at another time."""


class Inbox:
    """The text messages of one phone number at one lab port."""

    def __init__(self, lab_port: Peer, phone: str) -> None:
        self._lab_port, self._phone = lab_port, phone
        self._stub = PhoneServiceStub(lab_port.channel)
        self._taken: set[tuple[int, str]] = set()

    async def texts(self) -> list[str]:
        """The newest messages, newest first."""
        return [message.text for message in await self._messages()]

    async def take(self, hints: Iterable[str] = (), besides: Iterable[Code] = ()) -> Code:
        """Takes the newest code that is not taken; waits a little for one to arrive.

        Of several, one whose text names a hint (the channel, say) goes first.
        """
        tried = {code.key for code in besides}
        until = time.monotonic() + ARRIVAL_S
        while time.monotonic() < until:
            codes = [code for code in await self._codes() if code.key not in self._taken | tried]
            fitting = [c for c in codes if any(hint in c.text for hint in hints if hint)]
            for code in fitting or codes:
                self._taken.add(code.key)
                return code
            await asyncio.sleep(_POLL_S)
        raise NoMessageError(f"no new text message with a code arrived within {ARRIVAL_S:.0f} s")

    def put_back(self, code: Code) -> None:
        """Leaves a code that was not the right one to another phone of the person."""
        self._taken.discard(code.key)

    async def _codes(self) -> list[Code]:
        """The codes in the newest messages, newest first."""
        found = [(m, _CODE.search(m.text)) for m in await self._messages()]
        return [
            Code(digits=match.group(), text=m.text, key=(m.receive_time.ToNanoseconds(), m.text))
            for m, match in found
            if match
        ]

    async def _messages(self) -> list[lab.TextMessage]:
        request = lab.ListMessagesRequest(phone=self._phone)
        answer = await self._stub.ListMessages(request, **self._lab_port.options())
        return list(answer.messages)
