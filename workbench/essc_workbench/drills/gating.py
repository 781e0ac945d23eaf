"""The gate in a drill: a share of the callers goes through it, and loses answers when told to.

It is a proxy in the coordinator's own process, so what goes through it costs rate: that is why a
plan names a share. Nothing is written down of it; the generator notes its calls itself.
"""

from collections.abc import Mapping
from typing import Final

from google.protobuf.duration_pb2 import Duration

from essc.lab.v1 import fault_pb2 as faults
from essc_wire.refusals import Refusal
from essc_workbench.closing import Closing
from essc_workbench.connections import Connections
from essc_workbench.drills.plan import Plan
from essc_workbench.failures import WorkbenchError
from essc_workbench.federation import Federation
from essc_workbench.gate.faults import FaultBook
from essc_workbench.gate.gate import Gate
from essc_workbench.gate.parties import FederationPowers
from essc_workbench.routes import PHONE, PLATFORM
from essc_workbench.trace import Traces

_LEASE_S: Final = 3600
"""Longer than any fault of a drill; each is ended by name."""


class DrillGate(Closing):
    """Doors for the callers of a plan. Not for several event loops."""

    def __init__(self, plan: Plan, federation: Federation, straight: Connections) -> None:
        self._plan, self._federation = plan, federation
        powers = FederationPowers()
        powers.over(federation, straight)
        self._book = FaultBook(None, powers)
        tls = federation.folder.tls if plan.federation.tls else None
        self._gate = Gate(None, self._book, Traces(), tls_folder=tls)
        self._lost: dict[str, str] = {}
        """The fault of each channel whose answers are lost."""
        self._times = 0

    async def close(self) -> None:
        """Ends its faults, then closes its doors."""
        await self._book.end_all()
        await self._gate.close()

    async def doors(self) -> Mapping[str, str]:
        """The address of each channel's door: to the platform, or for its phones to itself.

        None at all where the plan sends nobody through the gate.
        """
        if not self._plan.gate:
            return {}
        state = self._federation.folder.load()
        assert state.platform is not None, "it runs"
        found = {}
        for channel in self._plan.journeys:
            if self._plan.via == "phones":
                upstream = state.channels[channel].address
                found[channel] = await self._gate.door(PHONE, channel, upstream)
            else:
                found[channel] = await self._gate.door(channel, PLATFORM, state.platform.address)
        return found

    async def lose_answers(self, channel: str) -> None:
        """From now on the answers to a channel's calls that go through the gate are lost."""
        is_direct = self._plan.via == "platform"
        self._times += 1
        name = self._lost[channel] = f"lost-{self._times}"
        fault = faults.Fault(
            fault_id=name,
            lease=Duration(seconds=_LEASE_S),
            match=faults.FaultMatch(
                sources=[channel if is_direct else PHONE],
                targets=[PLATFORM if is_direct else channel],
            ),
            lose_answer=faults.LoseAnswerFault(),
        )
        refusal = await self._book.add(fault)
        if isinstance(refusal, Refusal):
            raise WorkbenchError(f"{channel}: its answers cannot be lost: {refusal.reason}")

    async def keep_answers(self, channel: str) -> None:
        """They arrive again."""
        await self._book.remove(self._lost.pop(channel))
