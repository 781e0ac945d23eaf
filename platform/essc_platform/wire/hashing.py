"""The few threads in which card passwords are hashed and verified, and the bounded wait for them.

One such check takes some thirty milliseconds, so whoever asks for one looks first whether anything
else refuses the call. More waiting than a caller would wait for is refused at once, and before that
whoever has its share of the wait.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from essc_platform.clock import monotonic
from essc_platform.core.records import CitizenKey
from essc_platform.paces import Pace
from essc_platform.shares import Shares
from essc_platform.vault import Vault
from essc_wire.refusals import Refusal

THREADS = 2
WAITING_MAX = 64

T = TypeVar("T")


class PasswordPool:
    """Hashes and verifies card passwords beside the event loop."""

    def __init__(self, vault: Vault, weights: Mapping[str, int]) -> None:
        self._vault = vault
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="password")
        self._shares, self._pace = Shares(THREADS + WAITING_MAX, weights), Pace()

    async def hashed(self, caller: str, citizen: CitizenKey, digits: str) -> str | Refusal:
        """The hash of a new password; PLATFORM_BUSY if too many wait."""
        return await self._run(caller, lambda: self._vault.hash_password(citizen, digits))

    async def is_right(
        self, caller: str, citizen: CitizenKey, digits: str, stored: str
    ) -> bool | Refusal:
        """Whether the digits are those behind the hash; PLATFORM_BUSY likewise."""
        return await self._run(caller, lambda: self._vault.is_password(citizen, digits, stored))

    def close(self) -> None:
        """Begins nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, caller: str, work: Callable[[], T]) -> T | Refusal:
        if not self._shares.is_open(caller):
            delay_ms = self._pace.delay_ms(self._shares.taken)
            return Refusal("PLATFORM_BUSY", retry_after_ms=delay_ms)
        self._shares.take(caller)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._timed, work)
        finally:
            self._shares.free(caller)

    def _timed(self, work: Callable[[], T]) -> T:
        """In one of the threads. Two of them noting at once cost the pace a little truth."""
        began = monotonic()
        answer = work()
        self._pace.note(THREADS, monotonic() - began)
        return answer
