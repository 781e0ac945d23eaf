"""The workbench's connections to the parties of one federation, kept open and closed together.

They belong to one event loop; the processes they lead to do not. So a federation may outlive many
of these.
"""

from collections.abc import Callable

from essc_wire.client import Peer
from essc_wire.keys import PartyKeyPair, read_key
from essc_wire.tls import authority
from essc_wire.tokens import TokenSource
from essc_workbench.closing import Closing
from essc_workbench.failures import UsageError, WorkbenchError
from essc_workbench.folders import Addresses, DataFolder, State
from essc_workbench.routes import PHONE, PLATFORM, Doors
from essc_workbench.trace import TracedPeer, Traces


def party_key(folder: DataFolder, party_id: str) -> PartyKeyPair:
    """A party's private key."""
    path = folder.key(party_id)
    try:
        return read_key(path)
    except FileNotFoundError:
        known = ", ".join(sorted(file.stem for file in folder.keys.glob("*.pem"))) or "none"
        raise UsageError(f"{party_id}: no such party in {folder.keys}; known: {known}") from None
    except (OSError, ValueError):
        raise UsageError(f"{path}: not a readable Ed25519 private key") from None


class Connections(Closing):
    """Peers by party: `async with Connections(folder, folder.load()) as connections`.

    With `traces` every call to a party's own port says where it comes from; where there are doors
    it goes through them. Lab ports are reached straight.
    """

    def __init__(
        self,
        folder: DataFolder,
        state: State,
        traces: Traces | None = None,
        doors: Doors | None = None,
    ) -> None:
        self._folder, self._state, self._traces = folder, state, traces
        self._doors = doors or {}
        self._authority = authority(folder.tls) if state.is_tls else None
        self._peers: dict[tuple[str, str], Peer] = {}

    async def close(self) -> None:
        """Closes every connection."""
        for peer in self._peers.values():
            await peer.close()
        self._peers.clear()

    def platform(self, caller: str = "") -> Peer:
        """The platform's port, as a party calls it; as nobody if no caller is named."""
        return self._peer(("platform", caller), lambda: self._platform_as(caller))

    def platform_lab(self) -> Peer:
        """The platform's lab port."""
        return self._peer(("platform-lab", ""), lambda: Peer(self._platform().lab_address))

    def channel(self, channel_id: str) -> Peer:
        """A channel's port, as phones call it."""
        address = self._channel(channel_id).address
        address = self._doors.get((PHONE, channel_id), address)
        return self._peer((channel_id, ""), lambda: self._to(address))

    def channel_lab(self, channel_id: str) -> Peer:
        """A channel's lab port."""
        address = self._channel(channel_id).lab_address
        return self._peer((channel_id, "lab"), lambda: Peer(address))

    def has_lab(self, party: str) -> bool:
        """Whether a party has a lab port here; somebody else's may have none."""
        at = self._platform() if party == PLATFORM else self._channel(party)
        return bool(at.lab_address)

    def lab(self, party: str) -> Peer:
        """The lab port of the platform, or of a channel."""
        return self.platform_lab() if party == PLATFORM else self.channel_lab(party)

    def channel_ids(self) -> list[str]:
        """The channels of the federation."""
        return list(self._state.channels)

    def _peer(self, key: tuple[str, str], make: Callable[[], Peer]) -> Peer:
        if key not in self._peers:
            self._peers[key] = make()
        return self._peers[key]

    def _platform_as(self, caller: str) -> Peer:
        tokens = None
        if caller:
            key = party_key(self._folder, caller)
            tokens = TokenSource(caller, key, self._state.platform_id)
        address = self._doors.get((caller, PLATFORM), self._platform().address)
        return self._to(address, tokens)

    def _to(self, address: str, tokens: TokenSource | None = None) -> Peer:
        return TracedPeer(address, tokens, self._authority, self._traces)

    def _platform(self) -> Addresses:
        if self._state.platform is None:
            raise WorkbenchError(f"{self._folder.root}: no platform was ever started here")
        return self._state.platform

    def _channel(self, channel_id: str) -> Addresses:
        at = self._state.channels.get(channel_id)
        if at is None:
            known = ", ".join(self._state.channels) or "none"
            raise UsageError(
                f"{channel_id}: no such channel in this federation; there are: {known}"
            )
        return at
