"""The wiring: one function takes a frozen Config and gives back a started platform.

Only here are things constructed. Nothing in the other modules holds an engine, a key or a clock of
its own.
"""

import asyncio
import errno
import gc
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from essc_platform.batch import Edge, Outcome
from essc_platform.clock import PartyClock
from essc_platform.collector import Collector
from essc_platform.config import STORE_FILE, Config
from essc_platform.core import catalogue_entries
from essc_platform.core.policy import Policy
from essc_platform.core.records import Change, Party, PartyKey, PartyKind, SigningKey
from essc_platform.core.signing_keys import announced_key, signing_key
from essc_platform.directory import Directory
from essc_platform.exits import Exits
from essc_platform.lab.bank import FILE_NAME as BANK_FILE
from essc_platform.lab.bank import BankLedger
from essc_platform.lab.services import LabParts, LabServices, lab_services
from essc_platform.settler import Settler
from essc_platform.signing import Keyring, create_key
from essc_platform.store import views
from essc_platform.store.engine import Store, StoreError, read_fact, transaction, write_fact
from essc_platform.store.feed import Positions, last_position
from essc_platform.store.gateway import save
from essc_platform.store.views_codes import CodeNames
from essc_platform.sweep import Sweep
from essc_platform.vault import FILE_NAME as SECRETS_FILE
from essc_platform.vault import Vault, create, open_vault
from essc_platform.watch import Watchers
from essc_platform.wire.admission import Admission
from essc_platform.wire.authorities import Authorities
from essc_platform.wire.callers import Callers
from essc_platform.wire.convert import event_body, licence_payload
from essc_platform.wire.front import Front
from essc_platform.wire.hashing import PasswordPool
from essc_platform.wire.services import services
from essc_wire.folders import settle, take_folder
from essc_wire.guard import Guard
from essc_wire.keys import PartyKeyPair, new_key, read_key, write_key
from essc_wire.pulses import Pulse
from essc_wire.refusals import PLATFORM_DOMAIN
from essc_wire.serving import Server, drain, start_server

OPERATOR = "operator"
CLOCK_FACT = "clock_offset_us"
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

    async def stop(self) -> None:
        """Drains: no new calls, running ones finish, then the store is closed."""
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


def initialise(folder: Path, platform_id: str, key_file: Path | None = None) -> PartyKeyPair:
    """Makes a data folder: secrets, signing key, store with its catalogue, and the first
    operator's key.

    It counts as made once the store is in its place, which comes last. What an interrupted one left
    is finished: its secrets stay, and so does the operator's key in `key_file`.
    Raises FileExistsError if the folder is made; OSError, StoreError, ValueError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path, making = folder / STORE_FILE, folder / f"{STORE_FILE}.making"
    _refuse_if_made(path)
    with _taken(folder):
        _refuse_if_made(path)
        if not (folder / SECRETS_FILE).exists():
            create(folder, platform_id)
        elif open_vault(folder).platform_id != platform_id:
            raise ValueError(f"{folder / SECRETS_FILE}: of another platform id, begun earlier")
        card_key = create_key(folder)
        operator_key = _operator_key(key_file)
        for left in folder.glob(f"{making.name}*"):
            left.unlink()
        _write_store(making, card_key, operator_key)
        making.rename(path)
        settle(folder)
    return operator_key


def _refuse_if_made(path: Path) -> None:
    if path.exists():
        raise FileExistsError(errno.EEXIST, "initialised already", str(path))


def _operator_key(path: Path | None) -> PartyKeyPair:
    """The first operator's key: in its file before the store knows it, so that it is not lost."""
    if path is not None and path.exists():
        return read_key(path)
    key = new_key()
    if path is not None:
        write_key(path, key)
    return key


def _write_store(path: Path, card_key: PartyKeyPair, operator_key: PartyKeyPair) -> None:
    store = Store(path)
    now = PartyClock().now()
    operator = Party(
        key=OPERATOR,
        kind=PartyKind.OPERATOR,
        display_name="first operator",
        regions=(),
        register_time=now,
    )
    key = PartyKey(party=OPERATOR, key_id=operator_key.key_id, public_key=operator_key.public_bytes)
    signing = SigningKey(
        key_id=card_key.key_id,
        public_key=card_key.public_bytes,
        create_time=now,
        sign_time=now,
    )
    try:
        with transaction(store.writer):
            begun: list[Change] = [operator, key, signing, *catalogue_entries.ENTRIES]
            save(store.writer, begun, [], [], [])
            write_fact(store.writer, CLOCK_FACT, "0")
    finally:
        store.close()


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
    lock = _taken(config.data)
    begun.callback(lock.close)
    store = Store(config.data / STORE_FILE, config.store_bytes_max)
    begun.callback(store.close)
    store.begin_folding()
    vault = open_vault(config.data)
    clock = PartyClock(int(read_fact(store.reader, CLOCK_FACT) or "0"))
    policy = Policy(loss=config.loss)
    keyring = _keyring(config, views.signing_keys(store.reader), clock)
    directory = Directory(
        views.parties(store.reader), views.channels(store.reader), views.party_keys(store.reader)
    )
    positions = Positions(last_position(store.reader))
    watchers = Watchers(positions.last)
    code_names = CodeNames(store.reader)

    commits = Pulse()

    def committed(outcome: Outcome) -> None:
        keyring.apply(outcome.changes)
        code_names.apply(outcome.changes)
        noted = directory.apply(outcome.changes)
        watchers.committed(outcome.channels | noted, outcome.head)
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
    )
    settler = Settler(store.reader, collector, clock, vault)
    begun.push_async_callback(collector.close)
    exits = Exits(store.reader, collector, clock, directory)
    front = Front(
        vault=vault,
        clock=clock,
        collector=collector,
        reader=store.reader,
        code_names=code_names,
        directory=directory,
        watchers=watchers,
        keyring=keyring,
        policy=policy,
        takes_any_id=config.allow_any_id,
    )
    sweep = Sweep(store.reader, collector, clock, policy)
    bank = BankLedger(config.data / BANK_FILE)
    begun.callback(bank.close)
    admission = Admission(collector.delay_ms, config.weights) if config.admission else None
    parts = LabParts(
        store_file=config.data / STORE_FILE,
        reader=store.reader,
        vault=vault,
        clock=clock,
        clock_fact=CLOCK_FACT,
        collector=collector,
        commits=commits,
        directory=directory,
        sweep=sweep,
        exits=exits,
        bank=bank,
        calls_inside=admission.calls_inside if admission else None,
    )
    lab = await _start_lab(config, lab_services(parts))
    if lab is not None:
        begun.push_async_callback(lab.stop, 0)
    lab_address = f"{str(config.lab).rpartition(':')[0]}:{lab.port}" if lab else ""
    authorities = Authorities(
        config.text_messages or lab_address,
        config.faces or lab_address,
        config.bank or lab_address,
        config.photos or lab_address,
    )
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
    )
    offered = services(front, authorities, passwords, exits, guard)
    server = await start_server(
        config.listen, offered.handlers, offered.names, config.tls, config.streams_max
    )
    settler.begin(authorities.transfer)
    loop = asyncio.get_running_loop()
    working = [loop.create_task(work.run_for_ever()) for work in (sweep, exits)]
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
    )


def _taken(folder: Path) -> TextIO:
    """Two processes would give places in the feed twice, and not see each other's suspensions."""
    try:
        return take_folder(folder)
    except BlockingIOError as error:
        raise StoreError(f"{folder}: another platform is using this data folder") from error


def _keyring(config: Config, keys: list[SigningKey], clock: PartyClock) -> Keyring:
    """All keys; those that sign now or will are at hand. Raises StoreError, OSError, ValueError."""
    keyring, now = Keyring(config.data, keys), clock.now()
    if all(key.compromise_time is not None for key in keys):
        raise StoreError(f"{config.data / STORE_FILE}: the store has no active signing key")
    keyring.open(signing_key(keys, now).key_id)
    announced = announced_key(keys, now)
    if announced is not None:
        keyring.open(announced.key_id)
    return keyring


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
