"""Which store a platform has: a SQLite file in its data folder, or a PostgreSQL database."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, Protocol, TypeVar

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from essc_platform.store.connections import Connection, Glance
from essc_platform.store.errors import StoreError
from essc_platform.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

STORE_FILE: Final = "platform.db"
P = ParamSpec("P")
T = TypeVar("T")


class Store(Protocol):
    """An opened store: one connection writes, in the batch's thread, others read."""

    @property
    def writer(self) -> Connection: ...
    @property
    def settings(self) -> "DataclassInstance":
        """What the engine says of its durability."""

    @property
    def reads_running(self) -> int:
        """How many views wait for a connection, or run."""

    async def read(
        self, view: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Runs a view, a read that is not part of a batch. Raises what `errors.FAILURES` lists."""

    def glance(self) -> Glance:
        """A consistent look at all of it."""

    def close(self) -> None:
        """Closes all connections."""


def url_problem(url: str) -> str | None:
    """What is wrong with the URL of a store, in one line; None if it can be tried."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return "not a URL like postgresql+psycopg://HOST/DATABASE"
    if parsed.drivername not in ("postgresql", "postgresql+psycopg"):
        return f"{parsed.drivername}: only postgresql+psycopg is known"
    return None


def open_file(folder: Path, bytes_max: int | None) -> Store:
    """Opens the file in a data folder. Raises StoreError."""
    store = SqliteStore(folder / STORE_FILE, bytes_max)
    store.begin_folding()
    return store


def open_database(url: str, platform_id: str, bound_s: float | None) -> Store:
    """Opens a database; what is not committed after `bound_s` is rolled back. Raises StoreError."""
    try:
        from essc_platform.store.postgresql_store import PostgresqlStore
    except ImportError as error:
        raise StoreError(
            "PostgreSQL needs a driver: install psycopg, the extra `postgres`"
        ) from error
    return PostgresqlStore(url, platform_id, bound_s)


def create_store(
    path: Path, url: str | None, platform_id: str, fill: Callable[[Connection], None]
) -> None:
    """Makes a store with what is in it from the beginning; the file if there is no URL.

    Raises FileExistsError, StoreError, sqlite3.Error.
    """
    if url is not None:
        from essc_platform.store.postgresql_store import create

        create(url, platform_id, fill)
        return
    store = SqliteStore(path)
    try:
        with store.writer.transaction():
            fill(store.writer)
    finally:
        store.close()
