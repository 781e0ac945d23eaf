"""Ends the links of channels that have left the federation, in the background (R15).

A few at a time, with a pause between, through the same queue as everything else: the other channels
do not notice. What is left to do is read from the store, so a restart goes on where it was; and a
link that reaches an exited channel late is ended as well.
"""

import asyncio

import structlog

from essc_platform.batch import Submission
from essc_platform.clock import PartyClock
from essc_platform.collector import Collector
from essc_platform.core.decisions import Rejected
from essc_platform.core.exits import EndExitedLink
from essc_platform.core.records import ChannelState, CitizenKey
from essc_platform.directory import Directory
from essc_platform.store.connections import Reading
from essc_platform.store.errors import FAILURES
from essc_platform.store.upkeep import BEFORE_ALL, links_left

INTERVAL_S = 1.0
_AT_ONCE = 50
_PAUSE_S = 0.01
_LOOK_AT_ONCE = 1000


class Exits:
    """The exits of one platform process."""

    def __init__(
        self,
        read: Reading,
        collector: Collector,
        clock: PartyClock,
        directory: Directory,
    ) -> None:
        self._read, self._collector = read, collector
        self._clock, self._directory = clock, directory

    async def run_for_ever(self) -> None:
        """Looks once a second for what is left to end, until it is cancelled."""
        while True:
            try:
                await self.run_once()
            except FAILURES as error:
                structlog.get_logger("store").error("an exit waits", error=str(error))
            await asyncio.sleep(INTERVAL_S)

    async def run_once(self) -> None:
        """Ends all that is left now, as far as the store takes it."""
        for channel in self.exited():
            await self._end_links(channel)

    def exited(self) -> list[str]:
        """The channels that have left."""
        return [
            party.key
            for party, channel in self._directory.parties(channels=True)
            if channel is not None and channel.state is ChannelState.EXITED
        ]

    async def count_left(self, channel: str) -> int:
        """How many links of a channel wait to be ended; in slices, so that others have turns."""
        left = 0
        place: CitizenKey | None = BEFORE_ALL
        while place is not None:
            found, place = await self._read(links_left, channel, place, _LOOK_AT_ONCE)
            left += len(found)
            await asyncio.sleep(0)
        return left

    async def _end_links(self, channel: str) -> None:
        place: CitizenKey | None = BEFORE_ALL
        while place is not None:
            found, place = await self._read(links_left, channel, place, _LOOK_AT_ONCE)
            for start in range(0, len(found), _AT_ONCE):
                if not await self._end_some(channel, found[start : start + _AT_ONCE]):
                    return  # what cannot be written now is due again
                await asyncio.sleep(_PAUSE_S)
            await asyncio.sleep(0)

    async def _end_some(self, channel: str, citizens: list[CitizenKey]) -> bool:
        at = self._clock.now()
        answers = await self._collector.submit_all(
            [
                Submission(
                    command=EndExitedLink(at=at, channel=channel, citizen=citizen),
                    at=at,
                    encode=lambda _: b"",
                )
                for citizen in citizens
            ]
        )
        return not any(isinstance(answer, Rejected) for answer in answers)
