"""Time and chance: the one place of each process that asks the machine for either.

Wall time rules tokens, deadlines and retries. A party's own time is wall time plus an offset that
only grows; it rules every rule, event and expiry, and the lab can advance it.
"""

import secrets
import time
import uuid

from essc_wire.times import Instant


def wall_us() -> Instant:
    """Wall time now."""
    return time.time_ns() // 1000


def wall_seconds() -> float:
    """Wall time now, as tokens want it."""
    return time.time()


def monotonic() -> float:
    """Seconds that never go back; for measuring spans."""
    return time.monotonic()


def new_request_id() -> str:
    """A fresh id for a change."""
    return str(uuid.uuid4())


def random_bytes(count: int) -> bytes:
    """Bytes that nobody can guess."""
    return secrets.token_bytes(count)


def random_digits(count: int) -> str:
    """Decimal digits that nobody can guess."""
    return "".join(str(secrets.randbelow(10)) for _ in range(count))


class PartyClock:
    """A party's own clock. Whoever advances it stores the offset first."""

    def __init__(self, offset_us: int = 0) -> None:
        self._offset_us = offset_us

    @property
    def offset_us(self) -> int:
        """How far this clock is ahead of wall time."""
        return self._offset_us

    def now(self) -> Instant:
        """The party's time now."""
        return wall_us() + self._offset_us

    def set_offset(self, offset_us: int) -> None:
        """Moves the clock to an offset that is already stored. Never back."""
        if offset_us < self._offset_us:
            message = "a party's clock only goes forward"
            raise ValueError(message)
        self._offset_us = offset_us
