"""What the workbench can do to parties, as faults want it; and what it cannot do to strangers."""

from collections.abc import Collection
from typing import Any, Protocol

from essc_wire.times import to_span_us
from essc_workbench.history.items import Fact
from essc_workbench.history.journal import Journal
from essc_workbench.routes import PLATFORM


class PartyPowers(Protocol):
    """Whoever runs the parties. Each method raises WorkbenchError or RpcError if it fails."""

    @property
    def targets(self) -> Collection[str]:
        """Who can be called: the platform, the channels, the authorities."""
        ...

    @property
    def processes(self) -> Collection[str]:
        """To whom something can be done: those who can be called, and each process of a platform
        that is several.
        """
        ...

    @property
    def sources(self) -> Collection[str]:
        """Who can call: parties, phones."""
        ...

    def cannot(self, effect: str, party: str) -> str:
        """Why this cannot be done to this party, in a few words; empty if it can."""
        ...

    async def kill(self, party: str) -> None: ...
    async def restart(self, party: str) -> None:
        """Starts a party again, if it does not run."""
        ...

    async def freeze(self, party: str) -> None: ...
    async def thaw(self, party: str) -> None: ...
    async def fill_disk(self, party: str) -> None: ...
    async def free_disk(self, party: str) -> None: ...
    async def skew(self, party: str, by_us: int) -> None: ...
    async def suspend(self, channel: str) -> None: ...
    async def resume(self, channel: str) -> None: ...
    async def rotate_key(self) -> None: ...
    async def compromise_key(self) -> None: ...


def party_of(effect: str, value: Any) -> str:
    """Whom a fault of a party is done to."""
    match effect:
        case "suspend":
            return str(value.channel)
        case "key":
            return PLATFORM
        case _:
            return str(value.party)


class PartyFaults:
    """Begins and ends what is done to parties, and writes it into the history."""

    def __init__(self, powers: PartyPowers, journal: Journal | None) -> None:
        self._powers, self._journal = powers, journal

    async def begin(self, effect: str, value: Any) -> None:
        """Does it."""
        party, powers = party_of(effect, value), self._powers
        match effect:
            case "kill":
                await powers.kill(party)
                self._note("killed", party)
            case "freeze":
                await powers.freeze(party)
                self._note("frozen", party)
            case "fill_disk":
                await powers.fill_disk(party)
            case "skew":
                await powers.skew(party, to_span_us(value.by))
                self._note("clock-moved", party, by_us=to_span_us(value.by))
            case "suspend":
                await powers.suspend(party)
            case "key" if value.compromise:
                await powers.compromise_key()
            case "key":
                await powers.rotate_key()
            case _:
                raise ValueError(effect)

    async def end(self, effect: str, value: Any) -> None:
        """Undoes it, where that can be: a clock never goes back, and a key is changed for good."""
        party, powers = party_of(effect, value), self._powers
        match effect:
            case "kill":
                await powers.restart(party)
                self._note("started", party)
            case "freeze":
                await powers.thaw(party)
                self._note("thawed", party)
            case "fill_disk":
                await powers.free_disk(party)
            case "suspend":
                await powers.resume(party)
            case _:
                pass

    def _note(self, what: str, party: str, **facts: Fact) -> None:
        if self._journal is not None:
            self._journal.happened(what, party=party, step=0, **facts)
