"""Putting rows in the place of older ones: the one statement that the engines write differently."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

_INSERTS: Final[Mapping[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def upsert(
    connection: Connection, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    """One row, by the columns of its key."""
    upsert_all(connection, table, tuple(key), [{**key, **values}])


def upsert_all(
    connection: Connection, table: Table, key: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Rows of the same columns. Of two with the same key the later one stays."""
    if not rows:
        return
    statement = _INSERTS[connection.dialect.name](table)
    put = {name: statement.excluded[name] for name in rows[0] if name not in key}
    connection.execute(
        statement.on_conflict_do_update(index_elements=list(key), set_=put), list(rows)
    )
