"""The database behind the platform: embedded SQLite, opened, checked and read back.

WAL, synchronous=FULL: what is acknowledged is on the disk. One connection writes, in the batch's
thread; one reads, on the event loop, where a read of one row takes some sixty microseconds and a
thread would cost more than it saves.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import Engine
from sqlalchemy.schema import CreateIndex, CreateTable

from essc_platform.store import tables
from essc_platform.store.folding import Folding

_CACHE_KIB = 16 * 1024
# Pages in the write-ahead log, 128 MiB, at which the writer itself folds them into the file: the
# bound, for when `folding.py` does not keep up.
_LOG_PAGES = 32_000
_PAGES_MAX = (1 << 32) - 2
"""SQLite's own limit."""
STATEMENTS_KEPT = 512
"""Compiled statements that a connection keeps: a batch has a dozen, each in several lengths."""


class StoreError(Exception):
    """The store cannot be opened or used; the text is one clear line for an operator."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the database says of itself, read back after opening."""

    journal_mode: str
    synchronous: int


class Store:
    """An opened database file. `writer`, `reader` and `aside` are plain driver connections.

    What is done `aside` changes nothing: the log is folded there.

    With `bytes_max` it grows so far and no further; what does not fit is refused as on a full disk.
    """

    def __init__(self, path: Path, bytes_max: int | None = None) -> None:
        self._path = path
        self._engine: Engine = create_engine(
            f"sqlite:///{path}", connect_args={"cached_statements": STATEMENTS_KEPT}
        )
        try:
            self._writing = self._engine.raw_connection()
            self.writer = self._prepared(self._writing)
            self._create_or_check()
            if bytes_max is not None:
                self._cap(bytes_max)
            self._reading = self._engine.raw_connection()
            self.reader = self._prepared(self._reading)
            self.reader.execute("PRAGMA query_only=ON")
            self._folds = self._engine.raw_connection()
            self.aside = self._prepared(self._folds)
            self._folding: Folding | None = None
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{path}: the store cannot be opened: {error}") from error
        self.settings = Settings(
            journal_mode=self.writer.execute("PRAGMA journal_mode").fetchone()[0],
            synchronous=self.writer.execute("PRAGMA synchronous").fetchone()[0],
        )
        if self.settings != Settings("wal", 2):
            raise StoreError(f"{path}: the store is not durable here: {self.settings}")

    def begin_folding(self) -> None:
        """Folds the log beside the writer from now on, in a thread that `close` ends."""
        self._folding = Folding(self.aside)

    def close(self) -> None:
        """Closes all connections; the writer last, so that the WAL is folded in."""
        if self._folding is not None:
            self._folding.stop()
        self._folds.close()
        self._reading.close()
        self._writing.close()
        self._engine.dispose()

    @staticmethod
    def _prepared(connection: Any) -> sqlite3.Connection:
        driver: sqlite3.Connection = connection.driver_connection
        driver.isolation_level = None  # transactions are begun by name
        driver.execute("PRAGMA journal_mode=WAL")
        driver.execute("PRAGMA synchronous=FULL")
        driver.execute("PRAGMA busy_timeout=5000")
        driver.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        driver.execute(f"PRAGMA wal_autocheckpoint={_LOG_PAGES}")
        return driver

    def _cap(self, bytes_max: int) -> None:
        """SQLite takes the pages that are there already for the least."""
        page_bytes = self.writer.execute("PRAGMA page_size").fetchone()[0]
        pages = min(max(1, bytes_max // page_bytes), _PAGES_MAX)
        self.writer.execute(f"PRAGMA max_page_count={pages}")

    def _create_or_check(self) -> None:
        """Creates the schema in an empty file; refuses one of another version."""
        found = self.writer.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'facts'"
        ).fetchone()
        if found is None:
            self._create()
        version = read_fact(self.writer, "schema_version")
        if version != str(tables.SCHEMA_VERSION):
            raise StoreError(
                f"{self._path}: the store's schema is version {version}, this program's is "
                f"{tables.SCHEMA_VERSION}"
            )

    def _create(self) -> None:
        with transaction(self.writer):
            for table in tables.metadata.sorted_tables:
                self.writer.execute(str(CreateTable(table).compile(self._engine)))
                for index in sorted(table.indexes, key=lambda index: str(index.name)):
                    self.writer.execute(str(CreateIndex(index).compile(self._engine)))
            write_fact(self.writer, "schema_version", str(tables.SCHEMA_VERSION))


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing, whatever fails: the commit too. The connection stays usable."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # After some failures, a full disk for one, SQLite has rolled back by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def read_fact(connection: sqlite3.Connection, name: str) -> str | None:
    """A fact about the store; None if it was never written."""
    row = connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def write_fact(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Writes a fact, inside whatever transaction is open."""
    connection.execute(
        "INSERT INTO facts (name, value) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )
