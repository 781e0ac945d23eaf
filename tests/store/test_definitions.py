"""The printed definitions run as they are, and are those that the platform makes itself."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import venv
from pathlib import Path

import psycopg
import pytest
from tests.support.postgres import Postgres

from essc_platform.store.definitions import Dialect, definitions
from essc_platform.store.errors import StoreError
from essc_platform.store.postgresql_store import PostgresqlStore, create
from essc_workbench.postgres.binaries import debians, wheels
from essc_workbench.postgres.urls import for_library

REPOSITORY = Path(__file__).resolve().parents[2]
WHOLE = {"channels", "facts", "parties", "party_keys", "services", "signing_keys"}
PSQL = next(folder / "psql" for folder in (*debians(), *wheels()) if (folder / "psql").is_file())
# As Citus has them, but for what they do: they note what they are told.
CITUS_BY_NAME = """
CREATE TABLE told (name text, bucket text, beside text);
CREATE FUNCTION create_distributed_table(name regclass, bucket text, colocate_with text)
  RETURNS void LANGUAGE sql AS 'INSERT INTO told VALUES ($1::text, $2, $3)';
CREATE FUNCTION create_reference_table(name regclass)
  RETURNS void LANGUAGE sql AS 'INSERT INTO told VALUES ($1::text, NULL, NULL)';
"""
AS_THEY_ARE = """
SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION SELECT table_name, column_name,
  concat(ordinal_position, data_type, is_nullable, column_default)
FROM information_schema.columns WHERE table_schema = 'public'
UNION SELECT name, value, '' FROM facts ORDER BY 1, 2
"""
# In an environment of its own: the dialect wants an older SQLAlchemy than ours.
IN_ITS_OWN_WORDS = """
from sqlalchemy_cockroachdb.psycopg import CockroachDBDialect_psycopg
from essc_platform.store import definitions
definitions.postgresql.dialect = CockroachDBDialect_psycopg
print(definitions.definitions(definitions.Dialect.COCKROACHDB), end="")
"""


def psql(url: str, text: str) -> None:
    """Runs text as an operator would."""
    done = subprocess.run(
        [PSQL, "-X", "-q", "-v", "ON_ERROR_STOP=1", for_library(url)],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def told(url: str, words: str) -> list[tuple[object, ...]]:
    with psycopg.connect(for_library(url)) as connection:
        return connection.execute(words.encode()).fetchall()


def test_what_the_command_prints_runs_in_psql_as_it_is(database: str) -> None:
    program = [sys.executable, "-I", "-m", "essc_platform", "schema", "--dialect", "postgresql"]
    printed = subprocess.run(program, capture_output=True, text=True, check=True, timeout=60).stdout

    psql(database, printed)

    tables = told(database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    indexes = told(database, "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")
    assert {str(name) for (name,) in tables} > WHOLE
    assert len(tables) == printed.count("CREATE TABLE") == 29
    assert len(indexes) == len(tables) + printed.count("CREATE INDEX")
    assert told(database, "SELECT name FROM facts") == [("schema_version",)]


def test_they_are_those_that_the_platform_makes_itself_and_it_takes_them_for_its_own(
    postgres: Postgres,
) -> None:
    with postgres.fresh() as printed, postgres.fresh() as made:
        psql(printed, definitions(Dialect.POSTGRESQL))

        for url in (printed, made):
            create(url, "cn-essc", lambda connection: None)

        assert told(printed, AS_THEY_ARE) == told(made, AS_THEY_ARE)
        PostgresqlStore(printed, "cn-essc").close()
        with pytest.raises(FileExistsError):
            create(printed, "cn-essc", lambda connection: None)


def test_tables_of_another_version_are_not_taken(database: str) -> None:
    text = definitions(Dialect.POSTGRESQL)
    psql(database, f"{text} UPDATE facts SET value = '999' WHERE name = 'schema_version';")

    with pytest.raises(StoreError, match="version 999, newer than this program's"):
        create(database, "cn-essc", lambda connection: None)

    assert told(database, "SELECT name FROM facts") == [("schema_version",)]


def test_a_dialect_that_nobody_speaks_is_refused_with_those_that_are() -> None:
    program = [sys.executable, "-I", "-m", "essc_platform", "schema", "--dialect", "oracle"]

    done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 2
    assert "'sqlite', 'postgresql', 'citus', 'cockroachdb'" in done.stderr


def test_citus_is_told_of_every_table_how_to_keep_it(database: str) -> None:
    psql(database, CITUS_BY_NAME)

    psql(database, definitions(Dialect.CITUS))

    kept = told(database, "SELECT name, bucket, beside FROM told")
    spread = {str(name): beside for name, bucket, beside in kept if bucket == "bucket"}
    assert {str(name) for name, bucket, _ in kept if bucket is None} == WHOLE
    assert len(kept) == len(WHOLE) + len(spread) == 29
    # All beside the first, which is beside none: the rows of a bucket are at one node.
    assert kept[0] == ("citizens", "bucket", "none")
    assert {beside for name, beside in spread.items() if name != "citizens"} == {"citizens"}


def test_cockroachdbs_definitions_are_postgresqls() -> None:
    """Its dialect changes nothing in them; the soak test below asks it."""
    postgresql, cockroachdb = (
        definitions(dialect).partition("\n")[2]
        for dialect in (Dialect.POSTGRESQL, Dialect.COCKROACHDB)
    )

    assert postgresql == cockroachdb


def test_sqlites_definitions_run_and_keep_rows_in_the_order_of_their_keys() -> None:
    connection = sqlite3.connect(":memory:")

    connection.executescript(definitions(Dialect.SQLITE))

    words = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    connection.close()
    assert len(words) == 29
    assert [name for name, sql in words.items() if "WITHOUT ROWID" not in sql] == ["requests"]


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_cockroachdbs_own_dialect_says_it_alike(tmp_path: Path) -> None:
    beside = tmp_path / "beside"
    venv.create(beside, with_pip=True)
    lock = (REPOSITORY / "requirements.lock").read_text()
    driver = re.search(r"^psycopg==\S+", lock, re.MULTILINE)
    assert driver is not None
    wanted = ["sqlalchemy==2.0.*", "sqlalchemy-cockroachdb==2.0.*", driver[0]]
    wanted.append(driver[0].replace("psycopg==", "psycopg-binary=="))
    python = beside / "bin" / "python"
    install: list[str | Path] = [python, "-I", "-m", "pip", "install", "--quiet", *wanted]
    subprocess.run(install, cwd=tmp_path, check=True, timeout=300)
    packages = next((beside / "lib").glob("python3.*/site-packages"))
    (packages / "ours.pth").write_text(str(REPOSITORY / "platform"))

    said = subprocess.run(
        [python, "-I", "-c", IN_ITS_OWN_WORDS],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout

    assert said == definitions(Dialect.COCKROACHDB)
