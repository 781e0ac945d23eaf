"""A federation that stands: `essc up` keeps it, and faults can be added to it while it runs.

With a gate every call passes a door, faults of calls are possible, and what happens is written into
`history.jsonl` of the data folder; without one, only what is done to parties is possible, and no
door is in anybody's way.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from essc_workbench.failures import UsageError
from essc_workbench.federation import Federation, federation_in
from essc_workbench.folders import Addresses, DataFolder, State
from essc_workbench.gate.fault_service import serve_faults
from essc_workbench.gate.faults import FaultBook
from essc_workbench.gate.gate import Gate
from essc_workbench.gate.parties import FederationPowers
from essc_workbench.gate.powers import PartyFaults
from essc_workbench.history.facts import People
from essc_workbench.history.journal import Journal
from essc_workbench.population import personas
from essc_workbench.routes import PHONE, PLATFORM
from essc_workbench.stores import AS_BEFORE, Deployment
from essc_workbench.trace import Traces
from essc_workbench.unkind import Unkind

HISTORY_ITEMS_MAX: Final = 250_000
"""What a federation that stands for days writes at most: about 100 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A running federation with its faults."""

    federation: Federation
    powers: FederationPowers
    faults: FaultBook
    history: Path | None
    """What passes the gate; None without one."""
    unkind: Unkind | None

    def as_called(self) -> State:
        """The federation's state with the addresses that callers from outside go to."""
        state = self.federation.state
        assert state.platform is not None
        way = self.federation.way
        channels = {
            name: _at(at, way(PHONE, name, at.address)) for name, at in state.channels.items()
        }
        platform = _at(state.platform, way("", PLATFORM, state.platform.address))
        return replace(state, platform=platform, channels=channels)


@asynccontextmanager
async def standing(
    folder: DataFolder,
    *,
    channels: Sequence[str] | None,
    is_tls: bool,
    loss: str,
    say: Callable[[str], None],
    has_gate: bool,
    unkind_seed: str,
    deployment: Deployment = AS_BEFORE,
) -> AsyncIterator[Standing]:
    """Starts a federation, lets it stand, and stops it. With a seed it is unkind."""
    powers, people = FederationPowers(), People()
    async with AsyncExitStack() as stack:
        journal = stack.enter_context(_journal(folder)) if has_gate else None
        faults = FaultBook(journal, powers, seed=unkind_seed, has_doors=has_gate, people=people)
        gate = None
        if has_gate:
            tls_folder = folder.tls if is_tls else None
            gate = Gate(journal, faults, Traces(), people=people, tls_folder=tls_folder)
            stack.push_async_callback(gate.close)
        running = federation_in(
            folder,
            channels=channels,
            is_tls=is_tls,
            loss=loss,
            say=say,
            routes=gate,
            deployment=deployment,
        )
        federation = await stack.enter_async_context(running)
        straight = await stack.enter_async_context(federation.connections(is_straight=True))
        powers.over(federation, straight)
        for alias, each in (await personas(straight.platform_lab())).items():
            people.add(alias, each.name, each.id_number, each.phone, alias)
        await stack.enter_async_context(_served(faults, federation))
        unkind = None
        if gate is not None and unkind_seed:
            unkind = gate.unkind = Unkind(unkind_seed)
            parties = PartyFaults(powers, journal)
            await stack.enter_async_context(_restarting(unkind, powers, parties))
        yield Standing(
            federation=federation,
            powers=powers,
            faults=faults,
            history=journal.path if journal else None,
            unkind=unkind,
        )
        if gate is not None:
            gate.unkind = None  # whoever is stopped now is not to be refused as well


def _journal(folder: DataFolder) -> Journal:
    folder.make()
    if folder.is_held():
        raise UsageError(f"{folder.root}: a federation runs in this folder already")
    return Journal(folder.root / "history.jsonl", HISTORY_ITEMS_MAX)


@asynccontextmanager
async def _served(faults: FaultBook, federation: Federation) -> AsyncIterator[None]:
    """Serves the faults, where the folder's state says: as the last time, if that is free."""
    state = federation.state
    state.faults = federation.reserve(state.faults)
    server = await serve_faults(faults, state.faults)
    try:
        federation.folder.save(state)
        yield
    finally:
        await faults.end_all()
        await server.stop(0)


@asynccontextmanager
async def _restarting(
    unkind: Unkind, powers: FederationPowers, parties: PartyFaults
) -> AsyncIterator[None]:
    task = asyncio.create_task(unkind.restart_parties(powers, parties))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _at(at: Addresses, address: str) -> Addresses:
    return replace(at, address=address)
