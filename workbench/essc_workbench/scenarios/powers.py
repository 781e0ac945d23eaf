"""What steps do to parties: noted in the history, and skipped where it cannot be done.

A party that somebody else runs cannot be killed or frozen. A scenario says what it wants all the
same, and the verdict says what it did not get.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from essc_workbench.clocks import advance_by, time_of
from essc_workbench.connections import Connections
from essc_workbench.federation import Federation
from essc_workbench.gate.parties import FederationPowers
from essc_workbench.history.journal import Journal
from essc_workbench.routes import PLATFORM

SKIPPED_MAX = 200


class Powers:
    """The powers over the parties of one run."""

    def __init__(
        self,
        federation: Federation,
        parties: FederationPowers,
        straight: Connections,
        journal: Journal,
    ) -> None:
        self._federation, self._parties, self._journal = federation, parties, journal
        self._connections = straight
        self.skipped: list[str] = []
        """What could not be done, each once."""
        self._lasting: dict[tuple[str, str], Callable[[str], Awaitable[None]]] = {}

    async def kill(self, party: str) -> None:
        """Ends a party's process at once (SIGKILL)."""
        if self.may("kill", party):
            await self._parties.kill(party)
            self._lasting.pop(("freeze", party), None)
            self._journal.happened("killed", party=party)

    async def restart(self, party: str) -> None:
        """Starts a party again at its address, with its data."""
        if self.may("restart", party):
            await self.thaw(party)
            await self._federation.restart(party)
            self._journal.happened("started", party=party)

    async def freeze(self, party: str) -> None:
        """Makes a party's process stand still (SIGSTOP)."""
        if ("freeze", party) not in self._lasting and self.may("freeze", party):
            await self._parties.freeze(party)
            self._lasting["freeze", party] = self.thaw
            self._journal.happened("frozen", party=party)

    async def thaw(self, party: str) -> None:
        """Lets a party's process go on, if it stands still."""
        if self._lasting.pop(("freeze", party), None) is not None:
            await self._parties.thaw(party)
            self._journal.happened("thawed", party=party)

    async def fill_disk(self, party: str) -> None:
        """Makes a party's store unable to grow."""
        if ("fill_disk", party) not in self._lasting and self.may("fill_disk", party):
            await self._parties.fill_disk(party)
            self._lasting["fill_disk", party] = self.free_disk

    async def free_disk(self, party: str) -> None:
        """Lets a party's store grow again, if it could not."""
        if self._lasting.pop(("fill_disk", party), None) is not None:
            await self._parties.free_disk(party)

    async def advance(self, party: str, by: timedelta) -> None:
        """Moves a party's own clock forward, for good."""
        if self.may("skew", party):
            by_us = by // timedelta(microseconds=1)
            now_us = await advance_by(self._connections.lab(party), by_us)
            self._journal.happened("clock-moved", party=party, by_us=by_us, now_us=now_us)

    async def time(self, party: str) -> datetime:
        """A party's own time."""
        return await time_of(self._connections.lab(party))

    async def mend(self) -> None:
        """Undoes what lasts: disks are freed, who stands still goes on, who is down is started."""
        for (_, party), undo in [*self._lasting.items()]:
            await undo(party)
        for party in (PLATFORM, *self._federation.channel_ids):
            if self._parties.cannot("restart", party) or self._federation.is_whole(party):
                continue
            await self._federation.revive(party)
            self._journal.happened("started", party=party)

    def note_skipped(self, party: str, power: str, why: str) -> None:
        """Notes what could not be done to a party."""
        text = f"{power}: {party}: {why}"
        if text not in self.skipped and len(self.skipped) < SKIPPED_MAX:
            self.skipped.append(text)
        self._journal.happened("skipped", party=party, power=power, why=why)

    def may(self, power: str, party: str) -> bool:
        """Whether this can be done to this party; if not, it is noted as skipped."""
        why = self._parties.cannot(power, party)
        if why:
            self.note_skipped(party, power, why)
        return not why
