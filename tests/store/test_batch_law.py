"""The law of the batch, and what follows from its shape: see the header of `batch.py`."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store import stories
from tests.store.stories import CHANNELS, EDGE, KINDS, LI, NOON, ZHANG, Wish

from essc_platform.batch import Answer, Submission, run
from essc_platform.core.codes import IssueCode
from essc_platform.core.commands import Command
from essc_platform.core.decisions import Rejected
from essc_platform.core.reads import reads_of
from essc_platform.core.reasons import Reason
from essc_platform.core.records import Citizen, CitizenKey, Link, Proof
from essc_platform.core.snapshot import many, one
from essc_platform.core.times import DAY, MINUTE
from essc_platform.store.feed import Positions
from essc_platform.store.gateway import load
from essc_platform.store.sqlite import SqliteStore as Store

PAUSES = (0, 1, MINUTE, DAY, 20 * DAY)
CONTENTS = (b"content", b"other content")

wishes = st.builds(
    Wish,
    kind=st.sampled_from(KINDS),
    citizen=st.sampled_from((ZHANG, LI)),
    channel=st.sampled_from(CHANNELS),
    variant=st.integers(0, 3),
    pause=st.sampled_from(PAUSES),
)
# A few request ids, so that some come again: with the same content or with another.
requests = st.tuples(st.sampled_from(("", *"abcdefgh")), st.sampled_from(CONTENTS))


@st.composite
def stories_told(draw: st.DrawFn) -> tuple[list[Submission], list[int]]:
    """A story of commands as they arrive, and where to cut it."""
    told: list[Submission] = []
    codes: set[tuple[CitizenKey, int]] = set()
    at = NOON
    for place in range(draw(st.integers(1, 24))):
        wish = draw(wishes)
        at += wish.pause
        request, content = draw(requests)
        command = stories.command_of(wish, place, at)
        if isinstance(command, IssueCode):
            # Numbers are drawn from so many that none comes twice, and rows rely on it.
            if (command.citizen, command.new_number) in codes:
                command = replace(command, new_number=10_000 + 10 * place)
            codes.add((command.citizen, command.new_number))
        told.append(stories.submission(command, request, content))
    return told, sorted(draw(st.sets(st.integers(0, len(told)), max_size=6)))


def cut(told: Sequence[Submission], places: Sequence[int]) -> list[Sequence[Submission]]:
    edges = [0, *places, len(told)]
    parts = [told[a:b] for a, b in pairwise(edges)]
    return [part for part in parts if part]


@given(stories_told())
@settings(
    max_examples=120,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_a_batch_answers_as_its_commands_one_by_one_and_as_any_split_of_it(
    story: tuple[list[Submission], list[int]],
) -> None:
    told, places = story
    ways = ([told], [[each] for each in told], cut(told, places))
    seen: list[tuple[tuple[Answer, ...], stories.Rows]] = []

    for batches in ways:
        with stories.memory() as connection:
            answers = stories.run_all(connection, batches)
            seen.append((answers, stories.without_batches(stories.dump(connection))))

    assert not [a for a in seen[0][0] if is_bug(a)]
    assert seen[1] == seen[0]
    assert seen[2] == seen[0]


def is_bug(answer: Answer) -> bool:
    return isinstance(answer, Rejected) and answer.reason is Reason.INTERNAL_FAULT


def test_the_stories_of_the_law_reach_both_answers_of_every_kind_of_command() -> None:
    """Else the law would be about refusals only."""
    accepted: set[str] = set()
    rejected: set[str] = set()
    for kind in KINDS:
        for key, variant in product((ZHANG, LI), range(4)):
            wishes_ = [
                Wish(kind=kind, citizen=key, channel=channel, variant=variant, pause=0)
                for channel in CHANNELS
            ]
            told = [
                stories.submission(stories.command_of(each, place, NOON))
                for place, each in enumerate(wishes_ * 2)
            ]
            with stories.memory() as connection:
                for answer in stories.run_all(connection, [told]):
                    (accepted if isinstance(answer, bytes) else rejected).add(kind)

    assert accepted == set(KINDS)
    # What time finds done already is accepted all the same, and so are every verdict on a code and
    # every word of the bank.
    assert rejected == set(KINDS) - {"expire", "anew", "end", "scan", "bank"}


def test_the_law_holds_on_a_real_file(tmp_path: Path) -> None:
    told = [
        stories.submission(stories.command_of(each, place, NOON + place), str(place))
        for place, each in enumerate(
            Wish(kind=kind, citizen=key, channel=channel, variant=0, pause=0)
            for kind in ("apply", "unlink", "accept", "reset", "apply")
            for key in (ZHANG, LI)
            for channel in CHANNELS
        )
    ]
    seen = []
    for name, batches in (("whole", [told]), ("parts", cut(told, [1, 7, 20]))):
        store = Store(tmp_path / f"{name}.db")
        stories.put(store.writer, stories.seeds())
        seen.append((stories.run_all(store.writer, batches), stories.dump(store.reader)))
        store.close()

    assert seen[0] == seen[1]


@pytest.mark.parametrize("count", [1, 7, 100])
def test_the_number_of_statements_depends_on_the_tables(count: int) -> None:
    keys = [CitizenKey(bucket, 1) for bucket in range(count)]
    told = [stories.submission(stories.unlink(key, "bank", NOON), str(key)) for key in keys]

    with stories.memory(stories.seeds(keys)) as connection:
        answers = stories.run_all(connection, [told])
        statements = connection.statements[:]

    assert all(isinstance(answer, bytes) for answer in answers)
    # begin; links, proofs, requests read; links, proofs, entries, events, requests written; commit
    assert len(statements) == 1 + 3 + 5 + 1
    assert len(set(statements)) == len(statements)


def test_no_statement_of_a_batch_scans_a_table() -> None:
    told = [
        stories.submission(stories.command_of(each, place, NOON + place), str(place))
        for place, each in enumerate(
            Wish(kind=kind, citizen=ZHANG, channel="bank", variant=0, pause=0) for kind in KINDS
        )
    ]

    with stories.memory() as connection:
        stories.run_all(connection, [told])
        selects = [s for s in connection.statements if s.startswith("WITH wanted ")]
        plans = [
            row[3]
            for select in selects
            for row in connection.driver.execute(
                f"EXPLAIN QUERY PLAN {select}", (0,) * select.count("?")
            ).fetchall()
        ]

    assert len(selects) > 10
    # The list of keys is all that is read from end to end.
    scans = [plan for plan in plans if "SCAN" in plan and "CONSTANT ROW" not in plan]
    assert set(scans) <= {"SCAN wanted"}


def test_what_a_command_did_not_declare_cannot_be_read() -> None:
    command = stories.unlink(ZHANG, "bank", NOON)

    with stories.memory() as connection:
        snapshot = load(connection, reads_of(command) | {many(Link, ZHANG), one(Citizen, ZHANG)})
    view = snapshot.view(reads_of(command))

    assert view.one(Proof, command.proof) is not None
    with pytest.raises(KeyError):
        view.one(Citizen, ZHANG)
    with pytest.raises(KeyError):
        view.one(Link, (*ZHANG, "alipay"))
    with pytest.raises(KeyError):
        view.many(Link, ZHANG)


def poisoned(command: Command, request: str = "poison") -> Submission:
    """A command whose answer has a bug in it; the bug names a person."""

    def encode(answer: Any) -> bytes:
        raise ZeroDivisionError("张三")

    return replace(stories.submission(command, request), encode=encode)


def test_a_bug_spoils_one_answer_and_changes_nothing() -> None:
    before = stories.submission(stories.unlink(ZHANG, "bank", NOON), "a")
    poison = poisoned(stories.unlink(LI, "bank", NOON))
    after = stories.submission(stories.unlink(LI, "bank", NOON), "b")

    with stories.memory() as connection:
        answers = stories.run_all(connection, [[before, poison, after]])
        changed = stories.dump(connection)
    with stories.memory() as connection:
        clean = stories.run_all(connection, [[before, after]])
        expected = stories.dump(connection)

    assert answers == (clean[0], Rejected(Reason.INTERNAL_FAULT), clean[1])
    assert without_positions(changed) == without_positions(expected)


def without_positions(rows: stories.Rows) -> stories.Rows:
    """A bug may leave a gap in the positions; they still grow."""
    cut_rows = dict(rows)
    cut_rows["events"] = [(row[0], row[1], row[3]) for row in rows["events"]]
    cut_rows["entries"] = [(*row[:2], *row[3:]) for row in rows["entries"]]
    return cut_rows


@pytest.mark.rule("R92")
def test_the_log_of_a_bug_says_where_it_is_and_not_what_it_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with stories.memory() as connection:
        stories.run_all(connection, [[poisoned(stories.unlink(ZHANG, "bank", NOON))]])

    logged = capsys.readouterr().out
    assert "ZeroDivisionError" in logged
    assert "encode:" in logged
    assert "张三" not in logged


def test_a_failing_store_leaves_nothing_behind_and_the_next_batch_goes_on() -> None:
    told = [stories.submission(stories.unlink(ZHANG, "bank", NOON), "a")]

    with stories.memory() as connection:
        before = stories.dump(connection)
        connection.driver.execute("DROP TABLE events")
        with pytest.raises(sqlite3.OperationalError):
            run(connection, told, EDGE, Positions(0))
        left = stories.dump(connection)

        assert not connection.driver.in_transaction
        assert {**left, "events": []} == before

        connection.driver.execute("CREATE TABLE events (bucket, channel, position, body)")
        assert isinstance(stories.run_all(connection, [told])[0], bytes)
