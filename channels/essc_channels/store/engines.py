"""What a channel's database is to whoever uses it, and in what the two engines differ."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    InternalError,
    OperationalError,
)

_PREPARE: Final = "prepare_threshold"


class StoreUnavailable(Exception):  # noqa: N818 - a state of affairs, not an error of ours
    """The store does not take changes now. Its text is for an operator and holds no data."""


class StoreFault(Exception):  # noqa: N818 - the same
    """The store cannot be opened; its text is one line for an operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How an engine says that it is away, and what it must be told."""

    troubles: tuple[type[DBAPIError], ...]
    """What it raises when it is away, or has no room."""
    begin_look: str
    """Begins a look that sees nothing of what is written meanwhile."""
    rest_s: float
    """How long a database that did not answer is left alone, so that nobody waits for it again."""


SQLITE: Final = Manners(troubles=(OperationalError,), begin_look="BEGIN", rest_s=0.0)
POSTGRESQL: Final = Manners(
    # The last of them: the server has become one that only reads, or its transaction has failed.
    troubles=(OperationalError, InterfaceError, InternalError),
    begin_look="BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    rest_s=3.0,
)


def problem_of(error: DBAPIError) -> str:
    """What the engine says, in one line and without the values that it may quote (R92)."""
    diagnosis = getattr(error.orig, "diag", None)
    text = getattr(diagnosis, "message_primary", None) or str(error.orig)
    return " ".join(text.split())


def parted(url: str) -> tuple[URL, dict[str, Any]]:
    """A PostgreSQL URL for SQLAlchemy, and what the driver is told beside.

    `prepare_threshold=none` in the URL is for poolers that do not know prepared statements.
    """
    parsed = make_url(url).set(drivername="postgresql+psycopg")
    prepares = parsed.query.get(_PREPARE) != "none"
    return parsed.difference_update_query([_PREPARE]), {} if prepares else {_PREPARE: None}


def url_problem(url: str) -> str | None:
    """What is wrong with the URL of a store, in one line; None if it can be tried."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return "not a URL like postgresql+psycopg://HOST/DATABASE"
    if parsed.drivername not in ("postgresql", "postgresql+psycopg"):
        return f"{parsed.drivername}: only postgresql+psycopg is known"
    if parsed.password is not None:
        return "a password is not taken here: use PGPASSWORD or a password file"
    return None
