"""A stopped store is copied to another engine, wholly or not at all."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, make_url, text
from tests.store.releases import platform_of, rows_of

from essc_platform.moving import copy_store, migrate
from essc_platform.store import copying, tables
from essc_platform.store.copying import CopyRefused
from essc_platform.store.definitions import Dialect, definitions
from essc_platform.store.digests import TableDigest
from essc_platform.store.errors import StoreError
from essc_platform.store.whole import found_version, opened
from essc_wire.folders import take_folder

KEYS = {
    table.name: ", ".join(column.name for column in table.primary_key)
    for table in tables.metadata.sorted_tables
}


@pytest.fixture(scope="module")
def brought(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with people in its store, of this program's schema."""
    path = platform_of("0.1.0", tmp_path_factory.mktemp("brought") / "platform")
    migrate(path.parent, None)
    return path.parent


@pytest.fixture
def store(brought: Path, tmp_path: Path) -> Path:
    """The store in a folder of the test's own."""
    shutil.copytree(brought, tmp_path / "platform")
    return tmp_path / "platform" / "platform.db"


def _silent(_: str) -> None:
    return


def test_a_store_goes_to_postgresql_and_comes_back_as_it_was(store: Path, database: str) -> None:
    before = {name: rows_of(store, name, key) for name, key in KEYS.items()}
    said: list[str] = []

    there = copy_store(store.parent, None, database, said.append)
    store.rename(store.with_name("old.db"))
    back = copy_store(store.parent, database, None, _silent)

    assert {name: rows_of(store, name, key) for name, key in KEYS.items()} == before
    assert there == back == sum(map(len, before.values()))
    assert len(said) == len(KEYS)
    assert f"citizens: {len(before['citizens'])} rows, the same there" in said
    with closing(sqlite3.connect(store)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_copy_at_postgresql_says_whose_it_is_and_another_folder_is_refused(
    store: Path, tmp_path: Path, database: str
) -> None:
    copy_store(store.parent, None, database, _silent)
    other = tmp_path / "other"
    other.mkdir()
    (other / "secrets.json").write_text(
        (store.parent / "secrets.json").read_text().replace("cn-essc", "cn-other")
    )

    with pytest.raises(CopyRefused) as caught:
        copy_store(other, database, None, _silent)

    assert str(caught.value) == (
        "the source is of platform 'cn-essc', the data folder of 'cn-other'"
    )
    assert sorted(each.name for each in other.iterdir()) == ["lock", "secrets.json"]


def test_a_target_that_is_not_empty_is_refused_and_stays_as_it_is(
    store: Path, database: str
) -> None:
    copy_store(store.parent, None, database, _silent)

    with pytest.raises(CopyRefused, match="not empty: there are rows in its table bank_accounts"):
        copy_store(store.parent, None, database, _silent)
    with pytest.raises(CopyRefused, match=r"platform\.db: is there already; move it away"):
        copy_store(store.parent, database, None, _silent)
    with pytest.raises(CopyRefused, match="source and target are the same"):
        copy_store(store.parent, None, None, _silent)

    with opened(database) as connection:
        assert connection.execute(text("SELECT count(*) FROM citizens")).scalar() == 33


def test_tables_that_were_made_from_the_printed_definitions_are_taken(
    store: Path, database: str
) -> None:
    with opened(database) as connection:
        for each in definitions(Dialect.POSTGRESQL).split(";\n"):
            if "(" in each:
                connection.execute(text(each))

    rows = copy_store(store.parent, None, database, _silent)

    assert rows == sum(len(rows_of(store, name, key)) for name, key in KEYS.items())
    with opened(database) as connection:
        assert found_version(connection) == "7"


def test_tables_of_another_version_are_refused(store: Path, database: str) -> None:
    with opened(database) as connection:
        tables.metadata.create_all(connection)
        connection.execute(text("INSERT INTO facts VALUES ('schema_version', '6')"))

    with pytest.raises(CopyRefused, match="the target has tables of schema 6"):
        copy_store(store.parent, None, database, _silent)


def test_a_source_in_use_is_refused(store: Path, database: str) -> None:
    with (
        take_folder(store.parent),
        pytest.raises(StoreError, match="another platform is using this data folder"),
    ):
        copy_store(store.parent, None, database, _silent)
    copy_store(store.parent, None, database, _silent)
    store.unlink()
    address = make_url(database).set(drivername="postgresql").render_as_string(False)

    with (
        psycopg.connect(address),
        pytest.raises(CopyRefused, match="is in use, by 1 other connections"),
    ):
        copy_store(store.parent, database, None, _silent)

    assert not store.exists()


def test_a_source_of_an_older_schema_is_to_be_brought_here_first(
    tmp_path: Path, database: str
) -> None:
    path = platform_of("0.1.0", tmp_path / "platform")

    with pytest.raises(CopyRefused, match=r"run `essc-platform migrate --data .*/platform`"):
        copy_store(path.parent, None, database, _silent)


def test_a_copy_that_is_not_the_same_is_taken_back(
    store: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: Callable[..., None] = copying._stream

    def spoiling(table: Any, target: Connection, portions: Any) -> None:
        written(table, target, portions)
        if table.name == "orders":
            target.execute(text("UPDATE orders SET own_fen = own_fen + 1"))

    monkeypatch.setattr(copying, "_stream", spoiling)

    with pytest.raises(CopyRefused, match="orders: 3 rows were read and 3 are there, or not with"):
        copy_store(store.parent, None, database, _silent)

    with opened(database) as connection:
        assert not copying.takes_tables(connection)


def test_a_copy_to_a_file_that_was_cut_off_is_begun_anew(store: Path, database: str) -> None:
    copy_store(store.parent, None, database, _silent)
    store.unlink()
    unfinished = store.with_name("platform.db.copying")
    unfinished.write_bytes(b"half of it")

    copy_store(store.parent, database, None, _silent)

    assert store.is_file()
    assert not unfinished.exists()


def test_a_digest_is_the_same_in_any_order_and_tells_kinds_apart() -> None:
    first, second, other = TableDigest(), TableDigest(), TableDigest()

    first.add([(1, "a", None), (2, "b", b"x")])
    second.add([(2, "b", b"x"), (1, "a", None)])
    other.add([(1, "a", ""), (2, "b", b"x")])

    assert first == second
    assert first != other


def test_memory_does_not_grow_with_a_table(store: Path) -> None:
    with closing(sqlite3.connect(store)) as driver, driver:
        driver.executemany(
            "INSERT INTO facts VALUES (?, ?)", ((f"fact {n:05d}", "of a test") for n in range(2500))
        )

    with opened(store) as connection:
        portions = [len(some) for some in copying._portions(tables.facts, connection)]

    assert portions == [1000, 1000, 503]
