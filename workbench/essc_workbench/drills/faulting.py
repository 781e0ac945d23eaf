"""The faults of a plan, done at their times, and when the drill had recovered from each."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import Any, Final, Protocol, TypeAlias

from essc_workbench.drills.plan import FaultPlan, Plan
from essc_workbench.drills.progressing import FaultAhead, Progress
from essc_workbench.drills.results import FaultSeen, Second

RECOVERED: Final = 0.9
"""Of what was wanted in a second."""


class Powers(Protocol):
    """What a drill does to parties."""

    @property
    def clocks(self) -> Sequence[str]:
        """Parties that have a clock of their own."""
        ...

    async def kill(self, party: str) -> None: ...

    async def stop(self, party: str) -> None: ...

    async def restart(self, party: str) -> None:
        """Starts a party that does not run, and waits until it is ready."""

    async def freeze(self, party: str) -> None: ...

    async def thaw(self, party: str) -> None: ...

    async def advance(self, party: str, by_us: int) -> int:
        """Answers the party's time, microseconds since 1970."""
        ...

    async def suspend(self, channel: str) -> None: ...

    async def resume(self, channel: str) -> None: ...

    async def lose_answers(self, channel: str) -> None: ...

    async def keep_answers(self, channel: str) -> None: ...


Act: TypeAlias = Callable[[], Coroutine[Any, Any, object]]


@dataclass(slots=True)
class _Done:
    ahead: FaultAhead
    at_s: float
    until_s: float


class Faults:
    """All faults of one drill."""

    def __init__(
        self,
        plan: Plan,
        powers: Powers,
        *,
        disconnect: Callable[[str], None] = lambda _channel: None,
        noted: Callable[..., None] = lambda _what, **_facts: None,
    ) -> None:
        """`disconnect` closes a channel's connections of the generator. `noted` is told, in the
        words of histories, what happened to whom, when it happens.
        """
        self._plan, self._powers = plan, powers
        self._disconnect, self._noted = disconnect, noted
        self._ahead = Progress(plan).faults
        self._done: list[_Done] = []
        self._start_s = 0.0

    async def follow(self, start_s: float) -> None:
        """Does each at its time. What lasts is undone, however this ends."""
        self._start_s = start_s
        async with asyncio.TaskGroup() as group:
            for fault, ahead in zip(self._plan.faults, self._ahead, strict=True):
                group.create_task(self._play(fault, ahead))

    def seen(self, seconds: Sequence[Second], end_s: float) -> tuple[FaultSeen, ...]:
        """Those that were done, with how the drill went on after each until the load's end."""
        spans = [(each.at_s, each.until_s) for each in self._done]
        return tuple(
            FaultSeen(
                text=each.ahead.what,
                party=each.ahead.party,
                at_s=round(each.at_s, 3),
                until_s=round(each.until_s, 3),
                recovered_s=recovered_s(seconds, each.until_s, spans, end_s),
            )
            for each in sorted(self._done, key=lambda each: each.at_s)
        )

    async def _play(self, fault: FaultPlan, ahead: FaultAhead) -> None:
        await asyncio.sleep(self._start_s + ahead.at_s - time.monotonic())
        begin, end = self._acts(fault)
        at_s = self._now_s()
        done = _Done(ahead, at_s, at_s)
        self._done.append(done)
        try:
            await begin()
            if end is not None:
                await asyncio.sleep(max(self._start_s + ahead.until_s - time.monotonic(), 0))
        finally:
            try:
                if end is not None:
                    await _whole(end())
            finally:
                done.until_s = self._now_s()

    def _acts(self, fault: FaultPlan) -> tuple[Act, Act | None]:
        """How it begins, and how it is undone, if it lasts."""
        if fault.kill is not None:
            return partial(self._kill, fault.kill), partial(self._start, fault.kill)
        if fault.restart is not None:
            return partial(self._restart, fault.restart), None
        if fault.freeze is not None:
            return partial(self._freeze, fault.freeze), partial(self._thaw, fault.freeze)
        if fault.suspend is not None:
            return (
                partial(self._powers.suspend, fault.suspend),
                partial(self._powers.resume, fault.suspend),
            )
        if fault.lose_answers is not None:
            return (
                partial(self._powers.lose_answers, fault.lose_answers),
                partial(self._powers.keep_answers, fault.lose_answers),
            )
        if fault.disconnect is not None:
            return partial(self._drop, fault.disconnect), None
        assert fault.advance is not None, "exactly one kind: the plan was checked"
        return partial(self._advance, int(fault.advance.total_seconds() * 1e6)), None

    async def _kill(self, party: str) -> None:
        await self._powers.kill(party)
        self._noted("killed", party=party)

    async def _start(self, party: str) -> None:
        await self._powers.restart(party)
        self._noted("started", party=party)

    async def _restart(self, party: str) -> None:
        await self._powers.stop(party)
        await self._start(party)

    async def _freeze(self, party: str) -> None:
        await self._powers.freeze(party)
        self._noted("frozen", party=party)

    async def _thaw(self, party: str) -> None:
        await self._powers.thaw(party)
        self._noted("thawed", party=party)

    async def _drop(self, channel: str) -> None:
        self._disconnect(channel)

    async def _advance(self, by_us: int) -> None:
        for party in self._powers.clocks:
            now_us = await self._powers.advance(party, by_us)
            self._noted("clock-moved", party=party, by_us=by_us, now_us=now_us)

    def _now_s(self) -> float:
        return time.monotonic() - self._start_s


async def _whole(work: Coroutine[Any, Any, object]) -> None:
    """Does something to its end: a party that is down must be up again, though the drill ends."""
    task, is_cancelled = asyncio.create_task(work), False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            is_cancelled = True
    task.result()
    if is_cancelled:
        raise asyncio.CancelledError


def recovered_s(
    seconds: Sequence[Second], until_s: float, others: Sequence[tuple[float, float]], end_s: float
) -> float | None:
    """How long after a fault's end the first second began from which on all went well again.

    That is: in it and in every later one, to the next fault or the load's end. `others` are the
    spans of all faults. Only whole seconds without any fault are looked at, so this is exact to one
    second; where there are two, one good second is not enough.
    """
    calm = [each for each in seconds if each.counts.intended and each.at_s >= until_s]
    calm = [
        each
        for each in calm
        if each.at_s + 1 <= end_s
        and not any(at_s < each.at_s + 1 and over_s > each.at_s for at_s, over_s in others)
    ]
    if not calm:
        return None
    next_s = min((at_s for at_s, _ in others if at_s >= calm[0].at_s + 1), default=end_s)
    calm = [each for each in calm if each.at_s < next_s]
    well = list(takewhile(_is_well, reversed(calm)))
    return round(well[-1].at_s - until_s, 3) if len(well) >= min(2, len(calm)) else None


def _is_well(second: Second) -> bool:
    """Whether it kept pace with the wanted rate: as many ended in it, or those that were due in it
    ended soon. Few journeys fall by chance on either side of a second's end: one of both is enough.
    """
    return max(second.ended, second.prompt) >= RECOVERED * second.counts.intended
