"""How far a feed may be read when several processes write it, on PostgreSQL.

Transactions do not end in the order of their positions. So a reader takes a mark, a time of the
database, and nobody reads up to that time before every transaction that was open at the mark has
ended: what begins later takes its positions from a later time (see `locks.py`), so nothing can turn
up behind.

Two ways to know that they have ended. Exactly, by the numbers of transactions: a mark takes a
number of its own, and whoever has a higher one has got it later, and reads the clock after that. (A
snapshot shows the numbers of what has ended, not the next one: what is open may have a number
beyond it.) Or bounded, for engines that number otherwise: whoever writes gives up after a while,
and readers stay three times that behind: a bound until the commit begins, one for a writer that
stands still just then, one for the commit itself.
"""

from collections import deque
from typing import Final, NamedTuple

from essc_platform.core.records import Instant
from essc_platform.store.connections import Connection
from essc_platform.store.facts import FEDERATION
from essc_platform.store.feed import position_of
from essc_platform.store.locks import OFFSET
from essc_platform.store.statements import in_postgresql

BOUNDS: Final = 3
"""How many bounds readers stay behind."""
MARKS_MAX: Final = 1_000
"""Marks that wait. The oldest ones are the first to be good, so what is left out is in between."""


class Look(NamedTuple):
    """What one look at the database shows."""

    time: Instant
    """By the party's clock. No transaction that begins after the look reads an earlier time."""
    offset_us: int
    """Of the party's clock; `time` has it in it."""
    federation: str
    """Changes when what belongs to all does."""
    oldest_open: int
    """All transactions of lower numbers have ended; 0 where numbers are not asked for."""
    snapshot: str
    """As long as it is the same, nothing more can be seen; empty where it is not known."""


class Mark(NamedTuple):
    """A time up to which may be read once all transactions of lower numbers have ended."""

    time: Instant
    number: int


def look(connection: Connection, *, is_exact: bool) -> Look:
    """One look, by one statement outside of a transaction."""
    return Look._make(connection.execute(_EXACT if is_exact else _BOUNDED).fetchall()[0])


def mark(connection: Connection) -> Mark:
    """Takes a mark, by one statement outside of a transaction; it costs a transaction's number."""
    return Mark._make(connection.execute(_MARK).fetchall()[0])


class Horizon:
    """The last position that may be read. It only grows."""

    def __init__(self, distance_s: float | None) -> None:
        """`distance_s`: how old a mark has to be; None where transactions are numbered."""
        self._distance_s = distance_s
        self._waiting: deque[tuple[Mark, float]] = deque()
        self.position = 0

    @property
    def is_exact(self) -> bool:
        """Whether marks have numbers."""
        return self._distance_s is None

    @property
    def is_waiting(self) -> bool:
        """Whether there is a mark that is not good yet."""
        return bool(self._waiting)

    def note(self, mark: Mark, at: float) -> None:
        """Takes note of a mark, and of when it was taken, in seconds that never go back."""
        if len(self._waiting) >= MARKS_MAX:
            self._waiting.pop()
        self._waiting.append((mark, at))

    def advance(self, seen: Look, at: float) -> bool:
        """Whether one may read further, by a look at this time."""
        before = self.position
        while self._waiting and self._is_good(*self._waiting[0], seen, at):
            # What is written at this very time may not be there yet.
            good = position_of(self._waiting.popleft()[0].time) - 1
            self.position = max(self.position, good)
        return self.position > before

    def _is_good(self, mark: Mark, marked: float, seen: Look, at: float) -> bool:
        """Whether all that was open at a mark has ended."""
        if self._distance_s is None:
            return seen.oldest_open >= mark.number
        return at - marked >= self._distance_s


# Outside of a transaction this is the time of its arrival, before it sees anything. The statement's
# own time is not: an Execute comes after the Bind, which has taken the snapshot.
_TIME = f"floor(extract(epoch FROM transaction_timestamp()) * 1000000)::bigint + {OFFSET}"
_LOOK = (
    f"SELECT {_TIME}, {OFFSET}, "  # noqa: S608 - constants
    f"coalesce((SELECT value FROM facts WHERE name = '{FEDERATION}'), '')"
)
_EXACT = in_postgresql(
    f"{_LOOK}, pg_snapshot_xmin(now.seen)::text::bigint, now.seen::text "
    "FROM (SELECT pg_current_snapshot() AS seen) AS now"
)
_BOUNDED = in_postgresql(f"{_LOOK}, 0::bigint, ''")
_MARK = in_postgresql(f"SELECT {_TIME}, pg_current_xact_id()::text::bigint")
