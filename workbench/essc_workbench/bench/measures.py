"""The measures, each with the processes it needs: started for it, stopped after it.

`batching_gain` is the rate of the durable writes with the platform's own batches, divided by the
rate of the same writes with `--batch-max 1`: same client, same number in flight, same round. Its
cost, printed beside it, is processor time a call, one by one divided by batched.
"""

import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

from essc.registry.v1.physical_card_pb2 import GENERATION_SECOND, GENERATION_THIRD
from essc_wire.client import Peer
from essc_workbench.bench import machine
from essc_workbench.bench.baseline import METHOD
from essc_workbench.bench.calls import Caller
from essc_workbench.bench.counter_calls import BATCH, Counter
from essc_workbench.bench.load import method
from essc_workbench.bench.pairs import Calls, Contestant, compete, ratio, tail
from essc_workbench.bench.parties import bare_server, channel_profile, platform
from essc_workbench.bench.people import import_items, import_people
from essc_workbench.bench.report import (
    BATCH_CODE,
    BATCHING,
    CODE,
    IMPORT,
    READ,
    READY,
    RSS,
    TICKET,
    WRITE,
    WRITE_TAIL,
    Report,
)
from essc_workbench.failures import WorkbenchError
from essc_workbench.federation import federation_in
from essc_workbench.folders import DataFolder

READ_HOLDERS, READ_CALLS = 2000, 12_000
WRITE_HOLDERS = 1500
BATCH_HOLDERS = 6000
CITIZENS, RECEIVERS = 100_000, 4
STARTS = 3
SIX = ("wechat", "alipay", "bank-east", "nantong", "jiangsu", "portal")
"""With the platform, seven processes."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the benchmark runs."""

    root: Path
    server_core: int
    report: Report
    say: Callable[[str], None]

    def folder(self, name: str) -> Path:
        """A fresh folder."""
        path = self.root / name
        path.mkdir()
        return path


async def measure_reads(place: Place) -> None:
    """GetCard beside the bare server."""
    async with AsyncExitStack() as stack:
        bare = await bare_contestant(stack, place, "bare server beside reads", READ_CALLS)
        caller = await _caller(stack, place, "reads", READ_HOLDERS)

        async def reads() -> Calls:
            return caller.reads(READ_CALLS)

        ours = _contestant("GetCard", caller, reads)
        await compete([bare, ours], place.say, judged=2)
    place.report.add_ratio(READ, ratio(bare, ours))
    place.report.contestants += [bare, ours]


async def measure_writes(place: Place, *, wanted: set[str]) -> None:
    """Unlink and Apply, beside the bare server and beside the same in batches of one."""
    async with AsyncExitStack() as stack:
        ours = await _writer(stack, place, "Unlink, Apply")
        bare = single = None
        if wanted & {WRITE, WRITE_TAIL}:
            bare = await bare_contestant(stack, place, "bare server beside writes", READ_CALLS)
        if BATCHING in wanted:
            single = await _writer(stack, place, "Unlink, Apply one by one", "--batch-max", "1")
        contestants = [each for each in (ours, bare, single) if each is not None]
        # A batch of one waits for the disk: its rate is compared, its use of the core is not.
        await compete(contestants, place.say, judged=2 if bare else 0)
    place.report.contestants += contestants
    if bare is not None:
        place.report.add_ratio(WRITE, ratio(bare, ours))
        place.report.figures[WRITE_TAIL] = tail(bare, ours, 99)
    if single is not None:
        _add_gain(place.report, ours, single)


async def measure_counter(place: Place, *, wanted: set[str]) -> None:
    """Codes checked one by one and by fifty, and tickets redeemed, beside the bare server."""
    async with AsyncExitStack() as stack:
        bare = await bare_contestant(stack, place, "bare server beside a counter", READ_CALLS)
        caller = await _caller(stack, place, "codes and tickets", WRITE_HOLDERS + BATCH_HOLDERS)
        one_by_one = Counter(caller, caller.holders[:WRITE_HOLDERS])
        by_fifty = Counter(caller, caller.holders[WRITE_HOLDERS:])
        offered: dict[str, Contestant] = {
            CODE: _at_counter("CheckCode", caller, caller.platform.verifier, one_by_one.checks),
            BATCH_CODE: _at_counter(
                f"BatchCheckCodes of {BATCH}", caller, caller.platform.verifier, by_fifty.batches
            ),
            TICKET: _at_counter(
                "RedeemTicket", caller, caller.platform.provider, one_by_one.redemptions
            ),
        }
        ours = {key: each for key, each in offered.items() if key in wanted}
        for counter, key in ((one_by_one, CODE), (by_fifty, BATCH_CODE)):
            if key in ours:
                await counter.know_devices()
        contestants = [bare, *ours.values()]
        await compete(contestants, place.say, judged=len(contestants))
    for key, contestant in ours.items():
        per_call = BATCH if key == BATCH_CODE else 1
        place.report.add_ratio(key, ratio(bare, contestant, per_call=per_call))
    place.report.contestants += contestants


async def measure_import(place: Place) -> None:
    """Time of an import that delivers nothing."""
    place.say(f"importing {CITIZENS:,} citizens")
    items = import_items(CITIZENS, GENERATION_SECOND)
    profiles = [channel_profile(1, receives_new_cards=False)]
    async with platform(place.folder("import"), place.server_core, profiles) as running:
        before = machine.cpu_seconds(running.pid)
        place.report.figures[IMPORT] = await import_people(running.bureau, items)
        cpu = machine.cpu_seconds(running.pid) - before
        place.report.remarks.append(f"{IMPORT}: the platform worked {cpu:.1f} s of it")


async def measure_memory(place: Place) -> None:
    """Memory once every citizen has a card and a delivered link in four channels."""
    place.say(f"delivering {CITIZENS:,} cards to {RECEIVERS} channels")
    items = import_items(CITIZENS, GENERATION_THIRD)
    profiles = [channel_profile(place, receives_new_cards=True) for place in range(RECEIVERS)]
    async with platform(place.folder("memory"), place.server_core, profiles) as running:
        empty = machine.rss_mib(running.pid)
        seconds = await import_people(running.bureau, items)
        place.report.figures[RSS] = machine.rss_mib(running.pid)
        place.report.remarks.append(
            f"{RSS}: {empty:.0f} MiB when empty; the import with "
            f"{CITIZENS * RECEIVERS:,} deliveries took {seconds:.1f} s"
        )


async def measure_ready(place: Place) -> None:
    """From nothing to a federation that can be called, on all cores."""
    times = []
    for turn in range(STARTS):
        place.say(f"starting a federation, {turn + 1} of {STARTS}")
        began = time.perf_counter()
        folder = DataFolder(place.folder(f"federation-{turn}"))
        async with federation_in(folder, channels=SIX) as federation:
            times.append(time.perf_counter() - began)
            count = len(federation.pids())
        if count != len(SIX) + 1:
            raise WorkbenchError(f"{READY}: {count} processes of the federation run")
    place.report.figures[READY] = statistics.median(times)


async def bare_contestant(stack: AsyncExitStack, place: Place, name: str, calls: int) -> Contestant:
    """The bare server, for so many calls in a window."""
    bare = await stack.enter_async_context(
        bare_server(place.folder(name.replace(" ", "-")), place.server_core)
    )
    request = bytes(34)  # as long as a GetCardRequest
    send = method(bare.peer, METHOD)

    async def prepare() -> Calls:
        return list(repeat((send, request), calls))

    return Contestant(name, bare.peer, bare.pid, prepare)


async def _caller(
    stack: AsyncExitStack, place: Place, name: str, holders: int, *arguments: str
) -> Caller:
    place.say(f"{name}: a platform with {holders} holders of a card")
    profiles = [channel_profile(1, receives_new_cards=False)]
    running = await stack.enter_async_context(
        platform(place.folder(name.replace(" ", "-")), place.server_core, profiles, *arguments)
    )
    place.report.remarks.append(f"{name}: {running.store}")
    caller = Caller(running)
    await caller.settle(holders)
    return caller


async def _writer(stack: AsyncExitStack, place: Place, name: str, *arguments: str) -> Contestant:
    caller = await _caller(stack, place, name, WRITE_HOLDERS, *arguments)
    return _contestant(name, caller, caller.writes)


def _contestant(name: str, caller: Caller, prepare: Callable[[], Awaitable[Calls]]) -> Contestant:
    return Contestant(name, caller.platform.channel, caller.platform.pid, prepare)


def _at_counter(
    name: str, caller: Caller, peer: Peer, prepare: Callable[[], Awaitable[Calls]]
) -> Contestant:
    return Contestant(name, peer, caller.platform.pid, prepare)


def _add_gain(report: Report, ours: Contestant, single: Contestant) -> None:
    pairs = list(zip(ours.windows, single.windows, strict=True))
    report.figures[BATCHING] = statistics.median(one.rate / other.rate for one, other in pairs)
    cost = statistics.median(other.cpu_us / one.cpu_us for one, other in pairs)
    report.remarks.append(
        f"{BATCHING}: {report.figures[BATCHING]:.2f} by rate, {cost:.2f} by cost; "
        f"{len(pairs)} pairs"
    )
