"""Running a command such that a stop signal unwinds it: whatever was started is stopped."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

STOPPED = 130
"""Exit status of a command that a signal stopped, as shells have it."""


def run(
    work: Coroutine[Any, Any, int],
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> int:
    """Runs to the end, or to the first stop signal. Answers the exit status."""
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(_until_stopped(work))


async def _until_stopped(work: Coroutine[Any, Any, int]) -> int:
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup means it
        numbers.append(signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return STOPPED
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


async def until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Works until a stop signal comes; for a command that is meant to be stopped."""
    try:
        await work
    except asyncio.CancelledError:
        task = asyncio.current_task()
        assert task is not None
        task.uncancel()
