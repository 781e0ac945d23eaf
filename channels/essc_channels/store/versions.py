"""Which schema a channel's database has, and whether this program can work on it.

The database says it itself, and only there: SQLite in its header, PostgreSQL in a table of one row.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    insert,
    inspect,
    select,
    text,
    update,
)

from essc_channels.store import lab_tables, tables

# Of PostgreSQL only, and no part of the schema that it speaks of.
_SAID: Final = Table("schema_version", MetaData(), Column("version", Integer, nullable=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """A database of a channel: its version here, and those of releases before."""

    name: str
    version: int
    releases: dict[int, str]
    """Older released versions, with the first release that had them."""


CHANNEL: Final = Schema(name="channel", version=tables.SCHEMA_VERSION, releases={})
LAB: Final = Schema(name="lab", version=lab_tables.SCHEMA_VERSION, releases={1: "0.1.0"})


def found_version(connection: Connection) -> int:
    """What a database says of its schema; 0 if there is nothing in it yet."""
    if connection.dialect.name == "sqlite":
        return int(connection.execute(text("PRAGMA user_version")).scalar_one())
    if not inspect(connection).has_table(_SAID.name):
        return 0
    return int(connection.execute(select(_SAID.c.version).with_for_update()).scalar_one())


def note_version(connection: Connection, version: int) -> None:
    """Says it, inside whatever transaction is open."""
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"PRAGMA user_version = {version}"))
    elif inspect(connection).has_table(_SAID.name):
        connection.execute(update(_SAID).values(version=version))
    else:
        _SAID.create(connection)
        connection.execute(insert(_SAID).values(version=version))


def version_problem(found: int, schema: Schema, mend: str) -> str | None:
    """Why this program does not work on a database, in one line; None if it does.

    `mend` is the command that brings the database of an older release to this program's schema.
    """
    mine = schema.version
    if found == mine:
        return None
    if found > mine:
        return f"its schema is version {found}, newer than this program's, {mine}"
    if found in schema.releases:
        return (
            f"its schema is version {found}, of release {schema.releases[found]}, this program's "
            f"is {mine}: run `{mend}`"
        )
    return (
        f"its schema is version {found}, which was in no release, this program's is {mine}: no way "
        "leads there"
    )
