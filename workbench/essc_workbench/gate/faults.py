"""The faults of one federation: added, listed, removed, and always ended.

    book = FaultBook(journal, powers, seed="7")
    status = await book.add(Fault(fault_id="f", lease=..., lose_answer=LoseAnswerFault()))

A fault ends with its lease, which runs on the monotonic clock, when it is removed, or with the
book. What it did to a party is undone then, where it can be; if another fault still does the same
to the same party, that one's end undoes it.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import grpc

from essc.lab.v1.fault_pb2 import Fault, FaultStatus
from essc_wire.clock import wall_us
from essc_wire.guard import invalid_message
from essc_wire.refusals import Refusal
from essc_wire.times import SECOND_US, to_span_us
from essc_workbench.failures import WorkbenchError
from essc_workbench.failures import told as told_of
from essc_workbench.gate.effects import PARTIES, Hit, keeps_request
from essc_workbench.gate.fitting import invalid, unfit
from essc_workbench.gate.lasting import Lasting
from essc_workbench.gate.lots import Lots
from essc_workbench.gate.powers import PartyFaults, PartyPowers, party_of
from essc_workbench.gate.recorder import Passing
from essc_workbench.history.facts import People
from essc_workbench.history.journal import Journal

LASTING_MAX: Final = 100
"""Faults at once."""
ENDED_MAX: Final = 200
"""Faults that have ended and are still listed."""


class FaultBook:
    """All faults. Not for several event loops."""

    def __init__(
        self,
        journal: Journal | None,
        powers: PartyPowers,
        *,
        seed: str = "",
        has_doors: bool = True,
        people: People | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._journal, self._powers, self._now = journal, powers, now
        self._parties = PartyFaults(powers, journal)
        self._lots = Lots(f"{seed}/faults")
        self._has_doors, self._people = has_doors, people
        self._faults: OrderedDict[str, Lasting] = OrderedDict()
        self._turn = asyncio.Lock()
        """What is done to parties is done one after the other."""

    async def add(self, fault: Fault) -> FaultStatus | Refusal:
        """Begins a fault; what is done to a party is done when this returns."""
        refusal = self._refusal(fault)
        if refusal is not None:
            return refusal
        known = self._faults.get(fault.fault_id)
        if known is not None:
            return known.status() if known.fault == fault else Refusal("FAULT_EXISTS")
        lease_s = to_span_us(fault.lease) / SECOND_US
        lasting = Lasting(fault, self._now() + lease_s, wall_us(), self._lots)
        self._faults[lasting.id] = lasting
        self._note("fault-began", lasting)
        if lasting.effect in PARTIES:
            refusal = await self._begin(lasting)
            if refusal is not None:
                return refusal
        asyncio.get_running_loop().call_later(lease_s, self.tend)
        return lasting.status()

    async def remove(self, fault_id: str) -> FaultStatus | Refusal:
        """Ends a fault now; what it did to a party is undone when this returns."""
        lasting = self._faults.get(fault_id)
        if lasting is None:
            return Refusal("FAULT_NOT_FOUND")
        await self._end(lasting)
        return lasting.status()

    def list(self) -> list[FaultStatus]:
        """Those that last and the newest that have ended, newest first."""
        return [lasting.status() for lasting in reversed(self._faults.values())]

    async def end_all(self) -> None:
        """Ends every fault, and waits until what was done to parties is undone."""
        for lasting in [*self._faults.values()]:
            await self._end(lasting)

    def tend(self) -> None:
        """Begins to end what is due. Called when a lease is over."""
        for lasting in self._faults.values():
            if lasting.ending is None and lasting.until <= self._now():
                self._end(lasting)

    def meet(self, passing: Passing) -> tuple[Hit, ...]:
        """The faults that meet a call, in their order, to the first that keeps it from arriving."""
        hits: list[Hit] = []
        for lasting in self._faults.values():
            if self._lasts(lasting) and lasting.meets(passing):
                hits.append(lasting.hit())
                if keeps_request(hits[-1]):
                    break
        return tuple(hits)

    def meet_event(
        self, effect: str, passing: Passing, citizens: tuple[str, ...]
    ) -> tuple[Hit, ...]:
        """The faults of this effect that meet an event."""
        return tuple(
            lasting.hit()
            for lasting in self._faults.values()
            if lasting.effect == effect
            and self._lasts(lasting)
            and lasting.meets_event(passing, citizens)
        )

    def interrupting(self, passing: Passing, passed: dict[str, int]) -> Hit | None:
        """The fault that breaks a stream before its next event; `passed` counts those before."""
        for lasting in self._faults.values():
            if lasting.effect != "interrupt_events" or not self._lasts(lasting):
                continue
            if passed.get(lasting.id, 0) < lasting.value.after:
                passed[lasting.id] = passed.get(lasting.id, 0) + 1
            elif lasting.meets_event(passing, passing.citizens):
                return lasting.hit()
        return None

    def cutting(self, passing: Passing) -> Hit | None:
        """The fault that keeps the answers of an open stream from arriving."""
        for lasting in self._faults.values():
            if lasting.effect == "cut" and self._lasts(lasting) and lasting.cuts(passing):
                return lasting.hit()
        return None

    def _lasts(self, lasting: Lasting) -> bool:
        return not lasting.over.is_set() and self._now() < lasting.until

    async def _begin(self, lasting: Lasting) -> Refusal | None:
        try:
            async with self._turn:
                await self._parties.begin(lasting.effect, lasting.value)
            lasting.hits += 1
        except (WorkbenchError, grpc.RpcError) as error:
            lasting.over.set()
            lasting.ending = asyncio.get_running_loop().create_future()
            lasting.ending.set_result(None)
            self._note("fault-ended", lasting, failed=_said(error))
            self._forget(lasting)
            return invalid(f"fault.{lasting.effect}", _said(error))
        return None

    def _end(self, lasting: Lasting) -> "asyncio.Future[None]":
        """Ends it, once: whoever ends it again waits for the same end."""
        if lasting.ending is None:
            lasting.end_now(wall_us())
            lasting.ending = asyncio.ensure_future(self._undo(lasting))
        return lasting.ending

    async def _undo(self, lasting: Lasting) -> None:
        facts: dict[str, object] = {"hits": lasting.hits}
        if lasting.effect in PARTIES and not self._is_done_by_another(lasting):
            try:
                async with self._turn:
                    await self._parties.end(lasting.effect, lasting.value)
            except (WorkbenchError, grpc.RpcError) as error:
                facts["failed"] = _said(error)
        self._note("fault-ended", lasting, **facts)
        self._drop_oldest()

    def _is_done_by_another(self, lasting: Lasting) -> bool:
        party = party_of(lasting.effect, lasting.value)
        return any(
            other.ending is None
            and other.effect == lasting.effect
            and party_of(other.effect, other.value) == party
            for other in self._faults.values()
        )

    def _forget(self, lasting: Lasting) -> None:
        del self._faults[lasting.id]

    def _drop_oldest(self) -> None:
        ended = [each for each in self._faults.values() if each.over.is_set()]
        for each in ended[: max(len(ended) - ENDED_MAX, 0)]:
            self._forget(each)

    def _note(self, what: str, lasting: Lasting, **facts: object) -> None:
        if self._journal is None:
            return
        match, party = lasting.fault.match, ""
        if lasting.effect in PARTIES:
            party = party_of(lasting.effect, lasting.value)
        elif len(match.targets) == 1:
            party = match.targets[0]
        looks_for = {
            "sources": ",".join(match.sources),
            "targets": ",".join(match.targets),
            "method": match.method,
            "citizen": match.citizen,
        }
        told: dict[str, object] = {name: value for name, value in looks_for.items() if value}
        told |= {"fault": lasting.id, "effect": lasting.effect} | facts
        self._journal.happened(what, party=party, step=0, **told)

    def _refusal(self, fault: Fault) -> Refusal | None:
        refusal = invalid_message(fault)
        if refusal is not None:
            return refusal
        count = sum(not each.over.is_set() for each in self._faults.values())
        if fault.fault_id not in self._faults and count >= LASTING_MAX:
            return invalid("fault", f"at most {LASTING_MAX} faults last at once")
        citizens = self._people.aliases if self._people else None
        return unfit(fault, self._powers, citizens, has_doors=self._has_doors)


def _said(error: WorkbenchError | grpc.RpcError) -> str:
    return told_of(error) if isinstance(error, grpc.RpcError) else str(error)
