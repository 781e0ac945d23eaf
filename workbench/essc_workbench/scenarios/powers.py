"""What can be done to a party's process, clock and disk; to a party of somebody else's, nothing.

What cannot be done is noted as skipped, once for each party and power, and nothing else happens: a
scenario says what it wants, and the verdict says what it did not get.
"""

import signal
from collections.abc import Collection
from datetime import datetime, timedelta

from essc_wire.client import Peer
from essc_workbench.clocks import advance_by, time_of
from essc_workbench.connections import Connections
from essc_workbench.federation import Federation
from essc_workbench.history.journal import Journal
from essc_workbench.routes import PLATFORM

_US = timedelta(microseconds=1)


class Powers:
    """The powers over the parties of one run."""

    def __init__(
        self,
        federation: Federation,
        connections: Connections,
        journal: Journal,
        foreign: Collection[str] = (),
    ) -> None:
        self._federation, self._connections, self._journal = federation, connections, journal
        self.foreign = frozenset(foreign)
        """Parties that somebody else runs."""
        self.skipped: list[str] = []
        self._frozen: set[str] = set()

    def lacks(self, party: str, power: str) -> bool:
        """Whether the party is somebody else's; then that is noted as skipped."""
        if party not in self.foreign:
            return False
        text = f"{power}: {party} is not run by the workbench"
        if text not in self.skipped:
            self.skipped.append(text)
        self._journal.happened("skipped", party=party, power=power)
        return True

    def kill(self, party: str) -> None:
        """Ends a party's process at once (SIGKILL)."""
        if self.lacks(party, "kill"):
            return
        self._federation.kill(party)
        self._frozen.discard(party)
        self._journal.happened("killed", party=party)

    async def restart(self, party: str) -> None:
        """Starts a party again at its address, with its data."""
        if self.lacks(party, "restart"):
            return
        self.thaw(party)
        await self._federation.restart(party)
        self._journal.happened("started", party=party)

    def freeze(self, party: str) -> None:
        """Makes a party's process stand still (SIGSTOP)."""
        if self.lacks(party, "freeze") or party in self._frozen:
            return
        self._federation.process(party).send(signal.SIGSTOP)
        self._frozen.add(party)
        self._journal.happened("frozen", party=party)

    def thaw(self, party: str) -> None:
        """Lets a party's process go on, if it stands still."""
        if party not in self._frozen:
            return
        self._federation.process(party).send(signal.SIGCONT)
        self._frozen.discard(party)
        self._journal.happened("thawed", party=party)

    async def advance(self, party: str, by: timedelta) -> None:
        """Moves a party's own clock forward, for good."""
        if self.lacks(party, "clock"):
            return
        now_us = await advance_by(self._lab(party), by // _US)
        self._journal.happened("clock-moved", party=party, by_us=by // _US, now_us=now_us)

    async def time(self, party: str) -> datetime:
        """A party's own time."""
        return await time_of(self._lab(party))

    def _lab(self, party: str) -> Peer:
        connections = self._connections
        return connections.platform_lab() if party == PLATFORM else connections.channel_lab(party)

    async def mend(self) -> None:
        """Undoes what lasts: whoever stands still goes on, whoever is down is started again."""
        for party in sorted(self._frozen):
            self.thaw(party)
        running = self._federation.pids()
        for party in (PLATFORM, *self._federation.channel_ids):
            if party not in running and party not in self.foreign:
                await self.restart(party)
