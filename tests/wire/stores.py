"""The store of a platform in this process, as its tests look into it."""

import sqlite3

from essc_platform.server import Running
from essc_platform.store.connections import Connection
from essc_platform.store.sqlite import SqliteConnection, SqliteStore


def sqlite_of(running: Running) -> SqliteStore:
    """Its store: a file."""
    assert isinstance(running.store, SqliteStore)
    return running.store


def driver_of(connection: Connection) -> sqlite3.Connection:
    """What takes plain SQL."""
    assert isinstance(connection, SqliteConnection)
    return connection.driver
