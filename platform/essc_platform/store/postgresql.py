"""The store on PostgreSQL: any number of platform processes share one database.

READ COMMITTED, and locks on the citizens of a batch before anything is read: whoever waits for a
lock reads what the one before has committed. What is new to two processes at once meets in a key.
Nothing is asked of the server that a pooler or a distributed engine lacks: no session state, no
advisory locks, no LISTEN.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg import errors
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

from essc_platform.core.snapshot import Read
from essc_platform.store.connections import Row
from essc_platform.store.errors import StoreConflict, StoreDoubt, StoreFailure, StoreLost
from essc_platform.store.gateway import citizens_of
from essc_platform.store.locks import CLOCK, FEDERATION_LOCK, LOCK
from essc_platform.store.statements import Statement
from essc_wire.clock import monotonic

CONNECT_S: Final = 2
LOCK_MS: Final = 5_000
"""How long a statement waits for a lock of another process."""
TRANSACTION_S: Final = 15.0
"""How long a transaction takes at the most, where nobody bounds it closer."""
_ROWS_AT_ONCE = 1_000
_CONFLICTS = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.UniqueViolation,
    errors.LockNotAvailable,
)


class PostgresqlConnection:
    """One connection, made anew after it was lost."""

    def __init__(
        self, connect: Callable[[], "psycopg.Connection[Row]"], bound_s: float | None = None
    ) -> None:
        """`bound_s`: how long a transaction may take before it begins to commit."""
        self._connect, self._bound_s = connect, bound_s or TRANSACTION_S
        self._begins = _begins(self._bound_s, is_numbered=bound_s is None)
        self._driver = self._connected()

    def execute(
        self, statement: Statement, parameters: Sequence[Any] = ()
    ) -> "psycopg.Cursor[Row]":
        """See `connections.py`. All rows are there when it returns."""
        with _failures(self._driver):
            return self._driver.execute(statement.postgresql, parameters, binary=True)

    def rows_under(self, statement: Statement, keys: Collection[Row]) -> Iterator[Row]:
        """See `connections.py`."""
        return iter(self.execute(statement, _columns(list(keys))))

    def write(self, statement: Statement, rows: Sequence[Row]) -> None:
        """See `connections.py`. One statement, whatever the number of rows."""
        self.execute(statement, _columns(rows))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """See `connections.py`. Raises StoreDoubt where it is not known whether it committed."""
        until = monotonic() + self._bound_s
        self._begin()
        try:
            yield
            _refuse_if_late(until)
        except BaseException:
            self._roll_back()
            raise
        self._commit()

    def lock(self, reads: Iterable[Read], *, federation: bool) -> int | None:
        """See `connections.py`."""
        citizens = citizens_of(reads)
        if federation:
            self.execute(FEDERATION_LOCK).fetchone()
        if citizens:
            self.execute(LOCK, _columns(citizens))
        time: int = self.execute(CLOCK).fetchall()[0][0]
        return time

    def has_table(self, name: str) -> bool:
        """Whether there is such a table where this connection looks first."""
        with _failures():
            return self._driver.execute("SELECT to_regclass(%s)", (name,)).fetchall() != [(None,)]

    def setting(self, name: str) -> str:
        """One of the server's settings, as it holds here."""
        with _failures():
            return str(self._driver.execute(f"SHOW {name}".encode()).fetchall()[0][0])

    def close(self) -> None:
        """Lets go."""
        self._driver.close()

    def revive(self) -> None:
        """Connects anew if the connection was lost. Raises StoreFailure."""
        if self._driver.closed:
            self._driver = self._connected()

    def _connected(self) -> "psycopg.Connection[Row]":
        with _failures():
            driver = self._connect()
        driver.prepare_threshold = 0 if driver.prepare_threshold is not None else None
        # One type for all whole numbers, so that a text is prepared once and not once for each.
        driver.adapters.register_dumper(int, Int8BinaryDumper)
        driver.adapters.register_dumper(int, Int8Dumper)
        return driver

    def _begin(self) -> None:
        self.revive()
        try:
            self._driver.execute(self._begins, prepare=False)
        except psycopg.OperationalError:
            # Lost while nobody used it, as by a restart of the server: nothing was begun.
            self._driver.close()
            self.revive()
            with _failures(self._driver):
                self._driver.execute(self._begins, prepare=False)

    def _roll_back(self) -> None:
        try:
            self._driver.execute("ROLLBACK")
        except psycopg.Error:
            self._driver.close()

    def _commit(self) -> None:
        try:
            self._driver.execute("COMMIT")
        except _CONFLICTS as error:
            raise StoreConflict(_line(error)) from error
        except psycopg.Error as error:
            self._driver.close()
            raise StoreDoubt(_line(error)) from error


class PostgresqlGlance:
    """A read transaction on a connection of its own; rows come in portions."""

    def __init__(self, connect: Callable[[], "psycopg.Connection[Row]"]) -> None:
        with _failures():
            self._driver = connect()
            self._driver.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            self._driver.execute("SELECT 1 FROM facts LIMIT 1")  # it is fixed from here

    def rows(self, statement: Statement) -> Iterator[Row]:
        """See `connections.py`."""
        with _failures(), self._driver.cursor(name="glance", binary=True) as cursor:
            cursor.itersize = _ROWS_AT_ONCE
            yield from cursor.execute(statement.postgresql)

    def close(self) -> None:
        """Lets go."""
        self._driver.close()


@contextmanager
def _failures(driver: "psycopg.Connection[Row] | None" = None) -> Iterator[None]:
    """The driver's errors as the store's. What is a bug stays what it is."""
    try:
        yield
    except _CONFLICTS as error:
        raise StoreConflict(_line(error)) from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        kind = StoreLost if driver is not None and driver.closed else StoreFailure
        raise kind(_line(error)) from error


def _refuse_if_late(until: float) -> None:
    """Whoever reads a feed does not wait for what commits later."""
    if monotonic() > until:
        raise StoreConflict("it took too long and was rolled back")


def _begins(bound_s: float, *, is_numbered: bool) -> bytes:
    """Begins a transaction; all in one message."""
    bound_ms = int(bound_s * 1000)
    # The transaction has its number before it reads the clock: see `horizon.py`.
    number = "; SELECT pg_current_xact_id()" if is_numbered else ""
    return (
        f"BEGIN; SET LOCAL lock_timeout = {min(LOCK_MS, bound_ms)}; "
        f"SET LOCAL statement_timeout = {bound_ms}; "
        f"SET LOCAL idle_in_transaction_session_timeout = {bound_ms}{number}"
    ).encode()


def _columns(rows: Sequence[Row]) -> list[list[Any]]:
    """Rows as one array for each of their columns."""
    return [list(each) for each in zip(*rows, strict=True)]


def _line(error: psycopg.Error) -> str:
    """What the server says, without the values that it may quote (R92)."""
    text = error.diag.message_primary or str(error)
    return " ".join(text.split())
