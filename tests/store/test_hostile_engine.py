"""On a database that refuses and vanishes at random, every answer is as on a quiet one."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg
import pytest
from tests.store import stories
from tests.store.stories import CHANNELS, EDGE, KINDS, LI, NOON, ZHANG, Wish
from tests.support.hostile import CUT, REFUSED, UNHEARD, Troubles
from tests.support.postgres import Postgres

from essc_platform.batch import Answer, Outcome, Submission, run
from essc_platform.core.decisions import Rejected
from essc_platform.core.times import MINUTE
from essc_platform.store import again as again_module
from essc_platform.store.again import TRIES, again
from essc_platform.store.connections import Connection, Row
from essc_platform.store.errors import StoreConflict, StoreDoubt, StoreFailure, StoreLost
from essc_platform.store.feed import Positions
from essc_platform.store.postgresql import PostgresqlConnection
from essc_platform.store.postgresql_store import connector, create
from essc_platform.store.sqlite import SqliteConnection
from essc_platform.store.statements import Statement
from essc_platform.store.tables import metadata
from essc_workbench.postgres.urls import for_library

SHARE = 0.02
PLACED = {"events": 2, "entries": 2}
"""Tables with a position, and in which column: on PostgreSQL it is the database's time."""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between two tries."""
    monkeypatch.setattr(again_module, "_pause", lambda turn: None)


def a_story(seed: int, length: int) -> list[Submission]:
    """Commands of all kinds, some of them asked twice, each with its place in the ledger."""
    chance = random.Random(seed)
    told: list[Submission] = []
    for place in range(length):
        wish = Wish(
            kind=chance.choice(KINDS),
            citizen=chance.choice((ZHANG, LI)),
            channel=chance.choice(CHANNELS),
            variant=chance.randrange(4),
            pause=0,
        )
        command = stories.command_of(wish, place, NOON + place * MINUTE)
        told.append(stories.submission(command, str(place)))
        if chance.random() < 0.1:
            told.append(told[-1])
    return told


@contextmanager
def seeded(postgres: Postgres) -> Iterator[str]:
    """A database with the small country in it."""
    with postgres.fresh() as url:
        create(url, "cn-essc", lambda connection: None)
        quiet = PostgresqlConnection(connector(url))
        stories.put(quiet, stories.seeds())
        quiet.close()
        yield url


def answers_of(
    connection: Connection, told: Sequence[Submission], positions: Positions
) -> list[Answer]:
    """One command after the other, each asked until it is answered for certain."""
    found: list[Answer] = []
    for each in told:

        def ask(each: Submission = each) -> Answer:
            return run(connection, [each], EDGE, positions).answers[0]

        answer = again(ask)
        # A refusal that is answered from the ledger says nothing of what it changed.
        found.append(plain(answer))
    return found


def plain(answer: Answer) -> Answer:
    """An answer without what it has changed."""
    if isinstance(answer, Rejected):
        return Rejected(answer.reason, answer.details)
    return answer


def rows_of(url: str) -> stories.Rows:
    """Every row of every table; instead of their positions, the order of them."""
    with psycopg.connect(for_library(url), autocommit=True) as connection:
        return {
            table.name: placeless(
                table.name, connection.execute(f"SELECT * FROM {table.name}").fetchall()
            )
            for table in metadata.tables.values()
            if table.name != "facts"
        }


def placeless(table: str, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    column = PLACED.get(table)
    if column is None:
        return sorted(rows, key=repr)
    in_order = sorted(rows, key=lambda row: (row[:column], row[column]))
    return [(*row[:column], *row[column + 1 :]) for row in in_order]


def quiet_end(told: Sequence[Submission]) -> tuple[list[Answer], stories.Rows]:
    """What a quiet engine answers, and what is in its tables at the end."""
    with stories.memory() as quiet:
        answers = answers_of(quiet, told, Positions(0))
        rows = stories.dump(quiet)
    return answers, {name: placeless(name, each) for name, each in rows.items() if name != "facts"}


def played(postgres: Postgres, told: Sequence[Submission], troubles: Troubles) -> stories.Rows:
    """A story on a hostile engine: its answers have to be those of a quiet one."""
    expected, left = quiet_end(told)
    with seeded(postgres) as url:
        connection = PostgresqlConnection(troubles.connector(url))
        found = answers_of(connection, told, Positions(0))
        connection.close()
        rows = rows_of(url)
    assert found == expected
    assert rows == left
    return rows


def test_a_hostile_engine_answers_as_a_quiet_one(postgres: Postgres) -> None:
    troubles = Troubles(seed=1, share=SHARE)

    played(postgres, a_story(seed=1, length=70), troubles)

    assert troubles.met.keys() >= {
        (REFUSED, False),
        (REFUSED, True),
        (CUT, False),
        (CUT, True),
        (UNHEARD, True),
    }


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 8))
def test_a_hostile_engine_answers_as_a_quiet_one_at_length(postgres: Postgres, seed: int) -> None:
    played(postgres, a_story(seed, length=400), Troubles(seed=1000 * seed, share=SHARE))


def test_without_the_ledger_a_hostile_engine_does_something_twice(postgres: Postgres) -> None:
    """Else the tests above would show nothing."""
    wishes = [
        Wish(kind="face", citizen=key, channel=channel, variant=0, pause=0)
        for key in (ZHANG, LI)
        for channel in CHANNELS
        for _ in range(4)
    ]
    told = [
        stories.submission(stories.command_of(each, place, NOON))
        for place, each in enumerate(wishes)
    ]

    with pytest.raises(AssertionError):
        played(postgres, told, Troubles(seed=1, share=0.06))


def noted_of(told: Sequence[Submission]) -> list[Submission]:
    """What the ledger takes note of: whoever asks that again, and whenever, has that answer."""
    with stories.memory() as quiet:
        answers_of(quiet, told, Positions(0))
        digests = {row[1] for row in stories.dump(quiet)["requests"]}
    return [each for each in told if each.request and each.request.digest in digests]


def test_three_hostile_processes_that_are_asked_the_same_change_it_once(
    postgres: Postgres,
) -> None:
    told = noted_of(a_story(seed=3, length=100))
    expected, left = quiet_end(told)
    found: list[list[Answer]] = []

    with seeded(postgres) as url:

        def ask(number: int) -> None:
            connection = PostgresqlConnection(Troubles(number, SHARE).connector(url))
            found.append(answers_of(connection, told, Positions(0)))
            connection.close()

        asking = [threading.Thread(target=ask, args=(number,), daemon=True) for number in range(3)]
        for each in asking:
            each.start()
        for each in asking:
            each.join()
        rows = rows_of(url)

    assert sum(isinstance(each, bytes) for each in expected) >= 20
    # A counted wrong password among them: it is refused, and counted once.
    assert sum(isinstance(each, Rejected) for each in expected) >= 1
    assert found == [expected] * 3
    assert rows == left


class Refusing:
    """Answers as told, one after the other."""

    def __init__(self, *said: Exception) -> None:
        self._said = list(said)

    def __call__(self) -> str:
        if self._said:
            raise self._said.pop(0)
        return "done"


def test_what_is_in_doubt_is_never_told_as_a_conflict() -> None:
    """A conflict is a definite no; the commit that nobody heard of may have been a yes."""
    work = Refusing(StoreDoubt("unheard"), *[StoreConflict("busy")] * TRIES)

    with pytest.raises(StoreDoubt):
        again(work)


@pytest.mark.parametrize("kind", [StoreConflict, StoreLost])
def test_a_conflict_and_a_lost_connection_are_tried_again_so_often(
    kind: type[StoreFailure],
) -> None:
    assert again(Refusing(*[kind("once more")] * (TRIES - 1))) == "done"
    with pytest.raises(kind):
        again(Refusing(*[kind("for ever")] * TRIES))


def test_a_store_that_is_away_is_said_at_once_unless_something_is_in_doubt() -> None:
    with pytest.raises(StoreFailure, match="away"):
        again(Refusing(StoreFailure("away")))
    assert again(Refusing(StoreDoubt("unheard"), StoreFailure("away"))) == "done"


class TroubledFile(SqliteConnection):
    """A file at which somebody else is just then, at any statement."""

    def __init__(self, inner: SqliteConnection, chance: random.Random) -> None:
        super().__init__(inner.driver)
        self._chance, self.met = chance, 0

    def _meet(self) -> None:
        if self._chance.random() < SHARE * 2:
            self.met += 1
            raise sqlite3.OperationalError("database is locked")

    def execute(self, statement: Statement, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        self._meet()
        return super().execute(statement, parameters)

    def rows_under(self, statement: Statement, keys: Collection[Row]) -> Iterator[Row]:
        self._meet()
        return super().rows_under(statement, keys)

    def write(self, statement: Statement, rows: Sequence[Row]) -> None:
        self._meet()
        super().write(statement, rows)


def until_done(work: Callable[[], Outcome]) -> Outcome:
    """As a caller who repeats what was not done."""
    while True:
        try:
            return work()
        except sqlite3.Error:
            continue


def test_a_file_that_fails_at_any_statement_answers_as_a_quiet_one() -> None:
    told = a_story(seed=1, length=70)
    expected, left = quiet_end(told)

    with stories.copy_of(stories.template(stories.seeds())) as memory:
        troubled, positions = TroubledFile(memory, random.Random(1)), Positions(0)
        found = [
            until_done(partial(run, troubled, [each], EDGE, positions)).answers[0] for each in told
        ]
        rows = stories.dump(memory)

    assert troubled.met > 10
    assert list(map(plain, found)) == expected
    assert {name: placeless(name, each) for name, each in rows.items() if name != "facts"} == left
