"""Shards of one drill on a Dask cluster that is there already: one for each of its workers.

    async with cluster_at("10.0.0.5:8786") as cluster:
        shards = DaskShards(cluster, orders)        # len(orders) == cluster.count

Before anything is played every worker has to be made of the same code and libraries. Its monotonic
clock is compared with ours; the load begins everywhere at one moment, told to each on its own
clock. What workers say, and the histories that they write, come back through the scheduler a piece
at a time. A worker that is lost is said to have died: such a drill is void.
"""

import asyncio
import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic_core import from_json, to_json

from essc_wire.addresses import addresses_of
from essc_workbench.drills import dask_remote
from essc_workbench.drills.alike import Traits, differences, traits
from essc_workbench.drills.orders import Order
from essc_workbench.drills.plan import PROCESSES_MAX
from essc_workbench.drills.reports import read_report
from essc_workbench.drills.shards import READY_S, Said, until_all_ended
from essc_workbench.failures import UsageError, WorkbenchError
from essc_workbench.folders import DataFolder

CONNECT_S: Final = 10.0
ANSWER_S: Final = 15.0
"""A worker that does not answer for so long is lost."""
LEAD_S: Final = 2.0
"""So long before the load begins every worker is told."""
PINGS: Final = 15
CLOCK_ERROR_MAX_S: Final = 0.05
"""If clocks cannot be compared better than this, one drill of several machines means nothing."""
FILES_BYTES_MAX: Final = 512 * 1024 * 1024
HISTORY_BYTES_MAX: Final = 4 * 1024 * 1024 * 1024
_PATIENCE_S: Final = 1.0
_ADDRESS: Final = re.compile(r"((tcp|tls)://)?[^\s/]+:\d{1,5}")
_NEEDED: Final = ("keys/*.pem", "tls/ca.pem", "*.json")
"""What callers need of a data folder: keys, whom to trust, addresses and what was prepared."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Clock:
    """A worker's monotonic clock beside ours."""

    ahead_ns: int
    error_ns: int
    """By how much that may be wrong at most: half of the quickest way there and back."""

    @property
    def may_be_ours(self) -> bool:
        """Whether nothing speaks against both being one clock."""
        return abs(self.ahead_ns) <= self.error_ns


class Cluster:
    """A connection to a scheduler, and the workers that play."""

    def __init__(self, client: Any, workers: Sequence[str]) -> None:
        self._client = client
        self.workers = tuple(workers)
        self._machines: dict[str, str] = {}

    @property
    def count(self) -> int:
        """How many shards it plays: one on each worker."""
        return len(self.workers)

    async def call(
        self,
        worker: str,
        function: Callable[..., Awaitable[_T]],
        *given: Any,
        within_s: float | None = None,
    ) -> _T:
        """Runs a function of `dask_remote` there. Raises WorkbenchError if it does not answer."""
        within_s = ANSWER_S if within_s is None else within_s
        try:
            async with asyncio.timeout(within_s):
                answers = await self._client.run(function, *given, workers=[worker])
                answer: _T = answers[worker]
        except WorkbenchError as error:
            raise WorkbenchError(f"Dask worker {worker}: {error}", error.status) from None
        except ModuleNotFoundError as error:
            raise UsageError(f"Dask worker {worker} has no {error.name}") from None
        except TimeoutError:
            raise WorkbenchError(f"Dask worker {worker}: no answer in {within_s:g} s") from None
        except (OSError, KeyError) as error:
            told = str(error) or type(error).__name__
            raise WorkbenchError(f"Dask worker {worker} is lost: {told}") from None
        return answer

    async def check(self) -> None:
        """Whether all workers are made of what this process is. Raises UsageError."""
        own = traits()
        found: list[Traits] = await asyncio.gather(
            *(self.call(each, dask_remote.introduce, within_s=READY_S) for each in self.workers)
        )
        for worker, other in zip(self.workers, found, strict=True):
            if apart := differences(own["versions"], other["versions"]):
                raise UsageError(f"Dask worker {worker} differs: {', '.join(apart)}")
            self._machines[worker] = other["machine"]

    async def reach(self, folder: DataFolder) -> None:
        """Whether all workers reach the parties of a data folder. Raises UsageError."""
        state = folder.load()
        for party in (state.platform, *state.channels.values()):
            for address in addresses_of(party.address) if party is not None else ():
                for worker in self.workers:
                    if why := await self.call(worker, dask_remote.reaches, address):
                        raise UsageError(f"Dask worker {worker} cannot reach {address}: {why}")

    async def clock(self, worker: str) -> Clock:
        """Compares a worker's clock with ours. Raises WorkbenchError if that is too uncertain."""
        tries = []
        for _ in range(PINGS):
            asked_ns = time.monotonic_ns()
            there_ns = await self.call(worker, dask_remote.clock_ns)
            tries.append((asked_ns, there_ns, time.monotonic_ns()))
        clock = clock_of(tries)
        if self._machines.get(worker) == traits()["machine"] and clock.may_be_ours:
            return Clock(ahead_ns=0, error_ns=0)
        if clock.error_ns > CLOCK_ERROR_MAX_S * 1e9:
            raise WorkbenchError(
                f"Dask worker {worker}: its clock can be told to {clock.error_ns / 1e6:.0f} ms "
                f"only; {CLOCK_ERROR_MAX_S * 1000:.0f} ms are needed"
            )
        return clock


def clock_of(tries: Sequence[tuple[int, int, int]]) -> Clock:
    """From asked, answered there, and heard: the quickest of them tells most."""
    asked, there, heard = min(tries, key=lambda each: each[2] - each[0])
    return Clock(ahead_ns=there - (asked + heard) // 2, error_ns=(heard - asked + 1) // 2)


@asynccontextmanager
async def cluster_at(address: str) -> AsyncIterator[Cluster]:
    """The cluster of a scheduler at HOST:PORT, made of the same code as this process.

    Raises UsageError if there is none, or if a worker differs.
    """
    if not _ADDRESS.fullmatch(address):
        raise UsageError(f"{address}: a Dask scheduler is at HOST:PORT")
    try:
        import distributed
    except ImportError:
        raise UsageError("--dask needs Dask: pip install essc-federation[dask]") from None
    make: Any = distributed.Client
    client = make(address, asynchronous=True, timeout=CONNECT_S, set_as_default=False, name="essc")
    try:
        try:
            await client
        except (OSError, ImportError) as error:
            raise UsageError(f"{address}: no Dask scheduler answers there: {error}") from None
        known = (await client.scheduler.identity(n_workers=-1))["workers"]
        if not known:
            raise UsageError(f"{address}: this Dask scheduler has no workers")
        cluster = Cluster(client, sorted(known)[:PROCESSES_MAX])
        await cluster.check()
        yield cluster
    finally:
        await client.close()


class DaskShards:
    """See Shards: each on a Dask worker of its own."""

    def __init__(
        self,
        cluster: Cluster,
        orders: Sequence[Order],
        command: Sequence[str] = (),
        facts: dict[str, str] | None = None,
    ) -> None:
        """`command` is another program than the generator, for those who test.

        Into `facts` goes what a result should say about its environment.
        """
        assert len(orders) == cluster.count, "one shard for each worker"
        self._facts = {} if facts is None else facts
        self.orders = orders
        self.clocks: tuple[Clock, ...] = ()
        """By shard, once they are open."""
        self.failures: dict[int, str] = {}
        """By shard, why it is said to have died."""
        self._cluster, self._command = cluster, tuple(command)
        self._drill = secrets.token_hex(8)
        self._said: asyncio.Queue[Said] = asyncio.Queue(4 * len(orders))
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """See Shards."""
        await self._cluster.reach(DataFolder(self.orders[0].data))
        self.clocks = tuple(
            await asyncio.gather(*(self._cluster.clock(each) for each in self._cluster.workers))
        )
        error_ns = max(clock.error_ns for clock in self.clocks)
        self._facts["generator"] = (
            f"{len(self.orders)} processes on Dask workers, their clocks told to "
            f"{error_ns / 1e6:.1f} ms"
        )
        await asyncio.gather(*(self._open(shard) for shard in range(len(self.orders))))

    def start(self, in_s: float) -> float:
        """See Shards. Not sooner than every worker can be told."""
        at_s = time.monotonic() + max(in_s, LEAD_S)
        for shard in range(len(self.orders)):
            self._tasks.append(asyncio.create_task(self._play(shard, at_s)))
        return at_s

    def reports(self) -> AsyncIterator[Said]:
        """See Shards. A shard's history is here before its last report is."""
        return until_all_ended(self._said, len(self.orders))

    def disconnect(self, channel: str) -> None:
        """See Shards."""
        self._tell_all(dask_remote.disconnect, channel)

    def stop(self) -> None:
        """See Shards."""
        self._tell_all(dask_remote.stop)

    async def close(self) -> None:
        """See Shards."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(
            *(self._call(shard, dask_remote.close) for shard in range(len(self.orders))),
            return_exceptions=True,  # one that is lost has nothing to end
        )

    async def _call(
        self,
        shard: int,
        function: Callable[..., Awaitable[_T]],
        *given: Any,
        within_s: float | None = None,
    ) -> _T:
        worker = self._cluster.workers[shard]
        return await self._cluster.call(worker, function, self._drill, *given, within_s=within_s)

    async def _open(self, shard: int) -> None:
        await self._call(shard, dask_remote.take)
        for name, part in _parts(self.orders[shard].data):
            await self._call(shard, dask_remote.put, name, part)
        order = self.orders[shard]
        origin_ns = order.origin_ns + self.clocks[shard].ahead_ns
        there = order.model_copy(update={"origin_ns": origin_ns}).line()
        await self._call(
            shard, dask_remote.open_shard, there, self._command, within_s=READY_S + ANSWER_S
        )

    async def _play(self, shard: int, at_s: float) -> None:
        """Starts it, and hands on what it says; whatever goes wrong, it has died."""
        try:
            at_ns = int(at_s * 1e9) + self.clocks[shard].ahead_ns
            await self._call(shard, dask_remote.start, at_ns)
            while (lines := await self._call(shard, dask_remote.said, _PATIENCE_S)) is not None:
                for line in lines:
                    report = read_report(line)
                    if report.is_last:
                        await self._fetch_history(shard)
                    await self._said.put((shard, report))
                    if report.is_last:
                        return
        except WorkbenchError as error:
            self.failures[shard] = str(error)
            self._facts[f"lost shard {shard}"] = str(error)
        await self._said.put((shard, None))

    async def _fetch_history(self, shard: int) -> None:
        """Brings it here; its first line says since when times count there, and then here."""
        order = self.orders[shard]
        if order.notes is None:
            return
        taken = 0
        with order.notes.open("wb") as out:
            while part := await self._call(shard, dask_remote.history, taken):
                told = part if taken else _with_origin(part, order.origin_ns)
                taken += len(part)
                if taken > HISTORY_BYTES_MAX:
                    raise WorkbenchError(f"the history of {order.name} is too large")
                await asyncio.to_thread(out.write, told)

    def _tell_all(self, function: Callable[..., Awaitable[None]], *given: Any) -> None:
        for shard in range(len(self.orders)):
            self._tasks.append(asyncio.create_task(self._tell(shard, function, *given)))

    async def _tell(
        self, shard: int, function: Callable[..., Awaitable[None]], *given: Any
    ) -> None:
        with suppress(WorkbenchError):  # one that is lost hears nothing
            await self._call(shard, function, *given)


def _with_origin(part: bytes, origin_ns: int) -> bytes:
    """The beginning of notes, with times that count from an instant of this machine's clock."""
    first, mark, rest = part.partition(b"\n")
    try:
        head = {**from_json(first), "origin_ns": origin_ns}
    except (ValueError, TypeError):
        raise WorkbenchError(f"a history begins with {first[:80]!r}") from None
    return to_json(head) + mark + rest


def _parts(folder: Path) -> list[tuple[str, bytes]]:
    """What callers need of a data folder, in pieces."""
    files = sorted(file for pattern in _NEEDED for file in folder.glob(pattern))
    size = sum(file.stat().st_size for file in files)
    if size > FILES_BYTES_MAX:
        raise UsageError(f"{folder}: {size} bytes of keys and links are too much to send")
    return [
        (file.relative_to(folder).as_posix(), part)
        for file in files
        for part in _pieces(file.read_bytes())
    ]


def _pieces(content: bytes) -> list[bytes]:
    size = dask_remote.CHUNK_BYTES
    return [content[at : at + size] for at in range(0, len(content), size)] or [b""]
