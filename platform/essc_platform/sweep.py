"""What time alone changes, written down (R95), and what is no longer kept, removed.

Truth is computed from stored times when it is read; the sweep only writes the events of it. It is
bounded and repeatable: it runs once a second, at the start and after every advance of the clock.
"""

import asyncio

import structlog

from essc_platform.batch import Submission
from essc_platform.clock import PartyClock
from essc_platform.collector import Collector
from essc_platform.core.commands import Command
from essc_platform.core.decisions import Rejected
from essc_platform.core.physical_cards import ChangePhysicalCard, NoteExpiry, Verb
from essc_platform.core.policy import Policy
from essc_platform.core.times import DAY, HOUR
from essc_platform.store.connections import Reading
from essc_platform.store.errors import FAILURES
from essc_platform.store.upkeep import Kept, cards_to_expire, losses_to_lift, purge

INTERVAL_S = 1.0
_AT_ONCE = 200
_ROUNDS_MAX = 10_000
_PURGES_MAX = 50


class Sweep:
    """The sweep of one platform process."""

    def __init__(
        self, read: Reading, collector: Collector, clock: PartyClock, policy: Policy
    ) -> None:
        self._read, self._collector = read, collector
        self._clock, self._policy = clock, policy
        self._running = asyncio.Lock()

    async def run_for_ever(self) -> None:
        """Sweeps once a second until it is cancelled."""
        while True:
            await self.run_once()
            await asyncio.sleep(INTERVAL_S)

    async def count_due(self, limit: int) -> int:
        """How much time has changed that is not written yet, counted up to a limit."""
        at = self._clock.now()
        lapsed = await self._read(losses_to_lift, at, limit)
        expired = await self._read(cards_to_expire, at, limit)
        return min(len(lapsed) + len(expired), limit)

    async def run_once(self) -> None:
        """Writes all that is due now; if the store fails, what is left is due again."""
        try:
            await self._run()
        except FAILURES as error:
            structlog.get_logger("store").error("the sweep failed", error=str(error))

    async def _run(self) -> None:
        async with self._running:
            for _ in range(_ROUNDS_MAX):
                if not await self._note_some():
                    break
            for _ in range(_PURGES_MAX):
                if not await self._purge():
                    break

    async def _note_some(self) -> bool:
        at = self._clock.now()
        lapsed = [
            ChangePhysicalCard(at=at, verb=Verb.LAPSE, citizen=citizen, number=number, regions=None)
            for citizen, number in await self._read(losses_to_lift, at, _AT_ONCE)
        ]
        expired = [
            NoteExpiry(at=at, citizen=citizen)
            for citizen in await self._read(cards_to_expire, at, _AT_ONCE)
        ]
        due: list[Command] = [*lapsed, *expired]
        submissions = [Submission(command=each, at=at, encode=lambda _: b"") for each in due]
        answers = await asyncio.gather(*map(self._collector.submit, submissions))
        # What cannot be written now is due again at the next sweep.
        return bool(due) and not any(isinstance(answer, Rejected) for answer in answers)

    async def _purge(self) -> bool:
        """Removes some of what is no longer kept; whether there may be more."""
        at = self._clock.now()
        kept = Kept(
            challenges_since=at - HOUR,
            requests_since=at - self._policy.request_days * DAY,
            events_since=at - self._policy.event_days * DAY,
            codes_since=at - self._policy.code_days * DAY,
            tickets_since=at - self._policy.ticket_days * DAY,
        )
        removed: list[int] = []
        await self._collector.in_writer(
            lambda connection: removed.append(purge(connection, kept, _AT_ONCE))
        )
        return removed[0] >= _AT_ONCE
