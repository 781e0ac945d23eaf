"""Preparing many at once: in lanes, and ended by the first failure."""

import asyncio

import pytest

from essc_workbench.drills.preparing.making import in_lanes


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
