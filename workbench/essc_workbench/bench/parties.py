"""The processes that are measured: the bare server and platforms, started and pinned alike."""

import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from essc_wire.client import Peer
from essc_wire.keys import from_pem, new_key, write_key
from essc_workbench.bench.machine import on_core
from essc_workbench.connections import Connections, party_key
from essc_workbench.enrolment import (
    BUREAU,
    COUNTERS,
    OPERATOR,
    PROVIDER,
    VERIFIER,
    enrol_channel,
    enrol_counter,
)
from essc_workbench.failures import WorkbenchError
from essc_workbench.folders import Addresses, DataFolder, State
from essc_workbench.processes import PartyProcess
from essc_workbench.programs import Profile, platform_init, platform_serve

DURABLE = {"journal_mode": "wal", "synchronous": 2}
"""What the store must say of itself: write-ahead log, and FULL."""
_ANY_PORT = Addresses(address="127.0.0.1:0", lab_address="127.0.0.1:0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bare:
    """The running baseline."""

    pid: int
    peer: Peer


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A running platform with a bureau and channels."""

    pid: int
    folder: DataFolder
    connections: Connections
    channels: tuple[str, ...]
    store: str

    @property
    def bureau(self) -> Peer:
        """The platform as the card bureau calls it."""
        return self.connections.platform(BUREAU)

    @property
    def verifier(self) -> Peer:
        """The platform as a verifier calls it."""
        return self.connections.platform(VERIFIER)

    @property
    def provider(self) -> Peer:
        """The platform as a provider calls it."""
        return self.connections.platform(PROVIDER)

    @property
    def channel(self) -> Peer:
        """The platform as its first channel calls it."""
        return self.connections.platform(self.channels[0])


def channel_profile(number: int, *, receives_new_cards: bool) -> Profile:
    """An invented channel that may vouch for a real-name account."""
    return Profile(
        id=f"bench-{number}",
        name_zh=f"测速渠道{number}",
        name_en=f"bench channel {number}",
        channel_class="BANK",
        vouch_kinds=("REAL_NAME_ACCOUNT",),
        receives_new_cards=receives_new_cards,
    )


@asynccontextmanager
async def bare_server(root: Path, core: int) -> AsyncIterator[Bare]:
    """The baseline, on a core of its own."""
    program = Path(__file__).with_name("baseline.py")
    process = PartyProcess("baseline", [sys.executable, "-I", program], root)
    with on_core(core):
        process.start()
    try:
        ready = await process.ready()
        peer = Peer(ready.address)
        yield Bare(pid=ready.pid, peer=peer)
        await peer.close()
    finally:
        process.kill()


@asynccontextmanager
async def platform(
    root: Path, core: int, profiles: Sequence[Profile], *arguments: str
) -> AsyncIterator[Platform]:
    """A platform with fresh data, on a core of its own, with these channels live."""
    folder = DataFolder(root)
    folder.make()
    state = State()
    pem = platform_init(folder, state.platform_id)
    write_key(folder.key(OPERATOR), from_pem(pem))
    for party in (*COUNTERS, *(profile.id for profile in profiles)):
        write_key(folder.key(party), new_key())
    command = platform_serve(folder, _ANY_PORT, is_tls=False)
    process = PartyProcess("platform", [*command, *arguments], folder.logs)
    with on_core(core):
        process.start()
    try:
        ready = await process.ready()
        store = _durable(process)
        state.platform = Addresses(address=ready.address, lab_address=ready.lab_address)
        folder.save(state)
        async with Connections(folder, state) as connections:
            await _enrol(connections, folder, profiles)
            yield Platform(
                pid=ready.pid,
                folder=folder,
                connections=connections,
                channels=tuple(profile.id for profile in profiles),
                store=store,
            )
    finally:
        await process.stop()


async def _enrol(connections: Connections, folder: DataFolder, profiles: Sequence[Profile]) -> None:
    operator = connections.platform(OPERATOR)
    for party in COUNTERS:
        await enrol_counter(operator, party, party_key(folder, party))
    for profile in profiles:
        await enrol_channel(operator, profile, party_key(folder, profile.id))


def _durable(process: PartyProcess) -> str:
    """The store's settings as the platform read them back; a figure without them means nothing."""
    said = json.loads(process.output().splitlines()[0]).get("store")
    if said != DURABLE:
        raise WorkbenchError(f"the platform's store is not durable: {said}, not {DURABLE}")
    return "SQLite, journal_mode=wal, synchronous=FULL (read back)"
