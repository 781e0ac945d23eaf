"""PostgreSQL for tests and benchmarks: found, started, ended, and never left out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.support.postgres import running_postgres

from essc_workbench.failures import UsageError, WorkbenchError
from essc_workbench.postgres.binaries import binaries, copied, debians, wheels
from essc_workbench.postgres.databases import create, drop, exists, named
from essc_workbench.postgres.server import Server
from essc_workbench.postgres.urls import checked, database_of, for_library, with_database

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.postgres import Postgres

# Debian's programs where this machine has them, and the wheel's, which it always has.
WAYS = (*tuple(debians())[:1], *wheels())


def told(url: str, words: str) -> object:
    """What a database answers to one statement with one value."""
    with psycopg.connect(for_library(url)) as connection:
        (value,) = connection.execute(words.encode()).fetchone() or (None,)
        return value


def test_the_wheel_is_there_always() -> None:
    assert len(tuple(wheels())) == 1


@pytest.mark.parametrize("programs", WAYS, ids=lambda programs: programs.parts[-3])
def test_a_server_of_our_own_runs_as_nobody_special_and_leaves_nothing(programs: Path) -> None:
    with Server(programs=programs) as server:
        folder, pid = server.folder, server.pid
        owner = Path(f"/proc/{pid}").stat().st_uid
        answer = told(server.url("postgres"), "select current_setting('fsync')")

    assert answer == "off"
    assert owner != 0
    assert not folder.exists()
    assert not Path(f"/proc/{pid}").exists()


def test_programs_that_the_servers_user_cannot_reach_are_copied(tmp_path: Path) -> None:
    (programs,) = wheels()
    hidden = copied(programs, tmp_path / "home")
    (tmp_path / "home").chmod(0o700)

    with Server(programs=hidden) as server:
        answer = told(server.url("postgres"), "select 1")

    assert answer == 1


def test_a_machine_without_debians_programs_takes_the_wheels(tmp_path: Path) -> None:
    nothing = tuple(debians(tmp_path))

    assert nothing == ()
    assert binaries() == WAYS[0]


def test_the_newest_of_debians_releases_is_taken(tmp_path: Path) -> None:
    for release in ("9.6", "15", "17"):
        (tmp_path / release / "bin").mkdir(parents=True)
        for name in ("initdb", "postgres"):
            (tmp_path / release / "bin" / name).touch()
    (tmp_path / "18" / "bin").mkdir(parents=True)  # only its client was installed

    found = [folder.parent.name for folder in debians(tmp_path)]

    assert found == ["17", "15", "9.6"]


def test_no_programs_at_all_are_a_clear_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("essc_workbench.postgres.binaries.debians", lambda: iter(()))
    monkeypatch.setattr("essc_workbench.postgres.binaries.wheels", lambda: iter(()))

    with pytest.raises(WorkbenchError, match="no PostgreSQL is on this machine"):
        binaries()


def test_the_server_that_the_environment_names_is_taken(postgres: Postgres) -> None:
    there = postgres.url("postgres")

    with running_postgres({"ESSC_TEST_POSTGRES": there}) as named_one:
        url = named_one.url("other")

    assert url == postgres.url("other")


def test_each_test_has_a_database_of_its_own_and_it_goes(postgres: Postgres) -> None:
    with postgres.fresh() as first, postgres.fresh() as second:
        assert first != second
        assert exists(first)
        assert exists(second)

    assert not exists(first)
    assert not exists(second)


def test_a_copy_of_a_database_holds_what_it_held(postgres: Postgres) -> None:
    with postgres.fresh() as original:
        with psycopg.connect(for_library(original)) as connection:
            connection.execute("create table cards as select 7 as id")

        with postgres.fresh(database_of(original)) as copy:
            found = told(copy, "select id from cards")

    assert found == 7


def test_a_database_is_made_once_and_dropped_whoever_uses_it(postgres: Postgres) -> None:
    url = postgres.url("essc_test_made_once")
    create(url)
    try:
        with pytest.raises(WorkbenchError, match="already exists"):
            create(url)
        with psycopg.connect(for_library(url)):
            drop(url)
        drop(url)
    finally:
        drop(url)

    assert named(url, "essc_test_made_once") == []


@pytest.mark.parametrize("ending", [Server.stop, Server.crash, Server.kill])
def test_what_was_committed_is_there_when_the_server_is_back(
    own_postgres: Server, ending: Callable[[Server], None]
) -> None:
    url = own_postgres.url(f"ended_by_{ending.__name__}")
    create(url)
    with psycopg.connect(for_library(url), autocommit=True) as connection:
        connection.execute("create table cards as select 7 as id")
        ending(own_postgres)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    with pytest.raises(WorkbenchError, match="PostgreSQL"):
        exists(url)

    own_postgres.start()

    assert told(url, "select id from cards") == 7
    assert told(url, "select current_setting('fsync')") == "on"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:///x.db", "begins with postgresql"),
        ("postgresql://essc@127.0.0.1/essc", "begins with postgresql"),
        ("postgresql+psycopg://essc:secret@127.0.0.1/essc", "names no password"),
        ("postgresql+psycopg://essc@127.0.0.1:5432", "names no database"),
    ],
)
def test_an_address_that_no_party_could_take_is_refused(url: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        checked(url)

    assert "secret" not in str(refused.value)


def test_a_name_that_the_server_would_cut_off_is_refused() -> None:
    url = "postgresql+psycopg://essc@127.0.0.1:5432/essc"

    assert with_database(url, "a" * 63).endswith("a" * 63)
    with pytest.raises(UsageError, match="1 to 63 bytes"):
        with_database(url, "a" * 64)
    with pytest.raises(UsageError, match="1 to 63 bytes"):
        with_database(url, "")
