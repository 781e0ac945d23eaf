"""The log is folded into the file beside the writer, and begins anew."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from essc_platform.store.facts import write_fact
from essc_platform.store.folding import fold
from essc_platform.store.sqlite import SqliteStore as Store

PATH = "platform.db"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / PATH)
    yield opened
    opened.close()


def write(store: Store, number: int) -> None:
    """A commit of some twenty-five pages."""
    with store.writer.transaction():
        write_fact(store.writer, f"fact-{number % 4}", f"{number}" * 100_000)


def test_what_is_folded_is_overwritten_so_the_log_stays_short(store: Store, tmp_path: Path) -> None:
    for number in range(1, 9):
        write(store, number)
        assert fold(store.aside)
    longest = (tmp_path / f"{PATH}-wal").stat().st_size

    for number in range(1, 9):
        write(store, number)
        assert fold(store.aside)

    assert (tmp_path / f"{PATH}-wal").stat().st_size == longest


def test_it_is_folded_while_the_writer_is_in_the_middle_of_a_commit(store: Store) -> None:
    write(store, 1)

    with store.writer.transaction():
        write_fact(store.writer, "fact-9", "open")
        is_all = fold(store.aside)

    assert is_all
    assert store.reader.driver.execute(
        "SELECT count(*) FROM facts WHERE name = 'fact-9'"
    ).fetchone()[0]


def test_what_a_reader_still_looks_at_is_kept_and_folded_later(store: Store) -> None:
    write(store, 1)
    store.reader.driver.execute("BEGIN")
    seen = store.reader.driver.execute("SELECT value FROM facts WHERE name = 'fact-1'").fetchone()
    write(store, 5)

    while_reading = fold(store.aside)
    same = store.reader.driver.execute("SELECT value FROM facts WHERE name = 'fact-1'").fetchone()
    store.reader.driver.execute("ROLLBACK")

    assert not while_reading
    assert same == seen
    assert fold(store.aside)
