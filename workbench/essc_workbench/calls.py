"""How the workbench repeats its calls: patiently, and always with the same request id.

Ids of set-up are derived from what they set up, so that setting up again is a repeat.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import grpc

from essc_wire.client import repeat_while_uncertain
from essc_wire.refusals import reason_of
from essc_workbench.failures import WorkbenchError

T = TypeVar("T")

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://essc.invalid/workbench")
PATIENCE_S = 10.0
_PAUSE_S = 0.25
_ATTEMPTS_MAX = 1000  # the time ends it, not the count
_AT_ONCE = 32


def fixed_id(*names: str) -> str:
    """The request id of a piece of set-up: the same names give the same id."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(names)))


async def patient(send: Callable[[], Awaitable[T]], *, within_s: float = PATIENCE_S) -> T:
    """Sends until there is a certain answer, or the time is over; 0 sends once.

    Raises the last error: a refusal, or why there was no answer.
    """
    if not within_s:
        return await send()
    last: grpc.RpcError | None = None

    async def remembered() -> T:
        nonlocal last
        try:
            return await send()
        except grpc.RpcError as error:
            last = error
            raise

    try:
        async with asyncio.timeout(within_s):
            return await repeat_while_uncertain(
                remembered, attempts_max=_ATTEMPTS_MAX, pause_s=_PAUSE_S
            )
    except TimeoutError:
        if last is None:
            raise WorkbenchError(f"no answer within {within_s:.0f} s") from None
        raise last from None


async def unless(reason: str, send: Callable[[], Awaitable[T]]) -> T | None:
    """As patient; None where it is refused for this reason, which means it is done already."""
    try:
        return await patient(send)
    except grpc.RpcError as error:
        if reason_of(error) == reason:
            return None
        raise


async def all_of(jobs: Iterable[Awaitable[T]]) -> list[T]:
    """Runs many jobs, some at once; the first failure ends them all."""
    turn = asyncio.Semaphore(_AT_ONCE)

    async def run(job: Awaitable[T]) -> T:
        async with turn:
            return await job

    return list(await asyncio.gather(*(run(job) for job in jobs)))
