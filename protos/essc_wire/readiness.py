"""Whether a process should be given calls, and why not: for whoever spreads calls over processes.

What is said here is said twice: at `/ready` of the operations port, with the reasons, and by the
standard gRPC health service, which is for the port itself. A process that has not caught up yet
serves, so health says so; only who chooses among several should wait for it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from enum import Enum
from typing import Final

import structlog

from essc_wire.logs import frames
from essc_wire.meters import Family, Kind, Labels, gauge
from essc_wire.serving import Server

LOOK_S: Final = 1.0
LOOK_S_MAX: Final = 2.0
"""Whoever is silent for longer is away."""


class Why(Enum):
    """Why a process is not ready; each in both languages."""

    STORE_AWAY = ("The store does not answer, or takes no changes.", "存储无响应或不接受变更")
    DRAINING = ("The process is about to stop.", "进程即将停止")
    NOT_CAUGHT_UP = ("What others have changed is not known yet.", "尚未追上其他方的变更")


class Readiness:
    """The reasons against giving this process calls."""

    def __init__(self) -> None:
        self._why: set[Why] = set()
        self._changed = asyncio.Event()
        self._log = structlog.get_logger("readiness")

    def note(self, why: Why, *, holds: bool) -> None:
        """A reason holds now, or does not any more."""
        if holds == (why in self._why):
            return
        (self._why.add if holds else self._why.discard)(why)
        say = self._log.warning if why is Why.STORE_AWAY else self._log.info
        say("not ready" if holds else "well again", reason=why.name)
        self._changed.set()

    @property
    def reasons(self) -> Sequence[Why]:
        """What holds now, in the order of the list."""
        return [why for why in Why if why in self._why]

    @property
    def is_serving(self) -> bool:
        """What the health service says."""
        return not self._why & {Why.STORE_AWAY, Why.DRAINING}

    async def tell(self, servers: Sequence[Server]) -> None:
        """Lets the health of these servers follow, until it is cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            for server in servers:
                await server.say_health(is_serving=self.is_serving)


def readiness_families(readiness: Readiness) -> Iterator[Family]:
    """Whether the process is ready, and each reason that there may be."""
    why = set(readiness.reasons)
    yield gauge("essc_ready", "1 if the process should be given calls.", float(not why))
    values: dict[Labels, float] = {(each.name,): float(each in why) for each in Why}
    text = "1 if this reason against it holds."
    yield Family("essc_not_ready", Kind.GAUGE, text, ("reason",), values)


class StoreWatch:
    """Looks after the store: now and then, and at once when somebody met trouble with it."""

    def __init__(
        self, look: Callable[[bool], Awaitable[bool]], readiness: Readiness, every_s: float = LOOK_S
    ) -> None:
        """`look` answers whether the store is there; with True, whether it takes changes, too.

        It may take its time: there is one look at a time.
        """
        self._look, self._readiness, self._every_s = look, readiness, every_s
        self._doubted = asyncio.Event()

    def doubt(self) -> None:
        """Somebody met trouble: whoever asks now should not be told that all is well."""
        if Why.STORE_AWAY not in self._readiness.reasons:
            self._readiness.note(Why.STORE_AWAY, holds=True)
            self._doubted.set()

    async def run_for_ever(self) -> None:
        """Looks until it is cancelled. A look that takes too long goes on, and is bad so far."""
        while True:
            self._doubted.clear()
            is_thorough = Why.STORE_AWAY in self._readiness.reasons
            looking = asyncio.ensure_future(self._look(is_thorough))
            try:
                await asyncio.wait({looking}, timeout=LOOK_S_MAX)
                if not looking.done():
                    self._readiness.note(Why.STORE_AWAY, holds=True)
                    await asyncio.wait({looking})
            finally:
                looking.cancel()
            if not self._found(looking):
                self._readiness.note(Why.STORE_AWAY, holds=True)
            elif is_thorough or not self._doubted.is_set():
                self._readiness.note(Why.STORE_AWAY, holds=False)
            await self._pause()

    @staticmethod
    def _found(looking: "asyncio.Future[bool]") -> bool:
        error = looking.exception()
        if error is not None:  # our bug: loud, but the watch must go on
            log = structlog.get_logger("readiness")
            log.error("bug", error=type(error).__name__, frames=frames(error))
            return False
        return looking.result()

    async def _pause(self) -> None:
        """Until the next look is due: soon, if somebody has met trouble."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._every_s):
                await self._doubted.wait()
