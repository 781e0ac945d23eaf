"""What a drill's figures hang on: the machine, the versions, the platform's store; and what this
machine can do at best, measured in the same run, so that figures can be told as ratios.
"""

import asyncio
import json
import sqlite3
import sys
import time
from itertools import repeat
from pathlib import Path
from typing import Final

from essc_wire.client import Peer
from essc_workbench.bench.baseline import METHOD
from essc_workbench.bench.load import drive, method
from essc_workbench.bench.machine import facts, fsync_ms
from essc_workbench.drills.plan import Plan
from essc_workbench.drills.results import Baselines, Store
from essc_workbench.folders import DataFolder
from essc_workbench.postgres.databases import size
from essc_workbench.processes import PartyProcess
from essc_workbench.routes import PLATFORM

EMPTY_CALLS: Final = 3000
COMMITS_S: Final = 0.5


def environment(folder: DataFolder, plan: Plan, platform: PartyProcess) -> dict[str, str]:
    """Names and values."""
    state = folder.load()
    return {
        **dict(facts()),
        "memory": _memory(),
        "fsync": f"{fsync_ms(folder.root):.3f} ms for 4 KiB, median of 200",
        "store": _store_settings(platform, "PostgreSQL" if state.store else "SQLite"),
        "platform": _processes(state.platforms),
        "TLS": "yes" if plan.federation.tls else "no",
        "admission": "on" if plan.federation.admission else "off",
        "generator": f"{_processes(plan.processes)} beside the parties, on the same machine",
    }


def _processes(count: int) -> str:
    return "1 process" if count == 1 else f"{count} processes"


def _memory() -> str:
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        kib = int(next(line for line in lines if line.startswith("MemTotal")).split()[1])
    except (OSError, StopIteration, ValueError, IndexError):
        return "unknown"
    return f"{kib / 2**20:.1f} GiB"


def _store_settings(platform: PartyProcess, kind: str) -> str:
    """As the platform read them back when it started."""
    try:
        said = json.loads(platform.output().splitlines()[0])["store"]
    except (ValueError, KeyError, IndexError, TypeError):
        return "unknown"
    names = {2: "FULL", 1: "NORMAL", 0: "OFF"}
    told = {
        name: names.get(value, value) if name == "synchronous" else value
        for name, value in said.items()
    }
    settings = ", ".join(f"{name}={value}" for name, value in told.items())
    return f"{kind}, {settings} (read back)"


async def baselines(folder: Path) -> Baselines:
    """How fast an empty handler answers, and the store alone commits, here and now."""
    return Baselines(
        empty_rate=round(await _empty_rate(folder), 1),
        commit_rate=round(await asyncio.to_thread(_commit_rate, folder / "commits.db"), 1),
    )


async def _empty_rate(folder: Path) -> float:
    program = Path(sys.modules[drive.__module__].__file__ or "").with_name("baseline.py")
    process = PartyProcess("baseline", [sys.executable, "-I", program], folder)
    process.start()
    try:
        ready = await process.ready()
        peer = Peer(ready.address)
        send = method(peer, METHOD)
        await drive(peer, ready.pid, repeat((send, bytes(34)), EMPTY_CALLS // 10))
        window = await drive(peer, ready.pid, repeat((send, bytes(34)), EMPTY_CALLS))
        await peer.close()
        return window.rate
    finally:
        process.kill()


def _commit_rate(path: Path) -> float:
    """Durable commits a second of one row each, as the platform's store is set."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=wal")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, content BLOB)")
        began_s, count, content = time.perf_counter(), 0, bytes(200)
        while time.perf_counter() - began_s < COMMITS_S:
            connection.execute("INSERT INTO rows (content) VALUES (?)", (content,))
            count += 1
        return count / (time.perf_counter() - began_s)
    finally:
        connection.close()
        for each in path.parent.glob(f"{path.name}*"):
            each.unlink()


def stored(folder: DataFolder, channels: tuple[str, ...]) -> dict[str, int]:
    """Bytes of all files that each party keeps, and of the platform's database if it has one."""
    roots = {PLATFORM: folder.platform} | {name: folder.channel(name) for name in channels}
    found = {name: _bytes(root) for name, root in roots.items() if root.is_dir()}
    store = folder.load().store
    return found | {PLATFORM: found[PLATFORM] + size(store)} if store else found


def stores(before: dict[str, int], after: dict[str, int]) -> dict[str, Store]:
    """Both as results have them."""
    return {
        name: Store(before_bytes=before[name], after_bytes=after[name])
        for name in before
        if name in after
    }


def _bytes(root: Path) -> int:
    """A file that goes meanwhile holds nothing."""
    total = 0
    for path in root.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue
    return total
