"""Copies a whole store to another engine: table by table, in key order, in one transaction.

Rows are read in portions and written as they come, so that memory does not grow with the store.
Then all is read again where it was written, and must be the same. Indexes are made at the end:
that takes less time than to keep them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Select, Table, delete, insert, inspect, literal, select
from sqlalchemy.schema import CreateIndex, CreateTable

from essc_platform.store import tables
from essc_platform.store.digests import TableDigest
from essc_platform.store.errors import StoreError
from essc_platform.store.facts import PLATFORM, SCHEMA
from essc_platform.store.whole import found_version

ROWS_AT_ONCE: Final = 1000
Say: TypeAlias = Callable[[str], None]
_FACTS: Final = tables.facts


class CopyRefused(StoreError):  # noqa: N818 - it is refused; nothing went wrong
    """The copy is not made, or was made and is taken back."""


def copy_all(source: Connection, target: Connection, platform_id: str, say: Say) -> int:
    """Copies what a store holds into an empty one, verified; answers the number of rows.

    Nothing holds before the target's transaction is committed. Raises CopyRefused.
    """
    _check_owner(source, platform_id)
    has_tables = takes_tables(target)
    if has_tables:
        target.execute(delete(_FACTS))
    rows = 0
    for table in tables.metadata.sorted_tables:
        if not has_tables:
            target.execute(CreateTable(table))
        read = _copied(table, source, target)
        written = TableDigest()
        for some in _portions(table, target):
            written.add(some)
        if read != written:
            raise CopyRefused(
                f"{table.name}: {read.rows} rows were read and {written.rows} are there, or not "
                "with the same content; nothing was copied"
            )
        for index in () if has_tables else sorted(table.indexes, key=lambda index: str(index.name)):
            target.execute(CreateIndex(index))
        say(f"{table.name}: {read.rows} rows, the same there")
        rows += read.rows
    if target.dialect.name == "postgresql":
        # One database may be taken for another's; a file lies beside its own secrets.
        target.execute(insert(_FACTS).values(name=PLATFORM, value=platform_id))
    return rows


def takes_tables(target: Connection) -> bool:
    """Whether an empty store has its tables already, made from the printed definitions.

    Raises CopyRefused if it is not empty, or its tables are others.
    """
    there = set(inspect(target).get_table_names()) & set(tables.metadata.tables)
    if not there:
        return False
    known = select(_FACTS.c.name).where(_FACTS.c.name != SCHEMA)
    full = [
        name
        for name in sorted(there)
        if target.execute((known if name == _FACTS.name else _any(name)).limit(1)).first()
    ]
    if full:
        raise CopyRefused(f"the target is not empty: there are rows in its table {full[0]}")
    version = found_version(target)
    if there != set(tables.metadata.tables) or version != str(tables.SCHEMA_VERSION):
        raise CopyRefused(
            f"the target has tables of schema {version}, or not all: print the definitions anew"
        )
    return True


def _any(name: str) -> Select[Any]:
    return select(literal(1)).select_from(tables.metadata.tables[name])


def _check_owner(source: Connection, platform_id: str) -> None:
    found = source.execute(select(_FACTS.c.value).where(_FACTS.c.name == PLATFORM)).scalar()
    if found not in (None, platform_id):
        raise CopyRefused(
            f"the source is of platform {found!r}, the data folder of {platform_id!r}"
        )


def _copied(table: Table, source: Connection, target: Connection) -> TableDigest:
    """Copies one table; answers the digest of what was read."""
    digest = TableDigest()

    def counted() -> Iterator[Sequence[Sequence[Any]]]:
        for some in _portions(table, source):
            digest.add(some)
            yield some

    if target.dialect.name == "postgresql":
        _stream(table, target, counted())
    else:
        for some in counted():
            target.execute(insert(table), [_named(table, row) for row in some])
    return digest


def _stream(table: Table, target: Connection, portions: Iterator[Sequence[Sequence[Any]]]) -> None:
    """PostgreSQL's own way for many rows, some ten times as fast as inserting them."""
    driver: Any = target.connection.driver_connection
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    with (
        driver.cursor() as cursor,
        cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy,
    ):
        for some in portions:
            for row in some:
                copy.write_row(row)


def _portions(table: Table, connection: Connection) -> Iterator[Sequence[Sequence[Any]]]:
    rows = select(table).order_by(*table.primary_key.columns)
    if table is _FACTS:
        rows = rows.where(table.c.name != PLATFORM)  # written by each engine as it needs
    streamed = rows.execution_options(yield_per=ROWS_AT_ONCE)
    yield from connection.execute(streamed).partitions()


def _named(table: Table, row: Sequence[Any]) -> Mapping[str, Any]:
    return dict(zip(table.columns.keys(), row, strict=True))
