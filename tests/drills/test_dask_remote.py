"""What a Dask worker does with a shard, and what is asked of it before; without Dask."""

import asyncio
import json
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.drills.plans import plan

from essc_workbench.drills import dask_remote, dask_shards
from essc_workbench.drills.alike import Traits, differences, traits
from essc_workbench.drills.dask_shards import Clock, Cluster, DaskShards, clock_of, cluster_at
from essc_workbench.drills.orders import Order
from essc_workbench.drills.places import place_of
from essc_workbench.drills.reports import Report
from essc_workbench.failures import UsageError, WorkbenchError
from essc_workbench.federation import Federation
from essc_workbench.folders import Addresses, DataFolder, State

HERE = "tcp://here:1"
NOTING = (sys.executable, "-I", str(Path(__file__).with_name("noting_generator.py")))
ORIGIN_NS = 5_000_000_000


class Here:
    """Runs a worker's functions in this process, as a client runs them in a worker's."""

    def __init__(self) -> None:
        self.before: Callable[[str], Any] = lambda _name: None
        """Called with each function's name; what it answers is answered instead."""

    async def run(self, function: Any, *given: Any, workers: list[str]) -> dict[str, Any]:
        instead = self.before(function.__name__)
        if asyncio.iscoroutine(instead):
            instead = await instead
        return {workers[0]: await function(*given) if instead is None else instead}


class Ahead:
    """The same, but its clock is ahead: what it is told to start at, it starts that much sooner."""

    def __init__(self, here: Here, ahead_ns: int) -> None:
        self._here, self._ahead_ns = here, ahead_ns

    async def run(self, function: Any, *given: Any, workers: list[str]) -> dict[str, Any]:
        if function is dask_remote.start:
            drill, at_ns = given
            given = (drill, at_ns - self._ahead_ns)
        return await self._here.run(function, *given, workers=workers)


@pytest.fixture
def here() -> Here:
    return Here()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    data = DataFolder(tmp_path / "data")
    data.make()
    listening = socket.create_server(("127.0.0.1", 0))
    at = f"127.0.0.1:{listening.getsockname()[1]}"
    data.save(State(platform=Addresses(address=at, lab_address=at)))
    data.key("wechat").write_text("a key")
    data.platform.mkdir()
    data.tls.mkdir()
    (data.tls / "ca.pem").write_text("whom to trust")
    (data.tls / "server.key").write_text("the parties' own")
    (data.platform / "store.db").write_text("the platform's own")
    with listening:
        yield data.root


@pytest.fixture
async def shards(here: Here, folder: Path) -> AsyncIterator[DaskShards]:
    order = Order(
        plan=plan(),
        seed=3,
        shard=1,
        shards=2,
        data=folder,
        notes=folder.parent / "notes",
        origin_ns=ORIGIN_NS,
    )
    cluster = Cluster(here, [HERE])
    await cluster.check()
    made = DaskShards(cluster, [order], NOTING)
    yield made
    await made.close()
    assert dask_remote._PLAYED == {}


async def said(shards: DaskShards) -> list[Report | None]:
    async with asyncio.timeout(20):
        return [report async for _, report in shards.reports()]


async def test_a_shard_is_played_there_and_its_history_comes_back(
    shards: DaskShards, folder: Path
) -> None:
    await shards.open()

    began_s = time.monotonic()
    at_s = shards.start(0.5)
    told = await said(shards)

    assert at_s - began_s >= 2.0
    assert [report.sends for report in told if report] == [7, 0]
    assert shards.failures == {}
    head, rows = map(json.loads, (folder.parent / "notes").read_text().splitlines())
    assert head["origin_ns"] == ORIGIN_NS
    assert "1 processes on Dask workers" in shards._facts["generator"]
    assert rows == [1, 2, ORIGIN_NS, ["ca.pem", "federation.json", "wechat.pem"]]


async def test_a_history_of_another_clock_counts_from_the_same_instant(
    shards: DaskShards, here: Here, folder: Path
) -> None:
    own = traits()
    other = Traits(versions=own["versions"], machine="another", host="there")
    there: dict[str, Callable[[], Any]] = {
        "introduce": lambda: other,
        "clock_ns": lambda: time.monotonic_ns() + 3_600 * 10**9,
    }
    here.before = lambda name: there[name]() if name in there else None
    await shards._cluster.check()
    await shards.open()
    ahead_ns = shards.clocks[0].ahead_ns

    shards._cluster._client = Ahead(here, ahead_ns)
    shards.start(0.0)
    told = await said(shards)

    assert abs(ahead_ns - 3_600 * 10**9) < 10**9
    assert told[-1] is not None
    head, rows = map(json.loads, (folder.parent / "notes").read_text().splitlines())
    assert head["origin_ns"] == ORIGIN_NS
    assert rows[2] == ORIGIN_NS + ahead_ns


async def test_what_it_had_there_is_gone_afterwards(shards: DaskShards) -> None:
    await shards.open()
    (played,) = dask_remote._PLAYED.values()
    (key,) = played.data.rglob("wechat.pem")
    assert key.stat().st_mode & 0o77 == 0

    await shards.close()

    assert not played.folder.exists()


@pytest.fixture
async def taken() -> AsyncIterator[str]:
    await dask_remote.take("a drill")
    yield "a drill"
    await dask_remote.close("a drill")


async def test_a_worker_plays_one_drill_at_a_time(shards: DaskShards, taken: str) -> None:
    with pytest.raises(WorkbenchError, match=f"{HERE}: this worker plays a shard of another"):
        await shards.open()


async def test_a_shard_that_nobody_asks_about_is_ended(
    shards: DaskShards, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_remote, "_LOOK_S", 0.01)
    await shards.open()
    (played,) = dask_remote._PLAYED.values()
    monkeypatch.setattr(dask_remote, "LEASE_S", 0.05)

    async with asyncio.timeout(10):
        await asyncio.gather(*played._tasks)
    assert not played.folder.exists()

    shards.start(0.0)
    assert await said(shards) == [None]
    assert "has forgotten the drill" in shards.failures[0]


async def test_a_start_that_was_told_too_late_is_no_start(
    shards: DaskShards, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_shards, "LEAD_S", -1.0)
    await shards.open()

    shards.start(-1.0)

    assert await said(shards) == [None]
    assert "was over when this worker heard of it" in shards.failures[0]


async def test_a_worker_that_does_not_answer_is_lost(
    shards: DaskShards, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shards.open()
    monkeypatch.setattr(dask_shards, "LEAD_S", 0.1)
    monkeypatch.setattr(dask_shards, "ANSWER_S", 0.2)
    here.before = lambda name: asyncio.sleep(60) if name == "said" else None

    shards.start(0.0)

    assert await said(shards) == [None]
    assert shards.failures == {0: f"Dask worker {HERE}: no answer in 0.2 s"}


@pytest.mark.parametrize("name", ["/etc/passwd", "../federation.json", "keys/../../key"])
async def test_nothing_is_written_beside_the_data_folder(taken: str, name: str) -> None:
    with pytest.raises(WorkbenchError, match="not inside a data folder"):
        await dask_remote.put(taken, name, b"")


async def test_what_was_not_opened_neither_starts_nor_stops(taken: str) -> None:
    with pytest.raises(WorkbenchError, match="was given no shard"):
        await dask_remote.stop(taken)
    with pytest.raises(WorkbenchError, match="has forgotten the drill"):
        await dask_remote.stop("another drill")


async def test_too_much_to_send_is_refused(
    shards: DaskShards, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_shards, "FILES_BYTES_MAX", 100)

    with pytest.raises(UsageError, match="are too much to send"):
        await shards.open()


async def test_a_history_that_grows_too_large_is_not_taken(
    shards: DaskShards, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_shards, "HISTORY_BYTES_MAX", 10)
    await shards.open()

    shards.start(0.0)

    assert (await said(shards))[-1] is None
    assert "the history of generator-1 is too large" in shards.failures[0]


async def test_a_worker_of_other_code_is_refused_with_what_differs(here: Here) -> None:
    own = traits()
    versions = {**own["versions"], "grpcio": "1.0.0", "code": "another"}
    other = Traits(versions=versions, machine=own["machine"], host="there")
    here.before = lambda name: other if name == "introduce" else None

    with pytest.raises(UsageError, match=f"{HERE} differs: code another instead of .*, grpcio 1.0"):
        await Cluster(here, [HERE]).check()


async def test_a_party_that_a_worker_cannot_reach_is_named(
    shards: DaskShards, folder: Path
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
        DataFolder(folder).save(State(platform=Addresses(address=address, lab_address="")))

        with pytest.raises(UsageError, match=f"{HERE} cannot reach {address}: connection refused"):
            await shards.open()


async def test_a_worker_without_the_workbench_is_named(shards: DaskShards, here: Here) -> None:
    def before(_name: str) -> None:
        raise ModuleNotFoundError("No module", name="essc_workbench")

    here.before = before

    with pytest.raises(UsageError, match=f"Dask worker {HERE} has no essc_workbench"):
        await shards.open()
    here.before = lambda _name: None


async def test_a_clock_that_cannot_be_told_well_is_refused(
    shards: DaskShards, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_shards, "PINGS", 2)
    other = Traits(versions=traits()["versions"], machine="another", host="there")

    async def slow() -> None:
        await asyncio.sleep(0.12)

    there: dict[str, Callable[[], Any]] = {"introduce": lambda: other, "clock_ns": slow}
    here.before = lambda name: there[name]() if name in there else None
    await shards._cluster.check()

    with pytest.raises(WorkbenchError, match=r"its clock can be told to \d+ ms only"):
        await shards.open()


async def test_a_worker_of_the_same_machine_has_the_same_clock(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster(here, [HERE])
    await cluster.check()

    assert await cluster.clock(HERE) == Clock(ahead_ns=0, error_ns=0)


def test_the_quickest_answer_tells_most_of_a_clock() -> None:
    tries = [(1000, 91_500, 5000), (10_000, 100_300, 10_400), (20_000, 111_000, 26_000)]

    assert clock_of(tries) == Clock(ahead_ns=90_100, error_ns=200)


def test_versions_that_differ_are_named_and_those_that_agree_are_not() -> None:
    own = {"grpcio": "1.85.1", "uvloop": "0.23.0", "python": "3.11.7"}
    other = {"grpcio": "1.84.0", "uvloop": "0.23.0"}

    assert differences(own, own) == []
    assert differences(own, other) == [
        "grpcio 1.84.0 instead of 1.85.1",
        "python none instead of 3.11.7",
    ]


@pytest.mark.parametrize(
    ("dask", "listen", "is_tls", "said"),
    [
        ("", "10.0.0.5", True, "--listen is for --dask"),
        ("127.0.0.1:9", "somewhere", True, "it must be an IPv4 address of this machine"),
        ("127.0.0.1:9", "10.0.0.5", False, "the plan needs `federation: {…, tls: true}`"),
    ],
)
async def test_an_address_to_listen_at_that_is_no_use_is_refused(
    dask: str, listen: str, said: str, *, is_tls: bool
) -> None:
    drill = plan(federation={"channels": ["wechat", "alipay"], "tls": is_tls})

    with pytest.raises(UsageError, match=said):
        async with place_of(drill, dask, listen):
            pass


async def test_parties_listen_beyond_loopback_with_tls_only(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")

    with pytest.raises(UsageError, match=r"10\.0\.0\.5: parties listen beyond loopback with TLS"):
        Federation(folder, host="10.0.0.5")


async def test_where_no_scheduler_is_none_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_shards, "CONNECT_S", 0.3)

    with pytest.raises(UsageError, match="no Dask scheduler answers there"):
        async with cluster_at("127.0.0.1:9"):
            pass
    for address in ("nowhere", "http://127.0.0.1:9", "127.0.0.1:x"):
        with pytest.raises(UsageError, match="a Dask scheduler is at HOST:PORT"):
            async with cluster_at(address):
                pass
