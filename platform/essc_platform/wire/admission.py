"""Who is let in: calls of one caller at once, before anything is done for them.

A call that is let in holds a part of the room until it is answered, so a caller whose calls wait
(for the writer, a password's hash, an authority) comes to its share and is told to come back. A
call whose caller will be gone before an answer could arrive is not let in either.

What waits in the transport is not seen here. It is bounded by the streams of a connection.
"""

from collections.abc import Callable, Mapping
from typing import Final

from essc_platform.directory import Caller
from essc_platform.shares import Shares

CALLS_MAX: Final = 1000
TRAVEL_S: Final = 0.005
"""What must be left of a call's time for its answer to arrive."""
_DELAY_MS_MIN: Final = 50


class Admission:
    """The admission of one platform process."""

    def __init__(self, delay_ms: Callable[[], int], weights: Mapping[str, int]) -> None:
        """`delay_ms`: how long what waits now will take."""
        self._shares = Shares(CALLS_MAX, weights)
        self._delay_ms = delay_ms

    def calls_inside(self) -> int:
        """How many calls were let in and are not answered yet."""
        return self._shares.taken

    def enter(self, caller: Caller, left_s: float) -> int | None:
        """Lets a call in: None. Or says in how many milliseconds to come back."""
        if left_s < TRAVEL_S or not self._shares.is_open(caller.party_id):
            return max(self._delay_ms(), _DELAY_MS_MIN)
        self._shares.take(caller.party_id)
        return None

    def leave(self, caller: Caller) -> None:
        """A call that was let in is answered, or given up."""
        self._shares.free(caller.party_id)
