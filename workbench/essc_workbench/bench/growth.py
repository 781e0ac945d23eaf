"""What a read and a write cost as work grows: with more citizens, with more channels.

The platforms of a row run side by side and take turns, so that what disturbs one disturbs all. A
cost is processor time a call; what has grown is the largest divided by the smallest, each beside
the first of the row in the same round.

Holders lie spread over all citizens: where a person lies follows from a keyed digest. There are
enough of them that their pages do not fit into the store's cache where the citizens do not.
"""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final

from essc.registry.v1.physical_card_pb2 import GENERATION_SECOND
from essc_workbench.bench import machine
from essc_workbench.bench.calls import Caller
from essc_workbench.bench.measures import Place
from essc_workbench.bench.pairs import Calls, Contestant, compete, growth
from essc_workbench.bench.parties import channel_profile, platform
from essc_workbench.bench.people import import_items, import_people
from essc_workbench.bench.report import GROWTH, GROWTH_CHANNELS, RSS_MILLION

CITIZENS: Final = (10_000, 100_000, 1_000_000)
CHANNELS: Final = (4, 40, 400)
_HOLDERS, _READS = 1500, 6000
_PORTION: Final = 50_000
"""People in one import: as many as the generator holds at once."""


async def measure_citizens(place: Place) -> None:
    """Growth with the number of citizens, and what the largest platform holds in memory."""
    async with AsyncExitStack() as stack:
        callers = [
            await _caller(stack, place, f"{count:,} citizens", citizens=count) for count in CITIZENS
        ]
        await _grow(place, GROWTH, callers, CITIZENS)
        place.report.figures[RSS_MILLION] = machine.rss_mib(callers[-1].platform.pid)


async def measure_channels(place: Place) -> None:
    """Growth with the number of registered channels."""
    async with AsyncExitStack() as stack:
        callers = [
            await _caller(stack, place, f"{count} channels", channels=count) for count in CHANNELS
        ]
        await _grow(place, GROWTH_CHANNELS, callers, CHANNELS)


async def _caller(
    stack: AsyncExitStack, place: Place, name: str, *, citizens: int = 0, channels: int = 1
) -> Caller:
    """A channel of a platform of this size, with its holders linked."""
    profiles = [channel_profile(number, receives_new_cards=False) for number in range(channels)]
    running = await stack.enter_async_context(
        platform(place.folder(name.replace(" ", "-")), place.server_core, profiles)
    )
    whole = max(citizens, _HOLDERS)
    for first in range(0, whole, _PORTION):
        place.say(f"{name}: {first:,} imported")
        items = import_items(min(_PORTION, whole - first), GENERATION_SECOND, first)
        await import_people(running.bureau, items)
    caller = Caller(running)
    await caller.link_all(_HOLDERS)
    return caller


async def _grow(place: Place, key: str, callers: Sequence[Caller], sizes: Sequence[int]) -> None:
    reads = [_reading(caller) for caller in callers]
    writes = [_writing(caller) for caller in callers]
    await compete([*reads, *writes], place.say, judged=0)
    grown = {"reads": growth(reads), "writes": growth(writes)}
    place.report.figures[key] = max(grown.values())
    for what, row in (("reads", reads), ("writes", writes)):
        costs = ", ".join(
            f"{size:,}: {each.cpu_us:.0f} µs" for size, each in zip(sizes, row, strict=True)
        )
        place.report.remarks.append(f"{key}: {what} {grown[what]:.3f} ({costs})")


def _reading(caller: Caller) -> Contestant:
    async def reads() -> Calls:
        return caller.reads(_READS)

    return Contestant("GetCard", caller.peer, caller.platform.pid, reads)


def _writing(caller: Caller) -> Contestant:
    return Contestant("Unlink, Apply", caller.peer, caller.platform.pid, caller.writes)
