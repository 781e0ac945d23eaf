"""From many callers to one writer: commands gather while a batch is being committed.

No timer. The next batch is handed over only after a few turns of the loop without a new command, so
that an idle platform commits a single command at once and a busy one commits dozens together. The
queue is bounded: when it is full, the answer is a refusal at once.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import structlog

from essc_platform.batch import Answer, Edge, Outcome, Submission, run
from essc_platform.core.decisions import Rejected
from essc_platform.core.reasons import Reason
from essc_platform.store.feed import Positions

BATCH_MAX = 1024
"""Twenty full calls of codes to check share a commit; a full batch takes a tenth of a second."""
QUEUE_MAX = 4096
QUIET_TURNS = 4
RETRY_AFTER_MS = 200


_BUSY = Rejected(Reason.PLATFORM_BUSY, (("retry_after_ms", str(RETRY_AFTER_MS)),))


class _Waiting(NamedTuple):
    """Commands that belong into one batch, and who waits for their answers."""

    submissions: Sequence[Submission]
    future: asyncio.Future[tuple[Answer, ...]]


class Collector:
    """The one writer of the store, and the queue before it."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        edge: Edge,
        positions: Positions,
        committed: Callable[[Outcome], None],
        *,
        batch_max: int = BATCH_MAX,
        queue_max: int = QUEUE_MAX,
    ) -> None:
        self._connection, self._edge, self._positions = connection, edge, positions
        self._committed = committed
        self._batch_max, self._queue_max = batch_max, queue_max
        self._queue: deque[_Waiting] = deque()
        self._queued = 0
        self._arrived = asyncio.Event()
        self._closing = False
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._task = asyncio.get_running_loop().create_task(self._collect())

    async def submit(self, submission: Submission) -> Answer:
        """The answer to a command, once it is committed."""
        if self._queued >= self._queue_max:
            return _BUSY
        return (await self._enqueue((submission,)))[0]

    async def submit_together(self, submissions: Sequence[Submission]) -> tuple[Answer, ...]:
        """The answers to several commands, in order; they are committed in one batch."""
        if self._queued >= self._queue_max:
            return (_BUSY,) * len(submissions)
        return await self._enqueue(submissions) if submissions else ()

    async def submit_all(self, submissions: Sequence[Submission]) -> tuple[Answer, ...]:
        """The answers to several commands, in order; waits for room in the queue."""
        futures: list[asyncio.Future[tuple[Answer, ...]]] = []
        for submission in submissions:
            if self._queued >= self._queue_max and futures:
                await asyncio.wait([futures[-1]])
            futures.append(self._enqueue((submission,)))
        return tuple(answer for (answer,) in await asyncio.gather(*futures))

    async def settled(self) -> None:
        """Waits until all that was submitted before is committed, or refused."""
        await self._enqueue(())

    def _enqueue(self, submissions: Sequence[Submission]) -> asyncio.Future[tuple[Answer, ...]]:
        future: asyncio.Future[tuple[Answer, ...]] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(submissions, future))
        self._queued += len(submissions)
        self._arrived.set()
        return future

    async def in_writer(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """Runs something else between two batches: the sweep's upkeep, a new clock offset."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._writer, work, self._connection)

    async def close(self) -> None:
        """Finishes what is queued, then stops."""
        self._closing = True
        self._arrived.set()
        await self._task
        self._writer.shutdown(wait=True)

    async def _collect(self) -> None:
        while not self._closing or self._queue:
            await self._arrived.wait()
            await self._quiet()
            taken = self._take()
            if not self._queue and not self._closing:
                self._arrived.clear()
            # What a caller has given up on before it was begun is not begun.
            wanted = [each for each in taken if not each.future.done()]
            if not wanted:
                continue
            await self._turn(wanted)

    def _take(self) -> list[_Waiting]:
        """What comes first, up to a full batch; what belongs together stays together."""
        taken: list[_Waiting] = []
        room = self._batch_max
        while self._queue and (not taken or len(self._queue[0].submissions) <= room):
            taken.append(self._queue.popleft())
            room -= len(taken[-1].submissions)
        self._queued -= self._batch_max - room
        return taken

    async def _turn(self, wanted: list[_Waiting]) -> None:
        """One batch, from its submissions to its answers. Whatever fails, the next turn comes."""
        submissions = [submission for each in wanted for submission in each.submissions]
        answers: tuple[Answer, ...] = (Rejected(Reason.INTERNAL_FAULT),) * len(submissions)
        try:
            loop = asyncio.get_running_loop()
            outcome = await loop.run_in_executor(self._writer, self._run, submissions)
            self._committed(outcome)
            answers = outcome.answers
        except Exception as error:  # noqa: BLE001 - a bug behind the commit
            structlog.get_logger("batch").error("bug", error=type(error).__name__)
        start = 0
        for each in wanted:
            end = start + len(each.submissions)
            if not each.future.done():
                each.future.set_result(answers[start:end])
            start = end

    async def _quiet(self) -> None:
        """Waits until no command has come for a few turns, or the batch is full."""
        quiet, seen = 0, self._queued
        while quiet < QUIET_TURNS and seen < self._batch_max:
            await asyncio.sleep(0)
            quiet = quiet + 1 if self._queued == seen else 0
            seen = self._queued

    def _run(self, submissions: list[Submission]) -> Outcome:
        """In the writer's thread. A bug outside the rules spoils only the command that has it."""
        last = self._positions.last
        try:
            return run(self._connection, submissions, self._edge, self._positions)
        except sqlite3.Error as error:
            structlog.get_logger("store").error("the store failed", error=str(error))
            return _refused(Reason.STORE_UNAVAILABLE, len(submissions))
        except Exception as error:  # noqa: BLE001 - loading or saving failed: nothing has happened
            structlog.get_logger("batch").error("bug", error=type(error).__name__)
            self._positions.go_back(last)
        if len(submissions) == 1:
            return _refused(Reason.INTERNAL_FAULT, 1)
        return _joined([self._run([submission]) for submission in submissions])


def _refused(reason: Reason, count: int) -> Outcome:
    answers = (Rejected(reason),) * count
    return Outcome(answers=answers, changes=(), channels=frozenset(), head=0)


def _joined(outcomes: Sequence[Outcome]) -> Outcome:
    return Outcome(
        answers=tuple(answer for each in outcomes for answer in each.answers),
        changes=tuple(change for each in outcomes for change in each.changes),
        channels=frozenset[str]().union(*(each.channels for each in outcomes)),
        head=max(each.head for each in outcomes),
    )
