"""Runs the migrations that a database has not seen yet, all in one transaction.

A kill, a full disk or an error at any moment leaves the database as it was; SQLite's definitions
too are part of a transaction.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection

from essc_channels.store.engines import StoreFault
from essc_channels.store.versions import Schema, found_version, note_version, version_problem
from essc_channels.store.whole import name_of, opened

_HERE: Final = Path(__file__).parent


def bring(place: Path | str, schema: Schema, mend: str) -> tuple[int, int]:
    """Brings a database to this program's schema; answers the versions before and now.

    `mend` is the command that does this. Raises StoreFault.
    """
    with opened(place) as connection:
        found = found_version(connection)
        if found == 0:
            raise StoreFault(f"{name_of(place)}: no channel has used it yet")
        problem = version_problem(found, schema, mend)
        if problem is not None and found not in schema.releases:
            raise StoreFault(f"{name_of(place)}: {problem}")
        run_all(connection, migrations_after(schema, found))
        return found, found_version(connection)


def migrations_after(schema: Schema, version: int) -> Sequence[Script]:
    """The migrations behind a schema of a release, the first one first; all of them behind 0."""
    scripts = ScriptDirectory(_HERE / schema.name)
    return list(scripts.iterate_revisions("heads", str(version or "base")))[::-1]


def run_all(connection: Connection, migrations: Sequence[Script]) -> None:
    """Runs these migrations, inside whatever transaction is open, and notes each."""
    with Operations.context(MigrationContext.configure(connection)):
        for migration in migrations:
            migration.module.upgrade()
            note_version(connection, int(migration.revision))
