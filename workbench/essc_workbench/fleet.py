"""The processes of a federation, by party.

Every party is one process, called as the party is; but the platform may be several, `platform-1`,
`platform-2` and so on. Then `platform` is all of them: what is done to it is done to each.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

from essc_workbench.failures import UsageError
from essc_workbench.processes import PartyProcess
from essc_workbench.programs import FULL
from essc_workbench.routes import PLATFORM

PLATFORMS_MAX: Final = 16
"""Processes of one platform on one machine."""


def platform_names(count: int) -> tuple[str, ...]:
    """What the processes of a platform of so many are called."""
    if count == 1:
        return (PLATFORM,)
    return tuple(f"{PLATFORM}-{number}" for number in range(1, count + 1))


def party_of(name: str) -> str:
    """Whose a process is, by its name."""
    return PLATFORM if name in _NUMBERED else name


_NUMBERED: Final = frozenset(platform_names(PLATFORMS_MAX))


class Fleet:
    """All processes of one federation."""

    def __init__(self) -> None:
        self._processes: dict[str, PartyProcess] = {}

    def start(self, process: PartyProcess) -> None:
        """Adds a process, and starts it."""
        self._processes[process.name] = process
        process.start()

    def of(self, name: str) -> list[PartyProcess]:
        """The processes of a party, or the one of this name. Raises UsageError without any."""
        found = [each for own, each in self._processes.items() if name in (own, party_of(own))]
        if not found:
            there = dict.fromkeys(map(party_of, self._processes)) | self._processes
            raise UsageError(f"{name}: no such party; there are: {', '.join(there)}")
        return found

    def pids(self) -> dict[str, int]:
        """The processes that run, by their names."""
        return {name: each.pid for name, each in self._processes.items() if each.is_running}

    def is_whole(self, name: str) -> bool:
        """Whether all processes of a party run."""
        return all(process.is_running for process in self.of(name))

    async def ready(self, name: str) -> None:
        """Waits until all processes of a party are ready."""
        await asyncio.gather(*(process.ready() for process in self.of(name)))

    def kill(self, name: str) -> None:
        """Ends a party's processes at once (SIGKILL)."""
        for process in self.of(name):
            process.kill()

    async def restart(self, name: str) -> None:
        """Starts a party's processes again at their addresses, stopping those that run."""
        processes = self.of(name)
        await _stopped(processes)
        await _started(processes)

    async def revive(self, name: str) -> None:
        """Starts those of a party's processes that do not run."""
        await _started([process for process in self.of(name) if not process.is_running])

    async def stop(self, name: str) -> None:
        """Stops a party's processes in order."""
        await _stopped(self.of(name))

    async def stop_all(self) -> None:
        """Stops every process; the channels first, so that none misses its platform."""
        try:
            platforms = [each for each in self._processes.values() if _is_platform(each)]
            await _stopped(each for each in self._processes.values() if not _is_platform(each))
            await _stopped(platforms)
        finally:
            for process in self._processes.values():
                process.kill()

    async def restart_with(self, name: str, *, is_full: bool) -> None:
        """Starts a party again such that its store can grow no more, or again.

        One that was killed stays so, and is as wanted when it is back.
        """
        for process in self.of(name):
            is_running = process.is_running
            await process.stop()
            kept = [word for word in process.command if word not in FULL]
            process.command = [*kept, *FULL] if is_full else kept
            if is_running:
                await _started([process])


def _is_platform(process: PartyProcess) -> bool:
    return party_of(process.name) == PLATFORM


async def _stopped(processes: Iterable[PartyProcess]) -> None:
    await asyncio.gather(*(process.stop() for process in processes))


async def _started(processes: Iterable[PartyProcess]) -> None:
    """All at once: each waits for none of the others."""
    begun = list(processes)
    for process in begun:
        process.start()
    await asyncio.gather(*(process.ready() for process in begun))
