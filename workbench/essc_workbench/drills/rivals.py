"""What the drills' generator costs, beside a bare closed loop and beside locust, of the same calls.

They open the panels of the same people at the same platform, with as many calls in flight. Each is
a process of its own, and all have the same core, one after the other. The drills' generator is
asked for more than the platform can do, so that it is never idle; it follows the clock, counts each
journey to the unit, with both its times, and checks each answer. Compared is processor time a call.
"""

import statistics
from contextlib import AsyncExitStack
from typing import Final

from essc.card.v1 import card_service_pb2 as card
from essc_workbench.bench import machine
from essc_workbench.bench.callers import Done, Errand, done_by
from essc_workbench.bench.measures import Place
from essc_workbench.bench.report import GENERATOR, LOCUST
from essc_workbench.drills.coordinator import Conductor
from essc_workbench.drills.journeys.prepared import read_prepared
from essc_workbench.drills.plan import Plan
from essc_workbench.drills.shards import LocalShards
from essc_workbench.drills.staging import Stage, staged
from essc_workbench.failures import WorkbenchError

ROUNDS: Final = 7
SECONDS: Final = 3
IN_FLIGHT: Final = 64
CITIZENS: Final = 400
_CHANNEL: Final = "wechat"
_MORE: Final = 1.15
"""The generator is asked for so much of what the other one reached."""
_METHOD: Final = "/essc.card.v1.CardService/GetCard"


async def measure_generator(place: Place) -> None:
    """Beside a bare closed loop."""
    await _compare(place, GENERATOR, "bare closed loop", "bare_caller.py")


async def measure_locust(place: Place) -> None:
    """Beside locust's gRPC user."""
    await _compare(place, LOCUST, "locust", "locust_caller.py")


async def _compare(place: Place, key: str, name: str, program: str) -> None:
    """Rounds of one window each; what the other uses for a call, divided by what ours does."""
    others: list[Done] = []
    ours: list[Done] = []
    async with AsyncExitStack() as stack:
        with machine.on_core(place.server_core):
            stage = await stack.enter_async_context(
                staged(_plan(100), 1, place.folder(key), place.say)
            )
        with machine.on_core(machine.two_cores()[1]):
            for turn in range(ROUNDS):
                place.say(f"drills beside {name}, round {turn + 1} of {ROUNDS}")
                others.append(await done_by(program, _errand(stage)))
                ours.append(await _ours(stage, others[-1].rate * _MORE))
    ratios = [other.cpu_us / own.cpu_us for other, own in zip(others, ours, strict=True)]
    place.report.figures[key] = statistics.median(ratios)
    place.report.remarks.append(
        f"{key}: processor time a call, medians of {ROUNDS} rounds: {name} {_told(others)}, drills "
        f"{_told(ours)}; ratios {min(ratios):.2f} to {max(ratios):.2f}"
    )


def _told(found: list[Done]) -> str:
    cost = statistics.median(each.cpu_us for each in found)
    rate = statistics.median(each.rate for each in found)
    return f"{cost:.0f} µs at {rate:,.0f}/s"


def _errand(stage: Stage) -> Errand:
    links = read_prepared(stage.data.root).links[_CHANNEL]
    requests = [
        card.GetCardRequest(link_id=links.id_of(place)).SerializeToString()
        for place in range(CITIZENS)
    ]
    platform, peer = stage.federation.state.platform, stage.straight.platform(_CHANNEL)
    assert platform is not None
    (_, authorization) = peer.options()["metadata"][0]
    return Errand(
        address=platform.first,
        method=_METHOD,
        authorization=authorization,
        requests=requests,
        seconds=SECONDS,
        in_flight=IN_FLIGHT,
    )


async def _ours(stage: Stage, rate: float) -> Done:
    plan = _plan(rate)
    (order,) = stage.orders()
    # The history of a drill has a figure of its own.
    shards = LocalShards([order.model_copy(update={"plan": plan, "notes": None})], stage.data.logs)
    try:
        seen = await Conductor(plan, shards).conduct()
    finally:
        await shards.close()
    counts = seen.totals.whole.counts
    if seen.failure or not counts.is_whole or counts.ok < 0.99 * seen.health.sends:
        raise WorkbenchError(f"the generator's journeys did not end well: {counts}")
    return Done(calls=seen.health.sends, cpu_s=seen.health.cpu_s, seconds=SECONDS)


def _plan(rate: float) -> Plan:
    return Plan.model_validate(
        {
            "title": {"en": "The generator's own cost", "zh": "压力发生器自身的开销"},
            "federation": {"channels": (_CHANNEL,)},
            "population": {"citizens": CITIZENS},
            "journeys": {_CHANNEL: {"panel": 1.0}},
            "load": ({"steady": {"rate": rate, "lasts": f"{SECONDS}s"}},),
            "callers": {"in_flight": IN_FLIGHT, "deadline": "10s"},
            "objectives": ({"good": 0.99},),
        }
    )
