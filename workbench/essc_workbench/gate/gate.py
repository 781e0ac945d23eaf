"""The gate: all doors between the parties of one federation, what they record, what they bend.

    gate = Gate(journal, faults, traces, people=people)
    address = await gate.open(Door(source="wechat", target="platform", upstream="127.0.0.1:7001"))

It lives in the workbench's own process and event loop. As `Routes` it opens a door for each way
that a federation asks for.
"""

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Final

from essc_wire.clock import random_bytes
from essc_workbench.failures import WorkbenchError
from essc_workbench.gate.doors import Door, Manners, OpenDoor
from essc_workbench.gate.effects import Hit
from essc_workbench.gate.faults import FaultBook
from essc_workbench.gate.recorder import Passing, Recorder
from essc_workbench.history.facts import FactReader, People
from essc_workbench.history.journal import Journal
from essc_workbench.routes import AUTHORITIES
from essc_workbench.trace import Traces

_RECOVERY_S: Final = 5.0


class Gate:
    """Doors by way. Not for several event loops."""

    def __init__(
        self,
        journal: Journal | None,
        faults: FaultBook,
        traces: Traces,
        *,
        people: People | None = None,
        tls_folder: Path | None = None,
    ) -> None:
        self._faults, self._tls_folder = faults, tls_folder
        self.facts = FactReader(random_bytes(16), people or People())
        self._recorder = Recorder(journal, self.facts, traces)
        self._doors: dict[tuple[str, str, str], OpenDoor] = {}
        self._turn = asyncio.Lock()
        self.unkind: Manners | None = None
        """What meets a call that no fault has met; None while the gate is kind."""

    async def open(self, door: Door) -> str:
        """Opens a door, or finds the one that is open. Answers its address."""
        way = (door.source, door.target, door.upstream)
        async with self._turn:
            if way not in self._doors:
                tls_folder = None if door.target == AUTHORITIES else self._tls_folder
                opening = OpenDoor(door, self._faults, self._recorder, self, tls_folder)
                try:
                    await opening.open()
                except OSError as error:
                    raise WorkbenchError(str(error)) from None
                self._doors[way] = opening
            return self._doors[way].address

    async def door(self, source: str, target: str, upstream: str) -> str:
        """The address that `source` calls for `target`: see `Routes`."""
        return await self.open(Door(source=source, target=target, upstream=upstream))

    async def recovered(self) -> None:
        """Waits, a bounded time, until nobody meets a closed connection because a party was called
        while it was still starting.
        """
        doors = list(self._doors.values())
        await asyncio.gather(*(door.recovered(_RECOVERY_S) for door in doors))

    async def close(self) -> None:
        """Closes every door; calls that are under way end."""
        async with self._turn:
            await asyncio.gather(*(door.close() for door in self._doors.values()))
            self._doors.clear()

    def meet(self, passing: Passing) -> tuple[Hit, ...]:
        """What meets a call: the faults; if there are none, unkindness."""
        hits = self._faults.meet(passing)
        return hits if hits or self.unkind is None else self.unkind.meet(passing)

    def passing(self, target: str) -> AbstractAsyncContextManager[None]:
        """What a call to a party goes through; nothing, while the gate is kind."""
        return nullcontext() if self.unkind is None else self.unkind.passing(target)
