"""Runs the migrations that a store has not seen yet, all in one transaction.

A kill, a full disk or an error at any moment leaves the store as it was; SQLite's definitions too
are part of a transaction.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, column, insert, text, update
from sqlalchemy import table as named

from essc_platform.store.errors import StoreError
from essc_platform.store.versions import is_old, mend_of, version_problem
from essc_platform.store.whole import found_version, name_of, opened, others_at

_HERE: Final = Path(__file__).parent
_LOCK_MS: Final = 5_000
_FACTS: Final = named("facts", column("name"), column("value"))


def bring(place: Path | str) -> tuple[int, int]:
    """Brings a store to this program's schema; answers its versions before and now.

    Raises StoreError.
    """
    with opened(place) as connection:
        found = found_version(connection)
        if found is None:
            raise StoreError(f"{name_of(place)}: not made by `essc-platform init`")
        problem = version_problem(found, mend_of(place))
        if problem is None:
            return int(found), int(found)
        if not is_old(found):
            raise StoreError(f"{name_of(place)}: {problem}")
        missing = migrations_after(found)
        _check_alone(connection, place, missing)
        run_all(connection, missing)
        return int(found), int(missing[-1].revision)


def _check_alone(connection: Connection, place: Path | str, missing: Sequence[Script]) -> None:
    """Processes that run meanwhile, of the release before, bear what only adds."""
    if connection.dialect.name == "postgresql":
        # Whoever waits longer for a table makes all others wait behind it.
        connection.execute(text(f"SET LOCAL lock_timeout = {_LOCK_MS}"))
    others = others_at(connection)
    if others and not all(each.module.ADDS_ONLY for each in missing):
        raise StoreError(
            f"{name_of(place)}: is in use, by {others} other connections, and what runs does not "
            "bear this change: stop every process first"
        )


def migrations_after(version: str | None) -> Sequence[Script]:
    """The migrations behind a schema of a release, the first one first; all of them behind None."""
    return list(ScriptDirectory(_HERE).iterate_revisions("heads", version or "base"))[::-1]


def run_all(connection: Connection, migrations: Sequence[Script]) -> None:
    """Runs these migrations, inside whatever transaction is open, and notes each in the facts."""
    with Operations.context(MigrationContext.configure(connection)):
        for migration in migrations:
            migration.module.upgrade()
            version = {"value": migration.revision}
            noted = update(_FACTS).where(_FACTS.c.name == "schema_version").values(version)
            if connection.execute(noted).rowcount == 0:
                connection.execute(insert(_FACTS).values(name="schema_version", **version))
