"""Waiting for something to happen again: whoever looks and finds nothing takes what comes next."""

import asyncio


class Pulse:
    """Something that happens from time to time. Belongs to one event loop.

    Take `coming()` before looking, and wait for it after: what happens in between is not missed.
    """

    def __init__(self) -> None:
        self._coming = asyncio.Event()

    def coming(self) -> asyncio.Event:
        """Set when it happens next."""
        return self._coming

    def beat(self) -> None:
        """It has happened."""
        self._coming.set()
        self._coming = asyncio.Event()


async def is_set_within(event: asyncio.Event, seconds: float) -> bool:
    """Waits for an event; whether it came in time."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
