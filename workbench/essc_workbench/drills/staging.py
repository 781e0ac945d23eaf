"""A federation of the drill's own, with everybody in place, until the drill is over."""

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from essc_workbench.connections import Connections
from essc_workbench.drills.gating import DrillGate
from essc_workbench.drills.notes import Notes
from essc_workbench.drills.orders import Order
from essc_workbench.drills.plan import Plan
from essc_workbench.drills.powers import DrillPowers
from essc_workbench.drills.preparing import prepare
from essc_workbench.failures import UsageError
from essc_workbench.federation import Federation, federation_in
from essc_workbench.fleet import party_of, platform_names
from essc_workbench.folders import DataFolder
from essc_workbench.ports import HOST
from essc_workbench.routes import PLATFORM
from essc_workbench.stores import AS_BEFORE, Deployment

DATA: Final = "data"
NOTES: Final = "notes"


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that a drill plays on."""

    plan: Plan
    seed: int
    folder: Path
    """The drill's own."""
    federation: Federation
    straight: Connections
    powers: DrillPowers
    origin_ns: int
    """From when notes count, on the monotonic clock."""
    doors: Mapping[str, str]
    """By channel, where the gate leads its calls."""

    @property
    def data(self) -> DataFolder:
        """Where the parties keep what they keep."""
        return self.federation.folder

    @property
    def notes(self) -> Path:
        """Where all notes of the drill lie."""
        return self.folder / NOTES

    def book(self) -> Notes:
        """Where the drill notes what happened to parties."""
        return Notes(self.notes / "faults.jsonl", key=bytes(1), origin_ns=self.origin_ns)

    def orders(self) -> Sequence[Order]:
        """What the processes of the generator are told, by shard."""
        count = self.plan.processes
        return [
            Order(
                plan=self.plan,
                seed=self.seed,
                shard=shard,
                shards=count,
                data=self.data.root,
                notes=self.notes / f"generator-{shard}.jsonl",
                origin_ns=self.origin_ns,
                doors=dict(self.doors),
            )
            for shard in range(count)
        ]


@asynccontextmanager
async def staged(
    plan: Plan,
    seed: int,
    folder: Path,
    say: Callable[[str], None],
    host: str = HOST,
    deployment: Deployment = AS_BEFORE,
) -> AsyncIterator[Stage]:
    """Starts a federation in a folder and prepares its population; all has ended at the end.

    The parties listen at `host`. Raises UsageError, WorkbenchError and RpcError.
    """
    if plan.gate and host != HOST:
        raise UsageError("gate: its doors are on this machine, and workers of others call by them")
    _check_processes(plan, deployment.platforms or 1)
    (folder / NOTES).mkdir()
    origin_ns = time.monotonic_ns()
    async with AsyncExitStack() as stack:
        federation = await stack.enter_async_context(
            federation_in(
                DataFolder(folder / DATA),
                channels=plan.federation.channels,
                is_tls=plan.federation.tls,
                say=say,
                people=(),  # the population is the drill's own
                platform_options=() if plan.federation.admission else ("--admission", "off"),
                host=host,
                deployment=deployment,
            )
        )
        straight = await stack.enter_async_context(federation.connections(is_straight=True))
        await prepare(
            federation.folder,
            plan,
            seed,
            notes=folder / NOTES / "preparation.jsonl",
            origin_ns=origin_ns,
            say=say,
        )
        gate = await stack.enter_async_context(DrillGate(plan, federation, straight))
        powers, doors = DrillPowers(federation, straight, gate), await gate.doors()
        yield Stage(plan, seed, folder, federation, straight, powers, origin_ns, doors)


def _check_processes(plan: Plan, count: int) -> None:
    """Raises UsageError for a fault of a process that the platform does not have."""
    there = (PLATFORM, *platform_names(count))
    for fault in plan.faults:
        for name in (fault.kill, fault.freeze, fault.restart):
            if name is not None and party_of(name) == PLATFORM and name not in there:
                raise UsageError(
                    f"{name}: the plan needs more processes of the platform; --platforms"
                )
