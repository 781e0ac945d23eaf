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

T = TypeVar("T")

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://essc.invalid/workbench")
_ATTEMPTS = 40
_PAUSE_S = 0.25
_AT_ONCE = 32


def fixed_id(*names: str) -> str:
    """The request id of a piece of set-up: the same names give the same id."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(names)))


async def patient(send: Callable[[], Awaitable[T]], *, attempts_max: int = _ATTEMPTS) -> T:
    """Sends until there is an answer; ten seconds at most, besides the calls' own time."""
    return await repeat_while_uncertain(send, attempts_max=attempts_max, pause_s=_PAUSE_S)


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
