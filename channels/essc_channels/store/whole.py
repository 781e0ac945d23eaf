"""A channel's database taken as a whole, in one transaction, while no channel uses it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from essc_channels.store.engines import StoreFault, parted, url_problem

_OTHERS: Final = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


@contextmanager
def opened(place: Path | str) -> Iterator[Connection]:
    """A transaction on a file or on the database of a URL, kept if all went well.

    Raises StoreFault for whatever the engine says.
    """
    engine = _sqlite(place) if isinstance(place, Path) else _postgresql(place)
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise StoreFault(f"{name_of(place)}: {_line(error)}") from error
    finally:
        engine.dispose()


def name_of(place: Path | str) -> str:
    """A database's name for people; without a password."""
    if isinstance(place, Path):
        return str(place)
    return make_url(place).render_as_string(hide_password=True)


def others_at(connection: Connection) -> int:
    """How many others are connected to the same database; a file is kept from them otherwise."""
    if connection.dialect.name != "postgresql":
        return 0
    count: int = connection.execute(_OTHERS).scalar_one()
    return count


def _postgresql(place: str) -> Engine:
    problem = url_problem(place)
    if problem is not None:
        raise StoreFault(f"--store: {problem}")
    try:
        url, told = parted(place)
        return create_engine(url, hide_parameters=True, connect_args=told)
    except ImportError as error:
        raise StoreFault(
            "PostgreSQL needs a driver: install psycopg, the extra `postgres`"
        ) from error


def _sqlite(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare(driver: Any, record: Any) -> None:  # noqa: ARG001 - SQLAlchemy's signature
        driver.isolation_level = None  # else the driver ends a transaction at a definition
        for setting in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 5000"):
            driver.execute(f"PRAGMA {setting}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _line(error: SQLAlchemyError) -> str:
    """What the engine says, without the values that it may quote (R92)."""
    original = getattr(error, "orig", None) or error
    said = getattr(getattr(original, "diag", None), "message_primary", None) or str(original)
    return " ".join(said.split())
