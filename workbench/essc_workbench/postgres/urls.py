"""Addresses of databases, as the parties take them and as PostgreSQL's own library takes them.

postgresql+psycopg://essc@127.0.0.1:5432/essc
postgresql+psycopg://essc@/essc?host=/run/postgresql
"""

from typing import Final
from urllib.parse import quote, unquote, urlsplit

from essc_workbench.failures import UsageError

SCHEME: Final = "postgresql+psycopg"
NAME_MAX: Final = 63
"""Bytes of a database's name; PostgreSQL cuts longer ones off without a word."""


def checked(url: str) -> str:
    """The address again. Raises UsageError for one that no party could take."""
    parts = urlsplit(url)
    if parts.scheme != SCHEME:
        raise UsageError(f"--store begins with {SCHEME}://, not with {parts.scheme or 'nothing'}")
    if parts.password is not None:
        raise UsageError("--store names no password: use PGPASSWORD or a password file")
    if not database_of(url):
        raise UsageError("--store names no database: end it with one, as in …:5432/essc")
    return url


def database_of(url: str) -> str:
    """The name of the database that an address names; "" if it names none."""
    return unquote(urlsplit(url).path.lstrip("/"))


def with_database(url: str, name: str) -> str:
    """The address of another database of the same server."""
    if not 1 <= len(name.encode()) <= NAME_MAX:
        raise UsageError(f"a database's name has 1 to {NAME_MAX} bytes: {name[:80]}")
    return urlsplit(url)._replace(path=f"/{quote(name, safe='')}").geturl()


def for_library(url: str) -> str:
    """The address as libpq takes it."""
    return urlsplit(url)._replace(scheme="postgresql").geturl()
