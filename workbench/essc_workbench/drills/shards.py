"""Where the shards of a drill are played: processes of this machine, or somewhere else."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from essc_workbench.drills.orders import Order
from essc_workbench.drills.reports import Report, read_report
from essc_workbench.failures import WorkbenchError
from essc_workbench.processes import launched

READY_S: Final = 60.0
LINE_MAX: Final = 64 * 1024 * 1024
GENERATOR: Final = (sys.executable, "-I", "-m", "essc_workbench.drills.generator")


Said: TypeAlias = tuple[int, Report | None]
"""A shard's number and what it says; None of one that died before its last report."""


class Shards(Protocol):
    """All shards of a drill, wherever they are played."""

    @property
    def orders(self) -> Sequence[Order]:
        """What each was told, by shard."""
        ...

    async def open(self) -> None:
        """Has all of them ready to start. Raises WorkbenchError."""
        ...

    def start(self, in_s: float) -> float:
        """All start at one moment, so soon. Answers it, on this process's monotonic clock."""
        ...

    def reports(self) -> AsyncIterator[Said]:
        """What each says, with its shard; None is said for one that died before its last report.

        Ends when all have ended.
        """
        ...

    def disconnect(self, channel: str) -> None:
        """A channel's connections are closed, and opened anew."""
        ...

    def stop(self) -> None:
        """No journey is begun any more."""
        ...

    async def close(self) -> None:
        """Ends those that have not ended."""
        ...


async def until_all_ended(said: asyncio.Queue[Said], count: int) -> AsyncIterator[Said]:
    """What so many shards say, until each has given its last report or died."""
    left = set(range(count))
    while left:
        shard, report = await said.get()
        if report is None or report.is_last:
            left.discard(shard)
        yield shard, report


class LocalShards:
    """Each shard a process of this machine; `orders` has one for each, in order."""

    def __init__(
        self, orders: Sequence[Order], logs: Path, command: Sequence[str] = GENERATOR
    ) -> None:
        self.orders = orders
        self._processes = [_Process(order, logs, command) for order in orders]
        self._said: asyncio.Queue[Said] = asyncio.Queue()
        self._listening: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """See Shards. Call it from the main thread: a process dies with that thread."""
        for process in self._processes:
            process.start()
        await asyncio.gather(*(process.ready() for process in self._processes))

    def start(self, in_s: float) -> float:
        """See Shards. The monotonic clock is the same in all processes of a machine."""
        at_s = time.monotonic() + in_s
        for process in self._processes:
            process.tell(f"start {at_s!r}\n".encode())
        self._listening = [
            asyncio.create_task(self._listen(shard, process))
            for shard, process in enumerate(self._processes)
        ]
        return at_s

    def reports(self) -> AsyncIterator[Said]:
        """See Shards."""
        return until_all_ended(self._said, len(self._processes))

    def disconnect(self, channel: str) -> None:
        """See Shards."""
        for process in self._processes:
            process.tell(f"disconnect {channel}\n".encode("ascii"))

    def stop(self) -> None:
        """See Shards."""
        for process in self._processes:
            process.tell(b"stop\n")

    async def close(self) -> None:
        """See Shards."""
        for task in self._listening:
            task.cancel()
        for process in self._processes:
            await process.close()

    def pids(self) -> list[int]:
        """The processes, by shard."""
        return [process.pid for process in self._processes]

    async def _listen(self, shard: int, process: "_Process") -> None:
        while line := await process.line():
            report = read_report(line)
            self._said.put_nowait((shard, report))
            if report.is_last:
                return
        self._said.put_nowait((shard, None))


class _Process:
    """One process, and what goes in and out of it."""

    def __init__(self, order: Order, logs: Path, command: Sequence[str]) -> None:
        self._order, self._command = order, command
        self._log = logs / f"{order.name}.log"
        self._lines = asyncio.StreamReader(limit=LINE_MAX)
        self._process: subprocess.Popen[bytes] | None = None
        self._reading: asyncio.BaseTransport | None = None

    @property
    def pid(self) -> int:
        return self._process.pid if self._process is not None else 0

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = launched(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
            )

    async def ready(self) -> None:
        """Gives the order, and waits until it can be played. Raises WorkbenchError."""
        assert self._process is not None
        loop = asyncio.get_running_loop()
        self._reading, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(self._lines), self._process.stdout
        )
        self.tell(self._order.line())
        try:
            async with asyncio.timeout(READY_S):
                line = await self.line()
        except TimeoutError:
            line = b""
        if b"ready" not in line:
            raise WorkbenchError(f"{self._order.name} was not ready: {self._last_words()}")

    async def line(self) -> bytes:
        """The next line; empty when there are no more."""
        line = await self._lines.readline()
        return line if line.endswith(b"\n") else b""

    def tell(self, line: bytes) -> None:
        """Says something; one that has ended hears nothing."""
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except OSError:
            return

    async def close(self) -> None:
        """Ends it, if it has not ended by itself."""
        process = self._process
        if process is None:
            return
        if self._reading is not None:
            self._reading.close()
        if process.poll() is None:
            process.kill()
        await asyncio.to_thread(process.wait)
        if process.stdin is not None:
            try:
                process.stdin.close()
            except OSError:
                return

    def _last_words(self) -> str:
        lines = self._log.read_text("utf-8", "replace").strip().splitlines()
        return f"{lines[-1][:300] if lines else 'it said nothing'} (see {self._log})"
