"""The processes that are measured: the bare server and platforms, started and pinned alike."""

import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

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

DURABLE: Final[dict[str, object]] = {"journal_mode": "wal", "synchronous": 2}
"""What a file must say of itself: write-ahead log, and FULL."""
DURABLE_SERVER: Final[dict[str, object]] = {"synchronous_commit": "on", "fsync": "on"}
"""What a server must."""
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
    at: Addresses
    others: tuple[int, ...] = ()
    """Its further processes."""

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
    root: Path, core: int, profiles: Sequence[Profile], *arguments: str, store: str = ""
) -> AsyncIterator[Platform]:
    """A platform with fresh data, on a core of its own, with these channels live.

    With `store`, the address of an empty PostgreSQL database, its data is there.
    """
    folder = DataFolder(root)
    folder.make()
    state = State()
    pem = platform_init(folder, state.platform_id, store=store)
    write_key(folder.key(OPERATOR), from_pem(pem))
    for party in (*COUNTERS, *(profile.id for profile in profiles)):
        write_key(folder.key(party), new_key())
    command = platform_serve(folder, _ANY_PORT, is_tls=False, store=store)
    process = PartyProcess("platform", [*command, *arguments], folder.logs)
    with on_core(core):
        process.start()
    try:
        ready = await process.ready()
        said = _durable(process, DURABLE_SERVER if store else DURABLE)
        state.platform = Addresses(address=ready.address, lab_address=ready.lab_address)
        folder.save(state)
        async with Connections(folder, state) as connections:
            await _enrol(connections, folder, profiles)
            yield Platform(
                pid=ready.pid,
                folder=folder,
                connections=connections,
                channels=tuple(profile.id for profile in profiles),
                store=said,
                at=state.platform,
            )
    finally:
        await process.stop()


async def _enrol(connections: Connections, folder: DataFolder, profiles: Sequence[Profile]) -> None:
    operator = connections.platform(OPERATOR)
    for party in COUNTERS:
        await enrol_counter(operator, party, party_key(folder, party))
    for profile in profiles:
        await enrol_channel(operator, profile, party_key(folder, profile.id))


@asynccontextmanager
async def with_second(first: Platform, core: int, store: str) -> AsyncIterator[Platform]:
    """A platform with a second process on its database; its callers take both by turns."""
    at = Addresses(address="127.0.0.1:0", lab_address="")
    command = platform_serve(
        first.folder, at, is_tls=False, authorities=first.at.lab_address, store=store
    )
    process = PartyProcess("platform-2", command, first.folder.logs)
    with on_core(core):
        process.start()
    try:
        ready = await process.ready()
        both = f"{first.at.address},{ready.address}"
        state = State()
        state.platform = Addresses(address=both, lab_address=first.at.lab_address)
        async with Connections(first.folder, state) as connections:
            yield replace(first, connections=connections, others=(ready.pid,))
    finally:
        await process.stop()


def _durable(process: PartyProcess, wanted: dict[str, object]) -> str:
    """The store's settings as the platform read them back; a figure without them means nothing."""
    said = json.loads(process.output().splitlines()[0]).get("store") or {}
    if {name: said.get(name) for name in wanted} != wanted:
        raise WorkbenchError(f"the platform's store is not durable: {said}, not {wanted}")
    named = ", ".join(f"{name}={value}" for name, value in said.items())
    return f"{named} (read back)"
