"""Nothing in the store needs what a distributed engine lacks, and nothing searches all of it
unless it means to.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Sequence,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    insert,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from tests.store.spreading import (
    faults_of_definitions,
    faults_of_source,
    faults_of_statement,
    faults_of_tables,
)

from essc_platform import store
from essc_platform.core.snapshot import PREFIX_LENGTHS
from essc_platform.store import gateway, tables
from essc_platform.store.definitions import Dialect, definitions
from essc_platform.store.rows import MAPPINGS
from essc_platform.store.statements import STATEMENTS, Statement, upsert
from essc_platform.store.statements import insert as new

WHOLE = frozenset({"channels", "facts", "parties", "party_keys", "services", "signing_keys"})
"""What belongs to nobody: a few thousand rows at most, read by all and seldom changed."""
SPREAD = frozenset(table.name for table in tables.metadata.sorted_tables) - WHOLE
ACROSS = {
    "audit._CITIZENS": "an audit reads all there is",
    "audit._EVENTS": "an audit reads all there is",
    "audit._PHYSICAL_CARDS": "an audit reads all there is",
    "upkeep._LINKS_OF": "an exit walks through a channel's links, slice by slice",
    "upkeep._OLD_CHALLENGES": "what is old lies everywhere, and is removed by time",
    "upkeep._OLD_CODES": "what is old lies everywhere, and is removed by time",
    "upkeep._OLD_PROOFS": "what is old lies everywhere, and is removed by time",
    "upkeep._OLD_REQUESTS": "what is old lies everywhere, and is removed by time",
    "upkeep._OLD_TICKETS": "what is old lies everywhere, and is removed by time",
    "upkeep._TO_EXPIRE": "what is due lies everywhere, and is found by time",
    "upkeep._TO_LIFT": "what is due lies everywhere, and is found by time",
    "views._HELD_AFTER": "a channel lists its links, page by page",
    "views_settlement._AT_BANK": "the line before the bank is one line for all",
    "views_settlement._SUMS_OF_CHANNEL": "a channel's sums are of all its payers",
    "views_settlement._SUMS_OF_PROVIDER": "a provider's sums are of all its payers",
}
"""Statements that mean to ask all buckets, each with the reason. All others name theirs."""

# --- the store


def test_every_key_begins_with_the_bucket() -> None:
    assert faults_of_tables(tables.metadata, WHOLE) == []


@pytest.mark.parametrize("dialect", Dialect)
def test_the_printed_definitions_are_of_use_to_an_engine_that_spreads(dialect: Dialect) -> None:
    assert faults_of_definitions(definitions(dialect)) == []


def test_every_statement_names_its_bucket_or_says_why_not() -> None:
    across = {name for name, text in statements().items() if faults_of_statement(text, SPREAD)}

    assert across == set(ACROSS)


def test_no_module_of_the_store_asks_for_what_only_one_server_has() -> None:
    modules = list(Path(store.__path__[0]).rglob("*.py"))

    found = {path.name: faults_of_source(path.read_text()) for path in modules}

    assert len(modules) > 30
    assert {name: faults for name, faults in found.items() if faults} == {}


@cache
def statements() -> dict[str, str]:
    """What the store says to PostgreSQL, by the name under which a module keeps it."""
    names: dict[int, str] = {}
    for found in pkgutil.walk_packages(store.__path__, f"{store.__name__}."):
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            if isinstance(value, Statement):
                short = f"{found.name.removeprefix(f'{store.__name__}.')}.{name}"
                names.setdefault(id(value), short)
    for table in tables.metadata.sorted_tables:  # these are made when they are first needed
        upsert(table)
        new(table)
    for kind, mapping in MAPPINGS.items():
        gateway._select(mapping.table, None)
        if kind in PREFIX_LENGTHS:
            gateway._select(mapping.table, PREFIX_LENGTHS[kind])
    gateway._select(tables.requests, None)
    return {
        names.get(id(each), f"made {place}"): each.postgresql.decode()
        for place, each in enumerate(STATEMENTS)
    }


# --- the lint itself: whatever it is for makes it speak


def a_table(*more: Column[int] | Index | UniqueConstraint | ForeignKeyConstraint) -> MetaData:
    """A table as ours are, and something more."""
    metadata = MetaData()
    Table(
        "things",
        metadata,
        Column("bucket", SmallInteger, primary_key=True, autoincrement=False),
        Column("citizen", BigInteger, primary_key=True, autoincrement=False),
        Column("number", BigInteger, nullable=False),
        *more,
    )
    return metadata


def test_a_table_as_ours_are_is_good() -> None:
    metadata = a_table(
        Index("by_number", "number"),
        Index("once", "bucket", "number", unique=True),
    )

    assert faults_of_tables(metadata, frozenset()) == []


def test_a_sequence_is_a_fault() -> None:
    counted, numbered = MetaData(), MetaData()
    Table("lines", counted, Column("line", Integer, primary_key=True))
    Table("lines", numbered, Column("line", Integer, Sequence("s"), primary_key=True))

    assert faults_of_tables(counted, frozenset({"lines"})) == ["lines.line: a sequence"]
    assert "lines.line: a value from the engine" in faults_of_tables(numbered, frozenset())


def test_a_foreign_key_to_another_bucket_is_a_fault() -> None:
    metadata = a_table(
        Column("of_bucket", SmallInteger),
        ForeignKeyConstraint(["of_bucket", "number"], ["things.bucket", "things.citizen"]),
    )

    assert faults_of_tables(metadata, frozenset()) == ["things: a foreign key across buckets"]


def test_a_unique_index_without_the_bucket_is_a_fault() -> None:
    index, constraint = (
        a_table(Index("once", "number", unique=True)),
        a_table(UniqueConstraint("number", "bucket")),
    )

    assert faults_of_tables(index, frozenset()) == ["things: once is unique across buckets"]
    assert faults_of_tables(constraint, frozenset()) == [
        "things: a constraint is unique across buckets"
    ]


def test_a_new_table_without_a_bucket_is_a_fault_until_it_is_said_to_be_whole() -> None:
    metadata = MetaData()
    Table("notes", metadata, Column("name", Text, primary_key=True))

    assert faults_of_tables(metadata, frozenset()) == [
        "notes: the primary key is unique across buckets"
    ]
    assert faults_of_tables(metadata, frozenset({"notes"})) == []


@pytest.mark.parametrize(
    "definition",
    [
        "CREATE TABLE t (bucket SMALLINT, n BIGSERIAL, PRIMARY KEY (bucket, n))",
        "CREATE TABLE t (n BIGINT GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (n))",
        "CREATE SEQUENCE s",
        "CREATE TABLE t (\n  bucket SMALLINT,\n  n BIGINT,\n  PRIMARY KEY (n, bucket)\n)",
        "CREATE TABLE t (\n  bucket SMALLINT,\n  PRIMARY KEY (bucket),\n  UNIQUE (n)\n)",
        "CREATE UNIQUE INDEX i ON t (n, bucket)",
        "CREATE TABLE t (bucket SMALLINT, FOREIGN KEY (n) REFERENCES u (n))",
        "SELECT pg_advisory_xact_lock(1)",
        "LISTEN news",
    ],
)
def test_a_definition_that_cannot_be_spread_is_a_fault(definition: str) -> None:
    assert len(faults_of_definitions(f"{definition};\n")) == 1


def test_words_are_faults_in_what_a_module_says_and_not_in_what_it_tells_its_readers() -> None:
    source = '"""Takes no pg_advisory_lock."""\nWORDS = f"{1} SELECT pg_advisory_lock(1)"\n'

    assert faults_of_source(source) == ["line 2: pg_advisory_lock"]


L, C, P = tables.links, tables.citizens, tables.parties
HERE = and_(L.c.bucket == bindparam("bucket"), L.c.citizen == bindparam("citizen"))
BESIDE = and_(C.c.bucket == L.c.bucket, C.c.citizen == L.c.citizen)
OLD = select(L.c.bucket, L.c.citizen).where(L.c.unlink_time < bindparam("since"))


@pytest.mark.parametrize(
    "statement",
    [
        select(L).where(HERE),
        select(L, C.c.name).join(C, BESIDE).where(HERE),
        select(P),
        select(L).where(HERE, L.c.serial > select(C.c.citizen).where(BESIDE).scalar_subquery()),
        update(L).where(HERE).values(serial=1),
        delete(L).where(tuple_(L.c.bucket, L.c.citizen).in_(OLD.where(L.c.bucket == 7))),
        insert(L),
    ],
)
def test_a_statement_that_names_the_bucket_of_every_row_is_good(statement: object) -> None:
    assert faults_of_statement(said(statement), SPREAD) == []


@pytest.mark.parametrize(
    ("statement", "missing"),
    [
        (select(L), ["links"]),
        (select(L).where(L.c.citizen == bindparam("citizen")), ["links"]),
        (select(L).where(L.c.bucket > bindparam("bucket")), ["links"]),
        (select(L).where(or_(HERE, L.c.state == 2)), ["links"]),
        (select(L, C.c.name).join(C, BESIDE), ["citizens", "links"]),
        (select(L, C.c.name).join(C, C.c.citizen == L.c.citizen).where(HERE), ["citizens"]),
        (select(L).where(HERE, L.c.serial > select(C.c.citizen).scalar_subquery()), ["citizens"]),
        (update(L).values(serial=1), ["links"]),
        (delete(L).where(tuple_(L.c.bucket, L.c.citizen).in_(OLD)), ["links", "links"]),
        (insert(L).from_select(["citizen"], select(C.c.citizen)), ["citizens", "links"]),
    ],
)
def test_a_statement_without_the_bucket_of_a_row_is_a_fault(
    statement: object, missing: list[str]
) -> None:
    assert faults_of_statement(said(statement), SPREAD) == [
        f"{each}: no bucket" for each in missing
    ]


def test_an_upsert_by_what_is_unique_across_buckets_is_a_fault() -> None:
    upserting = postgresql.insert(L).on_conflict_do_nothing(index_elements=["number"])

    assert faults_of_statement(said(upserting), SPREAD) == ["unique across buckets (number)"]


FORMATTING: Any = PGDialect_psycopg(paramstyle="format")  # type: ignore[no-untyped-call]


def said(statement: Any) -> str:
    return str(statement.compile(dialect=FORMATTING))
