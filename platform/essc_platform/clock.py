"""The platform's time and chance, drawn here and nowhere else; see `essc_wire.clock`."""

from essc_wire.clock import PartyClock, monotonic, random_bytes

__all__ = ["PartyClock", "monotonic", "random_bytes", "random_number"]

_WIDTH = 6


def random_number() -> int:
    """48 random bits, for the inside of an id. Never 0, which no record has."""
    return int.from_bytes(random_bytes(_WIDTH)) or 1
