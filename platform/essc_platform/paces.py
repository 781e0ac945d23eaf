"""How fast the writer gets through what waits, as its last batches were."""

from typing import Final

_NEWEST: Final = 0.25
"""How much the newest batch counts beside all before it."""
UNKNOWN_MS: Final = 200
"""When to come back, as long as no batch has been written."""
_MIN_MS, _MAX_MS = 10, 2000
_STEP_MS: Final = 10


class Pace:
    """Smoothed over batches: how long one takes, and how many commands a second are written."""

    def __init__(self) -> None:
        self.batch_s = 0.0
        """How long a batch takes, from its collection to its commit."""
        self._command_s = 0.0

    def note(self, commands: int, seconds: float) -> None:
        """A batch of so many commands took so long."""
        if not self._command_s:
            self.batch_s, self._command_s = seconds, seconds / commands
        self.batch_s += _NEWEST * (seconds - self.batch_s)
        self._command_s += _NEWEST * (seconds / commands - self._command_s)

    def doubt(self) -> None:
        """Nobody had the time that a batch is thought to take: perhaps it takes less by now."""
        self.batch_s /= 2

    def wait_s(self, commands: int) -> float:
        """How long until so many commands are written; 0 as long as nothing is known."""
        return commands * self._command_s

    def delay_ms(self, commands: int) -> int:
        """When to come back if so many wait: once they are written, within bounds."""
        if not self._command_s:
            return UNKNOWN_MS
        steps = -(-int(self.wait_s(commands) * 1000) // _STEP_MS)
        return min(max(steps * _STEP_MS, _MIN_MS), _MAX_MS)
