"""How far a feed may be read when several processes write it, on PostgreSQL.

Transactions do not end in the order of their positions. So a look notes the database's time, and
nobody reads up to that time before every transaction that was open then has ended: what begins
later takes its positions from a later time (see `locks.py`), so nothing can turn up behind.

Two ways to know that they have ended. Exactly, by the numbers of transactions: one server gives
them in order, and a transaction has its number before it reads the clock. Or bounded, for engines
that number otherwise: whoever writes gives up after a while, and readers stay twice that behind.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final, NamedTuple

from essc_platform.core.records import Instant
from essc_platform.store.connections import Connection
from essc_platform.store.facts import FEDERATION
from essc_platform.store.feed import position_of
from essc_platform.store.locks import OFFSET
from essc_platform.store.statements import in_postgresql

LOOKS_MAX: Final = 1_000
"""Looks that wait. The oldest ones are the first to be good, so what is left out is in between."""


class Look(NamedTuple):
    """What one look at the database shows."""

    time: Instant
    """No transaction that begins after the look reads an earlier time."""
    offset_us: int
    """Of the party's clock; `time` has it in it."""
    federation: str
    """Changes when what belongs to all does."""
    oldest_open: int
    """All transactions of lower numbers have ended; 0 where numbers are not asked for."""
    next: int
    """No transaction had this number or a higher one."""


def look(connection: Connection, *, is_exact: bool) -> Look:
    """One look, by one statement."""
    row = connection.execute(_EXACT if is_exact else _BOUNDED).fetchone()
    assert row is not None, "it selects one row"
    return Look._make(row)


@dataclass(frozen=True, slots=True)
class _Waiting:
    time: Instant
    next: int
    seen: float


class Horizon:
    """The last position that may be read. It only grows."""

    def __init__(self, distance_s: float | None) -> None:
        """`distance_s`: how old a look has to be; None where transactions are numbered."""
        self._distance_s = distance_s
        self._waiting: deque[_Waiting] = deque()
        self.position = 0

    def note(self, seen: Look, at: float) -> bool:
        """Takes note of a look, and of when it was; whether one may read further now."""
        if len(self._waiting) >= LOOKS_MAX:
            self._waiting.pop()
        self._waiting.append(_Waiting(seen.time, seen.next, at))
        before = self.position
        while self._waiting and self._is_over(self._waiting[0], seen, at):
            # What is written at this very time may not be there yet.
            good = position_of(self._waiting.popleft().time) - 1
            self.position = max(self.position, good)
        return self.position > before

    @property
    def is_exact(self) -> bool:
        """Whether looks have to show the numbers of transactions."""
        return self._distance_s is None

    @property
    def is_empty(self) -> bool:
        """Whether no look waits: all that was open at the last one had ended."""
        return not self._waiting

    def _is_over(self, waiting: _Waiting, seen: Look, at: float) -> bool:
        """Whether all that was open at a look has ended."""
        if self._distance_s is None:
            return seen.oldest_open >= waiting.next
        return at - waiting.seen >= self._distance_s


_LOOK = (
    # Outside of a transaction this is the time of its arrival, before it sees anything. The
    # statement's own time is not: an Execute comes after the Bind, which has taken the snapshot.
    f"SELECT floor(extract(epoch FROM transaction_timestamp()) * 1000000)::bigint + {OFFSET}, "  # noqa: S608 - constants
    f"{OFFSET}, coalesce((SELECT value FROM facts WHERE name = '{FEDERATION}'), '')"
)
_EXACT = in_postgresql(
    f"{_LOOK}, pg_snapshot_xmin(now.seen)::text::bigint, pg_snapshot_xmax(now.seen)::text::bigint "
    "FROM (SELECT pg_current_snapshot() AS seen) AS now"
)
_BOUNDED = in_postgresql(f"{_LOOK}, 0::bigint, 0::bigint")
