"""What the machine says: the cores, a process's processor time and memory, the disk's fsync."""

import os
import platform
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from essc_workbench.failures import UsageError

_FSYNCS = 200
_PAGE = 4096
_PACKAGES = ("grpcio", "protobuf", "protovalidate", "uvloop", "sqlalchemy", "cryptography")


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Keeps this thread, and whatever it starts meanwhile, on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def two_cores() -> tuple[int, int]:
    """The server's core and the generator's."""
    if not hasattr(os, "sched_getaffinity"):
        raise UsageError("the benchmark pins processes to cores, as only Linux can")
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise UsageError("the benchmark needs two cores: the server's and the generator's")
    return cores[0], cores[1]


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far, all its threads, those that have ended too."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mib(pid: int) -> float:
    """Memory of a process that lies in RAM now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def fsync_ms(folder: Path) -> float:
    """Median of writing and syncing 4 KiB in a folder."""
    path, block, times = folder / "fsync", os.urandom(_PAGE), []
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        for _ in range(_FSYNCS):
            began = time.perf_counter()
            os.write(descriptor, block)
            os.fsync(descriptor)
            times.append(time.perf_counter() - began)
    finally:
        os.close(descriptor)
        path.unlink()
    return statistics.median(times) * 1000


def facts() -> list[tuple[str, str]]:
    """What the figures hang on: processor, system, versions."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    load = ", ".join(f"{each:.2f}" for each in os.getloadavg())
    return [
        ("processor", f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores"),
        ("load before", f"{load} (1, 5, 15 minutes)"),
        ("system", f"{platform.system()} {platform.release()}"),
        ("python", platform.python_version()),
        ("packages", ", ".join(f"{name} {version(name)}" for name in _PACKAGES)),
    ]
