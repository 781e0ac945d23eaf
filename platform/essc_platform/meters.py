"""What the one writer counts: batches, how long their parts take, and who waited how long.

Written by the writer's thread, read by the loop. A reading may be a batch behind, and nothing of it
decides anything.
"""

from typing import Final

from essc_platform.clock import monotonic
from essc_wire.meters import COUNTS, SECONDS, Spread

LOCK: Final = "lock"
LOAD: Final = "load"
DECIDE: Final = "decide"
SAVE: Final = "save"
COMMIT: Final = "commit"

COMMITTED: Final = "committed"
CONFLICT: Final = "conflict"
STORE_FAILED: Final = "store_failed"
BUG: Final = "bug"


class BatchMeters:
    """Of one process, since its start."""

    def __init__(self) -> None:
        self.commands = Spread(COUNTS)
        """Commands in a batch."""
        self.waits = Spread(SECONDS)
        """From the arrival of a command to the beginning of its batch."""
        self.seconds = dict.fromkeys((LOCK, LOAD, DECIDE, SAVE, COMMIT), 0.0)
        """All but deciding is time of the database."""
        self.ended = dict.fromkeys((COMMITTED, CONFLICT, STORE_FAILED, BUG), 0)
        self.repeats = 0
        """Runs of a batch after its first, because of a conflict or of a commit in doubt."""
        self._lap = 0.0

    def began(self) -> None:
        """A batch begins."""
        self._lap = monotonic()

    def passed(self, part: str) -> None:
        """A part of the batch is over, and the next one begins."""
        now = monotonic()
        self.seconds[part] += now - self._lap
        self._lap = now
