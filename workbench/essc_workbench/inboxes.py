"""Reading text messages: a person's phone, as the lab ports of platform and channels show it.

The platform's messages (验证码 to the real-name phone) and a bank's (to the phone reserved at the
bank card) arrive at different lab ports. One inbox is shared by all phones of one person, so that a
code that was used in one channel is not tried in the next.
"""

import asyncio
import re
import time

from essc.lab.v1 import lab_service_pb2 as lab
from essc.lab.v1.lab_service_pb2_grpc import PhoneServiceStub
from essc_wire.client import Peer
from essc_workbench.failures import WorkbenchError

ARRIVAL_S = 5.0
_POLL_S = 0.05
_CODE = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")


class Inbox:
    """The text messages of one phone number at one lab port."""

    def __init__(self, lab_port: Peer, phone: str) -> None:
        self._lab_port, self._phone = lab_port, phone
        self._stub = PhoneServiceStub(lab_port.channel)
        self._taken: set[tuple[int, int, str]] = set()

    async def texts(self) -> list[str]:
        """The newest messages, newest first."""
        return [message.text for message in await self._messages()]

    async def next_code(self, *hints: str) -> str:
        """The newest six-digit code that was not taken yet; waits a little for it to arrive.

        Of several, one whose text names a hint (the channel, say) goes first.
        """
        until = time.monotonic() + ARRIVAL_S
        while time.monotonic() < until:
            fresh = [m for m in await self._messages() if self._is_fresh(m)]
            fitting = [m for m in fresh if any(hint in m.text for hint in hints if hint)]
            for message in fitting or fresh:
                self._taken.add(_key(message))
                return _code_in(message.text)
            await asyncio.sleep(_POLL_S)
        raise WorkbenchError(f"no new text message with a code arrived within {ARRIVAL_S:.0f} s")

    async def _messages(self) -> list[lab.TextMessage]:
        request = lab.ListMessagesRequest(phone=self._phone)
        answer = await self._stub.ListMessages(request, **self._lab_port.options())
        return list(answer.messages)

    def _is_fresh(self, message: lab.TextMessage) -> bool:
        return bool(_CODE.search(message.text)) and _key(message) not in self._taken


def _code_in(text: str) -> str:
    found = _CODE.search(text)
    assert found is not None
    return found.group()


def _key(message: lab.TextMessage) -> tuple[int, int, str]:
    return (message.receive_time.seconds, message.receive_time.nanos, message.text)
