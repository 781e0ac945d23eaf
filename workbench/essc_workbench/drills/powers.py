"""What a drill does to the parties of its federation."""

from collections.abc import Sequence

from essc_workbench.clocks import advance_by
from essc_workbench.connections import Connections
from essc_workbench.drills.gating import DrillGate
from essc_workbench.federation import Federation
from essc_workbench.gate.parties import FederationPowers
from essc_workbench.routes import PLATFORM


class DrillPowers(FederationPowers):
    """The powers that faults of calls have, and those that drills need besides."""

    def __init__(self, federation: Federation, straight: Connections, gate: DrillGate) -> None:
        """`straight` are connections that go through no door."""
        super().__init__()
        self._gate = gate
        self.over(federation, straight)
        self._own, self._straight = federation, straight

    @property
    def clocks(self) -> Sequence[str]:
        """Parties that have a clock of their own."""
        return (PLATFORM, *self._own.channel_ids)

    async def stop(self, party: str) -> None:
        """Stops a party in order."""
        self.away.add(party)
        await self._own.halt(party)

    async def lose_answers(self, channel: str) -> None:
        """The answers to a channel that come through the gate are lost."""
        await self._gate.lose_answers(channel)

    async def keep_answers(self, channel: str) -> None:
        """They arrive again."""
        await self._gate.keep_answers(channel)

    async def advance(self, party: str, by_us: int) -> int:
        """Moves a party's clock forward. Answers its time."""
        return await advance_by(self._straight.lab(party), by_us)
