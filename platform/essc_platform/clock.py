"""The platform's time and chance, drawn here and nowhere else; see `essc_wire.clock`."""

from essc_wire.clock import PartyClock, monotonic, random_bytes

__all__ = ["PartyClock", "monotonic", "random_bytes", "random_number", "random_numbers"]

_WIDTH = 6


def random_number() -> int:
    """48 random bits, for the inside of an id. Never 0, which no record has."""
    return random_numbers(1)[0]


def random_numbers(count: int) -> list[int]:
    """As many of them; asked for together, because the machine takes longer than the numbers."""
    drawn = random_bytes(count * _WIDTH)
    return [
        int.from_bytes(drawn[begin : begin + _WIDTH]) or 1 for begin in range(0, len(drawn), _WIDTH)
    ]
