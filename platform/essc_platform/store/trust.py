"""The published signing keys, as the store keeps them: the public half and its times."""

import sqlite3
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from essc_platform.store import tables
from essc_platform.store.gateway import compiled


class KeyRow(NamedTuple):
    """A published key: id, 32 public bytes, state as the contract numbers it, creation time."""

    key_id: str
    public_key: bytes
    state: int
    create_time: int


def add_key(connection: sqlite3.Connection, key: KeyRow) -> None:
    """Adds a key, inside whatever transaction is open."""
    connection.execute(_ADD, key)


def keys(connection: sqlite3.Connection) -> list[KeyRow]:
    """All keys, newest first."""
    return [KeyRow(*row) for row in connection.execute(_KEYS)]


_ADD = compiled(insert(tables.signing_keys))
_KEYS = compiled(select(tables.signing_keys).order_by(tables.signing_keys.c.create_time.desc()))
