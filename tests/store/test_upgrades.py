"""A platform's store of an older release, brought to this program's schema."""

import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from zlib import crc32

import psycopg
import pytest
from alembic import op
from sqlalchemy import Column, Connection, Text, create_engine, make_url
from tests.store.releases import platform_of, rows_of, shape_of

from essc_platform.moving import migrate
from essc_platform.store import tables
from essc_platform.store.errors import StoreError
from essc_platform.store.migrations import running
from essc_platform.store.migrations.running import migrations_after, run_all
from essc_platform.store.sqlite import SqliteStore
from essc_platform.store.versions import version_problem
from essc_platform.store.whole import found_version, opened
from essc_wire.folders import take_folder

# Of the tables that a release had, in the order in which their rows are compared.
KEYS = {
    table.name: ", ".join(column.name for column in table.primary_key)
    for table in tables.metadata.sorted_tables
}
CHANGED = {"challenges", "proofs", "codes", "requests", "events", "facts"}


def test_all_migrations_lead_to_the_schema_that_a_new_file_has(tmp_path: Path) -> None:
    with opened(tmp_path / "brought.db") as connection:
        run_all(connection, migrations_after(None))
    SqliteStore(tmp_path / "made.db").close()

    with opened(tmp_path / "brought.db") as brought, opened(tmp_path / "made.db") as made:
        assert shape_of(brought) == shape_of(made)
        assert _in_key_order(brought) == _in_key_order(made)
        assert found_version(brought) == found_version(made) == str(tables.SCHEMA_VERSION)


def test_all_migrations_lead_to_the_schema_that_a_new_postgresql_database_has(
    database: str,
) -> None:
    engine = create_engine(database)
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        made = shape_of(connection)
        connection.rollback()

    with opened(database) as connection:
        run_all(connection, migrations_after(None))

    with engine.begin() as connection:
        assert shape_of(connection) == made
    engine.dispose()


def test_every_row_of_the_first_release_is_there_after_the_upgrade(tmp_path: Path) -> None:
    path = platform_of("0.1.0", tmp_path / "platform")
    before = {name: rows_of(path, name, order) for name, order in KEYS.items()}
    checks = {row["code"]: row for row in rows_of(path, "checks", "code")}

    versions = migrate(path.parent, None)

    after = {name: rows_of(path, name, order) for name, order in KEYS.items()}
    assert versions == (2, 7)
    assert all(before.values())
    assert len(checks) == 3
    for name in KEYS.keys() - CHANGED:
        assert after[name] == before[name], name
    for name in ("challenges", "proofs"):
        assert after[name] == [{**row, "account_open_time": None} for row in before[name]]
    assert after["requests"] == [
        {**row, "caller": "", "request_id": ""} for row in before["requests"]
    ]
    assert after["codes"] == [
        {
            **row,
            "verifier": checks[row["number"]]["verifier"] if row["number"] in checks else "",
            "usage": checks[row["number"]]["usage"] if row["number"] in checks else None,
        }
        for row in before["codes"]
    ]
    assert _placed(after["events"]) == _placed(before["events"])
    assert all(row["bucket"] == crc32(row["channel"].encode()) % 1024 for row in after["events"])
    assert {row["name"]: row["value"] for row in after["facts"]} == {
        "clock_offset_us": "0",
        "federation_version": "0",
        "schema_version": "7",
    }


def test_a_second_upgrade_changes_nothing(tmp_path: Path) -> None:
    path = platform_of("0.1.0", tmp_path / "platform")
    migrate(path.parent, None)
    before = _dump(path)

    versions = migrate(path.parent, None)

    assert versions == (7, 7)
    assert _dump(path) == before


@pytest.mark.rule("R91")
def test_a_migration_that_fails_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    path = platform_of("0.1.0", tmp_path / "platform")
    before = _dump(path)

    def run_and_fail() -> None:
        with opened(path) as connection:
            run_all(connection, migrations_after("2"))
            message = "the disk is full"
            raise OSError(message)

    with pytest.raises(OSError, match="the disk is full"):
        run_and_fail()

    assert _dump(path) == before
    assert migrate(path.parent, None) == (2, 7)


def test_a_platform_names_the_command_where_its_store_is_too_old(tmp_path: Path) -> None:
    path = platform_of("0.1.0", tmp_path / "platform")

    with pytest.raises(StoreError) as caught:
        SqliteStore(path)

    assert str(caught.value) == (
        f"{path}: the store's schema is version 2, of release 0.1.0, this program's is 7: "
        f"run `essc-platform migrate --data {path.parent}`"
    )


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("8", "the store's schema is version 8, newer than this program's, 7"),
        ("6", "the store's schema is version 6, which was in no release, this program's is 7"),
        ("3", "the store's schema is version 3, which was in no release, this program's is 7"),
    ],
)
def test_a_store_of_a_newer_program_and_one_of_no_release_are_left_alone(
    tmp_path: Path, version: str, words: str
) -> None:
    path = platform_of("0.1.0", tmp_path / "platform")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE facts SET value = ? WHERE name = 'schema_version'", (version,))

    with pytest.raises(StoreError, match=words):
        SqliteStore(path)
    with pytest.raises(StoreError, match=words):
        migrate(path.parent, None)


def test_a_store_that_says_nothing_of_itself_is_of_no_release() -> None:
    problem = version_problem(None, "run it")

    assert problem is not None
    assert "which was in no release" in problem


def test_a_store_in_use_and_one_that_is_none_are_left_alone(tmp_path: Path) -> None:
    path = platform_of("0.1.0", tmp_path / "platform")

    with (
        take_folder(path.parent),
        pytest.raises(StoreError, match="another platform is using this data folder"),
    ):
        migrate(path.parent, None)
    path.unlink()
    with pytest.raises(StoreError, match="not made by `essc-platform init`"):
        migrate(path.parent, None)


def test_an_upgrade_waits_for_nobody_where_processes_run_that_do_not_bear_it(
    tmp_path: Path, database: str
) -> None:
    with opened(database) as connection:
        run_all(connection, migrations_after(None)[:1])
    address = make_url(database).set(drivername="postgresql").render_as_string(False)

    with (
        psycopg.connect(address),
        pytest.raises(StoreError, match="is in use, by 1 other connections, and what runs does"),
    ):
        migrate(tmp_path, database)

    assert _version_at(database) == "2"
    assert migrate(tmp_path, database) == (2, 7)


def test_an_upgrade_that_only_adds_is_made_while_processes_run(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(database) as connection:
        run_all(connection, migrations_after(None)[:1])
    adds = SimpleNamespace(
        ADDS_ONLY=True, upgrade=lambda: op.add_column("facts", Column("x", Text))
    )
    added = SimpleNamespace(revision="7", module=adds)
    monkeypatch.setattr(running, "migrations_after", lambda _: [added])
    address = make_url(database).set(drivername="postgresql").render_as_string(False)

    with psycopg.connect(address, autocommit=True) as other:
        versions = migrate(tmp_path, database)
        other.execute("INSERT INTO facts (name, value) VALUES ('of an older process', 'as before')")

    assert versions == (2, 7)


def test_a_postgresql_database_that_is_no_store_is_refused_in_one_line(
    tmp_path: Path, database: str
) -> None:
    with pytest.raises(StoreError, match="not made by `essc-platform init`") as caught:
        migrate(tmp_path, database)

    assert "\n" not in str(caught.value)


def _version_at(database: str) -> str | None:
    with opened(database) as connection:
        return found_version(connection)


def _placed(rows: list[dict[str, object]]) -> set[tuple[object, ...]]:
    """Events without their buckets: a channel's positions are its own."""
    return {(row["channel"], row["position"], row["body"]) for row in rows}


def _in_key_order(connection: Connection) -> dict[str, bool]:
    """Of each table, whether its rows lie in key order, so that it has no rows' numbers."""
    found = connection.exec_driver_sql("SELECT name, wr FROM pragma_table_list WHERE type='table'")
    return {name: bool(without) for name, without in found if not name.startswith("sqlite_")}


def _dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())
