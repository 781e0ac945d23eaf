"""From many callers to one writer: commands gather while a batch is being committed.

No timer. The next batch is handed over only after a few turns of the loop without a new command, so
that an idle platform commits a single command at once and a busy one commits dozens together.

Each caller waits in a bounded queue of its own, and refusing is early: when the queue is full, when
what is ahead takes longer than the caller waits, and once more when the batch is collected. What is
refused was not begun, and the answer says when to come back. With `admission=False` all wait in one
queue and nobody's time is looked at, which is for showing what the rest is for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from math import inf
from types import MappingProxyType
from typing import Any, NamedTuple

import structlog

from essc_platform.batch import Answer, Edge, Outcome, Submission, run
from essc_platform.clock import monotonic
from essc_platform.core.decisions import Rejected
from essc_platform.core.reasons import Reason
from essc_platform.meters import BUG, COMMITTED, CONFLICT, STORE_FAILED, BatchMeters
from essc_platform.paces import Pace
from essc_platform.queues import Queues
from essc_platform.store.again import again
from essc_platform.store.connections import Connection
from essc_platform.store.errors import FAILURES, StoreConflict
from essc_platform.store.feed import Positions

BATCH_MAX = 1024
"""Twenty full calls of codes to check share a commit; a full batch takes a tenth of a second."""
QUEUE_MAX = 4096
QUIET_TURNS = 4
_TRACES_TOLD = 16
_ALL_ALIKE: Mapping[str, int] = MappingProxyType({})


class _Waiting(NamedTuple):
    """Commands that belong into one batch, and who waits for their answers, and until when."""

    submissions: Sequence[Submission]
    future: asyncio.Future[tuple[Answer, ...]]
    end: float
    since: float


class Collector:
    """The one writer of the store, and the queue before it."""

    def __init__(
        self,
        connection: Connection,
        edge: Edge,
        positions: Positions,
        committed: Callable[[Outcome], None],
        *,
        batch_max: int = BATCH_MAX,
        queue_max: int = QUEUE_MAX,
        admission: bool = True,
        weights: Mapping[str, int] = _ALL_ALIKE,
        told: Callable[[], Awaitable[None]] | None = None,
        now: Callable[[], float] = monotonic,
        meters: BatchMeters | None = None,
    ) -> None:
        """`told`: waits until other processes know what was committed, where there may be some."""
        self._connection, self._edge, self._positions = connection, edge, positions
        self._committed, self._told = committed, told
        self._telling: set[asyncio.Task[None]] = set()
        self._batch_max, self._admission, self._now = batch_max, admission, now
        self._meters = meters or BatchMeters()
        self._queues: Queues[_Waiting] = Queues(queue_max, weights)
        self._pace = Pace()
        self._arrived = asyncio.Event()
        self._closing = False
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._task = asyncio.get_running_loop().create_task(self._collect())

    async def submit(self, submission: Submission) -> Answer:
        """The answer to a command, once it is committed."""
        caller = self._caller(submission)
        if self._is_full(caller, submission):
            return self._busy(caller)
        return (await self._enqueue(caller, (submission,)))[0]

    async def submit_together(self, submissions: Sequence[Submission]) -> tuple[Answer, ...]:
        """The answers to several commands of one caller, in order, committed in one batch."""
        if not submissions:
            return ()
        caller = self._caller(submissions[0])
        if self._is_full(caller, submissions[0]):
            return (self._busy(caller),) * len(submissions)
        return await self._enqueue(caller, submissions)

    async def submit_all(self, submissions: Sequence[Submission]) -> tuple[Answer, ...]:
        """The answers to several commands, in order; waits for room in the queue."""
        futures: list[asyncio.Future[tuple[Answer, ...]]] = []
        for submission in submissions:
            caller = self._caller(submission)
            if futures and not self._queues.is_open(caller):
                await asyncio.wait([futures[-1]])
            futures.append(self._enqueue(caller, (submission,)))
        return tuple(answer for (answer,) in await asyncio.gather(*futures))

    @property
    def commands_waiting(self) -> int:
        """How many commands wait for the writer."""
        return self._queues.commands

    @property
    def callers_waiting(self) -> int:
        """How many callers have one waiting; all count as one without admission."""
        return self._queues.holders

    def delay_ms(self) -> int:
        """How long what waits now will take."""
        return self._pace.delay_ms(self._queues.commands)

    async def settled(self) -> None:
        """Waits until all that was submitted before is committed, or refused."""
        await asyncio.gather(*(self._enqueue(each, ()) for each in ("", *self._queues.callers())))

    def _caller(self, submission: Submission) -> str:
        return submission.origin.party_id if self._admission else ""

    def _is_full(self, caller: str, submission: Submission) -> bool:
        """Whether a command must not wait: there is no room, or no time."""
        if not self._queues.is_open(caller):
            return True
        if self._queues.commands < self._batch_max or not self._admission:
            return False
        wait_s = self._pace.wait_s(self._queues.ahead_of(caller)) + self._pace.batch_s
        return self._now() + wait_s > submission.end

    def _busy(self, caller: str) -> Rejected:
        """Not now: to come back once what is ahead is written."""
        delay_ms = self._pace.delay_ms(self._queues.ahead_of(caller))
        return Rejected(Reason.PLATFORM_BUSY, (("retry_after_ms", str(delay_ms)),))

    def _enqueue(
        self, caller: str, submissions: Sequence[Submission]
    ) -> asyncio.Future[tuple[Answer, ...]]:
        future: asyncio.Future[tuple[Answer, ...]] = asyncio.get_running_loop().create_future()
        end = submissions[0].end if submissions else inf
        self._queues.add(caller, len(submissions), _Waiting(submissions, future, end, self._now()))
        self._arrived.set()
        return future

    async def in_writer(self, work: Callable[[Connection], object]) -> None:
        """Runs something else between two batches: the sweep's upkeep, a new clock offset.

        It has to be the same if it is done twice: where its commit is in doubt, it is run again.
        """
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._writer, again, partial(work, self._connection))

    async def close(self) -> None:
        """Finishes what is queued, then stops."""
        self._closing = True
        self._arrived.set()
        await self._task
        await asyncio.gather(*self._telling)
        self._writer.shutdown(wait=True)

    async def _collect(self) -> None:
        while not self._closing or not self._queues.is_empty:
            await self._arrived.wait()
            await self._quiet()
            taken = self._queues.take(self._batch_max)
            if self._queues.is_empty and not self._closing:
                self._arrived.clear()
            wanted = self._wanted(taken)
            if wanted:
                await self._turn(wanted)

    def _wanted(self, taken: Sequence[_Waiting]) -> list[_Waiting]:
        """What is begun. What its caller has given up is not, nor what would come too late."""
        waiting = [each for each in taken if not each.future.done()]
        if not self._admission:
            return waiting
        by = self._now() + self._pace.batch_s
        wanted = [each for each in waiting if each.end >= by]
        for each in waiting:
            if each.end < by:
                busy = self._busy(self._caller(each.submissions[0]))
                each.future.set_result((busy,) * len(each.submissions))
        if waiting and not wanted:
            self._pace.doubt()
        return wanted

    async def _turn(self, wanted: list[_Waiting]) -> None:
        """One batch, from its submissions to its answers. Whatever fails, the next turn comes."""
        submissions = [submission for each in wanted for submission in each.submissions]
        answers: tuple[Answer, ...] = (Rejected(Reason.INTERNAL_FAULT),) * len(submissions)
        began = self._now()
        for each in wanted:
            self._meters.waits.note(began - each.since)
        try:
            loop = asyncio.get_running_loop()
            outcome = await loop.run_in_executor(self._writer, self._run, submissions)
            self._committed(outcome)
            answers = outcome.answers
            if submissions:
                self._pace.note(len(submissions), self._now() - began)
            if outcome.is_federal and self._told is not None:
                self._answer_later(wanted, answers, self._told())
                return
        except Exception as error:  # noqa: BLE001 - a bug behind the commit
            structlog.get_logger("batch").error("bug", error=type(error).__name__)
        _answer(wanted, answers)

    def _answer_later(
        self,
        wanted: list[_Waiting],
        answers: tuple[Answer, ...],
        told: Awaitable[None],
    ) -> None:
        """Answers what other processes have to know first; the next batch does not wait for it."""

        async def tell() -> None:
            await told
            _answer(wanted, answers)

        task = asyncio.get_running_loop().create_task(tell())
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _quiet(self) -> None:
        """Waits until no command has come for a few turns, or the batch is full."""
        queues = self._queues
        quiet, seen = 0, queues.commands
        while quiet < QUIET_TURNS and seen < self._batch_max:
            await asyncio.sleep(0)
            quiet = quiet + 1 if queues.commands == seen else 0
            seen = queues.commands

    def _run(self, submissions: list[Submission]) -> Outcome:
        """In the writer's thread. A bug outside the rules spoils only the command that has it."""
        last, meters, runs = self._positions.last, self._meters, count()

        def once() -> Outcome:
            if next(runs):
                meters.repeats += 1
            return run(self._connection, submissions, self._edge, self._positions, meters)

        try:
            outcome = again(once)
        except StoreConflict:
            meters.ended[CONFLICT] += 1
            if len(submissions) == 1:
                return _refused(Reason.CHANGES_CONFLICT, 1)
        except FAILURES as error:
            meters.ended[STORE_FAILED] += 1
            said = {"error": str(error), **_about(submissions)}
            structlog.get_logger("store").error("the store failed", **said)
            return _refused(Reason.STORE_UNAVAILABLE, len(submissions))
        except Exception as error:  # noqa: BLE001 - loading or saving failed: nothing has happened
            meters.ended[BUG] += 1
            said = {"error": type(error).__name__, **_about(submissions)}
            structlog.get_logger("batch").error("bug", **said)
            self._positions.go_back(last)
            if len(submissions) == 1:
                return _refused(Reason.INTERNAL_FAULT, 1)
        else:
            meters.ended[COMMITTED] += 1
            if submissions:
                meters.commands.note(len(submissions))
            return outcome
        return _joined([self._run([submission]) for submission in submissions])


def _answer(wanted: Sequence[_Waiting], answers: Sequence[Answer]) -> None:
    """To each its own."""
    start = 0
    for each in wanted:
        end = start + len(each.submissions)
        if not each.future.done():
            each.future.set_result(tuple(answers[start:end]))
        start = end


def _about(submissions: Sequence[Submission]) -> dict[str, Any]:
    """How a batch is told in a log: how large it is, and the traces of its first commands."""
    traces = [each.origin.trace for each in submissions[:_TRACES_TOLD] if each.origin.trace]
    return {"commands": len(submissions), "traces": traces}


def _refused(reason: Reason, count: int) -> Outcome:
    answers = (Rejected(reason),) * count
    return Outcome(answers=answers, changes=(), channels=frozenset(), head=0)


def _joined(outcomes: Sequence[Outcome]) -> Outcome:
    return Outcome(
        answers=tuple(answer for each in outcomes for answer in each.answers),
        changes=tuple(change for each in outcomes for change in each.changes),
        channels=frozenset[str]().union(*(each.channels for each in outcomes)),
        head=max(each.head for each in outcomes),
        is_federal=any(each.is_federal for each in outcomes),
    )
