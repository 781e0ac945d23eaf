"""What runs inside a Dask worker: one shard of a drill, played by a process of its own.

`dask_shards.py` calls these functions there, one after the other; each runs in the worker's event
loop, beside Dask's own work and not as a task, so the scheduler never plays a shard again. gRPC and
fork do not go together, so the shard is a program that is started, not a copy of the worker. Nobody
has to come back for it: if nobody asks for a minute, the process is ended and its files are gone.
"""

import asyncio
import os
import shutil
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final

from essc_workbench.drills.alike import Traits, traits
from essc_workbench.drills.orders import Order
from essc_workbench.drills.shards import GENERATOR, LocalShards
from essc_workbench.failures import WorkbenchError

LEASE_S: Final = 60.0
CHUNK_BYTES: Final = 4 * 1024 * 1024
"""As much of a file travels at once."""
LINES_MAX: Final = 600
"""Reports that wait to be fetched; there is one a second, so whoever fetches is long gone."""
REACH_S: Final = 5.0
_LOOK_S: Final = 1.0


class _Shard:
    """The shard that this worker plays."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="essc-shard-"))
        self.data = self.folder / "data"
        self.data.mkdir(mode=0o700)
        self.notes = self.folder / "notes"
        self.asked_s = time.monotonic()
        self._shards: LocalShards | None = None
        self._lines: deque[bytes] = deque()
        self._news = asyncio.Event()
        self._has_ended = False
        self._tasks = [asyncio.create_task(self._watch())]

    async def open(self, order: Order, command: Sequence[str]) -> None:
        self._shards = LocalShards([order], self.folder, command)
        await self._shards.open()

    def start(self, at_s: float) -> None:
        in_s = at_s - time.monotonic()
        if in_s <= 0:
            raise WorkbenchError("the start of the load was over when this worker heard of it")
        self._opened().start(in_s)
        self._tasks.append(asyncio.create_task(self._listen()))

    def stop(self) -> None:
        self._opened().stop()

    def disconnect(self, channel: str) -> None:
        self._opened().disconnect(channel)

    async def said(self, patience_s: float) -> list[bytes] | None:
        """What it said since it was last asked; None if it has nothing more to say."""
        if not self._lines and not self._has_ended:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), patience_s)
        self._news.clear()
        if not self._lines:
            return None if self._has_ended else []
        lines = list(self._lines)
        self._lines.clear()
        return lines

    async def close(self) -> None:
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()
        if self._shards is not None:
            await self._shards.close()
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

    def _opened(self) -> LocalShards:
        if self._shards is None:
            raise WorkbenchError("this worker was given no shard")
        return self._shards

    async def _listen(self) -> None:
        async for _, report in self._opened().reports():
            if report is None or len(self._lines) >= LINES_MAX:
                break
            self._lines.append(report.line())
            self._news.set()
        self._has_ended = True
        self._news.set()

    async def _watch(self) -> None:
        """Ends everything when nobody asks any more."""
        while (left_s := self.asked_s + LEASE_S - time.monotonic()) > 0:  # noqa: ASYNC110 - asking renews it
            await asyncio.sleep(min(left_s, _LOOK_S))
        for name in [name for name, shard in _PLAYED.items() if shard is self]:
            del _PLAYED[name]
        await self.close()


_PLAYED: dict[str, _Shard] = {}
"""By the drill's name; one at most."""


def _of(drill: str) -> _Shard:
    shard = _PLAYED.get(drill)
    if shard is None:
        raise WorkbenchError("this worker has forgotten the drill: nobody asked for a minute")
    shard.asked_s = time.monotonic()
    return shard


async def introduce() -> Traits:
    """What this worker is made of."""
    return await asyncio.to_thread(traits)


async def clock_ns() -> int:
    """This machine's monotonic clock."""
    return time.monotonic_ns()


async def reaches(address: str) -> str:
    """Connects to a party. Answers why that cannot be; empty if it can."""
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(REACH_S):
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    except TimeoutError:
        return f"nobody answers in {REACH_S:g} s"
    except OSError as error:
        return os.strerror(error.errno).lower() if error.errno else str(error)
    writer.close()
    return ""


async def take(drill: str) -> None:
    """Gets ready for a shard. Raises WorkbenchError if this worker plays one already."""
    if _PLAYED:
        raise WorkbenchError("this worker plays a shard of another drill")
    _PLAYED[drill] = _Shard()


async def put(drill: str, name: str, part: bytes) -> None:
    """Adds to a file of the federation's data folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise WorkbenchError(f"{name}: not inside a data folder")
    file = _of(drill).data / path
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.touch(mode=0o600)
    with file.open("ab") as out:
        out.write(part)


async def open_shard(drill: str, order: bytes, command: Sequence[str]) -> None:
    """Starts the process and gives it its order. Raises WorkbenchError if it is not ready."""
    shard = _of(drill)
    given = Order.model_validate_json(order)
    notes = None if given.notes is None else shard.notes
    here = given.model_copy(update={"data": shard.data, "notes": notes})
    await shard.open(here, command or GENERATOR)


async def start(drill: str, at_ns: int) -> None:
    """The load begins then, on this machine's monotonic clock."""
    _of(drill).start(at_ns / 1e9)


async def said(drill: str, patience_s: float) -> list[bytes] | None:
    """What the shard has said; None if it has ended."""
    return await _of(drill).said(patience_s)


async def stop(drill: str) -> None:
    """No journey is begun any more."""
    _of(drill).stop()


async def disconnect(drill: str, channel: str) -> None:
    """A channel's connections are closed, and opened anew."""
    _of(drill).disconnect(channel)


async def history(drill: str, offset: int) -> bytes:
    """A part of what the shard noted down; empty at its end."""
    notes = _of(drill).notes
    if not notes.exists():
        return b""
    with notes.open("rb") as file:
        file.seek(offset)
        return file.read(CHUNK_BYTES)


async def close(drill: str) -> None:
    """Ends the process and forgets the drill."""
    shard = _PLAYED.pop(drill, None)
    if shard is not None:
        await shard.close()
