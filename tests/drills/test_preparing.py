"""Preparing many at once: in lanes, and ended by the first failure."""

import asyncio
from pathlib import Path

import pytest
from tests.drills.journey_plans import plan_of

from essc_workbench.drills.preparing import prepare
from essc_workbench.drills.preparing.making import in_lanes
from essc_workbench.federation import federation_in
from essc_workbench.folders import DataFolder


async def test_so_many_are_under_way_and_no_more() -> None:
    under_way, most, done = 0, 0, list[int]()

    async def job(number: int) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        done.append(number)

    await in_lanes((job(number) for number in range(20)), 3)

    assert most == 3
    assert sorted(done) == list(range(20))


async def test_the_first_failure_ends_all() -> None:
    done = list[int]()

    async def job(number: int) -> None:
        await asyncio.sleep(0)
        if number == 1:
            raise ValueError("the second one")
        done.append(number)

    with pytest.raises(ValueError, match="the second one"):
        await in_lanes((job(number) for number in range(100)), 2)

    assert len(done) < 5


@pytest.mark.soak
async def test_preparing_again_only_repeats_what_was_done(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "federation")
    plan = plan_of({"show_code": 1.0, "certify": 1.0, "pay": 1.0}, citizens=80)

    async with federation_in(folder, channels=("wechat", "alipay"), people=()):
        first = await prepare(folder, plan, 1)
        again = await prepare(folder, plan, 1)

    assert again.links == first.links
    assert set(again.links["wechat"].serials) == {1}
    assert again.run != first.run
