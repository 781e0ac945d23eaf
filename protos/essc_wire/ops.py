"""The operations port: plain HTTP for whoever watches a process, on its own loop.

`/live` answers as long as the loop turns, `/ready` with the reasons if the process should be given
no calls, `/metrics` with what it counts. It knows nothing of citizens, needs no token, and answers
one question a connection, a few at a time.
"""

import asyncio
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from essc_wire.metrics import CONTENT_TYPE, Metrics
from essc_wire.readiness import Readiness
from essc_wire.serving import check_free

CONNECTIONS_MAX: Final = 32
HEAD_BYTES_MAX: Final = 8 * 1024
PATIENCE_S: Final = 5.0
"""How long a question may take to arrive, and its answer to be taken."""
_JSON: Final = "application/json; charset=utf-8"


class OpsServer:
    """A started operations port."""

    def __init__(self, metrics: Metrics, readiness: Readiness) -> None:
        self._metrics, self._readiness = metrics, readiness
        self._open = 0
        self._answering = asyncio.Lock()
        self._server: asyncio.Server | None = None
        self.address = ""

    async def start(self, address: str) -> None:
        """Listens at HOST:PORT; port 0 takes a free one. Raises OSError if it cannot be had."""
        check_free(address)
        host, _, port = address.rpartition(":")
        self._server = await asyncio.start_server(
            self._met, host.strip("[]"), int(port), limit=HEAD_BYTES_MAX
        )
        self.address = f"{host}:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Answers nobody any more."""
        if self._server is not None:
            self._server.close()

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= CONNECTIONS_MAX:
                async with asyncio.timeout(PATIENCE_S):
                    writer.write(await self._answer_to(reader))
                    await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return  # whoever asks so slowly, so much, or is gone, gets nothing
        finally:
            self._open -= 1
            writer.close()

    async def _answer_to(self, reader: asyncio.StreamReader) -> bytes:
        head = await reader.readuntil(b"\r\n\r\n")
        words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            return _answer(HTTPStatus.BAD_REQUEST, "text/plain", b"not HTTP\n")
        method, target, _ = words
        if method not in ("GET", "HEAD"):
            return _answer(HTTPStatus.METHOD_NOT_ALLOWED, "text/plain", b"GET only\n")
        answers: dict[str, Callable[[], tuple[HTTPStatus, bytes]]] = {
            "/live": _live,
            "/ready": self._ready,
        }
        path = target.partition("?")[0]
        if path == "/metrics":
            answer = _answer(HTTPStatus.OK, CONTENT_TYPE, await self._page())
        elif path in answers:
            status, body = answers[path]()
            answer = _answer(status, _JSON, body)
        else:
            text = b"/live, /ready, /metrics\n"
            answer = _answer(HTTPStatus.NOT_FOUND, "text/plain", text)
        return answer if method == "GET" else answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"

    async def _page(self) -> bytes:
        """Read here, written elsewhere: a page of many methods takes some milliseconds."""
        async with self._answering:
            families = self._metrics.read()
            return await asyncio.to_thread(self._metrics.page, families)

    def _ready(self) -> tuple[HTTPStatus, bytes]:
        why = [
            {"reason": each.name, "text_en": each.value[0], "text_zh": each.value[1]}
            for each in self._readiness.reasons
        ]
        status = HTTPStatus.SERVICE_UNAVAILABLE if why else HTTPStatus.OK
        return status, _written({"ready": not why, "reasons": why})


def _live() -> tuple[HTTPStatus, bytes]:
    return HTTPStatus.OK, _written({"live": True})


def _written(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


def _answer(status: HTTPStatus, content_type: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
