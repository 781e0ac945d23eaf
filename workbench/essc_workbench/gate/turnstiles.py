"""Where calls wait while the party they are for is taken away and brought back on purpose."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

PATIENCE_S: Final = 3.0
"""How long calls that are inside may take to end before their party is taken away all the same."""


class Turnstiles:
    """One for each party that is called."""

    def __init__(self) -> None:
        self._inside: Counter[str] = Counter()
        self._closed: set[str] = set()
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def passing(self, target: str) -> AsyncIterator[None]:
        """A call to a party: it waits here while the party is away."""
        if target in self._closed:
            async with self._changed:
                await self._changed.wait_for(lambda: target not in self._closed)
        self._inside[target] += 1
        try:
            yield
        finally:
            self._inside[target] -= 1
            if target in self._closed:
                asyncio.ensure_future(self._tell())  # noqa: RUF006 - it ends at once

    @asynccontextmanager
    async def closed(self, target: str) -> AsyncIterator[None]:
        """Nobody gets through; whoever is inside is waited for, but not for long."""
        self._closed.add(target)
        try:
            async with self._changed:
                try:
                    async with asyncio.timeout(PATIENCE_S):
                        await self._changed.wait_for(lambda: not self._inside[target])
                except TimeoutError:
                    pass
            yield
        finally:
            self._closed.discard(target)
            await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
