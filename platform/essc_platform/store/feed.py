"""The feed of events: each channel's own, read after a position.

A position is a hybrid clock: microseconds of platform time and a tail that keeps positions of the
same microsecond apart. So positions only grow, a position says how old it is, and a reader that has
seen one has seen all before it: with one writer because it commits in the order in which it
assigns, with several because nobody reads beyond the horizon, see `horizon.py`.

A feed lies in one bucket, its channel's: one run of rows, in the order of their positions, and two
processes that give the same place twice meet in the key.
"""

from collections.abc import Sequence
from zlib import crc32

from sqlalchemy import bindparam, delete, func, select

from essc_platform.core.records import Instant
from essc_platform.store import tables
from essc_platform.store.connections import Connection
from essc_platform.store.facts import read_fact, write_fact
from essc_platform.store.statements import compiled, in_postgresql, unnested

_TAIL_BITS = 10
_BUCKETS = 1024
_E = tables.events.c


class Positions:
    """Hands out positions, ever growing, over restarts too."""

    def __init__(self, last: int) -> None:
        self._last, self._time = last, 0

    def begin(self, time: Instant | None) -> None:
        """The time of the store, where several processes share it: it goes for that of commands."""
        self._time = time or 0

    @property
    def last(self) -> int:
        """The last position handed out."""
        return self._last

    def take(self, at: Instant) -> int:
        """The next position, at this time or just after the last one."""
        self._last = max(self._last + 1, (self._time or at) << _TAIL_BITS)
        return self._last

    def go_back(self, last: int) -> None:
        """Takes back the positions behind `last`; only where they were rolled back for certain."""
        self._last = last


def instant_of(position: int) -> Instant:
    """How old a position is."""
    return position >> _TAIL_BITS


def position_of(at: Instant) -> int:
    """The first position of an instant."""
    return at << _TAIL_BITS


def feed_bucket(channel: str) -> int:
    """Where a channel's feed lies."""
    return crc32(channel.encode()) % _BUCKETS


def last_position(connection: Connection) -> int:
    """The greatest position that the store ever held; 0 if it held none.

    Removed ones count: a head before them would be a cursor that is too old from the start.
    """
    names = [row[0] for row in connection.execute(_CHANNELS).fetchall()]
    kept = [connection.execute(_LAST_OF, _feed(name)).fetchone()[0] or 0 for name in names]
    return max([*kept, *(_purged_until(connection, name) for name in names)], default=0)


def events_after(
    connection: Connection, channel: str, after: int, until: int, limit: int
) -> list[tuple[int, bytes]]:
    """A channel's events behind a position and up to another, oldest first: position and body."""
    rows = connection.execute(_AFTER, (*_feed(channel), after, until, limit))
    return [(row[0], row[1]) for row in rows]


def channels_with_news(
    connection: Connection, channels: Sequence[str], after: int, until: int
) -> list[str]:
    """Which of these channels have an event behind a position and up to another."""
    rows = connection.execute(
        _NEWS, (list(map(feed_bucket, channels)), list(channels), after, until)
    )
    return [row[0] for row in rows]


def count_after(connection: Connection, channel: str, after: int, limit: int) -> int:
    """How many events a channel's feed holds behind a position, counted up to a limit."""
    count: int = connection.execute(_COUNT_AFTER, (*_feed(channel), after, limit)).fetchone()[0]
    return count


def is_behind(connection: Connection, channel: str, after: int, kept_since: Instant) -> bool:
    """Whether a channel that has seen this position missed an event that is no longer kept.

    However old a position is, it is good as long as nothing behind it is gone.
    """
    if after < _purged_until(connection, channel):
        return True
    until = position_of(kept_since)
    return connection.execute(_BETWEEN, (*_feed(channel), after, until)).fetchone() is not None


def purge_events(connection: Connection, channel: str, kept_since: Instant, limit: int) -> int:
    """Removes a channel's oldest events, a bounded number, and notes up to where."""
    old = connection.execute(_BETWEEN, (*_feed(channel), -1, position_of(kept_since))).fetchmany(
        limit
    )
    if not old:
        return 0
    last = old[-1][0]
    write_fact(connection, _purged_fact(channel), str(last))
    return connection.execute(_PURGE, (*_feed(channel), last)).rowcount


def _feed(channel: str) -> tuple[int, str]:
    return feed_bucket(channel), channel


def _purged_until(connection: Connection, channel: str) -> int:
    return int(read_fact(connection, _purged_fact(channel)) or "0")


def _purged_fact(channel: str) -> str:
    return f"events_purged:{channel}"


_CHANNELS = compiled(select(tables.channels.c.party))
_OF_CHANNEL = (_E.bucket == bindparam("bucket"), _E.channel == bindparam("channel"))
_LAST_OF = compiled(select(func.max(_E.position)).where(*_OF_CHANNEL))
_BETWEEN = compiled(
    select(_E.position)
    .where(*_OF_CHANNEL, _E.position > bindparam("after"), _E.position < bindparam("until"))
    .order_by(_E.position)
)
_PURGE = compiled(delete(tables.events).where(*_OF_CHANNEL, _E.position <= bindparam("last")))
_AFTER = compiled(
    select(_E.position, _E.body)
    .where(*_OF_CHANNEL, _E.position > bindparam("after"), _E.position <= bindparam("until"))
    .order_by(_E.position)
    .limit(bindparam("rows"))
)
_COUNT_AFTER = compiled(
    select(func.count()).select_from(
        select(_E.position)
        .where(*_OF_CHANNEL, _E.position > bindparam("after"))
        .limit(bindparam("rows"))
        .subquery()
    )
)
_WATCHED = unnested("watched", {"bucket": _E.bucket, "channel": _E.channel})
_NEWS = in_postgresql(
    select(_WATCHED.c.channel).where(
        select(_E.position)
        .where(
            _E.bucket == _WATCHED.c.bucket,
            _E.channel == _WATCHED.c.channel,
            _E.position > bindparam("after"),
            _E.position <= bindparam("until"),
        )
        .exists()
    )
)
