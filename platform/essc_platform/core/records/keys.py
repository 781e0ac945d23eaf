"""Time as the core counts it, and where a citizen lives."""

from typing import NamedTuple, TypeAlias

Instant: TypeAlias = int


class CitizenKey(NamedTuple):
    """Where a citizen lives: a bucket (0 to 1023) and a number, both from a keyed digest of the ID.

    The digest is wide enough that two people meet once in some ten thousand countries; the rules
    compare the ID number all the same, and the second one is answered like a mismatch.
    """

    bucket: int
    number: int
