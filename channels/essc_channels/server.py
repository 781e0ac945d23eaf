"""Puts a channel together: the one place where everything is constructed."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

import structlog

from essc_channels.config import Config
from essc_channels.flows.desk import Desk
from essc_channels.flows.parties import Parties
from essc_channels.lab.serving import start_lab
from essc_channels.ops import ChannelOps
from essc_channels.shadow import ShadowFollower
from essc_channels.store import clock as clock_store
from essc_channels.store import housekeeping
from essc_channels.store.database import Database, DataFolder
from essc_channels.store.engines import StoreUnavailable
from essc_channels.wire import present
from essc_channels.wire.errand_client import ErrandClient
from essc_channels.wire.family_client import FamilyClient
from essc_channels.wire.feed_client import FeedClient
from essc_channels.wire.platform_client import PlatformClient
from essc_channels.wire.serving import start_phones
from essc_channels.wire.vouch_client import VouchClient
from essc_wire.client import Peer
from essc_wire.clock import PartyClock
from essc_wire.logs import frames
from essc_wire.pulses import Pulse
from essc_wire.readiness import Readiness, Why
from essc_wire.serving import Server, announce_end, drain
from essc_wire.tokens import TokenSource

_SWEEP_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningChannel:
    """A started channel: where it listens, and how it ends."""

    channel_id: str
    database: Database
    address: str
    lab_address: str | None
    servers: tuple[Server, ...]
    """In the order in which they drain: the phones first, who may need the authority until then."""
    tasks: tuple[asyncio.Task[None], ...]
    announcements: tuple[asyncio.Event, ...]
    """One for each server: set once it drains."""
    readiness: Readiness
    drain_after_s: int
    ops_address: str | None
    resources: AsyncExitStack

    async def drain(self) -> None:
        """Takes no new calls, lets running ones finish, and puts everything away."""
        try:
            self.readiness.note(Why.DRAINING, holds=True)
            await announce_end(self.servers[:1], self.drain_after_s)
            for server, announce in zip(self.servers, self.announcements, strict=True):
                await drain((server,), announce)
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)
        finally:
            await self.resources.aclose()


async def start_channel(config: Config) -> RunningChannel:
    """Starts a channel. Raises StoreFault, OSError or ValueError, each with one clear line."""
    async with AsyncExitStack() as stack:
        folder = DataFolder(config.data)
        stack.callback(folder.close)
        database = _database(config, folder)
        stack.callback(database.close)
        with database.read() as connection:
            clock = PartyClock(clock_store.offset_us(connection))
        draining, lab_draining = asyncio.Event(), asyncio.Event()
        moves = Pulse()
        ops = ChannelOps(database, clock, moves)
        servers: list[Server] = []
        lab_address = None
        if config.lab is not None:
            lab_database = folder.lab_database()
            stack.callback(lab_database.close)
            lab = await start_lab(
                config.lab,
                config.profile,
                database,
                lab_database,
                clock,
                folder.digest_key,
                moves,
                allow_any_id=config.allow_any_id,
                draining=lab_draining.is_set,
            )
            stack.push_async_callback(lab.stop, 0.0)
            servers.append(lab)
            lab_address = _at(config.lab, lab.port)
        vouching = config.vouching or lab_address
        assert vouching is not None, "config.py sees to it"
        platform = _platform(config, stack)
        parties = _parties(config, platform, vouching, database, clock, folder.digest_key, stack)
        desk = Desk(parties, present)
        phones = await start_phones(
            config.listen,
            config.profile,
            parties,
            desk,
            config.tls,
            draining.is_set,
            config.streams_max,
            ops.calls,
            ops.watch.doubt,
        )
        stack.push_async_callback(phones.stop, 0.0)
        ops_address = None
        if config.ops is not None:
            ops_address = await ops.serve(config.ops, platform.meter, stack)
        follower = ShadowFollower(parties.feed, database, clock, moves)
        tasks = (
            asyncio.create_task(follower.run(), name="shadow"),
            asyncio.create_task(_sweep(database, clock), name="sweep"),
            *ops.begin([phones]),
        )
        return RunningChannel(
            channel_id=config.profile.id,
            database=database,
            address=_at(config.listen, phones.port),
            lab_address=lab_address,
            servers=(phones, *servers),
            tasks=tasks,
            announcements=(draining, lab_draining)[: 1 + len(servers)],
            readiness=ops.readiness,
            drain_after_s=config.drain_after_s,
            ops_address=ops_address,
            resources=stack.pop_all(),
        )


def _database(config: Config, folder: DataFolder) -> Database:
    """The channel's own state. Raises StoreFault."""
    if config.store is None:
        return folder.channel_database(config.store_bytes_max)
    return folder.channel_store(config.store, config.profile.id)


def _at(asked: str, port: int) -> str:
    """The address as asked for, with the port that it got."""
    return f"{asked.rpartition(':')[0]}:{port}"


def _platform(config: Config, stack: AsyncExitStack) -> Peer:
    tokens = TokenSource(config.profile.id, config.key, config.platform_id)
    platform = Peer(config.platform, tokens, config.platform_ca)
    stack.push_async_callback(platform.close)
    return platform


def _parties(
    config: Config,
    platform: Peer,
    vouching: str,
    database: Database,
    clock: PartyClock,
    digest_key: bytes,
    stack: AsyncExitStack,
) -> Parties:
    profile = config.profile
    authority = Peer(vouching)
    stack.push_async_callback(authority.close)
    return Parties(
        profile=profile,
        platform=PlatformClient(platform, profile.platform_timeout_s),
        family=FamilyClient(platform, profile.platform_timeout_s),
        errands=ErrandClient(platform, profile.platform_timeout_s),
        feed=FeedClient(platform, profile.platform_timeout_s),
        vouching=VouchClient(authority, profile.platform_timeout_s),
        database=database,
        clock=clock,
        digest_key=digest_key,
    )


async def _sweep(database: Database, clock: PartyClock) -> None:
    """Ends what time alone ends, once a minute."""
    said = structlog.get_logger("sweep")
    while True:
        try:
            with database.write() as connection:
                housekeeping.sweep(connection, clock.now())
        except StoreUnavailable:
            said.warning("not swept")
        except Exception as error:  # noqa: BLE001 - our bug: loud, but the sweep must go on
            said.error("bug", error=type(error).__name__, frames=frames(error))
        await asyncio.sleep(_SWEEP_S)
