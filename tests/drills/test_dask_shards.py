"""Shards on a real Dask cluster: a scheduler and two workers, all processes of this machine."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.drills.plans import plan

from essc_workbench.drills.coordinator import PROCESS_DIED, Conducted, Conductor
from essc_workbench.drills.dask_shards import Clock, Cluster, DaskShards, cluster_at
from essc_workbench.drills.orders import Order
from essc_workbench.drills.places import place_of
from essc_workbench.drills.plan import Plan
from essc_workbench.drills.reading_notes import read_notes
from essc_workbench.drills.results import ExitStatus, read_result
from essc_workbench.drills.schedule import intents
from essc_workbench.failures import UsageError
from essc_workbench.folders import Addresses, DataFolder, State
from essc_workbench.processes import launched

FAKE = Path(__file__).with_name("fake_generator.py")
COMMAND = (sys.executable, "-I", str(FAKE))
pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]
SEED = 11
WECHAT = {"channels": ["wechat"]}
ESSC = Path(sys.executable).with_name("essc")
READY_S = 90


class Dask:
    """A scheduler and its workers."""

    def __init__(self, folder: Path, **what: object) -> None:
        self._folder, self._file = folder, folder / "scheduler.json"
        self._fakes = json.dumps(what)
        self._processes: list[subprocess.Popen[bytes]] = []
        self.workers: list[subprocess.Popen[bytes]] = []

    @property
    def address(self) -> str:
        return str(json.loads(self._file.read_text())["address"])

    def start(self, workers: int) -> None:
        self._launch("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        until = time.monotonic() + READY_S
        while not self._file.exists() or not self._file.read_text().endswith("}"):
            assert time.monotonic() < until
            time.sleep(0.05)
        for number in range(workers):
            local = str(self._folder / f"worker-{number}")
            self.workers.append(
                self._launch(
                    *("worker", "--no-nanny", "--nthreads", "1", "--no-dashboard"),
                    *("--host", "127.0.0.1", "--local-directory", local),
                )
            )

    def _launch(self, program: str, *arguments: str) -> "subprocess.Popen[bytes]":
        command = (sys.executable, "-I", "-m", "dask", program, *arguments)
        log = (self._folder / f"{program}-{len(self._processes)}.log").open("wb")
        os.environ["FAKE_JOURNEYS"] = self._fakes
        process = launched(
            (*command, "--scheduler-file", str(self._file)),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        del os.environ["FAKE_JOURNEYS"]
        log.close()
        self._processes.append(process)
        return process

    def stop(self) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait()


@pytest.fixture
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    running = Dask(tmp_path_factory.mktemp("dask"))
    try:
        running.start(workers=2)
        yield running
    finally:
        running.stop()


@pytest.fixture
async def cluster(dask: Dask) -> AsyncIterator[Cluster]:
    await joined(dask)
    async with cluster_at(dask.address) as found:
        yield found


async def joined(dask: Dask) -> None:
    """Waits until the scheduler knows of every worker that lives, and of no other."""
    wanted = sum(worker.poll() is None for worker in dask.workers)
    async with asyncio.timeout(READY_S):
        while True:
            with suppress(UsageError):
                async with cluster_at(dask.address) as found:
                    if found.count == wanted:
                        return
            await asyncio.sleep(0.2)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    data = DataFolder(tmp_path / "data")
    data.make()
    data.key("wechat").write_text("a key")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        at = f"127.0.0.1:{listening.getsockname()[1]}"
        data.save(State(platform=Addresses(address=at, lab_address=at)))
        yield data.root


def steady(rate: float, lasts: str) -> Plan:
    return plan(load=[{"steady": {"rate": rate, "lasts": lasts}}])


def shards_on(cluster: Cluster, drill: Plan, folder: Path) -> DaskShards:
    orders = [
        Order(
            plan=drill,
            seed=SEED,
            shard=shard,
            shards=cluster.count,
            data=folder,
        )
        for shard in range(cluster.count)
    ]
    return DaskShards(cluster, orders, COMMAND)


async def conducted(drill: Plan, shards: DaskShards) -> Conducted:
    try:
        return await Conductor(drill, shards, on_second=lambda _: None).conduct()
    finally:
        await shards.close()


async def test_the_workers_play_one_plan_together(cluster: Cluster, folder: Path) -> None:
    drill = steady(200, "2s")
    shards = shards_on(cluster, drill, folder)

    seen = await conducted(drill, shards)

    counts = seen.totals.whole.counts
    assert counts.is_whole
    assert counts.intended == counts.ok == sum(1 for _ in intents(drill, SEED))
    assert cluster.count == 2
    assert shards.failures == {}
    assert not seen.is_void
    assert shards.clocks == (Clock(0, 0), Clock(0, 0))  # one machine: one clock


async def test_a_drill_that_is_stopped_is_whole_until_then(cluster: Cluster, folder: Path) -> None:
    drill = steady(100, "60s")
    shards = shards_on(cluster, drill, folder)
    work = Conductor(drill, shards)
    task = asyncio.create_task(work.conduct())
    await heard(work)

    task.cancel()
    seen = await task
    await shards.close()

    assert seen.totals.whole.counts.is_whole
    assert 0 < seen.load_s < 30
    assert shards.failures == {}


async def test_a_lost_worker_makes_the_drill_void_and_all_is_accounted_for(
    dask: Dask, cluster: Cluster, folder: Path
) -> None:
    drill = steady(100, "60s")
    shards = shards_on(cluster, drill, folder)
    work = Conductor(drill, shards)
    task = asyncio.create_task(work.conduct())
    await heard(work)

    dask.workers[0].send_signal(signal.SIGKILL)
    seen = await task
    await shards.close()

    assert seen.is_void
    assert seen.ended_early == PROCESS_DIED
    assert seen.totals.whole.counts.is_whole
    assert 0 < seen.load_s < 30
    (failure,) = shards.failures.values()
    assert failure.startswith("Dask worker tcp://127.0.0.1:")
    await joined(dask)  # the other one plays again
    async with cluster_at(dask.address) as left:
        again = steady(50, "1s")
        assert (await conducted(again, shards_on(left, again, folder))).totals.whole.ok > 0


PLAN = """
title: {en: From a cluster, zh: 由集群发起}
federation: {channels: [wechat], tls: true}
population: {citizens: 120}
journeys:
  wechat: {panel: 3, show_code: 1}
load: [{steady: {rate: 30, lasts: 4s}}]
callers: {deadline: 20s}
objectives: [{good: 0.5}]
"""


async def test_a_plan_is_run_from_the_command_line_on_a_cluster(dask: Dask, tmp_path: Path) -> None:
    await joined(dask)
    (tmp_path / "plan.yaml").write_text(PLAN)
    at, report = dask.address.removeprefix("tcp://"), tmp_path / "drill"
    where = ("--dask", at, "--listen", "127.0.0.2")
    command = (ESSC, "drill", "run", tmp_path / "plan.yaml", *where, "--report", report, "--keep")

    def ran() -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*command, "--plain"], capture_output=True, text=True, timeout=240, check=False
        )

    done = await asyncio.to_thread(ran)

    # A busy machine makes the drill void; then it is told all the same.
    assert done.returncode in {ExitStatus.PASSED, ExitStatus.VOID}, done.stdout + done.stderr
    result = read_result(report)
    assert result.counts.is_whole
    assert result.counts.ok > 0
    assert result.audit is not None  # from the histories that came back
    assert result.audit.calls > result.counts.ok
    rulings = {each.ruling for each in result.audit.findings}
    assert "good" in rulings
    assert rulings <= {"good", "not-judged"}
    assert result.generator.processes == 2
    assert result.environment["generator"].startswith("2 processes on Dask workers")
    assert result.replay.endswith(" ".join(where))
    state = DataFolder(report / "data").load()
    assert state.platform is not None
    assert state.platform.address.startswith("127.0.0.2:")
    assert state.platform.lab_address.startswith("127.0.0.1:")
    for shard in range(2):
        assert read_notes(report / "notes" / f"generator-{shard}.jsonl").rows


async def test_a_plan_with_too_few_people_for_the_workers_is_refused(dask: Dask) -> None:
    await joined(dask)
    few = plan(population={"citizens": 6}, journeys={"wechat": {"family": 1.0}}, federation=WECHAT)

    with pytest.raises(UsageError, match="with 2 Dask workers: "):
        async with place_of(few, dask.address):
            pass


async def heard(work: Conductor) -> None:
    """Waits until good answers were told of."""
    async with asyncio.timeout(READY_S):
        while not work.seen.totals.whole.ok:  # noqa: ASYNC110 - the conductor tells nobody
            await asyncio.sleep(0.05)
