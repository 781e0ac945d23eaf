"""Facts about the store itself: small values under names."""

from typing import Final

from sqlalchemy import bindparam, delete, select

from essc_platform.store import tables
from essc_platform.store.connections import Connection
from essc_platform.store.statements import compiled, upsert

SCHEMA = "schema_version"
PLATFORM = "platform_id"
CLOCK_OFFSET = "clock_offset_us"
FEDERATION = "federation_version"
"""Counts the changes of what belongs to all: parties, keys, the catalogue."""

_PROBE: Final = "probe"
_PROBE_BYTES: Final = 16 * 1024
"""Enough that a store which may not grow has no room for it."""


def read_fact(connection: Connection, name: str) -> str | None:
    """A fact about the store; None if it was never written."""
    row = connection.execute(_FACT, (name,)).fetchone()
    return None if row is None else str(row[0])


def write_fact(connection: Connection, name: str, value: str) -> None:
    """Writes a fact, inside whatever transaction is open."""
    connection.write(upsert(tables.facts), [(name, value)])


def note_federation(connection: Connection) -> None:
    """Counts one change more of what belongs to all, inside whatever transaction is open."""
    write_fact(connection, FEDERATION, str(int(read_fact(connection, FEDERATION) or "0") + 1))


def look(connection: Connection) -> None:
    """Reads something small: it fails where the store is away."""
    read_fact(connection, SCHEMA)


def try_to_write(connection: Connection) -> None:
    """Writes something and takes it back, in one transaction: it fails where changes fail."""
    with connection.transaction():
        write_fact(connection, _PROBE, " " * _PROBE_BYTES)
        connection.execute(_FORGET, (_PROBE,))


_FACT = compiled(select(tables.facts.c.value).where(tables.facts.c.name == bindparam("name")))
_FORGET = compiled(delete(tables.facts).where(tables.facts.c.name == bindparam("name")))
