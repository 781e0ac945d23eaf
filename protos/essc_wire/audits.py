"""AuditService, as every party serves it: one consistent snapshot, told in bounded messages.

A snapshot is opened, read and closed in a thread of its own, so that the loop serves on; rows are
read as they are sent, so that memory does not grow with what there is. What may be asked for are
the lists of ExportResponse; a party that has nothing of one tells nothing of it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from itertools import islice
from typing import Any, Final, Protocol

import structlog
from google.protobuf.message import Message

from essc.lab.v1 import audit_service_pb2 as pb
from essc_wire.guard import Call
from essc_wire.refusals import Refusal, Violation

ROWS_MAX: Final = 500
"""Rows in one message."""
EXPORTS_MAX: Final = 2
SECONDS_MAX: Final = 600.0
"""A snapshot keeps the store from folding its log: nobody may hold one for ever."""
RETRY_AFTER_MS: Final = 1000

LISTS: Final = tuple(
    field.name for field in pb.ExportResponse.DESCRIPTOR.fields if field.is_repeated
)


class Snapshot(Protocol):
    """One look at everything. Used by one thread at a time."""

    def header(self) -> pb.ExportHeader:
        """Whose it is, and when it was taken."""
        ...

    def lists(self) -> Iterable[tuple[str, Callable[[], Iterator[Message]]]]:
        """The names of the lists that there are, each with how to read its rows."""
        ...

    def close(self) -> None:
        """Lets go of it."""
        ...


class AuditServicer:
    """essc.lab.v1.AuditService over whatever opens snapshots."""

    def __init__(self, take: Callable[[], Snapshot], failures: tuple[type[Exception], ...]) -> None:
        """`failures` are what the store raises when it cannot be read."""
        self._take, self._failures = take, failures
        self._running = 0

    async def Export(
        self, request: pb.ExportRequest, call: Call[Any]
    ) -> AsyncIterator[bytes | Refusal]:
        for place, name in enumerate(request.lists):
            if name not in LISTS:
                wrong = Violation(field=f"lists[{place}]", text="not a list of ExportResponse")
                yield Refusal("REQUEST_INVALID", violations=(wrong,))
                return
        if self._running >= EXPORTS_MAX:
            yield Refusal("PLATFORM_BUSY", retry_after_ms=RETRY_AFTER_MS)
            return
        self._running += 1
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None, "a call is served in a task"
        pages = _Pages(self._take, request.lists)
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="audit")
        # A caller that does not read on holds the task up where nothing can be said any more.
        ending = loop.call_later(SECONDS_MAX, lambda: pages.is_being_read or task.cancel())
        until = loop.time() + SECONDS_MAX
        try:
            while page := await pages.read(thread):
                if loop.time() >= until:
                    yield Refusal("PLATFORM_BUSY", retry_after_ms=RETRY_AFTER_MS)
                    return
                yield page
        except self._failures as error:
            structlog.get_logger("store").error("an export failed", error=str(error))
            yield Refusal("STORE_UNAVAILABLE")
        finally:
            ending.cancel()
            # Behind whatever the thread still reads.
            thread.submit(pages.close)
            thread.shutdown(wait=False)
            self._running -= 1


class _Pages:
    """The messages of one export, one after the other."""

    def __init__(self, take: Callable[[], Snapshot], wanted: Sequence[str]) -> None:
        self._take, self._wanted = take, frozenset(wanted)
        self._snapshot: Snapshot | None = None
        self._written = self._write()
        self.is_being_read = False

    async def read(self, thread: Executor) -> bytes:
        """The next message, read in that thread; empty after the last one."""
        self.is_being_read = True
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(thread, next, self._written, b"")
        finally:
            self.is_being_read = False

    def close(self) -> None:
        """Ends it, wherever it is."""
        self._written.close()
        if self._snapshot is not None:
            self._snapshot.close()

    def _write(self) -> Generator[bytes, None, None]:
        snapshot = self._snapshot = self._take()
        yield pb.ExportResponse(header=snapshot.header()).SerializeToString()
        count = 0
        for name, read in snapshot.lists():
            if self._wanted and name not in self._wanted:
                continue
            rows = read()
            while some := list(islice(rows, ROWS_MAX)):
                count += len(some)
                page = pb.ExportResponse()
                getattr(page, name).extend(some)
                yield page.SerializeToString()
        yield pb.ExportResponse(row_count=count).SerializeToString()
