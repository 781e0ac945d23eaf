"""The database as the platform opens it: durable, of the right version, or refused in one line."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from tests.store import codes, services, stories
from tests.store.stories import CHANNELS, EDGE, NOON, ZHANG

from essc_platform.batch import run
from essc_platform.core.records import CitizenKey
from essc_platform.core.times import DAY, SECOND
from essc_platform.store.errors import StoreError
from essc_platform.store.facts import read_fact, write_fact
from essc_platform.store.feed import Positions, events_after, instant_of, is_behind, last_position
from essc_platform.store.sqlite import Settings
from essc_platform.store.sqlite import SqliteStore as Store
from essc_platform.store.upkeep import Kept, purge


def test_a_store_is_durable_and_says_so(tmp_path: Path) -> None:
    store = Store(tmp_path / "platform.db")

    assert store.settings == Settings("wal", 2)

    store.close()


def test_an_engine_that_is_not_durable_is_refused() -> None:
    with pytest.raises(StoreError, match="not durable here") as caught:
        Store(Path(":memory:"))

    assert "\n" not in str(caught.value)


def test_a_store_grows_as_far_as_it_may_and_no_further(tmp_path: Path) -> None:
    path = tmp_path / "platform.db"
    store = Store(path, bytes_max=1)
    write_fact(store.writer, "small", "fits into what is there")
    before = store.reader.driver.execute("SELECT * FROM facts").fetchall()

    def write_both() -> None:
        with store.writer.transaction():
            write_fact(store.writer, "first", "of two")
            write_fact(store.writer, "big", "x" * 100_000)

    with pytest.raises(sqlite3.OperationalError, match="full"):
        write_both()

    assert store.reader.driver.execute("SELECT * FROM facts").fetchall() == before
    store.close()
    store = Store(path, bytes_max=10_000_000)
    write_fact(store.writer, "big", "x" * 100_000)
    assert read_fact(store.reader, "big") == "x" * 100_000
    store.close()
    store = Store(path, bytes_max=1)
    assert read_fact(store.reader, "big") == "x" * 100_000
    store.close()


def test_a_store_of_another_version_is_refused_in_one_line(tmp_path: Path) -> None:
    store = Store(tmp_path / "platform.db")
    write_fact(store.writer, "schema_version", "8")
    store.close()

    with pytest.raises(StoreError, match="schema is version 8, newer than this") as caught:
        Store(tmp_path / "platform.db")

    assert "\n" not in str(caught.value)
    assert str(tmp_path / "platform.db") in str(caught.value)


@pytest.mark.parametrize("content", [b"not a database, but long enough to be looked at" * 50])
def test_what_is_no_database_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "platform.db"
    path.write_bytes(content)

    with pytest.raises(StoreError, match="cannot be opened") as caught:
        Store(path)

    assert "\n" not in str(caught.value)


def test_a_folder_that_is_not_there_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened") as caught:
        Store(tmp_path / "nowhere" / "platform.db")

    assert "\n" not in str(caught.value)


def test_the_reader_cannot_write(tmp_path: Path) -> None:
    store = Store(tmp_path / "platform.db")

    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        store.reader.driver.execute("DELETE FROM links")

    store.close()


def test_the_reader_sees_the_last_commit(tmp_path: Path) -> None:
    store = Store(tmp_path / "platform.db")

    for value in ("1", "2"):
        write_fact(store.writer, "a", value)
        assert read_fact(store.reader, "a") == value

    store.close()


@pytest.mark.rule("R16")
def test_positions_grow_within_a_microsecond_and_when_time_stands_still() -> None:
    positions = Positions(0)

    taken = [positions.take(NOON) for _ in range(5)]
    taken += [positions.take(NOON - DAY), positions.take(NOON + 1)]

    assert taken == sorted(set(taken))
    assert instant_of(taken[0]) == NOON
    assert instant_of(taken[-1]) == NOON + 1


@pytest.mark.rule("R16")
def test_positions_grow_over_restarts_even_if_the_machines_clock_went_back(tmp_path: Path) -> None:
    """Else a channel whose cursor is from before the restart would never see what came after."""
    keys = [ZHANG, CitizenKey(9, 9)]
    store = Store(tmp_path / "platform.db")
    stories.put(store.writer, stories.seeds(keys))
    before = Positions(last_position(store.reader))
    told = stories.submission(stories.unlink(ZHANG, "bank", NOON), "a")
    first = run(store.writer, [told], EDGE, before)
    # This one writes a line of the record but no event.
    wish = stories.Wish(kind="register", citizen=ZHANG, channel="bank", variant=0, pause=0)
    silent = stories.submission(stories.command_of(wish, 1, NOON + SECOND), "b")
    second = run(store.writer, [silent], EDGE, before)
    head = max(first.head, second.head)
    store.close()

    store = Store(tmp_path / "platform.db")
    after = Positions(last_position(store.reader))
    late = stories.submission(stories.unlink(keys[1], "bank", NOON - DAY), "c")
    run(store.writer, [late], EDGE, after)
    found = list(events_after(store.reader, "bank", head, 1 << 62, 10))
    store.close()

    assert len(found) == 1


@pytest.mark.rule("R16")
def test_a_head_is_never_before_what_was_removed(tmp_path: Path) -> None:
    """Else a channel that lists anew is told again and again that its fresh cursor is too old."""
    store = Store(tmp_path / "platform.db")
    stories.put(store.writer, stories.seeds([ZHANG]))
    told = stories.submission(stories.unlink(ZHANG, "bank", NOON), "a")
    run(store.writer, [told], EDGE, Positions(last_position(store.reader)))
    late = NOON + 100 * DAY
    kept = Kept(
        challenges_since=late,
        requests_since=late,
        events_since=late,
        codes_since=late,
        tickets_since=late,
    )
    while purge(store.writer, kept, 10):
        pass
    store.close()

    store = Store(tmp_path / "platform.db")
    head = last_position(store.reader)
    is_too_old = [is_behind(store.reader, channel, head, late) for channel in CHANNELS]
    store.close()

    assert head > 0
    assert not any(is_too_old)


@pytest.mark.rule("R16", "R91")
def test_upkeep_removes_what_is_no_longer_kept_a_bounded_number_at_once(tmp_path: Path) -> None:
    keys = [CitizenKey(bucket, 1) for bucket in range(30)]
    store = Store(tmp_path / "platform.db")
    stories.put(store.writer, stories.seeds(keys))
    told = [
        stories.submission(stories.unlink(key, channel, NOON + place), f"{place}{channel}")
        for place, key in enumerate(keys)
        for channel in CHANNELS[1:2]
    ]
    run(store.writer, told, EDGE, Positions(0))
    stories.put(
        store.writer,
        [
            record
            for place, key in enumerate(keys)
            for record in (
                replace(codes.CODE, citizen=key, expire_time=NOON + place),
                replace(services.TICKET, citizen=key, expire_time=NOON + place),
                replace(
                    services.TICKET,
                    citizen=key,
                    number=701,
                    expire_time=NOON + place,
                    redeem_time=NOON,
                ),
            )
        ],
    )
    kept = Kept(
        challenges_since=stories.FAR + 1,
        requests_since=NOON + 20,
        events_since=NOON + 25,
        codes_since=NOON + 10,
        tickets_since=NOON + 15,
    )
    counts = []

    while removed := purge(store.writer, kept, 100):
        counts.append(removed)

    rows = stories.dump(store.reader)
    store.close()
    # Of each kind, and of each channel's events, at most a hundred at once.
    assert max(counts) <= 100 * (6 + len(CHANNELS))
    assert len(counts) > 3
    assert rows["challenges"] == rows["proofs"] == []
    assert sorted(row[3] for row in rows["requests"]) == [NOON + n for n in range(20, 30)]
    assert sorted(instant_of(row[2]) for row in rows["events"]) == [NOON + n for n in range(25, 30)]
    ends = sorted(row[9] for row in rows["codes"] if row[2] == codes.CODE.number)
    assert ends == [NOON + n for n in range(10, 30)]
    unredeemed = [row for row in rows["tickets"] if row[2] == services.TICKET.number]
    assert sorted(row[10] for row in unredeemed) == [NOON + n for n in range(15, 30)]
    # The record is append-only, and uses stay.
    assert len(rows["tickets"]) - len(unredeemed) == len(keys)
    assert len(rows["entries"]) == len(keys)


def test_upkeep_that_fails_leaves_the_store_usable(tmp_path: Path) -> None:
    store = Store(tmp_path / "platform.db")
    stories.put(store.writer, stories.seeds())
    store.writer.driver.execute("DROP TABLE requests")
    kept = Kept(
        challenges_since=stories.FAR + 1,
        requests_since=0,
        events_since=0,
        codes_since=0,
        tickets_since=0,
    )
    before = stories.dump(store.reader)["proofs"]

    with pytest.raises(sqlite3.OperationalError):
        purge(store.writer, kept, 100)

    assert not store.writer.driver.in_transaction
    assert stories.dump(store.reader)["proofs"] == before
    store.close()
