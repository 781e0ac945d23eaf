"""The PostgreSQL that tests run on; they need nothing by hand.

It is the server that ESSC_TEST_POSTGRES names (`postgresql+psycopg://USER@HOST:PORT/postgres`, as a
user who may create databases), else one of our own, of Debian's programs or of the wheel's. Where
none of these can be had, tests fail: none is left out.

A server of our own is forgetful: it never waits for the disk, so tests that end a server or a
machine take `own_postgres`, which does.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from essc_workbench.postgres.databases import create, drop
from essc_workbench.postgres.server import Server
from essc_workbench.postgres.urls import checked, with_database

NAMED = "ESSC_TEST_POSTGRES"


class Postgres:
    """A server that tests make databases at."""

    def __init__(self, url: str) -> None:
        self._url = checked(url)

    def url(self, database: str) -> str:
        """The address of a database, whether it is there or not."""
        return with_database(self._url, database)

    @contextmanager
    def fresh(self, template: str = "") -> Iterator[str]:
        """The address of a new database, which is dropped again; empty, or as the template is."""
        url = self.url(f"essc_test_{secrets.token_hex(6)}")
        create(url, template=template)
        try:
            yield url
        finally:
            drop(url)


@contextmanager
def running_postgres(environ: Mapping[str, str]) -> Iterator[Postgres]:
    """The server that the environment names, else one that runs as long as this lasts."""
    if environ.get(NAMED):
        yield Postgres(environ[NAMED])
        return
    with Server() as server:
        yield Postgres(server.url("postgres"))
