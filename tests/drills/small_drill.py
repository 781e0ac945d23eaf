"""A short drill in this process: a platform and two channels, prepared, played and audited.

Whoever is spoiled is spoiled between the preparing and the load.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.drills.journey_plans import plan_of
from tests.drills.plans import whole
from tests.wire.people import config

from essc_channels.config import Config
from essc_channels.profiles import find_profile
from essc_channels.server import RunningChannel, start_channel
from essc_platform.making import initialise
from essc_platform.server import start
from essc_wire.keys import new_key, write_key
from essc_workbench.connections import Connections, party_key
from essc_workbench.drills.audit import audited
from essc_workbench.drills.journeys.company import company_of
from essc_workbench.drills.journeys.playable import unplayable
from essc_workbench.drills.orders import Order
from essc_workbench.drills.outcomes import Outcome
from essc_workbench.drills.preparing import prepare
from essc_workbench.drills.results import Audit
from essc_workbench.enrolment import COUNTERS, OPERATOR, enrol_channel, enrol_counter
from essc_workbench.folders import Addresses, DataFolder, State
from essc_workbench.programs import shipped_profiles

CHANNELS = ("wechat", "alipay")
SEED = 7


@dataclass
class Drilled:
    """What came of it."""

    outcomes: list[Outcome]
    audit: Audit

    @property
    def broken(self) -> set[str]:
        """The judges that found something broken."""
        return self._found("broken")

    @property
    def good(self) -> set[str]:
        """The judges that found everything good."""
        return self._found("good")

    def _found(self, ruling: str) -> set[str]:
        return {each.judge for each in self.audit.findings if each.ruling == ruling}


async def drilled(
    root: Path,
    mix: dict[str, float],
    spoil: Callable[[], None] = lambda: None,
    *,
    citizens: int,
) -> Drilled:
    """Plays each journey of the mix in both channels at once, twice, and audits what came."""
    plan = plan_of(mix, citizens=citizens)
    assert list(unplayable(plan)) == []
    books = [root / "notes-before", root / "notes-0"]
    origin_ns = time.monotonic_ns()
    async with _federation(root) as (folder, connections):
        await prepare(folder, plan, SEED, notes=books[0], origin_ns=origin_ns)
        spoil()
        outcomes = await _played(
            whole(plan, SEED, folder.root, notes=books[1], origin_ns=origin_ns)
        )
        audit = await audited(connections, root, notes=books, channels=CHANNELS, seed=SEED)
    return Drilled(outcomes, audit)


async def _played(order: Order) -> list[Outcome]:
    ends: list[Outcome] = []
    async with company_of(order).opened() as journeys:
        for turn in range(2):
            turns = [(name, channel) for name in journeys for channel in CHANNELS]
            played = (
                journeys[name].play(7 * turn, channel, len(ends) + number, time.monotonic() + 20)
                for number, (name, channel) in enumerate(turns)
            )
            ends += [each.outcome for each in await asyncio.gather(*played)]
    return ends


@asynccontextmanager
async def _federation(root: Path) -> AsyncIterator[tuple[DataFolder, Connections]]:
    folder, state = DataFolder(root / "data"), State()
    folder.make()
    operator = initialise(root / "platform", state.platform_id)
    write_key(folder.key(OPERATOR), operator)
    for party in (*COUNTERS, *CHANNELS):
        write_key(folder.key(party), new_key())
    async with AsyncExitStack() as stack:
        running = await start(config(root / "platform"))
        stack.push_async_callback(running.stop)
        assert running.lab is not None
        state.platform = Addresses(
            address=f"127.0.0.1:{running.server.port}",
            lab_address=f"127.0.0.1:{running.lab.port}",
        )
        connections = await stack.enter_async_context(Connections(folder, state))
        profiles = await asyncio.to_thread(shipped_profiles)
        for party in COUNTERS:
            await enrol_counter(connections.platform(OPERATOR), party, party_key(folder, party))
        for channel in CHANNELS:
            key = party_key(folder, channel)
            await enrol_channel(connections.platform(OPERATOR), profiles[channel], key)
            served = await _channel(root, folder, state, channel)
            stack.push_async_callback(served.drain)
            assert served.lab_address is not None
            state.channels[channel] = Addresses(
                address=served.address, lab_address=served.lab_address
            )
        folder.save(state)
        yield folder, connections


async def _channel(root: Path, folder: DataFolder, state: State, channel: str) -> RunningChannel:
    assert state.platform is not None
    return await start_channel(
        Config(
            profile=find_profile(channel),
            data=root / channel,
            listen="127.0.0.1:0",
            platform=state.platform.address,
            platform_id=state.platform_id,
            key=party_key(folder, channel),
            lab="127.0.0.1:0",
        )
    )
