"""The powers over the parties of a running federation: its processes, clocks, stores, operator.

They act straight, through no door: what the workbench does to parties is no part of what it tests.
"""

import signal
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from essc_workbench.clocks import advance_by
from essc_workbench.connections import Connections
from essc_workbench.enrolment import OPERATOR
from essc_workbench.failures import WorkbenchError
from essc_workbench.federation import Federation
from essc_workbench.fleet import party_of as whose
from essc_workbench.fleet import platform_names
from essc_workbench.operators import Operator
from essc_workbench.routes import AUTHORITIES, PHONE, PLATFORM


class FederationPowers:
    """See `PartyPowers`. `over` says which federation it is, once there is one."""

    def __init__(self, foreign: Collection[str] = ()) -> None:
        self._foreign = frozenset(foreign)
        self._running: tuple[Federation, Connections] | None = None
        self.away: set[str] = set()
        """Parties that were ended here and are not back yet."""

    def over(self, federation: Federation, connections: Connections) -> None:
        """These powers are over this federation; its connections go straight to the parties."""
        self._running = federation, connections

    @property
    def targets(self) -> tuple[str, ...]:
        channels = self._running[0].channel_ids if self._running else ()
        return (PLATFORM, *channels, AUTHORITIES)

    @property
    def processes(self) -> tuple[str, ...]:
        """What has processes that can be ended or frozen: parties, and each one of a platform."""
        count = self._running[0].state.platforms if self._running else 1
        several = platform_names(count) if count > 1 else ()
        return (*self.targets, *several)

    @property
    def sources(self) -> tuple[str, ...]:
        if self._running is None:
            return ()
        federation = self._running[0]
        with_key = (file.stem for file in federation.folder.keys.glob("*.pem"))
        return tuple(sorted({PHONE, PLATFORM, *federation.channel_ids, *with_key}))

    def cannot(self, effect: str, party: str) -> str:
        if party == AUTHORITIES:
            return "the authorities are a part of the platform's lab, and no process of their own"
        if effect == "suspend":
            return "the platform is no channel" if whose(party) == PLATFORM else ""
        if whose(party) in self._foreign:
            return f"{party} is not run by the workbench"
        return self._cannot_do(effect, party)

    def _cannot_do(self, effect: str, party: str) -> str:
        """What cannot be done to the platform: as it is, or to one of its processes."""
        if self._running is None or whose(party) != PLATFORM:
            return ""
        state = self._running[0].state
        if party not in (PLATFORM, *platform_names(state.platforms)):
            return f"the platform is {state.platforms} process{'es' * (state.platforms > 1)}"
        if effect == "fill_disk" and state.store:
            return "its store is a database of a server"
        if effect == "skew" and party != PLATFORM:
            return "the platform has one clock"
        return ""

    async def kill(self, party: str) -> None:
        self.away.add(party)
        self._federation.kill(party)

    async def restart(self, party: str) -> None:
        await self._federation.revive(party)
        self.away.discard(party)

    async def freeze(self, party: str) -> None:
        for process in self._federation.processes(party):
            process.send(signal.SIGSTOP)

    async def thaw(self, party: str) -> None:
        for process in self._federation.processes(party):
            process.send(signal.SIGCONT)

    async def fill_disk(self, party: str) -> None:
        with self._restarted(party):
            await self._federation.fill_disk(party)

    async def free_disk(self, party: str) -> None:
        with self._restarted(party):
            await self._federation.free_disk(party)

    async def skew(self, party: str, by_us: int) -> None:
        await advance_by(self._connections.lab(party), by_us)

    async def suspend(self, channel: str) -> None:
        await self._operator.suspend(channel)

    async def resume(self, channel: str) -> None:
        await self._operator.resume(channel)

    async def rotate_key(self) -> None:
        await self._operator.rotate_key()

    async def compromise_key(self) -> None:
        await self._operator.compromise_key()

    @contextmanager
    def _restarted(self, party: str) -> Iterator[None]:
        """The party is away meanwhile; one that was killed before is back afterwards."""
        self.away.add(party)
        yield
        self.away.discard(party)

    @property
    def _federation(self) -> Federation:
        return self._there()[0]

    @property
    def _connections(self) -> Connections:
        return self._there()[1]

    @property
    def _operator(self) -> Operator:
        return Operator(self._connections.platform(OPERATOR))

    def _there(self) -> tuple[Federation, Connections]:
        if self._running is None:
            raise WorkbenchError("the federation does not run yet")
        return self._running
