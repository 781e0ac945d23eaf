"""The store of a platform in this process, as its tests look into it: in plain SQL, with `?`."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from essc_platform.server import Running
from essc_platform.store.connections import Connection
from essc_platform.store.postgresql import PostgresqlConnection
from essc_platform.store.postgresql_store import PostgresqlStore
from essc_platform.store.sqlite import SqliteConnection, SqliteStore

Row = tuple[Any, ...]


def sqlite_of(running: Running) -> SqliteStore:
    """Its store: a file."""
    assert isinstance(running.store, SqliteStore)
    return running.store


def driver_of(connection: Connection) -> sqlite3.Connection:
    """What takes plain SQL, where the store is a file."""
    assert isinstance(connection, SqliteConnection)
    return connection.driver


def write_plainly(connection: Connection, statement: str, rows: Sequence[Row] = ((),)) -> None:
    """Writes what no service writes, whatever the store is: one statement, for each of the rows."""
    if isinstance(connection, PostgresqlConnection):
        with connection._driver.cursor() as cursor:
            cursor.executemany(_for_postgresql(statement), rows)
    else:
        driver_of(connection).executemany(statement, rows)


def read_plainly(running: Running, statement: str, values: Row = ()) -> list[Row]:
    """Reads what no service shows, whatever the store is."""
    if isinstance(running.store, PostgresqlStore):
        with running.store._connect() as driver:
            return driver.execute(_for_postgresql(statement), values).fetchall()
    return sqlite_of(running).reader.driver.execute(statement, values).fetchall()


def tables_of(running: Running) -> list[str]:
    """The names of its tables."""
    if isinstance(running.store, PostgresqlStore):
        there = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    else:
        there = "SELECT name FROM sqlite_master WHERE type = 'table'"
    return [name for (name,) in read_plainly(running, there)]


async def make_readable(running: Running) -> None:
    """Waits until all that was committed may be read in the feeds; where the store is a file that
    is always so.
    """
    neighbours = running.ops.memory.neighbours
    if neighbours is not None:
        await neighbours.head()


def _for_postgresql(statement: str) -> bytes:
    return statement.replace("?", "%s").encode()
