"""A channel's databases of an older release, brought to this program's schemas."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import MetaData, create_engine
from tests.store.releases import channel_of, rows_of, shape_of

from essc_channels.command import run
from essc_channels.moving import copy_store, migrate
from essc_channels.store import lab_tables, tables
from essc_channels.store.database import DataFolder
from essc_channels.store.engines import StoreFault
from essc_channels.store.migrations.running import bring, migrations_after, run_all
from essc_channels.store.versions import CHANNEL, LAB, Schema, found_version
from essc_channels.store.whole import opened


@pytest.mark.parametrize(
    ("schema", "metadata"),
    [(CHANNEL, tables.metadata), (LAB, lab_tables.metadata)],
    ids=["channel", "lab"],
)
def test_all_migrations_lead_to_the_schema_that_a_new_channel_has(
    schema: Schema, metadata: MetaData
) -> None:
    made, brought = create_engine("sqlite://"), create_engine("sqlite://")

    with made.begin() as connection:
        metadata.create_all(connection)
        expected = shape_of(connection)
    with brought.begin() as connection:
        run_all(connection, migrations_after(schema, 0))
        found, version = shape_of(connection), found_version(connection)

    assert found == expected
    assert version == schema.version


def test_all_migrations_lead_to_the_schema_that_a_new_postgresql_store_has(
    database: str,
) -> None:
    engine = create_engine(database)
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        expected = shape_of(connection)
        connection.rollback()

    with engine.begin() as connection:
        run_all(connection, migrations_after(CHANNEL, 0))
        found, version = shape_of(connection), found_version(connection)

    engine.dispose()
    said = found.pop("schema_version")
    assert said["columns"] == [("version", "INTEGER", False, None)]
    assert found == expected
    assert version == 2


def test_a_channel_of_the_first_release_is_brought_here_and_opens(tmp_path: Path) -> None:
    folder = channel_of("0.1.0", tmp_path / "bank-east")

    moved = migrate(folder, None)
    again = migrate(folder, None)

    assert moved == {"channel": (2, 2), "lab": (1, 2)}
    assert again == {"channel": (2, 2), "lab": (2, 2)}
    opened_again = DataFolder(folder)
    opened_again.channel_database().close()
    opened_again.lab_database().close()
    opened_again.close()


def test_what_was_in_a_lab_of_the_first_release_is_there_after_the_upgrade(tmp_path: Path) -> None:
    folder = channel_of("0.1.0", tmp_path / "bank-east")
    kinds = {"persons": "account", "vouches": "vouch_id", "vouch_answers": "request_id"}
    before = {name: rows_of(folder / "lab.db", name, key) for name, key in kinds.items()}

    migrate(folder, None)

    after = {name: rows_of(folder / "lab.db", name, key) for name, key in kinds.items()}
    assert after["persons"] == before["persons"]
    for name in ("vouches", "vouch_answers"):
        assert len(before[name]) == 6
        assert after[name] == [{**row, "content_digest": b""} for row in before[name]]


def test_a_channel_names_the_command_where_its_database_is_too_old(tmp_path: Path) -> None:
    folder = channel_of("0.1.0", tmp_path / "bank-east")
    channel = DataFolder(folder)

    with pytest.raises(StoreFault) as caught:
        channel.lab_database()

    channel.close()
    assert str(caught.value) == (
        f"{folder / 'lab.db'}: its schema is version 1, of release 0.1.0, this program's is 2: "
        f"run `essc-channel migrate --data {folder}`"
    )


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    path = channel_of("0.1.0", tmp_path / "bank-east") / "lab.db"
    before = _dump(path)

    def run_and_fail() -> None:
        with opened(path) as connection:
            run_all(connection, migrations_after(LAB, 1))
            message = "the disk is full"
            raise OSError(message)

    with pytest.raises(OSError, match="the disk is full"):
        run_and_fail()

    assert _dump(path) == before


def test_a_database_of_a_newer_program_and_one_of_no_release_are_left_alone(
    tmp_path: Path,
) -> None:
    path = tmp_path / "channel.db"
    for version, words in ((9, "newer than this program's"), (1, "which was in no release")):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"PRAGMA user_version = {version}")

        with pytest.raises(StoreFault, match=words):
            bring(path, CHANNEL, "essc-channel migrate")


def test_the_command_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = channel_of("0.1.0", tmp_path / "bank-east")

    status = run(["migrate", "--data", str(folder)])

    assert status == 0
    assert capsys.readouterr().out.splitlines() == [
        "channel: the schema is version 2 already",
        "lab: the schema was version 1 and is 2 now",
    ]


def test_the_command_refuses_a_folder_that_a_channel_uses_and_one_of_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = channel_of("0.1.0", tmp_path / "bank-east")
    channel = DataFolder(folder)

    used = run(["migrate", "--data", str(folder)])
    nobodys = run(["migrate", "--data", str(tmp_path / "absent")])

    channel.close()
    assert (used, nobodys) == (1, 1)
    assert capsys.readouterr().err.splitlines() == [
        f"essc-channel: {folder}: another channel is using this data folder",
        f"essc-channel: {tmp_path / 'absent'}: no channel has used it yet",
    ]


def _dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_a_channels_store_goes_to_postgresql_and_comes_back_as_it_was(
    tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = channel_of("0.1.0", tmp_path / "bank-east")
    migrate(folder, None)
    path = folder / "channel.db"
    before = _rows(path)

    there = run(["store-copy", "--from", str(folder), "--store", database])
    again = run(["store-copy", "--from", str(folder), "--store", database])
    kept = run(["store-copy", "--from", str(folder), "--from-store", database])
    path.unlink()
    channel = DataFolder(folder)
    channel.channel_store(database, "bank-east").close()
    channel.close()
    back = copy_store(folder, database, None)

    assert (there, again, kept) == (0, 1, 1)
    said = capsys.readouterr()
    assert "accounts: 8 rows, the same there" in said.out.splitlines()
    assert said.err.splitlines() == [
        "essc-channel: the target is not empty",
        f"essc-channel: {path}: is there already; move it away",
    ]
    assert back["accounts"] == 8
    assert _rows(path) == before


def test_a_store_of_another_folder_and_one_in_use_are_not_copied(
    tmp_path: Path, database: str
) -> None:
    folder = channel_of("0.1.0", tmp_path / "bank-east")
    migrate(folder, None)
    copy_store(folder, None, database)
    (folder / "channel.db").unlink()
    channel = DataFolder(folder)
    store = channel.channel_store(database, "bank-east")
    channel.close()

    with pytest.raises(StoreFault, match="is in use, by"):
        copy_store(folder, database, None)
    store.close()
    (folder / "digest.key").write_bytes(b"another key, of thirty-two bytes")
    with pytest.raises(StoreFault, match=r"another data folder: digest\.key differs"):
        copy_store(folder, database, None)

    assert not list(folder.glob("channel.db*"))


def test_a_store_that_is_no_postgresql_database_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = channel_of("0.1.0", tmp_path / "bank-east")

    status = run(["store-copy", "--from", str(folder), "--store", "sqlite:///elsewhere.db"])

    assert status == 1
    assert capsys.readouterr().err.splitlines() == [
        "essc-channel: --store: sqlite: only postgresql+psycopg is known"
    ]


def _rows(path: Path) -> dict[str, list[dict[str, object]]]:
    return {
        table.name: rows_of(path, table.name, ", ".join(c.name for c in table.primary_key))
        for table in tables.metadata.sorted_tables
    }
