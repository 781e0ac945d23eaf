"""What the other processes on the same database have done: their changes of what belongs to all,
the lab's advances of the clock, and how far the feeds may be read.

A process looks at the database several times a second, and before a call if its last look is older
than the lease. Whoever changes what belongs to all waits for the lease before it says so: from then
on no process acts on what it knew before. A platform on a file of its own has no neighbours.
"""

import asyncio
from math import inf
from typing import Final

import structlog

from essc_platform.batch import Outcome
from essc_platform.clock import PartyClock, monotonic
from essc_platform.core.records import Channel, Party, PartyKey
from essc_platform.core.times import SECOND
from essc_platform.directory import Directory
from essc_platform.signing import Keyring
from essc_platform.store.connections import Reading
from essc_platform.store.errors import FAILURES
from essc_platform.store.feed import channels_with_news, instant_of, position_of
from essc_platform.store.horizon import Horizon, Look, Mark, look, mark
from essc_platform.store.views import federation
from essc_platform.watch import Watchers
from essc_wire.refusals import Refusal

INTERVAL_S: Final = 0.05
SOON_S: Final = 0.01
"""While a mark waits for what is open."""
LEASE_S: Final = 0.1
_TOLD_S: Final = LEASE_S + 0.01
_RELOADS_MAX: Final = 5
_HEAD_S: Final = 0.5
_FURTHEST: Final = (1 << 63) - 1


class Federated:
    """What belongs to all, as this process has it in memory."""

    def __init__(
        self, read: Reading, directory: Directory, keyring: Keyring, watchers: Watchers
    ) -> None:
        self._read, self._directory = read, directory
        self._keyring, self._watchers = keyring, watchers
        self.changes = 0
        """How many were made here."""

    async def reload(self) -> None:
        """Takes over what others have changed; not over what is changed here meanwhile."""
        before, found = self.changes, await self._read(federation)
        for _ in range(_RELOADS_MAX):
            if self.changes == before:
                break
            before, found = self.changes, await self._read(federation)
        self._keyring.apply(found.signing_keys)
        records: list[Party | Channel | PartyKey] = [*found.parties, *found.channels]
        records += found.party_keys
        noted = self._directory.apply(each for each in records if not self._directory.has(each))
        self._watchers.committed(noted, 0)


class Neighbours:
    """The others, as one process sees them."""

    def __init__(
        self,
        read: Reading,
        horizon: Horizon,
        watchers: Watchers,
        clock: PartyClock,
        federated: Federated,
    ) -> None:
        self._read, self._horizon, self._watchers = read, horizon, watchers
        self._clock, self._federated = clock, federated
        self._looking = asyncio.Lock()
        self._woken = asyncio.Event()
        self._looked, self._is_away = -inf, False
        self._federation: str | None = None
        self._quiet: str | None = None
        """A snapshot in which nothing was beyond the horizon that anybody watches."""

    def is_stale(self) -> bool:
        """Whether the last look is too old to let a call in."""
        return monotonic() - self._looked > LEASE_S

    def age_s(self) -> float:
        """How old what is known of the others is."""
        return monotonic() - self._looked

    def lag_s(self) -> float:
        """How far what may be read of the feeds is behind the clock; 0 while nothing waits."""
        if self._horizon.is_exact and not self._horizon.is_waiting:
            return 0.0
        return max(0.0, (self._clock.now() - instant_of(self._horizon.position)) / SECOND)

    async def catch_up(self) -> Refusal | None:
        """Looks now, or says why it cannot."""
        try:
            await self._look()
        except FAILURES as error:
            if not self._is_away:  # once: it is tried many times a second
                structlog.get_logger("store").error("the store is away", error=str(error))
            self._is_away = True
            return Refusal("STORE_UNAVAILABLE")
        self._is_away = False
        return None

    async def told(self) -> None:
        """Returns once every process knows what was committed before."""
        await asyncio.sleep(_TOLD_S)

    def committed(self, outcome: Outcome) -> None:
        """Takes note of what was committed here: there may be more to read."""
        if outcome.is_federal:
            self._federated.changes += 1
        if outcome.channels:
            self._woken.set()

    async def begin(self) -> None:
        """The first look. Raises what `errors.FAILURES` lists."""
        await self._look()

    async def run_for_ever(self) -> None:
        """Looks again and again until it is cancelled."""
        while True:
            await self.catch_up()
            pause = SOON_S if self._horizon.is_exact and self._horizon.is_waiting else INTERVAL_S
            try:
                async with asyncio.timeout(pause):
                    await self._woken.wait()
            except TimeoutError:
                pass
            self._woken.clear()

    async def head(self) -> int:
        """The last place that may be read, with all that was committed before; or, if that takes
        long, the last one that is known.
        """
        until = monotonic() + _HEAD_S
        marked = await self._mark() if self._horizon.is_exact else 0
        while self._watchers.head < marked and monotonic() < until:
            await self._look()
            await asyncio.sleep(0 if self._watchers.head >= marked else SOON_S)
        return self._horizon.position

    async def _look(self) -> None:
        asked = monotonic()
        async with self._looking:
            if self._looked >= asked:
                return  # somebody else has looked since
            at = monotonic()
            seen = await self._read(look, is_exact=self._horizon.is_exact)
            if seen.offset_us > self._clock.offset_us:
                self._clock.set_offset(seen.offset_us)
            if seen.federation != self._federation:
                await self._federated.reload()
                self._federation = seen.federation
            self._looked = at
            if not self._horizon.is_exact:
                self._horizon.note(Mark(seen.time, 0), at)
            await self._tell(seen, at)
            await self._ask(seen)

    async def _tell(self, seen: Look, at: float) -> None:
        """Wakes whoever watches a channel that has more to read now."""
        before = self._horizon.position
        if self._horizon.advance(seen, at):
            news = await self._news(before, self._horizon.position)
            self._watchers.committed(news, self._horizon.position)

    async def _ask(self, seen: Look) -> None:
        """Takes a mark if there is something to read beyond the horizon."""
        if not self._horizon.is_exact or self._horizon.is_waiting or seen.snapshot == self._quiet:
            return
        if await self._news(self._horizon.position, _FURTHEST):
            await self._mark()
            self._woken.set()
        else:
            self._quiet = seen.snapshot

    async def _mark(self) -> int:
        """Takes a mark; up to where may be read once it is good."""
        at = monotonic()
        taken = await self._read(mark)
        self._horizon.note(taken, at)
        return position_of(taken.time) - 1

    async def _news(self, after: int, until: int) -> frozenset[str]:
        """The channels that somebody watches and that have events there."""
        watched = self._watchers.channels()
        if not watched:
            return frozenset()
        return frozenset(await self._read(channels_with_news, watched, after, until))


async def nobody_to_tell() -> None:
    """For a platform without neighbours."""
