"""The feed of events: each channel's own, read after a position.

A position is a hybrid clock: microseconds of platform time and a tail that keeps positions of the
same microsecond apart. So positions only grow, a position says how old it is, and a reader that has
seen one has seen all before it: one writer, which commits in the order in which it assigns.
"""

import sqlite3
from collections.abc import Iterator

from sqlalchemy import bindparam, delete, func, select

from essc_platform.core.records import Instant
from essc_platform.store import tables
from essc_platform.store.engine import read_fact, write_fact
from essc_platform.store.gateway import compiled

_TAIL_BITS = 10
_E = tables.events.c


class Positions:
    """Hands out positions, ever growing, over restarts too."""

    def __init__(self, last: int) -> None:
        self._last = last

    @property
    def last(self) -> int:
        """The last position handed out."""
        return self._last

    def take(self, at: Instant) -> int:
        """The next position, at this time or just after the last one."""
        self._last = max(self._last + 1, at << _TAIL_BITS)
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


def last_position(connection: sqlite3.Connection) -> int:
    """The greatest position that the store ever held; 0 if it held none.

    Removed ones count: a head before them would be a cursor that is too old from the start.
    """
    names = [row[0] for row in connection.execute(_CHANNELS).fetchall()]
    kept = [connection.execute(_LAST_OF, (name,)).fetchone()[0] or 0 for name in names]
    return max([*kept, *(_purged_until(connection, name) for name in names)], default=0)


def events_after(
    connection: sqlite3.Connection, channel: str, after: int, limit: int
) -> Iterator[tuple[int, bytes]]:
    """A channel's events behind a position, oldest first: position and body."""
    return connection.execute(_AFTER, (channel, after, limit))


def count_after(connection: sqlite3.Connection, channel: str, after: int, limit: int) -> int:
    """How many events a channel's feed holds behind a position, counted up to a limit."""
    count: int = connection.execute(_COUNT_AFTER, (channel, after, limit)).fetchone()[0]
    return count


def is_behind(
    connection: sqlite3.Connection, channel: str, after: int, kept_since: Instant
) -> bool:
    """Whether a channel that has seen this position missed an event that is no longer kept.

    However old a position is, it is good as long as nothing behind it is gone.
    """
    if after < _purged_until(connection, channel):
        return True
    until = position_of(kept_since)
    return connection.execute(_BETWEEN, (channel, after, until)).fetchone() is not None


def purge_events(
    connection: sqlite3.Connection, channel: str, kept_since: Instant, limit: int
) -> int:
    """Removes a channel's oldest events, a bounded number, and notes up to where."""
    old = connection.execute(_BETWEEN, (channel, -1, position_of(kept_since))).fetchmany(limit)
    if not old:
        return 0
    last = old[-1][0]
    write_fact(connection, _purged_fact(channel), str(last))
    return connection.execute(_PURGE, (channel, last)).rowcount


def _purged_until(connection: sqlite3.Connection, channel: str) -> int:
    return int(read_fact(connection, _purged_fact(channel)) or "0")


def _purged_fact(channel: str) -> str:
    return f"events_purged:{channel}"


_CHANNELS = compiled(select(tables.channels.c.party))
_LAST_OF = compiled(select(func.max(_E.position)).where(_E.channel == bindparam("channel")))
_BETWEEN = compiled(
    select(_E.position)
    .where(
        _E.channel == bindparam("channel"),
        _E.position > bindparam("after"),
        _E.position < bindparam("until"),
    )
    .order_by(_E.position)
)
_PURGE = compiled(
    delete(tables.events).where(
        _E.channel == bindparam("channel"), _E.position <= bindparam("last")
    )
)
_AFTER = compiled(
    select(_E.position, _E.body)
    .where(_E.channel == bindparam("channel"), _E.position > bindparam("after"))
    .order_by(_E.position)
    .limit(bindparam("rows"))
)
_COUNT_AFTER = compiled(
    select(func.count()).select_from(
        select(_E.position)
        .where(_E.channel == bindparam("channel"), _E.position > bindparam("after"))
        .limit(bindparam("rows"))
        .subquery()
    )
)
