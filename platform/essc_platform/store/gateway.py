"""The batch's two ways to the store: load what it declared, save what it decided.

One select per table and one write per table, whatever the number of commands.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Table

from essc_platform.core.records import Change, Citizen, CitizenKey, Entry, PhotoUse
from essc_platform.core.snapshot import PREFIX_LENGTHS, Key, Read, Snapshot
from essc_platform.store import tables
from essc_platform.store.connections import Connection
from essc_platform.store.rows import MAPPINGS, Row
from essc_platform.store.statements import Statement, insert, under_keys, upsert

_UNGUARDED: Final = (Citizen, PhotoUse)
"""Of these, nothing that can be locked is there before the first one is. Two processes that write
it at once have to meet in its key.
"""


_OF_CITIZENS: Final = frozenset(
    kind
    for kind, mapping in MAPPINGS.items()
    if list(mapping.table.primary_key.columns.keys())[:2] == ["bucket", "citizen"]
)
"""What lies with a citizen."""


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


def load(connection: Connection, reads: Iterable[Read]) -> Snapshot:
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


def load_requests(connection: Connection, keys: Sequence[RequestKey]) -> dict[str, LedgerLine]:
    """The ledger's lines of these requests, by digest."""
    if not keys:
        return {}
    found = map(ledger_line, connection.rows_under(_select(tables.requests, None), keys))
    return {line.key.digest: line for line in found}


def ledger_line(row: Row) -> LedgerLine:
    """A line of the ledger, its columns in the order of the table."""
    return LedgerLine(RequestKey(row[0], row[1]), *row[2:])


def citizens_of(reads: Iterable[Read]) -> list[CitizenKey]:
    """Whose records these are, each once, in the order of their keys."""
    return sorted({CitizenKey(*key[:2]) for kind, key, _ in reads if kind in _OF_CITIZENS})


def names_citizens(reads: Iterable[Read]) -> bool:
    """Whether any of it lies with a citizen."""
    return any(kind in _OF_CITIZENS for kind, _, _ in reads)


def save(
    connection: Connection,
    changes: Iterable[Change],
    entries: Sequence[tuple[int, Entry]],
    events: Sequence[EventLine],
    requests: Sequence[LedgerLine],
    absent: Collection[tuple[type[Change], Key]] = (),
) -> None:
    """Writes what was decided: changes folded per key, the last one wins.

    In the order of the keys, so that neighbours in a table are written one after the other.
    `absent`: what was not there when it was loaded, as far as that has to be so still.
    """
    folded: dict[type[Change], dict[Key, Change]] = {}
    for change in changes:
        folded.setdefault(type(change), {})[change.key] = change
    for kind, by_key in folded.items():
        mapping = MAPPINGS[kind]
        new = [key for key in by_key if (kind, key) in absent] if kind in _UNGUARDED else ()
        if new:
            rows = sorted(mapping.to_row(by_key.pop(key)) for key in new)
            connection.write(insert(mapping.table), rows)
        if by_key:
            rows = sorted(mapping.to_row(record) for record in by_key.values())
            connection.write(upsert(mapping.table), rows)
    if entries:
        rows = sorted(_entry_row(*each) for each in entries)
        connection.write(insert(tables.entries), rows)
    if events:
        rows = [(e.bucket, e.channel, e.position, e.body) for e in events]
        connection.write(insert(tables.events), rows)
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
        connection.write(insert(tables.requests), sorted(rows))


def _load_one(
    connection: Connection, snapshot: Snapshot, kind: type[Change], wanted: set[Key]
) -> None:
    mapping = MAPPINGS[kind]
    found: dict[Key, Change | None] = dict.fromkeys(wanted)
    for row in connection.rows_under(_select(mapping.table, None), _listed(wanted)):
        record = mapping.from_row(row)
        found[record.key] = record
    snapshot.put_all(kind, found)
    if kind in _UNGUARDED:
        snapshot.absent |= {(kind, key) for key, record in found.items() if record is None}


def _load_many(
    connection: Connection, snapshot: Snapshot, kind: type[Change], wanted: set[Key]
) -> None:
    mapping = MAPPINGS[kind]
    length = PREFIX_LENGTHS[kind]
    found: dict[Key, list[Change]] = {prefix: [] for prefix in wanted}
    for row in connection.rows_under(_select(mapping.table, length), _listed(wanted)):
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
def _select(table: Table, key_length: int | None) -> Statement:
    """The rows under keys, or under prefixes of this length."""
    key_columns = list(table.primary_key.columns)[:key_length]
    return under_keys(list(table.columns), key_columns)
