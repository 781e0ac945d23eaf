"""Opening the lines of a drill: connections of its own, so that each channel has as many sockets
as the plan says, and none is shared with whoever watches.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from essc_wire.client import Peer
from essc_wire.tls import authority
from essc_wire.tokens import TokenSource
from essc_workbench.connections import party_key
from essc_workbench.drills.journeys.calls import Line, Manners
from essc_workbench.drills.notes import Notes
from essc_workbench.failures import WorkbenchError
from essc_workbench.folders import Addresses, DataFolder, State
from essc_workbench.routes import NOBODY, PHONE, PLATFORM


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The ways into one federation."""

    folder: DataFolder
    state: State
    manners: Manners
    notes: Notes | None = None
    connections: int = 1
    doors: Mapping[str, str] = field(default_factory=dict)
    """Where the gate leads each channel's calls, or those of its phones."""
    phones_call: bool = False
    """Whether those are the calls of phones."""
    share: float = 0.0
    """Of those calls as many go through it."""

    def platform(self, caller: str) -> Line:
        """A party's line to the platform."""
        tokens = TokenSource(caller, party_key(self.folder, caller), self.state.platform_id)
        door = "" if self.phones_call else self.doors.get(caller, "")
        return self._noted(caller, PLATFORM, (self._platform().address, door), tokens)

    def platform_lab(self) -> Line:
        """A line to the platform's lab port, where nothing is noted."""
        return self._to_lab(PLATFORM, self._platform().lab_address)

    def phones(self, channel_id: str) -> Line:
        """The phones' line to a channel; each call has a session of its own."""
        door = self.doors.get(channel_id, "") if self.phones_call else ""
        return self._noted(PHONE, channel_id, (self.state.channels[channel_id].address, door))

    def channel_lab(self, channel_id: str) -> Line:
        """A line to a channel's lab port, where nothing is noted."""
        return self._to_lab(channel_id, self.state.channels[channel_id].lab_address)

    def _noted(
        self, source: str, target: str, ways: tuple[str, str], tokens: TokenSource | None = None
    ) -> Line:
        """A line by an address, and for a share of its calls by a door; "" where there is none."""
        certificate = authority(self.folder.tls) if self.state.is_tls else None
        straight, gated = (
            partial(Peer, address, tokens, certificate) if address else None for address in ways
        )
        assert straight is not None, "every party has an address"
        return Line(
            source,
            target,
            straight,
            self.manners,
            notes=self.notes,
            connections=self.connections,
            gated=gated,
            share=self.share,
        )

    def _to_lab(self, target: str, address: str) -> Line:
        return Line(NOBODY, target, lambda: Peer(address), self.manners)

    def _platform(self) -> Addresses:
        if self.state.platform is None:
            raise WorkbenchError(f"{self.folder.root}: no platform was ever started here")
        return self.state.platform
