"""The store as one SQLite file: opened, checked and read back.

WAL, synchronous=FULL: what is acknowledged is on the disk. One connection writes, in the batch's
thread; one reads, on the event loop, where a read of one row takes some sixty microseconds and a
thread would cost more than it saves.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, repeat
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import create_engine
from sqlalchemy.engine import Engine
from sqlalchemy.schema import CreateIndex, CreateTable

from essc_platform.core.snapshot import Read
from essc_platform.store import tables
from essc_platform.store.connections import Connection, Row
from essc_platform.store.errors import StoreError
from essc_platform.store.facts import FEDERATION, SCHEMA, read_fact, write_fact
from essc_platform.store.folding import Folding
from essc_platform.store.statements import Statement
from essc_platform.store.versions import mend_of, version_problem

P = ParamSpec("P")
T = TypeVar("T")

_CACHE_KIB = 16 * 1024
# Pages in the write-ahead log, 128 MiB, at which the writer itself folds them into the file: the
# bound, for when `folding.py` does not keep up.
_LOG_PAGES = 32_000
_PAGES_MAX = (1 << 32) - 2
"""SQLite's own limit."""
STATEMENTS_KEPT = 512
"""Compiled statements that a connection keeps: a batch has a dozen, each in several lengths."""


_KEYS_MAX = 1024
"""Keys in one select: a statement has a bounded number of parameters."""


class SqliteConnection:
    """A connection of the driver, spoken to in statements. It has the file for itself while it
    writes, so it locks nothing.
    """

    def __init__(self, driver: sqlite3.Connection) -> None:
        self.driver = driver

    def execute(self, statement: Statement, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """See `connections.py`."""
        return self.driver.execute(statement.sqlite, parameters)

    def rows_under(self, statement: Statement, keys: Collection[Row]) -> Iterator[Row]:
        """The rows under these keys.

        Listed as values they cost two thirds of what a JSON list does, if the driver knows the
        text; if it has to compile it, more. So there are few texts: a list is filled up with absent
        keys.
        """
        listed = list(keys)
        for begin in range(0, len(listed), _KEYS_MAX):
            some = listed[begin : begin + _KEYS_MAX]
            width, length = len(some[0]), _rounded_up(len(some))
            absent = repeat(None, width * (length - len(some)))
            text = _with_values(statement.sqlite, width, length)
            yield from self.driver.execute(text, (*chain.from_iterable(some), *absent))

    def write(self, statement: Statement, rows: Sequence[Row]) -> None:
        """See `connections.py`."""
        self.driver.executemany(statement.sqlite, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """See `connections.py`."""
        self.driver.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.driver.execute("COMMIT")
        except BaseException:
            # After some failures, a full disk for one, SQLite has rolled back by itself.
            if self.driver.in_transaction:
                self.driver.execute("ROLLBACK")
            raise

    def lock(self, reads: Iterable[Read], *, federation: bool) -> int | None:  # noqa: ARG002 - as the protocol
        """Nothing to keep away, and the process's own clock will do."""
        return None


class SqliteGlance:
    """A read transaction on a connection of its own. Raises sqlite3.Error."""

    def __init__(self, path: Path) -> None:
        # As a name of its own the file is opened to be read only, whatever comes.
        name = f"{path.resolve().as_uri()}?mode=ro"
        self._driver = sqlite3.connect(
            name, uri=True, isolation_level=None, check_same_thread=False
        )
        self._driver.execute("PRAGMA busy_timeout=5000")
        self._driver.execute("BEGIN")
        self._driver.execute("SELECT 1 FROM facts LIMIT 1").fetchone()  # it is fixed from here

    def rows(self, statement: Statement) -> Iterator[Row]:
        """See `connections.py`."""
        return self._driver.execute(statement.sqlite)

    def close(self) -> None:
        """Lets go."""
        self._driver.close()


@dataclass(frozen=True, slots=True)
class Settings:
    """What the database says of itself, read back after opening."""

    journal_mode: str
    synchronous: int


class SqliteStore:
    """An opened database file. What is done `aside` changes nothing: the log is folded there.

    With `bytes_max` it grows so far and no further; what does not fit is refused as on a full disk.
    """

    def __init__(self, path: Path, bytes_max: int | None = None) -> None:
        self._path = path
        self._engine: Engine = create_engine(
            f"sqlite:///{path}", connect_args={"cached_statements": STATEMENTS_KEPT}
        )
        try:
            self._writing = self._engine.raw_connection()
            self.writer = SqliteConnection(self._prepared(self._writing))
            self._create_or_check()
            if bytes_max is not None:
                self._cap(bytes_max)
            self._reading = self._engine.raw_connection()
            self.reader = SqliteConnection(self._prepared(self._reading))
            self.reader.driver.execute("PRAGMA query_only=ON")
            self._folds = self._engine.raw_connection()
            self.aside = self._prepared(self._folds)
            self._folding: Folding | None = None
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{path}: the store cannot be opened: {error}") from error
        self.settings = Settings(
            journal_mode=self.writer.driver.execute("PRAGMA journal_mode").fetchone()[0],
            synchronous=self.writer.driver.execute("PRAGMA synchronous").fetchone()[0],
        )
        if self.settings != Settings("wal", 2):
            raise StoreError(f"{path}: the store is not durable here: {self.settings}")

    @property
    def reads_running(self) -> int:
        """None: a view runs at once."""
        return 0

    async def read(
        self, view: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Runs a view at once."""
        return view(self.reader, *args, **kwargs)

    def glance(self) -> SqliteGlance:
        """A consistent look at all of it."""
        return SqliteGlance(self._path)

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
        page_bytes = self.writer.driver.execute("PRAGMA page_size").fetchone()[0]
        pages = min(max(1, bytes_max // page_bytes), _PAGES_MAX)
        self.writer.driver.execute(f"PRAGMA max_page_count={pages}")

    def _create_or_check(self) -> None:
        """Creates the schema in an empty file; refuses one of another version."""
        found = self.writer.driver.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'facts'"
        ).fetchone()
        if found is None:
            self._create()
        problem = version_problem(read_fact(self.writer, SCHEMA), mend_of(self._path))
        if problem is not None:
            raise StoreError(f"{self._path}: {problem}")

    def _create(self) -> None:
        with self.writer.transaction():
            for table in tables.metadata.sorted_tables:
                self.writer.driver.execute(str(CreateTable(table).compile(self._engine)))
                for index in sorted(table.indexes, key=lambda index: str(index.name)):
                    self.writer.driver.execute(str(CreateIndex(index).compile(self._engine)))
            write_fact(self.writer, SCHEMA, str(tables.SCHEMA_VERSION))
            write_fact(self.writer, FEDERATION, "0")


def _rounded_up(length: int) -> int:
    """To three binary digits: at most a quarter more, and four lengths in each doubling."""
    step = 1 << max(length.bit_length() - 3, 0)
    return -(-length // step) * step


@lru_cache(maxsize=STATEMENTS_KEPT)
def _with_values(statement: str, width: int, length: int) -> str:
    places = f"({', '.join('?' * width)})"
    return statement % ", ".join([places] * length)
