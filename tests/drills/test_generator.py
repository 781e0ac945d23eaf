"""The generator as processes: every journey is accounted for, whatever happens to it."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.drills.plans import plan

from essc_workbench.drills.coordinator import Conducted, Conductor
from essc_workbench.drills.histograms import latency_of
from essc_workbench.drills.orders import Order
from essc_workbench.drills.plan import Plan
from essc_workbench.drills.results import Second
from essc_workbench.drills.schedule import intents
from essc_workbench.drills.shards import LocalShards
from essc_workbench.failures import WorkbenchError

GENERATOR = (sys.executable, "-I", str(Path(__file__).with_name("fake_generator.py")))
SEED = 11


def conductor(
    drill: Plan,
    folder: Path,
    on_second: Callable[[Second], None] = lambda _: None,
    command: tuple[str, ...] = GENERATOR,
) -> Conductor:
    shards = drill.processes
    orders = [
        Order(plan=drill, seed=SEED, shard=shard, shards=shards, data=folder)
        for shard in range(shards)
    ]
    return Conductor(drill, LocalShards(orders, folder, command), on_second=on_second)


async def conducted(work: Conductor) -> Conducted:
    try:
        return await work.conduct()
    finally:
        await work._shards.close()


async def under_way(work: Conductor, since_s: float) -> None:
    """Waits until its load has lasted so long."""
    while not work.seen.start_s:  # noqa: ASYNC110 - other processes set no event
        await asyncio.sleep(0.01)
    await asyncio.sleep(work.seen.start_s + since_s - time.monotonic())


def steady(rate: float, lasts: str, **changes: Any) -> Plan:
    return plan(load=[{"steady": {"rate": rate, "lasts": lasts}}], **changes)


def due_within(drill: Plan, load_s: float) -> int:
    return sum(each.due_us <= load_s * 1e6 for each in intents(drill, SEED))


def check_whole(seen: Conducted) -> None:
    """Every sum is whole, and every journey has a time from when it was due."""
    for tally in seen.totals.tallies():
        assert tally.counts.is_whole
        assert sum(tally.due.values()) == tally.intended
        assert sum(tally.sent.values()) == tally.intended - tally.counts.not_sent
    assert sum(each.counts.intended for each in seen.seconds) == seen.totals.whole.intended


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def does(**what: Any) -> None:
        monkeypatch.setenv("FAKE_JOURNEYS", json.dumps(what))

    return does


async def test_all_journeys_of_a_plan_are_sent_by_two_processes(tmp_path: Path) -> None:
    drill, shown = steady(300, "1500ms", processes=2), list[Second]()

    seen = await conducted(conductor(drill, tmp_path, shown.append))

    counts, told = seen.totals.whole.counts, seen.health.told(seen.totals)
    assert counts.ok == counts.intended == due_within(drill, 1.5)
    assert sum(tally.intended for tally in seen.totals.kinds) == counts.intended
    assert [each.at_s for each in shown] == [0, 1]
    assert sum(each.journeys["panel"] for each in seen.seconds) == (
        seen.totals.kinds[0].ok + seen.totals.kinds[2].ok
    )
    assert seen.load_s == 1.5
    assert seen.ended_early is None
    assert len(told.cpu) == 2
    assert told.cpu_us_per_call > 0
    check_whole(seen)


async def test_a_drill_that_is_stopped_by_hand_tells_what_was_done(
    tmp_path: Path, fakes: Callable[..., None]
) -> None:
    fakes(takes_s=0.3, ends=["ok", "refused", "shed", "failed", "unknown"])
    drill = steady(300, "60s")
    work = conductor(drill, tmp_path)
    task = asyncio.create_task(conducted(work))
    await under_way(work, 0.8)

    task.cancel()
    seen = await task

    assert seen.ended_early is not None
    assert seen.ended_early.en == "stopped by hand"
    assert seen.is_void
    assert 0 < seen.load_s < 4
    assert 0 <= seen.totals.whole.intended - due_within(drill, seen.load_s) < 10
    assert min(seen.totals.whole.outcomes[:5]) > 0
    check_whole(seen)


async def test_what_a_process_that_died_did_not_tell_follows_from_the_plan(
    tmp_path: Path, fakes: Callable[..., None]
) -> None:
    fakes(dies_at=350, shard=1, takes_s=0.1)
    drill = steady(400, "30s", processes=2)

    seen = await conducted(conductor(drill, tmp_path))

    reasons = seen.totals.whole.reasons
    assert seen.ended_early is not None
    assert seen.ended_early.en == "a process of the generator died"
    assert seen.is_void
    assert 0 < reasons["GENERATOR_DIED"] <= seen.totals.whole.intended / 2 + 50
    assert abs(seen.totals.whole.intended - due_within(drill, seen.load_s)) < 20
    check_whole(seen)


@pytest.mark.soak
@pytest.mark.parametrize("round_", range(8))
async def test_random_plans_are_whole_through_kills_and_stops(
    tmp_path: Path, fakes: Callable[..., None], round_: int
) -> None:
    chance = Random(round_)
    fakes(
        takes_s=chance.choice([0.001, 0.05, 0.5]), ends=["ok", "ok", "refused", "shed", "unknown"]
    )
    drill = plan(
        load=[{"ramp": {"from": 50.0, "to": chance.uniform(100, 900), "lasts": "4s"}}],
        arrival=chance.choice(["even", "poisson"]),
        processes=chance.randint(1, 3),
        callers={"in_flight": chance.choice([5, 1000]), "deadline": "400ms"},
    )
    work = conductor(drill, tmp_path)
    task = asyncio.create_task(conducted(work))
    await under_way(work, chance.uniform(0.3, 4.5))

    match round_ % 3:
        case 0 if not task.done():
            task.cancel()
        case 1:
            assert isinstance(work._shards, LocalShards)
            os.kill(chance.choice(work._shards.pids()), signal.SIGKILL)
        case _:
            pass
    seen = await task

    assert seen.totals.whole.intended > 0
    check_whole(seen)


@pytest.mark.soak
async def test_a_journey_that_raises_is_the_generators_own_failure(
    tmp_path: Path, fakes: Callable[..., None]
) -> None:
    fakes(raises_at=50)

    seen = await conducted(conductor(steady(200, "10s"), tmp_path))

    assert seen.failure == "RuntimeError: a journey raised"
    assert seen.totals.whole.reasons["GENERATOR_FAILED"] == 1
    check_whole(seen)


async def test_beyond_the_bound_of_journeys_under_way_none_is_sent_and_each_is_counted(
    tmp_path: Path, fakes: Callable[..., None]
) -> None:
    fakes(takes_s=0.5)
    drill = steady(200, "1s", callers={"in_flight": 20, "deadline": "1s"})

    seen = await conducted(conductor(drill, tmp_path))

    counts = seen.totals.whole.counts
    assert 20 <= counts.ok <= 60
    assert counts.not_sent == counts.intended - counts.ok
    assert seen.totals.whole.reasons == {"IN_FLIGHT_MAX": counts.not_sent}
    assert latency_of(seen.totals.whole.due).p99_us >= 1_000_000
    check_whole(seen)


@pytest.mark.soak
async def test_a_generator_that_stood_still_is_no_witness(
    tmp_path: Path, fakes: Callable[..., None]
) -> None:
    fakes(blocks_at=100, blocks_s=0.8)
    drill = steady(300, "2s", callers={"deadline": "300ms"})

    seen = await conducted(conductor(drill, tmp_path))

    told = seen.health.told(seen.totals)
    assert told.late > 0.2
    assert any("after their time" in each.en for each in told.void)
    assert seen.totals.whole.reasons["GENERATOR_BEHIND"] > 50
    check_whole(seen)


@pytest.mark.soak
async def test_a_closed_loop_would_have_claimed_less(
    tmp_path: Path, fakes: Callable[..., None]
) -> None:
    fakes(takes_s=0.002, frozen_s=[1.0, 2.0])
    drill = steady(300, "3s", arrival="even")

    seen = await conducted(conductor(drill, tmp_path))

    ours, claimed = latency_of(seen.totals.whole.due), latency_of(seen.closed)
    assert ours.p90_us > 600_000
    assert claimed.p90_us < 20_000
    assert claimed.count < 0.8 * ours.count


@pytest.mark.soak
async def test_a_plan_ends_a_drill_that_goes_badly(
    tmp_path: Path, fakes: Callable[..., None]
) -> None:
    fakes(ends=["ok", "refused"])
    drill = steady(100, "60s", stop={"bad": 0.2})

    seen = await conducted(conductor(drill, tmp_path))

    assert seen.ended_early is not None
    assert "the share of bad outcomes was" in seen.ended_early.en
    assert not seen.is_void
    assert seen.load_s < 10
    check_whole(seen)


async def test_a_process_that_does_not_start_says_why(tmp_path: Path) -> None:
    command = (sys.executable, "-I", "-c", "raise SystemExit('no such thing')")

    with pytest.raises(WorkbenchError, match="generator-0 was not ready: no such thing"):
        await conducted(conductor(steady(1, "1s"), tmp_path, command=command))
