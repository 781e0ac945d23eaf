"""The few threads in which card passwords are hashed and verified, and the bounded wait for them.

One such check takes some thirty milliseconds, so whoever asks for one looks first whether anything
else refuses the call. More waiting than a caller would wait for is refused at once.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from essc_platform.core.decisions import Rejected
from essc_platform.core.reasons import Reason
from essc_platform.core.records import CitizenKey
from essc_platform.vault import Vault
from essc_platform.wire.front import refusal
from essc_wire.refusals import Refusal

THREADS = 2
WAITING_MAX = 64

T = TypeVar("T")


class PasswordPool:
    """Hashes and verifies card passwords beside the event loop."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="password")
        self._waiting = 0

    async def hashed(self, citizen: CitizenKey, digits: str) -> str | Refusal:
        """The hash of a new password; PLATFORM_BUSY if too many wait."""
        return await self._run(lambda: self._vault.hash_password(citizen, digits))

    async def is_right(self, citizen: CitizenKey, digits: str, stored: str) -> bool | Refusal:
        """Whether the digits are those behind the hash; PLATFORM_BUSY likewise."""
        return await self._run(lambda: self._vault.is_password(citizen, digits, stored))

    def close(self) -> None:
        """Begins nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T | Refusal:
        if self._waiting >= THREADS + WAITING_MAX:
            return refusal(Rejected(Reason.PLATFORM_BUSY))
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1
