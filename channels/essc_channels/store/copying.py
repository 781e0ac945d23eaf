"""Copies a channel's store to the other engine: table by table, in portions, in one transaction.
Then all is read again where it was written, and must be the same.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Table, insert, inspect, select

from essc_channels.store import tables
from essc_channels.store.engines import StoreFault
from essc_channels.store.versions import CHANNEL, found_version, note_version

ROWS_AT_ONCE: Final = 1000
_MODULUS: Final = 1 << 128
Digest: TypeAlias = tuple[int, int]
"""How many rows, and the sum of their digests: two engines may give them in another order."""


def copy_all(source: Connection, target: Connection) -> dict[str, int]:
    """Copies what a store holds into an empty one; answers the number of rows of each table.

    Nothing holds before the target's transaction is committed. Raises StoreFault.
    """
    if found_version(target) or set(inspect(target).get_table_names()) & set(
        tables.metadata.tables
    ):
        raise StoreFault("the target is not empty")
    tables.metadata.create_all(target)
    rows: dict[str, int] = {}
    for table in tables.metadata.sorted_tables:
        for some in _portions(table, source):
            target.execute(
                insert(table), [dict(zip(table.columns.keys(), r, strict=True)) for r in some]
            )
        read, written = (digest_of(_rows(table, each)) for each in (source, target))
        if read != written:
            raise StoreFault(f"{table.name}: what was copied is not the same; nothing was copied")
        rows[table.name] = read[0]
    note_version(target, CHANNEL.version)
    return rows


def owner_problem(source: Connection, digest_key: bytes) -> str | None:
    """Why a store is another data folder's, in one line; None if it is not, as no file is."""
    if source.dialect.name == "sqlite":
        return None
    from essc_channels.store.postgresql import owner  # needs the driver

    found = source.execute(select(owner.c.key_digest)).scalar()
    if found == hashlib.sha256(digest_key).hexdigest():
        return None
    return "the store belongs to another data folder: digest.key differs"


def digest_of(rows: Iterable[Sequence[Any]]) -> Digest:
    """Of rows as Python's own values."""
    count = total = 0
    for row in rows:
        digest = hashlib.blake2b(repr(tuple(row)).encode(), digest_size=16).digest()
        count, total = count + 1, (total + int.from_bytes(digest)) % _MODULUS
    return count, total


def _portions(table: Table, connection: Connection) -> Iterator[Sequence[Sequence[Any]]]:
    rows = select(table).order_by(*table.primary_key.columns)
    streamed = rows.execution_options(yield_per=ROWS_AT_ONCE)
    yield from connection.execute(streamed).partitions()


def _rows(table: Table, connection: Connection) -> Iterator[Sequence[Any]]:
    for some in _portions(table, connection):
        yield from some
