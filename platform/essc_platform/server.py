"""The wiring: one function takes a frozen Config and gives back a started platform.

Only here are things constructed. Nothing in the other modules holds an engine, a key or a clock of
its own.
"""

import asyncio
import gc
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from io import StringIO
from typing import TextIO

from essc_platform.batch import Edge, Outcome
from essc_platform.clock import PartyClock
from essc_platform.collector import Collector
from essc_platform.config import Config
from essc_platform.core.policy import Policy
from essc_platform.core.records import SigningKey
from essc_platform.core.signing_keys import announced_key, signing_key
from essc_platform.directory import Directory
from essc_platform.exits import Exits
from essc_platform.lab.bank import FILE_NAME as BANK_FILE
from essc_platform.lab.bank import BankLedger
from essc_platform.lab.services import LabParts, LabServices, lab_services
from essc_platform.making import taken
from essc_platform.memory import Memory
from essc_platform.neighbours import Federated, Neighbours, nobody_to_tell
from essc_platform.ops import PlatformOps
from essc_platform.settler import Settler
from essc_platform.signing import Keyring
from essc_platform.store.engine import Store, open_database, open_file
from essc_platform.store.errors import FAILURES, StoreError, StoreFailure
from essc_platform.store.feed import Positions
from essc_platform.store.horizon import BOUNDS, Horizon
from essc_platform.store.views import Federation, federation
from essc_platform.store.views_codes import CodeNames
from essc_platform.sweep import Sweep
from essc_platform.vault import Vault, open_vault
from essc_platform.watch import Watchers
from essc_platform.wire.admission import Admission
from essc_platform.wire.authorities import Authorities
from essc_platform.wire.callers import Callers
from essc_platform.wire.convert import event_body, licence_payload
from essc_platform.wire.front import Front
from essc_platform.wire.hashing import PasswordPool
from essc_platform.wire.services import services
from essc_wire.guard import Guard
from essc_wire.pulses import Pulse
from essc_wire.readiness import Why
from essc_wire.refusals import PLATFORM_DOMAIN
from essc_wire.serving import Server, announce_end, drain, start_server

# After the start nearly nothing that lives long is made: collecting it again and again is waste.
_GC_THRESHOLDS = (50_000, 20, 50)


@dataclass(slots=True)
class Running:
    """A started platform."""

    platform_id: str
    server: Server
    lab: Server | None
    lab_address: str
    """Empty without a lab."""
    store: Store
    collector: Collector
    watchers: Watchers
    authorities: Authorities
    settler: Settler
    bank: BankLedger
    passwords: PasswordPool
    working: list[asyncio.Task[None]]
    """What runs in the background: the sweep, and the exits of channels."""
    draining: asyncio.Event
    lock: TextIO
    ops: PlatformOps
    ops_address: str | None
    """None where nobody watches."""
    drain_after_s: int
    watched: AsyncExitStack
    """Ends the operations port."""

    async def stop(self) -> None:
        """Drains: not ready, then no new calls, running ones finish, then the store is closed."""
        self.ops.readiness.note(Why.DRAINING, holds=True)
        await announce_end([self.server], self.drain_after_s)
        self.watchers.drain()
        await drain([self.server], self.draining)
        for task in self.working:
            task.cancel()
        await asyncio.gather(*self.working, return_exceptions=True)
        await self.settler.stop()
        self.passwords.close()
        await self.authorities.close()
        if self.lab is not None:
            await self.lab.stop(0)
        self.bank.close()
        await self.collector.close()
        self.store.close()
        self.lock.close()
        await self.watched.aclose()


async def start(config: Config) -> Running:
    """Starts a platform. Raises StoreError, OSError, ValueError; then nothing is left running."""
    async with AsyncExitStack() as begun:
        running = await _start(config, begun)
        begun.pop_all()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    return running


async def _start(config: Config, begun: AsyncExitStack) -> Running:
    """Starts one part after the other; `begun` ends those that run if a later one cannot start."""
    lock = _lock(config)
    begun.callback(lock.close)
    vault = open_vault(config.data)
    store = _store(config, vault)
    begun.callback(store.close)
    known = await store.read(federation)
    clock = PartyClock(known.clock_offset_us)
    policy = Policy(loss=config.loss)
    positions = Positions(known.last_position)
    memory = await _memory(config, store, clock, known, positions)
    keyring, directory, watchers = memory.keyring, memory.directory, memory.watchers
    neighbours, ops = memory.neighbours, PlatformOps(store, memory)
    commits = Pulse()

    def committed(outcome: Outcome) -> None:
        memory.apply(outcome)
        settler.committed(outcome.changes)
        commits.beat()

    collector = Collector(
        store.writer,
        _edge(keyring, vault, policy),
        positions,
        committed,
        batch_max=config.batch_max,
        admission=config.admission,
        weights=config.weights,
        told=neighbours.told if neighbours else None,
        meters=ops.batches,
    )
    settler = Settler(store.read, collector, clock, vault)
    begun.push_async_callback(collector.close)
    exits = Exits(store.read, collector, clock, directory)
    sweep = Sweep(store.read, collector, clock, policy)
    bank = BankLedger(config.data / BANK_FILE)
    begun.callback(bank.close)
    admission = Admission(collector.delay_ms, config.weights) if config.admission else None
    parts = LabParts(
        glance=store.glance,
        read=store.read,
        vault=vault,
        clock=clock,
        collector=collector,
        commits=commits,
        directory=directory,
        sweep=sweep,
        exits=exits,
        bank=bank,
        told=neighbours.told if neighbours else nobody_to_tell,
        calls_inside=admission.calls_inside if admission else None,
    )
    lab = await _start_lab(config, lab_services(parts))
    if lab is not None:
        begun.push_async_callback(lab.stop, 0)
    lab_address = f"{str(config.lab).rpartition(':')[0]}:{lab.port}" if lab else ""
    authorities = _authorities(config, lab_address)
    begun.push_async_callback(authorities.close)
    passwords = PasswordPool(vault, config.weights)
    begun.callback(passwords.close)
    draining = asyncio.Event()
    callers = Callers(directory, vault.platform_id)
    guard = Guard(
        domain=PLATFORM_DOMAIN,
        authenticate=callers.authenticate,
        draining=draining.is_set,
        admission=admission,
        currency=neighbours,
        failures=FAILURES,
        meters=ops.calls,
        doubt=ops.watch.doubt,
    )
    front = Front(
        vault=vault,
        clock=clock,
        collector=collector,
        read=store.read,
        code_names=memory.code_names,
        directory=directory,
        watchers=watchers,
        head=memory.head,
        keyring=keyring,
        policy=policy,
        takes_any_id=config.allow_any_id,
    )
    offered = services(front, authorities, passwords, exits, guard)
    server = await start_server(
        config.listen, offered.handlers, offered.names, config.tls, config.streams_max
    )
    watched = await begun.enter_async_context(AsyncExitStack())
    ops_address = await ops.serve(config.ops, collector, parts.calls_inside, watched)
    settler.begin(authorities.transfer)
    loop = asyncio.get_running_loop()
    works = (sweep, exits, neighbours)
    working = [loop.create_task(each.run_for_ever()) for each in works if each is not None]
    working += ops.begin(collector, [server])
    return Running(
        vault.platform_id,
        server,
        lab,
        lab_address,
        store,
        collector,
        watchers,
        authorities,
        settler,
        bank,
        passwords,
        working,
        draining,
        lock,
        ops,
        ops_address,
        config.drain_after_s,
        watched,
    )


def _store(config: Config, vault: Vault) -> Store:
    """Opens the store. Raises StoreError."""
    if config.store is None:
        return open_file(config.data, config.store_bytes_max)
    return open_database(config.store, vault.platform_id, config.feed_bound_s)


def _lock(config: Config) -> TextIO:
    """The data folder for this process alone, where its store is in it. Raises StoreError."""
    return taken(config.data) if config.store is None else StringIO()


def _keyring(config: Config, keys: Sequence[SigningKey], clock: PartyClock) -> Keyring:
    """All keys; those that sign now or will are at hand. Raises StoreError, OSError, ValueError."""
    keyring, now = Keyring(config.data, keys), clock.now()
    if all(key.compromise_time is not None for key in keys):
        raise StoreError(f"{config.data}: the store has no active signing key")
    keyring.open(signing_key(keys, now).key_id)
    announced = announced_key(keys, now)
    if announced is not None:
        keyring.open(announced.key_id)
    return keyring


async def _memory(
    config: Config, store: Store, clock: PartyClock, known: Federation, positions: Positions
) -> Memory:
    """What is in memory from the beginning. Raises StoreError, OSError, ValueError."""
    keyring = _keyring(config, known.signing_keys, clock)
    directory = Directory(known.parties, known.channels, known.party_keys)
    watchers = Watchers(0 if config.store else positions.last)
    neighbours = None
    if config.store is not None:
        horizon = Horizon(None if config.feed_bound_s is None else BOUNDS * config.feed_bound_s)
        federated = Federated(store.read, directory, keyring, watchers)
        neighbours = Neighbours(store.read, horizon, watchers, clock, federated)
        try:
            await neighbours.begin()
        except StoreFailure as error:
            raise StoreError(f"--store: {error}") from error
    return Memory(keyring, directory, CodeNames(store.read), watchers, neighbours)


def _authorities(config: Config, lab_address: str) -> Authorities:
    """Whom the platform asks: the lab's own where no other is named."""
    return Authorities(
        config.text_messages or lab_address,
        config.faces or lab_address,
        config.bank or lab_address,
        config.photos or lab_address,
    )


def _edge(keyring: Keyring, vault: Vault, policy: Policy) -> Edge:
    return Edge(
        sign=lambda facts: keyring.sign(licence_payload(facts, vault), facts.key_id),
        encode_event=lambda event, origin: event_body(event, origin, vault, policy),
        policy=policy,
    )


async def _start_lab(config: Config, offered: LabServices) -> Server | None:
    if config.lab is None:
        return None
    return await start_server(config.lab, offered.handlers, offered.names)
