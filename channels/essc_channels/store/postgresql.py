"""A channel's store on PostgreSQL: a database, or a schema, that belongs to one channel.

Its transactions run on the loop, as SQLite's do: they are few and short, one process at a time uses
a store, and that nothing comes between a channel's reads and writes is what keeps its flows in
order. So nothing here may wait for long. Each wait for the server is bounded; a connection that
does not answer is thrown away, and the database is left alone for a moment (`Manners.rest_s`), in
which everybody is told at once that the store is unavailable. What was lost at its commit may have
happened: the answers kept by request id, and the applied events, know.
"""

from collections.abc import Generator
from hashlib import sha256
from typing import Any, Final, TypeVar

import psycopg
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    insert,
    select,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from essc_channels.store import tables
from essc_channels.store.engines import StoreFault, parted, problem_of
from essc_channels.store.versions import CHANNEL, found_version, note_version, version_problem
from essc_wire.clock import monotonic

T = TypeVar("T")

ANSWER_S: Final = 2.0
"""How long the server may take for an answer, and for a connection."""
_CONNECTIONS: Final = 2
_READS: Final = "essc_reads"
_BEGIN: Final = (
    f"BEGIN; SET LOCAL statement_timeout = {int(ANSWER_S * 1000)}; "
    # A channel's machine that vanishes must not keep its rows.
    f"SET LOCAL idle_in_transaction_session_timeout = {int(ANSWER_S * 1000)}"
)

# Whose the store is; no part of the schema, since a file lies in its owner's folder.
owner: Final = Table(
    "owner",
    MetaData(),
    Column("channel_id", String, nullable=False),
    # Of the key with which requests are digested: with another one no repeat would be known.
    Column("key_digest", String, nullable=False),
)


class _Bounded(psycopg.Connection[Any]):
    """A connection whose server answers in time, or that is given up."""

    def wait(self, gen: Generator[Any, Any, T], *more: Any, **named: Any) -> T:
        return super().wait(self._until(gen, monotonic() + ANSWER_S), *more, **named)

    def _until(self, gen: Generator[Any, Any, T], end: float) -> Generator[Any, Any, T]:
        """The same waits; the driver comes back from each after the interval at the latest."""
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and monotonic() >= end:
                    self.close()
                    raise psycopg.OperationalError(f"no answer within {ANSWER_S:g} s")
                wanted = gen.send(ready)
        except StopIteration as done:
            result: T = done.value
            return result


def open_engines(url: str, channel_id: str, digest_key: bytes, mend: str) -> tuple[Engine, Engine]:
    """For transactions, and for long looks; the tables are there, and they are this channel's.

    `mend` is the command for a schema that is too old. Raises StoreFault.
    """
    engine, looks = _engine(url), _engine(url, poolclass=NullPool)
    name = engine.url.render_as_string()
    try:
        with engine.begin() as connection:
            problem = _schema_problem(connection, mend)
            problem = problem or _owner_problem(connection, channel_id, digest_key)
    except DBAPIError as error:
        engine.dispose()
        raise StoreFault(f"{name}: cannot be used: {problem_of(error)}") from error
    if problem is not None:
        engine.dispose()
        raise StoreFault(f"{name}: {problem}")
    return engine, looks


def reading(engine: Engine) -> Engine:
    """The same connections, without a transaction: each statement stands alone."""
    return engine.execution_options(**{_READS: True})


def _engine(url: str, **more: Any) -> Engine:
    place, told = parted(url)
    if not more:
        # A connection that a restart has broken is found when it is taken, before anything is done.
        more = {
            "pool_size": _CONNECTIONS,
            "max_overflow": 0,
            "pool_timeout": ANSWER_S,
            "pool_pre_ping": True,
        }
    # R92: an error that reaches a log names the statement, never what was to be stored. Autocommit:
    # a transaction is begun by name, in one message with its bounds.
    engine = create_engine(
        place,
        hide_parameters=True,
        isolation_level="AUTOCOMMIT",
        use_native_hstore=False,
        **more,
    )

    def connect(_dialect: Any, _record: Any, arguments: Any, options: dict[str, Any]) -> Any:
        settings = {"connect_timeout": int(ANSWER_S), **options, **told}
        return _Bounded.connect(*arguments, **settings)

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    if not connection.get_execution_options().get(_READS):
        connection.exec_driver_sql(_BEGIN)


def _schema_problem(connection: Connection, mend: str) -> str | None:
    """Makes the tables in an empty database; else those that are there have to be these."""
    found = found_version(connection)
    if found:
        return version_problem(found, CHANNEL, mend)
    tables.metadata.create_all(connection)
    note_version(connection, CHANNEL.version)
    return None


def _owner_problem(connection: Connection, channel_id: str, digest_key: bytes) -> str | None:
    """Notes whose the store is if nobody's; else it must be this channel's."""
    mine = {"channel_id": channel_id, "key_digest": sha256(digest_key).hexdigest()}
    owner.create(connection, checkfirst=True)
    found = connection.execute(select(owner)).mappings().one_or_none()
    if found is None:
        connection.execute(insert(owner).values(mine))
        return None
    if found["channel_id"] != channel_id:
        return f"the store is of channel {found['channel_id']!r}, this is {channel_id!r}"
    if found["key_digest"] != mine["key_digest"]:
        return "the store belongs to another data folder: digest.key differs"
    return None
