"""An open-loop sender: calls come by the clock, whatever becomes of those before.

A call is good if it is answered within its deadline, which runs from the moment at which it was
intended. It waits its turn at the sender while so many are on their way, and is *shed* there once
half of its time is over: whoever is sent when hardly any is left is served for nothing. One that is
refused with RetryInfo comes back then, or is shed. Every intended call is counted once.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import grpc

from essc_wire.client import Peer
from essc_wire.refusals import refusal_of
from essc_workbench.bench.load import Send

Calls: TypeAlias = Iterator[tuple[Send, bytes]]

_TICK_S = 0.002
_TIME_IS_OVER = (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)
"""As the caller's own side says it, or the platform's."""
_SENT_BY = 0.5
"""How much of a call's time it may wait at the sender."""


@dataclass(slots=True)
class Tally:
    """What became of the calls that were intended."""

    intended: int = 0
    good: int = 0
    late: int = 0
    """Answered behind the deadline, or not at all."""
    shed: int = 0
    """Never sent, or not again."""
    failed: int = 0
    refusals: int = 0
    """How often somebody was told to come back; no outcome of its own."""
    lag_s: float = 0.0
    """How far the sender itself was behind its clock, at the most."""

    @property
    def is_whole(self) -> bool:
        """Whether every intended call is counted once."""
        return self.intended == self.good + self.late + self.shed + self.failed


class Sender:
    """One caller with one connection."""

    def __init__(
        self,
        peer: Peer,
        calls: Calls,
        *,
        rate: float,
        deadline_s: float,
        at_once: int,
        is_patient: bool = True,
        now: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`at_once`: how many calls are on their way; `is_patient`: whether the others wait for
        that, or are shed.
        """
        self._calls, self._rate, self._deadline_s = calls, rate, deadline_s
        self._metadata = peer.options()["metadata"]
        self._at_once, self._is_patient, self._now = at_once, is_patient, now
        self._waiting: deque[float] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self.tally = Tally()

    async def run(self, seconds: float) -> Tally:
        """Sends for so long, then waits for what is on its way."""
        began, count = self._now(), int(seconds * self._rate)
        tally = self.tally
        while tally.intended < count:
            now = self._now()
            while tally.intended < count and began + tally.intended / self._rate <= now:
                intended = began + tally.intended / self._rate
                tally.lag_s = max(tally.lag_s, now - intended)
                tally.intended += 1
                self._take(intended)
            await asyncio.sleep(_TICK_S)
        while self._running:
            await asyncio.wait(self._running)
        return tally

    def _take(self, intended: float) -> None:
        if len(self._running) < self._at_once:
            self._begin(intended)
        elif self._is_patient:
            self._waiting.append(intended)
        else:
            self.tally.shed += 1

    def _begin(self, intended: float) -> None:
        task = asyncio.ensure_future(self._send(intended))
        self._running.add(task)
        task.add_done_callback(self._over)

    def _over(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        task.result()
        while self._waiting:
            intended = self._waiting.popleft()
            if self._is_worth(intended):
                self._begin(intended)
                return
            self.tally.shed += 1

    def _is_worth(self, intended: float) -> bool:
        """Whether there is time enough left to be sent."""
        return self._now() < intended + self._deadline_s * _SENT_BY

    async def _send(self, intended: float) -> None:
        send, request = next(self._calls)
        end, tally = intended + self._deadline_s, self.tally
        while self._is_worth(intended):
            began = self._now()
            try:
                await send(request, timeout=end - began, metadata=self._metadata)
            except grpc.RpcError as error:
                wait_s = _come_back_s(error)
                if wait_s is None:
                    self._note_error(error)
                    return
                tally.refusals += 1
                if self._now() + wait_s >= end:
                    break
                await asyncio.sleep(wait_s)
                continue
            answered = self._now()
            if answered <= end:
                tally.good += 1
            else:
                tally.late += 1
            return
        tally.shed += 1

    def _note_error(self, error: grpc.RpcError) -> None:
        if error.code() in _TIME_IS_OVER:
            self.tally.late += 1
        else:
            self.tally.failed += 1


def _come_back_s(error: grpc.RpcError) -> float | None:
    """When a caller that was refused is to come back; None if that is no such refusal."""
    refusal = refusal_of(error)
    if refusal is None or refusal.retry_after_ms is None:
        return None
    return refusal.retry_after_ms / 1000
