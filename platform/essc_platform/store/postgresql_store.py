"""A PostgreSQL database that several platform processes share: opened, checked and read back."""

import threading
from asyncio import get_running_loop
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import psycopg
from sqlalchemy import inspect, make_url

from essc_platform.store import tables
from essc_platform.store.connections import Connection, Row
from essc_platform.store.errors import StoreConflict, StoreError, StoreFailure, StoreLost
from essc_platform.store.facts import FEDERATION, PLATFORM, SCHEMA, read_fact, write_fact
from essc_platform.store.postgresql import CONNECT_S, PostgresqlConnection, PostgresqlGlance
from essc_platform.store.versions import mend_of, version_problem
from essc_platform.store.whole import name_of, opened

READERS: Final = 4
"""Connections for reading, each with a thread of its own."""
READ_TRIES: Final = 4
_ALIVE: Final = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""A server whose machine is gone is given up after some ten seconds, not after minutes."""
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the server says of itself, read back after opening."""

    server: str
    synchronous_commit: str
    fsync: str


class PostgresqlStore:
    """An opened database. Raises StoreError."""

    def __init__(self, url: str, platform_id: str, bound_s: float | None = None) -> None:
        self._connect = connector(url)
        self._name = name_of(url)
        try:
            self.writer = PostgresqlConnection(self._connect, bound_s)
            self._check(platform_id)
            self.settings = self._settings()
        except StoreFailure as error:
            raise StoreError(f"{self._name}: the store cannot be opened: {error}") from error
        if self.settings.synchronous_commit == "off":
            raise StoreError(f"{self._name}: the store is not durable here: {self.settings}")
        self._own = threading.local()
        self._opened: list[PostgresqlConnection] = []
        self._reads = 0
        self._pool = ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="reader")

    async def read(
        self, view: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Runs a view in a thread for reading; again if its connection was lost meanwhile."""

        def work(connection: Connection) -> T:
            return view(connection, *args, **kwargs)

        self._reads += 1
        try:
            return await get_running_loop().run_in_executor(self._pool, self._read, work)
        finally:
            self._reads -= 1

    @property
    def reads_running(self) -> int:
        """How many views wait for a connection, or run."""
        return self._reads

    def glance(self) -> PostgresqlGlance:
        """A consistent look at all of it."""
        return PostgresqlGlance(self._connect)

    def close(self) -> None:
        """Closes all connections, once the reads that run are over."""
        self._pool.shutdown(wait=True)
        for each in (*self._opened, self.writer):
            each.close()

    def _read(self, work: Callable[[Connection], T]) -> T:
        for _ in range(READ_TRIES - 1):
            try:
                return work(self._reader())
            except (StoreConflict, StoreLost):
                continue
        return work(self._reader())

    def _reader(self) -> PostgresqlConnection:
        connection: PostgresqlConnection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = PostgresqlConnection(self._connect)
            self._opened.append(connection)
        else:
            connection.revive()
        return connection

    def _check(self, platform_id: str) -> None:
        if not self.writer.has_table(tables.facts.name):
            raise StoreError(f"{self._name}: not made by `essc-platform init`")
        problem = version_problem(read_fact(self.writer, SCHEMA), mend_of(self._name))
        if problem is not None:
            raise StoreError(f"{self._name}: {problem}")
        found = read_fact(self.writer, PLATFORM)
        if found != platform_id:
            raise StoreError(
                f"{self._name}: the store is of platform {found!r}, the data folder of "
                f"{platform_id!r}"
            )

    def _settings(self) -> Settings:
        return Settings(
            *map(self.writer.setting, ("server_version", "synchronous_commit", "fsync"))
        )


def create(url: str, platform_id: str, fill: Callable[[Connection], None]) -> None:
    """Makes all tables and what is in them from the beginning, in one transaction.

    Tables that somebody made from the printed definitions are taken as they are. Raises
    FileExistsError if a platform is in them; StoreError.
    """
    name = name_of(url)
    try:
        with opened(url) as connection:
            driver: Any = connection.connection.driver_connection
            writer = PostgresqlConnection(lambda: driver)
            if not inspect(connection).has_table(tables.facts.name):
                tables.metadata.create_all(connection)
                write_fact(writer, SCHEMA, str(tables.SCHEMA_VERSION))
            elif read_fact(writer, PLATFORM) is not None:
                raise FileExistsError(0, "initialised already", name)
            elif problem := version_problem(read_fact(writer, SCHEMA), "print them anew"):
                raise StoreError(f"{name}: {problem}")
            write_fact(writer, PLATFORM, platform_id)
            write_fact(writer, FEDERATION, "0")
            fill(writer)
    except StoreFailure as error:
        raise StoreError(f"{name}: the store cannot be made: {error}") from error


def connector(url: str) -> Callable[[], "psycopg.Connection[Row]"]:
    """Connects to a database; autocommit, so that a transaction is begun by name.

    `prepare_threshold=none` in the URL is for poolers that do not know prepared statements.
    Raises StoreError.
    """
    parsed = make_url(url)
    options = {**parsed.translate_connect_args(username="user", database="dbname"), **parsed.query}
    prepares = options.pop("prepare_threshold", None) != "none"

    def connect() -> "psycopg.Connection[Row]":
        return psycopg.connect(
            autocommit=True,
            prepare_threshold=0 if prepares else None,
            **{"connect_timeout": CONNECT_S, **_ALIVE, **options},
        )

    return connect
