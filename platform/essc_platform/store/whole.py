"""A store taken as a whole, in one transaction: to bring it to another schema, or to copy it.

Nobody serves it meanwhile, so the toolkit's own connection will do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Engine,
    column,
    create_engine,
    event,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy import table as named
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from essc_platform.store.errors import StoreError

_FACTS: Final = named("facts", column("name"), column("value"))
_OTHERS: Final = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


@contextmanager
def opened(place: Path | str) -> Iterator[Connection]:
    """A transaction on a file or on the database of a URL, kept if all went well.

    Raises StoreError for whatever the engine says.
    """
    engine = _engine(place)
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise StoreError(f"{name_of(place)}: {_line(error)}") from error
    finally:
        engine.dispose()


def name_of(place: Path | str) -> str:
    """A store's name for people; without a password."""
    if isinstance(place, Path):
        return str(place)
    return make_url(place).render_as_string(hide_password=True)


def found_version(connection: Connection) -> str | None:
    """What a store says of its schema; None if it is none. Whoever else asks waits for this one."""
    if not inspect(connection).has_table(_FACTS.name):
        return None
    asked = select(_FACTS.c.value).where(_FACTS.c.name == "schema_version").with_for_update()
    found: str | None = connection.execute(asked).scalar()
    return found


def others_at(connection: Connection) -> int:
    """How many others are connected to the same database; a file is kept from them otherwise."""
    if connection.dialect.name != "postgresql":
        return 0
    count: int = connection.execute(_OTHERS).scalar_one()
    return count


def _engine(place: Path | str) -> Engine:
    if isinstance(place, Path):
        return _sqlite(place)
    try:
        url = make_url(place).difference_update_query(["prepare_threshold"])
        return create_engine(url, hide_parameters=True)
    except ArgumentError as error:
        raise StoreError(f"{place}: not a URL like postgresql+psycopg://HOST/DATABASE") from error
    except ImportError as error:
        raise StoreError(
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
