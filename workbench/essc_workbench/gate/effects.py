"""What faults do to the calls and events they meet.

Faults that meet one call work together in the order in which they were added; one that keeps the
request from arriving ends the row. A caller from whom something is kept waits as long as on a dead
line: until its deadline, or until the fault ends and the line is found broken.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final, Protocol

import grpc

from essc.lab.v1.fault_pb2 import CutFault
from essc_wire.refusals import Refusal
from essc_wire.times import SECOND_US, to_span_us
from essc_workbench.gate.replies import Reply, broken, refused

CALLS: Final = frozenset({"delay", "refuse", "lose_request", "lose_answer", "deliver_twice", "cut"})
EVENTS: Final = frozenset({"delay_events", "repeat_events", "interrupt_events"})
PARTIES: Final = frozenset({"kill", "freeze", "fill_disk", "skew", "suspend", "key"})
FOR_GOOD: Final = frozenset({"skew", "key"})
"""What no end of a fault undoes: a clock never goes back, and a key stays changed."""
UNARY_ONLY: Final = frozenset({"delay", "lose_answer", "deliver_twice"})
"""Effects that need one request and one answer."""
BUSY_MS: Final = 100
"""When a busy party wants to be asked again."""


class Ending(Protocol):
    """Whoever knows when a fault ends."""

    async def wait(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Hit:
    """A fault that meets a call."""

    fault_id: str
    effect: str
    """The field's name, as `lose_answer`."""
    value: Any
    """The effect's message."""
    ended: Ending


@dataclass(frozen=True, slots=True)
class Held:
    """An item of a stream that comes later."""

    raw: bytes
    due: float
    """From when it goes on in any case, on the clock of whoever waits."""
    ended: tuple[Ending, ...] = ()
    """The faults that hold it back: when all of them have ended it goes on at once."""


def keeps_request(hit: Hit) -> bool:
    """Whether the request does not arrive."""
    match hit.effect:
        case "refuse" | "lose_request":
            return True
        case "cut":
            return bool(hit.value.direction != CutFault.DIRECTION_ANSWERS)
        case _:
            return False


def keeps_answers(hit: Hit) -> bool:
    """Whether nothing comes back over the line."""
    return bool(hit.effect == "cut" and hit.value.direction != CutFault.DIRECTION_REQUESTS)


async def bend(
    hits: Sequence[Hit],
    target: str,
    send: Callable[[], Awaitable[Reply]],
    time_left: Callable[[], float | None],
) -> Reply:
    """Carries a call with one answer out as the faults want it. Answers what its caller gets."""
    if hits and keeps_request(hits[-1]):
        return await kept_back(hits[-1], target, time_left)
    if any(hit.effect == "deliver_twice" for hit in hits):
        # Both are under way before either is answered, as over a line that repeats.
        first, second = asyncio.ensure_future(send()), asyncio.ensure_future(send())
        try:
            reply, _ = await asyncio.gather(first, second)
        finally:
            first.cancel()
            second.cancel()
    else:
        reply = await send()
    for hit in hits:
        match hit.effect:
            case "lose_answer":
                reply = broken("the answer was lost", hit.fault_id)
            case "cut":
                reply = await dead_line(hit, time_left)
            case "delay":
                await asyncio.sleep(to_span_us(hit.value.by) / SECOND_US)
            case _:
                pass
    return reply


async def kept_back(hit: Hit, target: str, time_left: Callable[[], float | None]) -> Reply:
    """What a caller gets whose request does not arrive."""
    if hit.effect != "refuse":
        return await dead_line(hit, time_left)
    reason = hit.value.reason
    if not reason:
        return broken("the line is broken", hit.fault_id)
    after_ms = BUSY_MS if reason == "PLATFORM_BUSY" else None
    return refused(Refusal(reason, retry_after_ms=after_ms), target, hit.fault_id)


async def dead_line(hit: Hit, time_left: Callable[[], float | None]) -> Reply:
    """Waits until the caller's deadline, or until the fault ends."""
    try:
        async with asyncio.timeout(time_left()):
            await hit.ended.wait()
    except TimeoutError:
        return Reply(grpc.StatusCode.DEADLINE_EXCEEDED, "nothing came back", fault_id=hit.fault_id)
    return broken("the line was found broken", hit.fault_id)


async def delayed(
    items: AsyncGenerator[Held, None], now: Callable[[], float], ahead_max: int
) -> AsyncGenerator[bytes, None]:
    """Items at the time that is due for each, in their order; at most so many wait.

    Reading goes on meanwhile, so that a delay of each is not a delay for each.
    """
    waiting: asyncio.Queue[Held | BaseException | None] = asyncio.Queue(ahead_max)

    async def read() -> None:
        try:
            async with aclosing(items):
                async for item in items:
                    await waiting.put(item)
        except Exception as error:  # noqa: BLE001 - raised again where the items are awaited
            await waiting.put(error)
        else:
            await waiting.put(None)

    reading = asyncio.ensure_future(read())
    try:
        while (item := await waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            if item.due > now():
                await _released(item, item.due - now())
            yield item.raw
    finally:
        reading.cancel()
        await asyncio.wait([reading])


async def _released(item: Held, after_s: float) -> None:
    """Waits until an item may go on."""
    try:
        async with asyncio.timeout(after_s):
            for each in item.ended:
                await each.wait()
    except TimeoutError:
        pass
