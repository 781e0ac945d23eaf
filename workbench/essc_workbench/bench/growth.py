"""What a read and a write cost as work grows: with more citizens, with more channels.

The platforms of a row run side by side and take turns, so that what disturbs one disturbs all. A
cost is processor time a call; what has grown is the largest divided by the smallest, each beside
the first of the row in the same round.

Citizens are brought in by `essc seed`, whose figures come along. Holders lie spread over all of
them: where a person lies follows from a keyed digest. There are enough of them that their pages do
not fit into the store's cache where the citizens do not.
"""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final

from essc_workbench.bench import machine
from essc_workbench.bench.calls import Caller
from essc_workbench.bench.measures import Place
from essc_workbench.bench.pairs import Calls, Contestant, compete, growth
from essc_workbench.bench.parties import Platform, channel_profile, platform
from essc_workbench.bench.report import GROWTH, GROWTH_CHANNELS, RSS_MILLION
from essc_workbench.bench.seeder import seeded

CITIZENS: Final = (10_000, 100_000, 1_000_000)
CHANNELS: Final = (4, 40, 400)
_HOLDERS, _READS = 1500, 6000
_FEW_HOLDERS, _FEW_READS = 600, 3000
"""With many channels what is looked for does not hang on how many people there are."""


async def measure_citizens(place: Place) -> None:
    """Growth with the number of citizens, and what the largest platform holds in memory."""
    async with AsyncExitStack() as stack:
        callers, brought = [], []
        for count in CITIZENS:
            running = await _platform(stack, place, f"{count:,} citizens", channels=1)
            brought.append(await seeded(place, running, count))
            callers.append(await _linked(running, _HOLDERS))
        brought[-1].note(place.report)
        await _grow(place, GROWTH, callers, CITIZENS, _READS)
        place.report.figures[RSS_MILLION] = machine.rss_mib(callers[-1].platform.pid)


async def measure_channels(place: Place) -> None:
    """Growth with the number of registered channels."""
    async with AsyncExitStack() as stack:
        callers = []
        for count in CHANNELS:
            running = await _platform(stack, place, f"{count} channels", channels=count)
            callers.append(await _linked(running, _FEW_HOLDERS))
        await _grow(place, GROWTH_CHANNELS, callers, CHANNELS, _FEW_READS)


async def _platform(stack: AsyncExitStack, place: Place, name: str, channels: int) -> Platform:
    place.say(f"a platform with {name}")
    profiles = [channel_profile(number, receives_new_cards=False) for number in range(channels)]
    return await stack.enter_async_context(
        platform(place.folder(name.replace(" ", "-")), place.server_core, profiles)
    )


async def _linked(running: Platform, holders: int) -> Caller:
    """The first channel of a platform, with so many people linked."""
    caller = Caller(running)
    await caller.settle(holders)
    return caller


async def _grow(
    place: Place, key: str, callers: Sequence[Caller], sizes: Sequence[int], reads_each: int
) -> None:
    reads = [_reading(caller, reads_each) for caller in callers]
    writes = [_writing(caller) for caller in callers]
    await compete([*reads, *writes], place.say, judged=0)
    grown = {"reads": growth(reads), "writes": growth(writes)}
    place.report.figures[key] = max(grown.values())
    for what, row in (("reads", reads), ("writes", writes)):
        costs = ", ".join(
            f"{size:,}: {each.cpu_us:.0f} µs" for size, each in zip(sizes, row, strict=True)
        )
        place.report.remarks.append(f"{key}: {what} {grown[what]:.3f} ({costs})")


def _reading(caller: Caller, count: int) -> Contestant:
    async def reads() -> Calls:
        return caller.reads(count)

    return Contestant("GetCard", caller.peer, caller.platform.pid, reads)


def _writing(caller: Caller) -> Contestant:
    return Contestant("Unlink, Apply", caller.peer, caller.platform.pid, caller.writes)
