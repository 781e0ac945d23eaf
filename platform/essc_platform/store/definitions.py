"""The definitions of all tables and indexes, as text for the engine's own client.

For whoever makes a database by hand, and for reading: PostgreSQL's are the ones that the platform
would make itself. A distributed engine spreads the same tables by their buckets.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Insert, Table, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from essc_platform.store import tables
from essc_platform.store.facts import SCHEMA


class Dialect(StrEnum):
    """Whose definitions are wanted."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"
    CITUS = "citus"
    COCKROACHDB = "cockroachdb"


_FIRST: Final = tables.citizens.name
"""The other tables lie where this one's buckets lie."""


def definitions(dialect: Dialect) -> str:
    """All of them, and the version that the platform looks for; one statement after the other."""
    lines = [f"-- essc-platform, schema {tables.SCHEMA_VERSION}, for {dialect}", ""]
    for statement in _statements(dialect):
        lines += [f"{statement};", ""]
    return "\n".join(lines)


def _is_bucketed(table: Table) -> bool:
    """Whether its rows are spread by bucket; the others are small, and whole at every node."""
    return next(iter(table.primary_key.columns)).name == "bucket"


def _statements(dialect: Dialect) -> Iterator[str]:
    compiler: Any = sqlite.dialect() if dialect is Dialect.SQLITE else postgresql.dialect()  # type: ignore[no-untyped-call]
    all_tables = tables.metadata.sorted_tables
    for table in all_tables:
        yield _text(CreateTable(table), compiler)
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield _text(CreateIndex(index), compiler)
    if dialect is Dialect.CITUS:
        yield from map(_kept, sorted(all_tables, key=lambda each: each.name != _FIRST))
    version = {"name": SCHEMA, "value": str(tables.SCHEMA_VERSION)}
    yield _text(insert(tables.facts).values(version), compiler)


def _text(statement: CreateTable | CreateIndex | Insert, compiler: Any) -> str:
    values = {} if isinstance(statement, CreateTable | CreateIndex) else {"literal_binds": True}
    compiled = statement.compile(dialect=compiler, compile_kwargs=values)
    lines = str(compiled).strip().splitlines()
    return "\n".join(line.rstrip().replace("\t", "  ") for line in lines if line.strip())


def _kept(table: Table) -> str:
    """How Citus keeps a table: by bucket, the same buckets at one node; or whole at each."""
    if not _is_bucketed(table):
        return f"SELECT create_reference_table('{table.name}')"
    beside = "none" if table.name == _FIRST else _FIRST
    return f"SELECT create_distributed_table('{table.name}', 'bucket', colocate_with => '{beside}')"
