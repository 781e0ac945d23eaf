"""What all tables share: the schema's version, the metadata, how a citizen's rows lie."""

from typing import Any

from sqlalchemy import BigInteger, Column, Constraint, Index, MetaData, SmallInteger, Table

SCHEMA_VERSION = 7

STAYS = {"stays": True}
"""Of a column: an update leaves it as it is. Worth saying where it spares an index."""

metadata = MetaData()


def citizen_key() -> tuple[Column[int], Column[int]]:
    """The first columns of all that belongs to a citizen."""
    return (
        Column("bucket", SmallInteger, primary_key=True, autoincrement=False),
        Column("citizen", BigInteger, primary_key=True, autoincrement=False),
    )


def table(
    name: str, *columns: Column[Any] | Index | Constraint, in_key_order: bool = True
) -> Table:
    """A table whose rows lie in key order, so what belongs to one citizen lies together.

    Where keys are random that would put each row of a commit on a page of its own. Such rows lie
    as they come, a commit's on a few pages, and only the short entries of the key are scattered.
    """
    return Table(name, metadata, *columns, sqlite_with_rowid=not in_key_order)
