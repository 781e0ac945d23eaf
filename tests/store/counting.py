"""A store in memory that notes what its driver is asked."""

import sqlite3
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from essc_platform.store.connections import Connection, Reading
from essc_platform.store.sqlite import SqliteConnection

P = ParamSpec("P")
T = TypeVar("T")


class NotingDriver(sqlite3.Connection):
    """Notes every text it is asked: an executemany is one."""

    noted: list[str]

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        self._note(sql)
        return super().execute(sql, *parameters)

    def executemany(self, sql: str, parameters: Any) -> sqlite3.Cursor:
        self._note(sql)
        return super().executemany(sql, parameters)

    def _note(self, sql: str) -> None:
        self.__dict__.setdefault("noted", []).append(sql)


class CountingConnection(SqliteConnection):
    """A store in memory; `statements` is what was asked of its driver."""

    driver: NotingDriver

    def __init__(self) -> None:
        super().__init__(sqlite3.connect(":memory:", isolation_level=None, factory=NotingDriver))

    @property
    def statements(self) -> list[str]:
        return self.driver.noted

    def forget(self) -> None:
        """Counts from here."""
        self.driver.noted = []


def reading(connection: Connection) -> Reading:
    """Reads on this connection, at once: as the platform does on SQLite."""

    async def read(
        view: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return view(connection, *args, **kwargs)

    return read
