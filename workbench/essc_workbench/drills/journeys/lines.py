"""Opening the lines of a drill: connections of its own, so that each channel has as many sockets
as the plan says, and none is shared with whoever watches.
"""

from dataclasses import dataclass

from essc_wire.client import Peer
from essc_wire.tls import authority
from essc_wire.tokens import TokenSource
from essc_workbench.connections import party_key
from essc_workbench.drills.journeys.calls import Line, Manners
from essc_workbench.drills.notes import Notes
from essc_workbench.failures import WorkbenchError
from essc_workbench.folders import Addresses, DataFolder, State
from essc_workbench.routes import NOBODY, PHONE, PLATFORM, Doors


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The ways into one federation."""

    folder: DataFolder
    state: State
    manners: Manners
    notes: Notes | None = None
    connections: int = 1
    doors: Doors | None = None

    def platform(self, caller: str) -> Line:
        """A party's line to the platform."""
        tokens = TokenSource(caller, party_key(self.folder, caller), self.state.platform_id)
        address = (self.doors or {}).get((caller, PLATFORM), self._platform().address)
        return self._noted(caller, PLATFORM, address, tokens)

    def platform_lab(self) -> Line:
        """A line to the platform's lab port, where nothing is noted."""
        return self._to_lab(PLATFORM, self._platform().lab_address)

    def phones(self, channel_id: str) -> Line:
        """The phones' line to a channel; each call has a session of its own."""
        address = self.state.channels[channel_id].address
        address = (self.doors or {}).get((PHONE, channel_id), address)
        return self._noted(PHONE, channel_id, address, None)

    def channel_lab(self, channel_id: str) -> Line:
        """A line to a channel's lab port, where nothing is noted."""
        return self._to_lab(channel_id, self.state.channels[channel_id].lab_address)

    def _noted(self, source: str, target: str, address: str, tokens: TokenSource | None) -> Line:
        certificate = authority(self.folder.tls) if self.state.is_tls else None

        def opens() -> Peer:
            return Peer(address, tokens, certificate, shares=False)

        count = self.connections
        return Line(source, target, opens, self.manners, notes=self.notes, connections=count)

    def _to_lab(self, target: str, address: str) -> Line:
        return Line(NOBODY, target, lambda: Peer(address, shares=False), self.manners)

    def _platform(self) -> Addresses:
        if self.state.platform is None:
            raise WorkbenchError(f"{self.folder.root}: no platform was ever started here")
        return self.state.platform
