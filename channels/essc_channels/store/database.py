"""The channel's database: opened, checked, and spoken to in short transactions.

The channel is one process with one loop, and its transactions never wait for anything but the
disk: they run directly on the loop. By default it is a SQLite file; WAL with synchronous=FULL
means: what was answered is on disk. The other engine is in `postgresql.py`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from math import inf
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.exc import DBAPIError

from essc_channels.store import lab_tables, tables
from essc_channels.store.engines import (
    POSTGRESQL,
    SQLITE,
    Manners,
    StoreFault,
    StoreUnavailable,
    problem_of,
)
from essc_channels.store.versions import (
    CHANNEL,
    LAB,
    Schema,
    found_version,
    note_version,
    version_problem,
)
from essc_wire.clock import monotonic, random_bytes
from essc_wire.folders import take_folder

CHANNEL_FILE = "channel.db"
LAB_FILE = "lab.db"
_KEY_BYTES = 32
_SLOW_S = 0.5
_PAGES_MAX = (1 << 32) - 2  # SQLite's own limit


class Database:
    """An open database with the right schema."""

    def __init__(
        self,
        engine: Engine,
        manners: Manners = SQLITE,
        *,
        reads: Engine | None = None,
        looks: Engine | None = None,
    ) -> None:
        self._engine, self._manners = engine, manners
        self._reads, self._looks = reads or engine, looks or engine
        self._rests_until = -inf

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction. Committed at the end, wholly or not at all. Raises StoreUnavailable: then
        it is not done, or, where the connection was lost at the commit, done all the same.
        """
        with self._watched(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent look: nobody else writes meanwhile. Raises StoreUnavailable."""
        with self._watched(), self._reads.connect() as connection:
            yield connection

    def look(self) -> Connection:
        """One consistent look that lasts until it is closed: what is written meanwhile is not seen.

        For one thread at a time, the loop's or another. Raises StoreUnavailable.
        """
        with self._watched():
            connection = self._looks.connect()
            connection.exec_driver_sql(self._manners.begin_look)
        return connection

    def close(self) -> None:
        for engine in (self._engine, self._looks):
            engine.dispose()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """The engine's troubles as ours. One that was slow to come is not sought again at once."""
        began = monotonic()
        if began < self._rests_until:
            raise StoreUnavailable("the database gave no answer a moment ago")
        try:
            yield
        except self._manners.troubles as error:
            problem = problem_of(error)
            structlog.get_logger("store").error("store unavailable", problem=problem)
            if monotonic() - began >= _SLOW_S:
                self._rests_until = monotonic() + self._manners.rest_s
            raise StoreUnavailable(problem) from error


class DataFolder:
    """The channel's folder: locked by this process, with its databases and its digest key."""

    def __init__(self, folder: Path) -> None:
        """Raises StoreFault if the folder cannot be used."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = take_folder(folder)
            self.digest_key = _digest_key(folder / "digest.key")
        except BlockingIOError as error:
            raise StoreFault(f"{folder}: another channel is using this data folder") from error
        except OSError as error:
            raise StoreFault(f"{folder}: cannot be written: {error.strerror}") from error
        self._folder = folder

    def channel_database(self, bytes_max: int | None = None) -> Database:
        """The channel's own state. It grows so far and no further, as on a full disk."""
        return _open(self._folder / CHANNEL_FILE, tables.metadata, CHANNEL, bytes_max)

    def channel_store(self, url: str, channel_id: str) -> Database:
        """The channel's own state, where it is at a PostgreSQL server. Raises StoreFault."""
        try:
            from essc_channels.store.postgresql import open_engines, reading
        except ImportError as error:
            raise StoreFault(
                "PostgreSQL needs a driver: install psycopg, the extra `postgres`"
            ) from error
        mend = f"{mend_of(self._folder)} --store URL"
        engine, looks = open_engines(url, channel_id, self.digest_key, mend)
        return Database(engine, POSTGRESQL, reads=reading(engine), looks=reading(looks))

    def lab_database(self) -> Database:
        """The simulated authority's state."""
        return _open(self._folder / LAB_FILE, lab_tables.metadata, LAB)

    def close(self) -> None:
        self._lock.close()


def mend_of(folder: Path) -> str:
    """The command that brings a folder's databases to this program's schemas."""
    return f"essc-channel migrate --data {folder}"


def _digest_key(path: Path) -> bytes:
    """The key of the digests of requests: beside the database, never in it (R92)."""
    if path.exists() and path.stat().st_size == _KEY_BYTES:
        return path.read_bytes()
    key = random_bytes(_KEY_BYTES)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key


def _open(path: Path, metadata: MetaData, schema: Schema, bytes_max: int | None = None) -> Database:
    # R92: an error that reaches a log names the statement, never what was to be stored.
    engine = create_engine(f"sqlite:///{path}", hide_parameters=True)
    event.listen(engine, "connect", _set_pragmas)
    try:
        with engine.begin() as connection:
            _create_or_check(connection, path, metadata, schema)
    except StoreFault:
        engine.dispose()
        raise
    except DBAPIError as error:
        engine.dispose()
        raise StoreFault(f"{path}: cannot be used: {error.orig}") from error
    if bytes_max is not None:
        engine.dispose()  # what is in the file fits: the cap holds for connections from here on
        event.listen(engine, "connect", partial(_set_cap, bytes_max))
    return Database(engine)


def _create_or_check(
    connection: Connection, path: Path, metadata: MetaData, schema: Schema
) -> None:
    """The tables in an empty database; else those that are there have to be this program's."""
    found = found_version(connection)
    if found == 0:
        metadata.create_all(connection)
        note_version(connection, schema.version)
        return
    problem = version_problem(found, schema, mend_of(path.parent))
    if problem is not None:
        raise StoreFault(f"{path}: {problem}")


def _set_cap(bytes_max: int, connection: Any, record: Any) -> None:  # noqa: ARG001 - as above
    """SQLite takes the pages that are there already for the least."""
    cursor = connection.cursor()
    page_bytes = cursor.execute("PRAGMA page_size").fetchone()[0]
    pages = min(max(1, bytes_max // page_bytes), _PAGES_MAX)
    cursor.execute(f"PRAGMA max_page_count = {pages}")
    cursor.close()


def _set_pragmas(connection: Any, record: Any) -> None:  # noqa: ARG001 - SQLAlchemy's signature
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA synchronous")
    assert cursor.fetchone()[0] == 2, "SQLite keeps synchronous=FULL"
    cursor.close()
