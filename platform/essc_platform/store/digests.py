"""What two copies of a table have in common: how many rows, and a digest of all that is in them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_BYTES = 16
_MODULUS = 1 << (8 * _BYTES)


@dataclass(slots=True)
class TableDigest:
    """Grows with every row, whatever their order: two engines sort texts differently."""

    rows: int = 0
    total: int = 0

    def add(self, rows: Iterable[Iterable[Any]]) -> None:
        """Takes rows in, as Python's own values: text, numbers, truth, bytes, None."""
        for row in rows:
            digest = hashlib.blake2b(repr(tuple(row)).encode(), digest_size=_BYTES).digest()
            self.total = (self.total + int.from_bytes(digest)) % _MODULUS
            self.rows += 1
