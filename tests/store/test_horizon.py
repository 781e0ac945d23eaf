"""Readers of a feed that several processes write skip nothing, in both ways to know how far."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from essc_platform.store import tables
from essc_platform.store.errors import StoreConflict
from essc_platform.store.facts import CLOCK_OFFSET, write_fact
from essc_platform.store.feed import Positions, events_after, feed_bucket, position_of
from essc_platform.store.horizon import BOUNDS, Horizon, Look, Mark, look, mark
from essc_platform.store.postgresql import PostgresqlConnection
from essc_platform.store.postgresql_store import connector, create
from essc_platform.store.statements import insert
from essc_wire.clock import monotonic

CHANNELS = ("alipay", "bank", "wechat")
DAY_US = 86_400_000_000
BOUND_S = 0.25
"""In tests; in use it is a second or more."""

pytestmark = pytest.mark.store


@pytest.fixture
def made(database: str) -> str:
    """A database with a platform's tables in it."""
    create(database, "cn-essc", lambda connection: write_fact(connection, CLOCK_OFFSET, "0"))
    return database


@contextmanager
def connected(url: str, bound_s: float | None = None) -> Iterator[PostgresqlConnection]:
    connection = PostgresqlConnection(connector(url), bound_s)
    try:
        yield connection
    finally:
        connection.close()


def write_event(
    connection: PostgresqlConnection, positions: Positions, channel: str, body: bytes
) -> int:
    """An event at the next place of a feed, inside whatever transaction is open."""
    position = positions.take(0)
    row = (feed_bucket(channel), channel, position, body)
    connection.write(insert(tables.events), [row])
    return position


def begin(connection: PostgresqlConnection, positions: Positions) -> None:
    """Takes the time of a batch, as a batch does once it holds its locks."""
    positions.begin(connection.lock((), federation=False))


def step(horizon: Horizon, connection: PostgresqlConnection) -> Look:
    """A mark, and a look whether marks are good."""
    at = monotonic()
    if horizon.is_exact:
        horizon.note(mark(connection), at)
    seen = look(connection, is_exact=horizon.is_exact)
    if not horizon.is_exact:
        horizon.note(Mark(seen.time, 0), at)
    horizon.advance(seen, at)
    return seen


def test_nobody_reads_beyond_a_change_that_is_still_open(made: str) -> None:
    horizon, positions = Horizon(None), Positions(0)
    with connected(made) as writer, connected(made) as reader:
        with writer.transaction():
            begin(writer, positions)
            place = write_event(writer, positions, "bank", b"late")
            seen = step(horizon, reader)
            meanwhile = horizon.position
        step(horizon, reader)
        found = events_after(reader, "bank", meanwhile, horizon.position, 10)

    # By the time alone it would have been passed over.
    assert position_of(seen.time) > place
    assert meanwhile < place <= horizon.position
    assert found == [(place, b"late")]


def test_an_advance_of_the_clock_passes_over_nothing(made: str) -> None:
    horizon, positions = Horizon(None), Positions(0)
    with connected(made) as writer, connected(made) as lab, connected(made) as reader:
        with writer.transaction():
            begin(writer, positions)
            with lab.transaction():
                write_fact(lab, CLOCK_OFFSET, str(DAY_US))
            step(horizon, reader)
            meanwhile = horizon.position
            place = write_event(writer, positions, "bank", b"of yesterday")
        step(horizon, reader)

    assert meanwhile < place < horizon.position
    assert horizon.position - place > position_of(DAY_US // 2)


def test_what_was_not_committed_in_time_is_rolled_back(made: str) -> None:
    positions, waited = Positions(0), threading.Event()
    with connected(made, bound_s=BOUND_S) as writer, connected(made) as reader:

        def dawdle() -> None:
            with writer.transaction():
                begin(writer, positions)
                write_event(writer, positions, "bank", b"too late")
                waited.wait(BOUND_S * 0.5)
                write_event(writer, positions, "bank", b"much too late")
                waited.wait(BOUND_S * 0.7)

        with pytest.raises(StoreConflict, match="too long"):
            dawdle()
        found = events_after(reader, "bank", 0, positions.last, 10)

    assert found == []


@dataclass
class Story:
    """What writers say that they have committed, and what a reader has read."""

    url: str
    written: dict[str, set[bytes]] = field(
        default_factory=lambda: {each: set() for each in CHANNELS}
    )
    read: dict[str, list[tuple[int, bytes]]] = field(
        default_factory=lambda: {each: [] for each in CHANNELS}
    )
    stopping: threading.Event = field(default_factory=threading.Event)
    told: threading.Lock = field(default_factory=threading.Lock)

    def write(self, number: int, batches: int, bound_s: float | None) -> None:
        """Batches of one process: slow ones, given up ones, and some of which the server knows."""
        chance, positions = random.Random(number), Positions(0)
        with connected(self.url, bound_s) as connection:
            for turn in range(batches):
                said: list[tuple[str, bytes]] = []
                try:
                    with connection.transaction():
                        begin(connection, positions)
                        for each in range(chance.randint(1, 4)):
                            channel = chance.choice(CHANNELS)
                            body = f"{number}/{turn}/{each}".encode()
                            threading.Event().wait(chance.choice((0, 0, 0.002, 0.01)))
                            write_event(connection, positions, channel, body)
                            said.append((channel, body))
                        if chance.random() < 0.2:
                            give_up()
                except (GivenUpError, StoreConflict):
                    continue
                with self.told:
                    for channel, body in said:
                        self.written[channel].add(body)

    def follow(self, horizon: Horizon) -> None:
        """Reads all feeds, each from behind what it has read, until nothing more will come."""
        after = dict.fromkeys(CHANNELS, 0)
        with connected(self.url) as connection:
            until = None
            while True:
                if until is None and self.stopping.is_set():
                    until = look(connection, is_exact=horizon.is_exact).time
                step(horizon, connection)
                for channel in CHANNELS:
                    rows = events_after(connection, channel, after[channel], horizon.position, 7)
                    self.read[channel] += rows
                    # A reader goes on from the head where there is no more.
                    is_full = len(rows) == 7
                    last = rows[-1][0] if rows else 0
                    after[channel] = last if is_full else max(after[channel], horizon.position)
                places = (horizon.position, *after.values())
                if until is not None and min(places) >= position_of(until) - 1:
                    return
                threading.Event().wait(0.002)


class GivenUpError(Exception):
    """A batch that is rolled back."""


def give_up() -> None:
    raise GivenUpError


def tell(story: Story, make: Callable[[], Horizon], bound_s: float | None, batches: int) -> None:
    """Three writers and two readers at once; what the second reader finds has to be the same."""
    twin = Story(story.url, stopping=story.stopping)
    readers = [
        threading.Thread(target=each.follow, args=(make(),), daemon=True) for each in (story, twin)
    ]
    writers = [
        threading.Thread(target=story.write, args=(number, batches, bound_s), daemon=True)
        for number in range(3)
    ]
    for each in (*readers, *writers):
        each.start()
    for each in writers:
        each.join()
    story.stopping.set()
    for each in readers:
        each.join()
    assert twin.read == story.read


@pytest.mark.parametrize("bound_s", [None, BOUND_S], ids=["exact", "bounded"])
def test_of_many_writers_nothing_is_skipped_and_nothing_read_twice(
    made: str, bound_s: float | None
) -> None:
    story = Story(made)

    tell(story, lambda: Horizon(None if bound_s is None else BOUNDS * bound_s), bound_s, batches=60)

    for channel in CHANNELS:
        places = [place for place, _ in story.read[channel]]
        bodies = [body for _, body in story.read[channel]]
        assert sorted(bodies) == sorted(story.written[channel])
        assert places == sorted(set(places))


class Trusting(Horizon):
    """Takes the newest look for good, whatever was open at it."""

    def _is_good(self, *_: object) -> bool:
        return True


def test_a_horizon_that_trusts_its_newest_look_skips(made: str) -> None:
    story = Story(made)

    tell_alone = threading.Thread(target=story.follow, args=(Trusting(None),), daemon=True)
    tell_alone.start()
    writers = [
        threading.Thread(target=story.write, args=(number, 40, None), daemon=True)
        for number in range(3)
    ]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    story.stopping.set()
    tell_alone.join()

    missing = sum(
        len(story.written[channel] - {body for _, body in story.read[channel]})
        for channel in CHANNELS
    )
    assert missing > 0
