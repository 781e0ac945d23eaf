"""Every statement of the store, in the words of either engine.

Written once with SQLAlchemy, compiled once, and run by the driver's own cursor, because the
toolkit's connection and result machinery costs more than these queries. Parameters go by their
order in the text.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property
from typing import Any, Final

from sqlalchemy import ARRAY, Column, Table, and_, bindparam, cast, column, func, select
from sqlalchemy import table as named
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from essc_platform.store import tables

_SQLITE = sqlite.dialect(paramstyle="qmark")
_POSTGRESQL = PGDialect_psycopg(paramstyle="format")  # type: ignore[no-untyped-call]

STATEMENTS: Final[list["Statement"]] = []
"""All of them, in the order in which they were written: for compiling ahead, and for lints."""


class Statement:
    """One statement; its texts are compiled when they are first asked for."""

    def __init__(self, in_sqlite: Callable[[], str], in_postgresql: Callable[[], str]) -> None:
        self._in_sqlite, self._in_postgresql = in_sqlite, in_postgresql
        STATEMENTS.append(self)

    @cached_property
    def sqlite(self) -> str:
        """With a question mark for each parameter."""
        return self._in_sqlite()

    @cached_property
    def postgresql(self) -> bytes:
        """With `%s` for each parameter; as bytes, which the driver takes whatever they say."""
        return self._in_postgresql().encode()


def compiled(statement: Any) -> Statement:
    """A statement that both engines understand alike."""
    return Statement(lambda: _sqlite_text(statement), lambda: _postgresql_text(statement))


def in_postgresql(statement: Any) -> Statement:
    """A statement that only PostgreSQL is asked; text stands as it is."""

    def in_sqlite() -> str:
        message = "not a statement of SQLite"
        raise NotImplementedError(message)

    if isinstance(statement, str):
        return Statement(in_sqlite, lambda: statement)
    return Statement(in_sqlite, lambda: _postgresql_text(statement))


def under_keys(columns: Sequence[Column[Any]], key_columns: Sequence[Column[Any]]) -> Statement:
    """These columns of the rows of one table under keys; for `Connection.rows_under`.

    SQLite's text has one place left for the keys, listed as values; PostgreSQL's takes one array
    for each column of the key.
    """
    names = [f"key_{place}" for place in range(len(key_columns))]

    def joined(wanted: Any) -> Any:
        on = and_(*(own == wanted.c[name] for own, name in zip(key_columns, names, strict=True)))
        return select(*columns).select_from(wanted.join(columns[0].table, on))

    def in_sqlite() -> str:
        rows = _sqlite_text(joined(named("wanted", *map(column, names))))
        return f"WITH wanted ({', '.join(names)}) AS (VALUES %s) {rows}"

    def of_arrays() -> str:
        typed = dict(zip(names, key_columns, strict=True))
        return _postgresql_text(joined(unnested("wanted", typed)))

    return Statement(in_sqlite, of_arrays)


@cache
def upsert(table: Table) -> Statement:
    """Rows of a table, whether they are there or not; for `Connection.write`."""
    key = list(table.primary_key.columns)
    rest = [
        each.name for each in table.columns if not each.primary_key and each.info != tables.STAYS
    ]

    def with_update(statement: Any) -> Any:
        return statement.on_conflict_do_update(
            index_elements=key, set_={name: statement.excluded[name] for name in rest}
        )

    return Statement(
        lambda: _sqlite_text(with_update(sqlite.insert(table))),
        lambda: _postgresql_text(with_update(_insert_arrays(table))),
    )


@cache
def insert(table: Table) -> Statement:
    """New rows of a table: one that is there already is a conflict. For `Connection.write`."""
    return Statement(
        lambda: _sqlite_text(sqlite.insert(table)), lambda: _postgresql_text(_insert_arrays(table))
    )


def _insert_arrays(table: Table) -> postgresql.Insert:
    rows = unnested("written", {each.name: each for each in table.columns})
    return postgresql.insert(table).from_select(list(table.columns.keys()), select(*rows.c))


def unnested(name: str, typed: Mapping[str, Column[Any]]) -> Any:
    """Rows out of one array for each column, on PostgreSQL; in the order of the columns."""
    arrays = [cast(bindparam(f"all_{each}"), ARRAY(own.type)) for each, own in typed.items()]
    return func.unnest(*arrays).table_valued(*typed, name=name).render_derived()


def _sqlite_text(statement: Any) -> str:
    # The dialect adds an OFFSET to every LIMIT; nothing here skips rows.
    return str(statement.compile(dialect=_SQLITE)).replace(" OFFSET ?", "")


def _postgresql_text(statement: Any) -> str:
    return str(statement.compile(dialect=_POSTGRESQL))
