"""The batch's two ways to the database: load what it declared, save what it decided.

One select per table and one executemany per table, whatever the number of commands. Statements are
written and compiled once with SQLAlchemy and run by the driver's own cursor, because the toolkit's
connection and result machinery costs more than these queries.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain, repeat
from typing import Any, NamedTuple

from sqlalchemy import Column, Table, and_, column, select
from sqlalchemy import table as named
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert

from essc_platform.core.records import Change, Entry
from essc_platform.core.snapshot import PREFIX_LENGTHS, Key, Read, Snapshot
from essc_platform.store import tables
from essc_platform.store.engine import STATEMENTS_KEPT
from essc_platform.store.rows import MAPPINGS, Row

_DIALECT = sqlite.dialect(paramstyle="qmark")
_KEYS_MAX = 1024
"""Keys in one select: a statement has a bounded number of parameters."""


class RequestKey(NamedTuple):
    """Where a request lies in the ledger: a bucket and a keyed digest of caller and request_id."""

    bucket: int
    digest: str


class LedgerLine(NamedTuple):
    """A request that changed something: what was asked, as a digest, and what was answered."""

    key: RequestKey
    content: bytes
    at: int
    answer: bytes | None
    rejection: str | None
    caller: str
    """Who asked, and by which id: for audits, which cannot read it out of the digest."""
    request_id: str


class EventLine(NamedTuple):
    """An event at its place in a channel's feed, written out."""

    bucket: int
    channel: str
    position: int
    body: bytes


def load(connection: sqlite3.Connection, reads: Iterable[Read]) -> Snapshot:
    """Everything that was declared, present or known to be absent: one select per table."""
    snapshot = Snapshot()
    keys: dict[tuple[type[Change], bool], set[Key]] = {}
    for kind, key, is_prefix in reads:
        keys.setdefault((kind, is_prefix), set()).add(key)
    for (kind, is_prefix), wanted in keys.items():
        if is_prefix:
            _load_many(connection, snapshot, kind, wanted)
        else:
            _load_one(connection, snapshot, kind, wanted)
    return snapshot


def load_requests(
    connection: sqlite3.Connection, keys: Sequence[RequestKey]
) -> dict[str, LedgerLine]:
    """The ledger's lines of these requests, by digest."""
    if not keys:
        return {}
    found = map(ledger_line, rows_under(connection, _select(tables.requests, None), keys))
    return {line.key.digest: line for line in found}


def ledger_line(row: Row) -> LedgerLine:
    """A line of the ledger, its columns in the order of the table."""
    return LedgerLine(RequestKey(row[0], row[1]), *row[2:])


def save(
    connection: sqlite3.Connection,
    changes: Iterable[Change],
    entries: Sequence[tuple[int, Entry]],
    events: Sequence[EventLine],
    requests: Sequence[LedgerLine],
) -> None:
    """Writes what was decided: changes folded per key, the last one wins.

    In the order of the keys, so that neighbours in a table are written one after the other.
    """
    folded: dict[type[Change], dict[Key, Change]] = {}
    for change in changes:
        folded.setdefault(type(change), {})[change.key] = change
    for kind, by_key in folded.items():
        mapping = MAPPINGS[kind]
        rows = sorted(mapping.to_row(record) for record in by_key.values())
        connection.executemany(_upsert(mapping.table), rows)
    if entries:
        rows = sorted(_entry_row(*each) for each in entries)
        connection.executemany(_insert(tables.entries), rows)
    if events:
        rows = [(e.bucket, e.channel, e.position, e.body) for e in events]
        connection.executemany(_insert(tables.events), rows)
    if requests:
        rows = [
            (
                *line.key,
                line.content,
                line.at,
                line.answer,
                line.rejection,
                line.caller,
                line.request_id,
            )
            for line in requests
        ]
        connection.executemany(_insert(tables.requests), sorted(rows))


def _load_one(
    connection: sqlite3.Connection, snapshot: Snapshot, kind: type[Change], wanted: set[Key]
) -> None:
    mapping = MAPPINGS[kind]
    found: dict[Key, Change | None] = dict.fromkeys(wanted)
    for row in rows_under(connection, _select(mapping.table, None), _listed(wanted)):
        record = mapping.from_row(row)
        found[record.key] = record
    snapshot.put_all(kind, found)


def _load_many(
    connection: sqlite3.Connection, snapshot: Snapshot, kind: type[Change], wanted: set[Key]
) -> None:
    mapping = MAPPINGS[kind]
    length = PREFIX_LENGTHS[kind]
    found: dict[Key, list[Change]] = {prefix: [] for prefix in wanted}
    for row in rows_under(connection, _select(mapping.table, length), _listed(wanted)):
        found[row[:length]].append(mapping.from_row(row))
    for prefix, records in found.items():
        snapshot.put_many(kind, prefix, records)


def _listed(keys: set[Key]) -> list[tuple[Any, ...]]:
    return [(key,) if isinstance(key, str) else key for key in keys]


def _entry_row(position: int, entry: Entry) -> Row:
    return (
        *entry.citizen,
        position,
        entry.kind.value,
        entry.at,
        entry.channel,
        entry.place.value,
    )


@cache
def _select(table: Table, key_length: int | None) -> str:
    """The rows under keys, or under prefixes of this length."""
    key_columns = list(table.primary_key.columns)[:key_length]
    return under_keys(list(table.columns), key_columns)


def under_keys(columns: Sequence[Column[Any]], key_columns: Sequence[Column[Any]]) -> str:
    """These columns of the rows of one table under keys; for `rows_under`."""
    names = [f"key_{place}" for place in range(len(key_columns))]
    wanted = named("wanted", *map(column, names))
    on = and_(*(own == wanted.c[name] for own, name in zip(key_columns, names, strict=True)))
    rows = compiled(select(*columns).select_from(wanted.join(columns[0].table, on)))
    return f"WITH wanted ({', '.join(names)}) AS (VALUES %s) {rows}"


def rows_under(
    connection: sqlite3.Connection, statement: str, keys: Collection[tuple[Any, ...]]
) -> Iterator[Row]:
    """The rows under these keys.

    Listed as values they cost two thirds of what a JSON list does, if the driver knows the text;
    if it has to compile it, more. So there are few texts: a list is filled up with absent keys.
    """
    listed = list(keys)
    for begin in range(0, len(listed), _KEYS_MAX):
        some = listed[begin : begin + _KEYS_MAX]
        width, length = len(some[0]), _rounded_up(len(some))
        absent = repeat(None, width * (length - len(some)))
        text = _with_values(statement, width, length)
        yield from connection.execute(text, (*chain.from_iterable(some), *absent))


def _rounded_up(length: int) -> int:
    """To three binary digits: at most a quarter more, and four lengths in each doubling."""
    step = 1 << max(length.bit_length() - 3, 0)
    return -(-length // step) * step


@lru_cache(maxsize=STATEMENTS_KEPT)
def _with_values(statement: str, width: int, length: int) -> str:
    places = f"({', '.join('?' * width)})"
    return statement % ", ".join([places] * length)


@cache
def _upsert(table: Table) -> str:
    statement = insert(table)
    rest = [
        each.name for each in table.columns if not each.primary_key and each.info != tables.STAYS
    ]
    return compiled(
        statement.on_conflict_do_update(
            index_elements=list(table.primary_key.columns),
            set_={name: statement.excluded[name] for name in rest},
        )
    )


@cache
def _insert(table: Table) -> str:
    return compiled(insert(table))


def compiled(statement: Any) -> str:
    """A statement as the driver takes it, its parameters in the order of the text."""
    # The dialect adds an OFFSET to every LIMIT; nothing here skips rows.
    return str(statement.compile(dialect=_DIALECT)).replace(" OFFSET ?", "")
