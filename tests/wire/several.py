"""A platform of several processes on one PostgreSQL database, all of them in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.wire.people import Caller, Channel, World, a_world, config

from essc_platform.making import initialise
from essc_platform.server import Running, start
from essc_wire.keys import PartyKeyPair

PROCESSES = 3


@dataclass(frozen=True)
class Several:
    """The world of the first process, and where the processes are called."""

    world: World
    addresses: tuple[str, ...]
    running: tuple[Running, ...]

    def spread(self) -> World:
        """The world, whose channels and verifiers call the processes by turns."""
        self.world.address = ",".join(self.addresses)
        return self.world

    def each(self, caller: Caller) -> list[Caller]:
        """The same party, once for each process that it calls."""
        found = [Caller(address, caller.party_id, caller.key) for address in self.addresses]
        self.world.callers += found
        return found

    def channels(self, channel: Channel) -> list[Channel]:
        """The same channel, once for each process that it calls."""
        found = []
        for address in self.addresses:
            same = Channel.__new__(Channel)
            Caller.__init__(same, address, channel.party_id, channel.key)
            same.world = self.world
            found.append(same)
        self.world.callers += found
        return found


@asynccontextmanager
async def several(folder: Path, url: str, count: int = PROCESSES) -> AsyncIterator[Several]:
    """A fresh platform of so many processes on an empty database."""

    def make(at: Path, platform_id: str) -> PartyKeyPair:
        return initialise(at, platform_id, url=url)

    async with AsyncExitStack() as running, a_world(folder, make=make, store=url) as world:
        others = []
        for _ in range(count - 1):
            lab = world.lab_address
            other = await start(
                config(
                    folder, store=url, lab=None, faces=lab, text_messages=lab, bank=lab, photos=lab
                )
            )
            running.push_async_callback(other.stop)
            others.append(other)
        all_of_them = (world.running, *others)
        addresses = (world.address, *(f"127.0.0.1:{each.server.port}" for each in others))
        yield Several(world, addresses, all_of_them)
