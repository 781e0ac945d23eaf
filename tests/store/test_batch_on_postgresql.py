"""What a batch asks of PostgreSQL, and keeps from others meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from tests.store import stories
from tests.store.stories import NOON
from tests.support.postgres import Postgres

from essc_platform.core.records import CitizenKey
from essc_platform.store.postgresql import PostgresqlConnection
from essc_platform.store.postgresql_store import create
from essc_workbench.postgres.urls import for_library

LOCKED = "SELECT count(*), count(DISTINCT relation) FROM pg_locks WHERE pid = %s AND granted"
FREE = "SELECT citizen FROM citizens FOR UPDATE SKIP LOCKED"


class Noting(psycopg.Connection[Any]):
    """Notes each statement, and how the database stands right before a commit."""

    asked: list[str]
    onlooker: psycopg.Connection[Any]
    locks: int
    free: list[int]

    def execute(self, query: Any, params: Any = None, **more: Any) -> psycopg.Cursor[Any]:
        text = query if isinstance(query, str) else query.decode()
        if text == "COMMIT":
            pid = self.info.backend_pid
            ((self.locks, _),) = self.onlooker.execute(LOCKED, (pid,)).fetchall()
            self.free = [number for (number,) in self.onlooker.execute(FREE).fetchall()]
        self.asked.append(text)
        return super().execute(query, params, **more)


@contextmanager
def store_with(
    url: str, people: list[CitizenKey], bound_s: float | None = None
) -> Iterator[tuple[PostgresqlConnection, Noting]]:
    """A store with these people in it, linked and with proofs."""
    create(url, "cn-essc", lambda connection: None)
    driver = Noting.connect(for_library(url), autocommit=True)
    with psycopg.connect(for_library(url), autocommit=True) as onlooker:
        driver.asked, driver.onlooker = [], onlooker
        connection = PostgresqlConnection(lambda: driver, bound_s)
        stories.put(connection, stories.seeds(people))
        driver.asked.clear()
        yield connection, driver
        connection.close()


def test_statements_and_locks_do_not_grow_with_the_commands_of_a_batch(postgres: Postgres) -> None:
    people = [CitizenKey(bucket, bucket) for bucket in range(100)]
    locks, numbers = set(), set()

    for count in (1, 7, 99):
        told = [
            stories.submission(stories.unlink(key, "bank", NOON), str(key))
            for key in people[:count]
        ]
        with postgres.fresh() as url, store_with(url, people) as (connection, driver):
            answers = stories.run_all(connection, [told])

        assert all(isinstance(answer, bytes) for answer in answers)
        assert sorted(driver.free) == list(range(count, 100))
        locks.add(driver.locks)
        numbers.add(len(driver.asked))

    # begin; citizens locked, the clock; requests, links, proofs read; links, proofs, entries,
    # events, requests written; commit
    assert numbers == {1 + 2 + 3 + 5 + 1}
    # Of tables and their indexes, and of the transaction itself: a row's lock lies in the row.
    assert len(locks) == 1
    assert 20 <= locks.pop() <= 40


@pytest.mark.parametrize(("bound_s", "asks"), [(None, True), (5.0, False)])
def test_a_transactions_number_is_asked_only_where_one_server_gives_it(
    database: str, bound_s: float | None, *, asks: bool
) -> None:
    """Who reads a bounded feed needs none, and other engines have none."""
    key = CitizenKey(1, 1)

    with store_with(database, [key], bound_s) as (connection, driver):
        stories.run_all(connection, [[stories.submission(stories.unlink(key, "bank", NOON))]])

    assert ("pg_current_xact_id" in " ".join(driver.asked)) is asks
