"""Chance from a seed that does not depend on who comes first.

Each kind of thing has a row of draws of its own, so that two callers who meet in another order in
the next run still draw the same.
"""

import hashlib
from collections import OrderedDict
from typing import Final

KINDS_MAX: Final = 20_000
"""Rows that are remembered; the oldest begins again."""


class Lots:
    """The draws of one seed."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._drawn: OrderedDict[tuple[str, ...], int] = OrderedDict()

    def draw(self, *kind: str) -> float:
        """The next number of this kind's row, from 0 to less than 1."""
        count = self._drawn.pop(kind, 0) + 1
        self._drawn[kind] = count
        if len(self._drawn) > KINDS_MAX:
            self._drawn.popitem(last=False)
        said = "\n".join((self._seed, *kind, str(count)))
        return int.from_bytes(hashlib.sha256(said.encode()).digest()[:8], "big") / 2**64
