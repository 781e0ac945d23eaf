"""What becomes of a journey. Every intended one ends in exactly one of these."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """intended = ok + refused + shed + failed + unknown + not sent, to the unit."""

    OK = "ok"
    """It ended as it should; for a wrong password that is the refusal."""
    REFUSED = "refused"
    """A definite refusal of the contract that the journey did not expect."""
    SHED = "shed"
    """Held back by overload: refused as busy to the last, or waited out at the sender."""
    FAILED = "failed"
    """A definite answer that must not be: somebody else's data, a bug of a party."""
    UNKNOWN = "unknown"
    """No definite answer: the deadline passed, or the connection broke."""
    NOT_SENT = "not_sent"
    """The generator could not send it, or the drill ended first."""


@dataclass(frozen=True, slots=True)
class Played:
    """How one journey ended."""

    outcome: Outcome
    reason: str = ""
    """The refusal's reason, or the status's name where it carried none; empty if ok."""
    is_late: bool = False
    """Answered after the caller's deadline for the whole journey: good, but in vain."""
