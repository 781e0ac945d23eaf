"""One fault while it lasts: which calls and events it meets, and how often it has."""

import asyncio
from typing import Any

from essc.lab.v1.fault_pb2 import Fault, FaultStatus
from essc_wire.times import Instant, to_timestamp
from essc_workbench.gate.effects import CALLS, UNARY_ONLY, Hit, keeps_answers
from essc_workbench.gate.lots import Lots
from essc_workbench.gate.recorder import Passing


class Lasting:
    """A fault that was added. `until` is on the monotonic clock, in seconds."""

    def __init__(self, fault: Fault, until: float, added: Instant, lots: Lots) -> None:
        self.fault = Fault()
        self.fault.CopyFrom(fault)
        self.until, self.lots = until, lots
        self.effect = fault.WhichOneof("effect") or ""
        self.value: Any = getattr(fault, self.effect)
        self.hits = 0
        self.over = asyncio.Event()
        """Set when it ends: it meets nothing any more, and whoever waits on a dead line learns."""
        self.ending: asyncio.Future[None] | None = None
        self._matched = 0
        self._add_time = added
        self._end_time = added + fault.lease.ToMicroseconds()

    @property
    def id(self) -> str:
        return self.fault.fault_id

    @property
    def has_ended(self) -> bool:
        """Whether it is over, and what it did to a party is undone."""
        return self.ending is not None and self.ending.done()

    def status(self) -> FaultStatus:
        """The fault, and what came of it so far."""
        return FaultStatus(
            fault=self.fault,
            add_time=to_timestamp(self._add_time),
            end_time=to_timestamp(self._end_time),
            hits=self.hits,
            has_ended=self.has_ended,
        )

    def end_now(self, at: Instant) -> None:
        """It meets nothing from here on."""
        self._end_time = min(self._end_time, at)
        self.over.set()

    def hit(self) -> Hit:
        """One more hit."""
        self.hits += 1
        return Hit(self.id, self.effect, self.value, self.over)

    def meets(self, passing: Passing) -> bool:
        """Whether it meets this call: it counts those that it looks for."""
        if self.effect not in CALLS or not self._is_for(passing, passing.citizens):
            return False
        if passing.method is None and self.effect != "cut":
            return False  # health and reflection are no calls of anybody's story
        is_unary = passing.method is not None and not (
            passing.method.is_client_streaming or passing.method.is_server_streaming
        )
        if self.effect in UNARY_ONLY and not is_unary:
            return False
        return self._is_its_turn(passing)

    def meets_event(self, passing: Passing, citizens: tuple[str, ...]) -> bool:
        """Whether it meets this event: it counts those that it looks for."""
        return self._is_for(passing, citizens) and self._is_its_turn(passing)

    def cuts(self, passing: Passing) -> bool:
        """Whether a stream that is open already is cut. Such a cut is not counted."""
        match = self.fault.match
        return (
            not (match.from_call > 1 or match.count or match.share)
            and keeps_answers(Hit(self.id, self.effect, self.value, self.over))
            and self._is_for(passing, passing.citizens)
        )

    def _is_for(self, passing: Passing, citizens: tuple[str, ...]) -> bool:
        match = self.fault.match
        if self.over.is_set():
            return False
        if match.sources and passing.source not in match.sources:
            return False
        if match.targets and passing.target not in match.targets:
            return False
        if match.method and (passing.method is None or match.method not in passing.method.names):
            return False
        return not match.citizen or match.citizen in citizens

    def _is_its_turn(self, passing: Passing) -> bool:
        match = self.fault.match
        self._matched += 1
        begin = max(match.from_call, 1)
        if self._matched < begin or (match.count and self._matched >= begin + match.count):
            return False
        if not match.share:
            return True
        kind = (self.id, passing.source, passing.target, passing.path, *passing.citizens)
        return self.lots.draw(*kind) < match.share
