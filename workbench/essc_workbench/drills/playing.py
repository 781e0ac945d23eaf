"""A drill from its plan to its result: staged, played, looked at, audited."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final, TypeAlias

from rich.console import Console

from essc_workbench.drills.audit import audited
from essc_workbench.drills.concluding import Around, result_of
from essc_workbench.drills.coordinator import Conducted, Conductor
from essc_workbench.drills.faulting import Faults
from essc_workbench.drills.live import watching
from essc_workbench.drills.plan import Plan
from essc_workbench.drills.results import Result, Words
from essc_workbench.drills.shards import LocalShards, Shards
from essc_workbench.drills.staging import Stage, staged
from essc_workbench.drills.surroundings import baselines, environment, stored, stores
from essc_workbench.drills.watching import Watching
from essc_workbench.ports import HOST
from essc_workbench.progress import progress
from essc_workbench.routes import PLATFORM
from essc_workbench.scenarios.runs import explained
from essc_workbench.stores import AS_BEFORE, Deployment

NOT_AUDITED: Final = Words(zh="审计被人中止", en="its audit was stopped by hand")
MakeShards: TypeAlias = Callable[[Stage], Shards]
"""Says where the shards of a drill are played."""


def on_this_machine(stage: Stage) -> Shards:
    """Processes beside the parties."""
    return LocalShards(stage.orders(), stage.data.logs)


async def drilled(
    console: Console,
    plan: Plan,
    folder: Path,
    around: Around,
    *,
    is_plain: bool = False,
    is_audited: bool = True,
    make_shards: MakeShards = on_this_machine,
    host: str = HOST,
    deployment: Deployment = AS_BEFORE,
) -> Result:
    """Runs a drill in a folder of its own. Raises WorkbenchError, RpcError and OSError."""
    began_s = time.monotonic()
    async with AsyncExitStack() as stack:
        with progress(console) as say:
            stage = await stack.enter_async_context(
                staged(plan, around.seed, folder, say, host, deployment)
            )
            say("measuring what this machine can do")
            around.baselines = await baselines(stage.data.logs)
            process = stage.federation.process(PLATFORM)
            around.environment = await asyncio.to_thread(environment, stage.data, plan, process)
        seen = await _played(console, stage, make_shards(stage), around, is_plain=is_plain)
        if is_audited and not seen.is_short_of_notes and not seen.failure:
            with progress(console) as say:
                say("looking whether all that was acknowledged is there, once")
                await _audit(stage, seen, around)
    around.took_s = time.monotonic() - began_s
    return result_of(seen, around)


async def _played(
    console: Console, stage: Stage, shards: Shards, around: Around, *, is_plain: bool
) -> Conducted:
    """The load itself, with whoever watches and whatever happens meanwhile."""
    plan, channels = stage.plan, stage.plan.federation.channels
    gauges = Watching(stage.straight, channels, stage.federation.pids)
    before = stored(stage.data, channels)
    await gauges.open()
    async with AsyncExitStack() as stack:
        book = stack.enter_context(stage.book())
        faults = Faults(plan, stage.powers, disconnect=shards.disconnect, noted=book.happened)
        watch = stack.enter_context(watching(console, plan, is_plain=is_plain))
        stack.push_async_callback(shards.close)
        beside = (gauges.watch, faults.follow)
        conductor = Conductor(plan, shards, on_second=watch, gauges=gauges, beside=beside)
        seen = await conductor.conduct()
    around.event_lags = gauges.lags
    around.faults = faults.seen(seen.seconds, seen.load_s)
    around.stores = stores(before, stored(stage.data, channels))
    return seen


async def _audit(stage: Stage, seen: Conducted, around: Around) -> None:
    """Looks for all that was acknowledged. Whoever stops that gets a result without it."""
    work = audited(
        stage.straight,
        stage.data.root,
        notes=sorted(stage.notes.glob("*.jsonl")),
        channels=stage.plan.federation.channels,
        seed=around.seed,
    )
    try:
        around.audit = await work
    except asyncio.CancelledError:
        task = asyncio.current_task()
        assert task is not None
        task.uncancel()
        seen.ended_early, seen.is_void = seen.ended_early or NOT_AUDITED, True
    except Exception as error:  # noqa: BLE001 - the result tells it
        seen.failure = f"the audit: {explained(error)}"
