"""`essc seed` beside a platform, as people run it: a process of its own, and what it takes."""

import asyncio
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from essc_workbench.bench import machine
from essc_workbench.bench.measures import Place
from essc_workbench.bench.parties import Platform, channel_profile, platform
from essc_workbench.bench.report import SEED, SEED_RSS, Report
from essc_workbench.failures import WorkbenchError
from essc_workbench.processes import launched

MILLION: Final = 1_000_000
_WITHIN_S: Final = 1800.0
_LOOK_S: Final = 0.5
_ESSC: Final = "from essc_workbench.cli import main; main()"


@dataclass(slots=True)
class Seeded:
    """What a seeding took."""

    citizens: int
    seconds: float = 0.0
    cpu_s: float = 0.0
    """Processor time of the seeding process; of the platform's in `platform_cpu_s`."""
    platform_cpu_s: float = 0.0
    early_mib: float = 0.0
    """The most memory that the process held in its first tenth."""
    most_mib: float = 0.0

    def note(self, report: Report) -> None:
        """As figures, with what belongs to them."""
        report.figures[SEED] = self.seconds
        report.figures[SEED_RSS] = self.most_mib
        report.remarks.append(
            f"{SEED}: {self.citizens:,} citizens; the platform worked {self.platform_cpu_s:.0f} s, "
            f"the seeding process {self.cpu_s:.0f} s; its memory was {self.early_mib:.0f} MiB in "
            f"the first tenth, {self.most_mib:.0f} MiB at most"
        )


async def measure_seed(place: Place) -> None:
    """Time and memory of a million, with cards that are delivered to nobody."""
    profiles = [channel_profile(1, receives_new_cards=False)]
    async with platform(place.folder("seed"), place.server_core, profiles) as running:
        (await seeded(place, running, MILLION)).note(place.report)


async def seeded(place: Place, running: Platform, citizens: int) -> Seeded:
    """Seeds a platform. Raises WorkbenchError if that fails."""
    place.say(f"seeding {citizens:,} citizens")
    root = str(running.folder.root)
    command = [sys.executable, "-I", "-c", _ESSC]
    command += ["seed", "--citizens", str(citizens), "--data", root]
    before_s = machine.cpu_seconds(running.pid)
    pipe = subprocess.PIPE
    process = launched(command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe)
    looking = asyncio.create_task(_looked_at(process.pid, citizens))
    try:
        _, said = await asyncio.to_thread(process.communicate, None, _WITHIN_S)
    except subprocess.TimeoutExpired:
        raise WorkbenchError(f"essc seed: not done within {_WITHIN_S:.0f} s") from None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    found = await looking
    if process.returncode != 0:
        last = said.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise WorkbenchError(f"essc seed: {''.join(last) or 'it said nothing'}")
    found.platform_cpu_s = machine.cpu_seconds(running.pid) - before_s
    return found


async def _looked_at(pid: int, citizens: int) -> Seeded:
    """What a process takes, looked at until it has ended."""
    seen, clock = Seeded(citizens), asyncio.get_running_loop().time
    began_s = clock()
    samples: list[tuple[float, float]] = []
    with suppress(OSError, IndexError):
        while True:
            seen.cpu_s = machine.cpu_seconds(pid)
            samples.append((clock() - began_s, machine.rss_mib(pid)))
            if not samples[-1][1]:  # it has ended, and nobody has asked for its status yet
                break
            await asyncio.sleep(_LOOK_S)
    seen.seconds = clock() - began_s
    tenth_s = max(seen.seconds / 10, _LOOK_S)
    seen.most_mib = max((mib for _, mib in samples), default=0.0)
    seen.early_mib = max((mib for at_s, mib in samples if at_s <= tenth_s), default=0.0)
    return seen
