"""A channel's store at a PostgreSQL server: whose it is, and what it does while the server is away.

The server is one that waits for the disk, and the tests end, freeze and start it.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import insert, text

from essc_channels.store import clock, shadows, tables
from essc_channels.store.audit import AuditStore
from essc_channels.store.database import Database, DataFolder
from essc_channels.store.engines import StoreFault, StoreUnavailable, url_problem
from essc_channels.store.versions import note_version
from essc_workbench.postgres.databases import create, drop
from essc_workbench.postgres.server import Server


@pytest.fixture
def url(own_postgres: Server) -> Iterator[str]:
    found = own_postgres.url("nantong")
    create(found)
    yield found
    drop(found)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[DataFolder]:
    opened = DataFolder(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def database(folder: DataFolder, url: str) -> Iterator[Database]:
    opened = folder.channel_store(url, "nantong")
    yield opened
    opened.close()


def save_cursor(database: Database, cursor: str) -> None:
    with database.write() as connection:
        shadows.save_cursor(connection, cursor, 1)


def cursor_of(database: Database) -> str:
    with database.read() as connection:
        return shadows.cursor(connection)


@contextmanager
def frozen(server: Server) -> Iterator[None]:
    """Nobody at the server moves, but its sockets stay."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    pids = (server.pid, *map(int, children))
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def test_a_store_is_opened_again_with_all_that_is_in_it(folder: DataFolder, url: str) -> None:
    first = folder.channel_store(url, "nantong")
    save_cursor(first, "seven")
    first.close()

    again = folder.channel_store(url, "nantong")

    assert cursor_of(again) == "seven"
    again.close()


def test_several_channels_share_a_server_and_a_database_each_in_a_schema_of_its_own(
    folder: DataFolder, url: str
) -> None:
    whole = folder.channel_store(url, "nantong")
    with whole.write() as connection:
        connection.execute(text("CREATE SCHEMA alipay"))
    save_cursor(whole, "of nantong")

    other = folder.channel_store(f"{url}&options=-csearch_path%3Dalipay", "alipay")

    assert cursor_of(other) == ""
    save_cursor(other, "of alipay")
    assert cursor_of(whole) == "of nantong"
    other.close()
    whole.close()


def test_what_is_another_channels_is_refused_in_one_line(
    folder: DataFolder, database: Database, url: str, tmp_path: Path
) -> None:
    elsewhere = DataFolder(tmp_path / "elsewhere")

    with pytest.raises(StoreFault, match=r"the store is of channel 'nantong', this is 'alipay'$"):
        folder.channel_store(url, "alipay")
    with pytest.raises(StoreFault, match=r"belongs to another data folder: digest\.key differs$"):
        elsewhere.channel_store(url, "nantong")

    elsewhere.close()


def test_a_store_of_another_version_is_refused_in_one_line(
    folder: DataFolder, database: Database, url: str
) -> None:
    with database.write() as connection:
        note_version(connection, 99)

    with pytest.raises(StoreFault, match=r"schema is version 99, newer than this program's, 2$"):
        folder.channel_store(url, "nantong")


def test_a_server_that_is_not_there_is_told_in_one_line(folder: DataFolder) -> None:
    with pytest.raises(StoreFault, match=r"^postgresql\+psycopg://[^\n]*: cannot be used: [^\n]*$"):
        folder.channel_store("postgresql+psycopg://essc@127.0.0.1:9/essc", "nantong")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nantong", "not a URL like postgresql+psycopg://HOST/DATABASE"),
        ("mysql://a/b", "mysql: only postgresql+psycopg is known"),
        ("postgresql+asyncpg://a/b", "postgresql+asyncpg: only postgresql+psycopg is known"),
        (
            "postgresql://essc:secret@a/b",
            "a password is not taken here: use PGPASSWORD or a password file",
        ),
        ("postgresql+psycopg://essc@a/b", None),
    ],
)
def test_a_url_that_cannot_be_a_stores_is_told(url: str, told: str | None) -> None:
    assert url_problem(url) == told


def test_behind_a_pooler_nothing_is_prepared(folder: DataFolder, url: str) -> None:
    pooled = folder.channel_store(f"{url}&prepare_threshold=none", "nantong")

    for number in range(20):
        save_cursor(pooled, str(number))

    with pooled.read() as connection:
        count = text("SELECT count(*) FROM pg_prepared_statements")
        assert connection.execute(count).scalar_one() == 0
    pooled.close()


def test_a_look_sees_nothing_of_what_is_written_meanwhile(database: Database) -> None:
    save_cursor(database, "before")

    look = AuditStore(database)
    save_cursor(database, "after")
    with database.write() as connection:
        connection.execute(insert(tables.accounts), [account(each) for each in ("Li", "an", "Äb")])

    assert look.cursor == "before"
    assert list(look.accounts()) == []
    look.close()
    later = AuditStore(database)
    assert [row.account for row in later.accounts()] == ["Li", "an", "Äb"]
    later.close()


def account(name: str) -> dict[str, Any]:
    return {"account": name, "link_id": None, "displayed_serial": 0, "looked_order": 0}


def test_after_a_restart_of_the_server_nothing_fails_and_nothing_is_lost(
    own_postgres: Server, database: Database
) -> None:
    save_cursor(database, "kept")

    own_postgres.crash()
    own_postgres.start()

    assert cursor_of(database) == "kept"
    save_cursor(database, "and more")
    assert cursor_of(database) == "and more"


def test_a_transaction_that_the_server_leaves_is_done_not_at_all(
    own_postgres: Server, database: Database
) -> None:
    save_cursor(database, "kept")

    def advance_while_the_server_ends() -> None:
        with database.write() as connection:
            shadows.save_cursor(connection, "never", 1)
            own_postgres.crash()
            clock.add_advance(connection, "r", 5)

    with pytest.raises(StoreUnavailable):
        advance_while_the_server_ends()
    own_postgres.start()

    assert cursor_of(database) == "kept"
    with database.read() as connection:
        assert clock.offset_us(connection) == 0


@pytest.mark.rule("R91")
def test_what_was_lost_at_its_commit_is_known_afterwards(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def commit_and_lose_the_answer(connection: Any) -> None:
        connection.commit()
        raise psycopg.OperationalError("the connection is lost")

    with monkeypatch.context() as losing:
        losing.setattr(database._engine.dialect, "do_commit", commit_and_lose_the_answer)
        with pytest.raises(StoreUnavailable), database.write() as connection:
            clock.add_advance(connection, "r", 5)

    with database.read() as connection:
        assert clock.find_advance(connection, "r") == 5


@pytest.mark.soak
def test_a_server_that_does_not_answer_is_waited_for_once_and_then_left_alone(
    own_postgres: Server, database: Database
) -> None:
    save_cursor(database, "kept")

    with frozen(own_postgres):
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            save_cursor(database, "never")
        waited_s = time.monotonic() - began
        began = time.monotonic()
        with pytest.raises(StoreUnavailable, match="gave no answer a moment ago"):
            cursor_of(database)
        told_s = time.monotonic() - began

    # Two seconds for an answer, and two to be connected anew.
    assert waited_s < 6.0
    assert told_s < 0.1
    database._rests_until = 0.0
    assert cursor_of(database) == "kept"
