"""Databases of a server: made, copied, dropped. Speaks SQL to the server's database `postgres`.

A federation's databases are its own: they are made for it under names that it has chosen, so that
dropping them loses nothing of anybody else's.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from essc_workbench.failures import UsageError, WorkbenchError
from essc_workbench.postgres.urls import database_of, for_library, with_database

if TYPE_CHECKING:
    import psycopg

_CONNECT_S: Final = 10
_IN_USE: Final = "55006"
"""SQLSTATE: somebody is connected to the database that is to be copied."""
_COPY_PATIENCE_S: Final = 5.0
"""How long a copy waits for those who leave the database that is copied."""
_PAUSE_S: Final = 0.02


def exists(url: str) -> bool:
    """Whether there is the database that an address names."""
    with _maintained(url) as connection:
        found = connection.execute(
            "select 1 from pg_database where datname = %s", (database_of(url),)
        )
        return found.fetchone() is not None


def create(url: str, *, template: str = "") -> None:
    """Makes the database that an address names: empty, or as the template is, which nobody uses.

    Raises WorkbenchError if there is one already.
    """
    import psycopg
    from psycopg import sql

    words = sql.SQL("create database {} template {} encoding 'UTF8'").format(
        sql.Identifier(database_of(url)), sql.Identifier(template or "template0")
    )
    until = time.monotonic() + _COPY_PATIENCE_S
    with _maintained(url) as connection:
        while True:
            try:
                connection.execute(words)
            except psycopg.Error as error:
                # Who has closed a connection is still there for a moment.
                if error.sqlstate == _IN_USE and time.monotonic() < until:
                    time.sleep(_PAUSE_S)
                    continue
                raise _failure(url, error) from None
            return


def drop(url: str) -> None:
    """Drops the database that an address names, whoever uses it; nothing if there is none."""
    from psycopg import sql

    with _maintained(url) as connection:
        connection.execute(
            sql.SQL("drop database if exists {} with (force)").format(
                sql.Identifier(database_of(url))
            )
        )


def size(url: str) -> int:
    """Bytes that a database has on its server's disk; 0 if there is none."""
    with _maintained(url) as connection:
        found = connection.execute(
            "select pg_database_size(oid) from pg_database where datname = %s", (database_of(url),)
        ).fetchone()
    return int(str(found[0])) if found else 0


def named(url: str, prefix: str) -> Sequence[str]:
    """The server's databases whose names begin so."""
    with _maintained(url) as connection:
        found = connection.execute("select datname from pg_database order by datname")
        return [name for name in (str(name) for (name,) in found) if name.startswith(prefix)]


@contextmanager
def _maintained(url: str) -> "Iterator[psycopg.Connection[tuple[object, ...]]]":
    """A connection to the server's own database, outside any transaction."""
    try:
        import psycopg
    except ImportError:
        raise UsageError(
            "PostgreSQL needs psycopg: pip install 'essc-federation[postgres]'"
        ) from None
    try:
        connection = psycopg.connect(
            for_library(with_database(url, "postgres")),
            autocommit=True,
            connect_timeout=_CONNECT_S,
            application_name="essc",
        )
    except psycopg.Error as error:
        raise _failure(url, error) from None
    with connection:
        yield connection


def _failure(url: str, error: Exception) -> WorkbenchError:
    said = str(error).strip().splitlines()
    return WorkbenchError(f"PostgreSQL, {database_of(url)}: {said[0][:300] if said else 'failed'}")
