"""A platform that is killed while a channel's links end goes on where it was (R15)."""

import asyncio
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from tests.parties.test_platform_process import a_platform
from tests.store import stories
from tests.wire.people import World
from tests.wire.people_channels import exit_channel, get_channel

from essc_platform.core.records import CitizenKey, EntryKind
from essc_platform.store.sqlite import SqliteStore as Store

COUNT = 3000


def link_people(folder: Path, channel: str) -> None:
    """Gives a channel many links at once, while no platform runs."""
    store = Store(folder / "platform.db")
    link = stories.link(CitizenKey(0, 0), "bank")
    records = [
        replace(link, citizen=CitizenKey(n % 1024, n), channel=channel, number=n)
        for n in range(1, COUNT + 1)
    ]
    stories.put(store.writer, records)
    store.close()


async def left(world: World) -> int:
    return int((await get_channel(world, "leaving")).links_left)


async def until_left(world: World, at_most: int) -> int:
    for _ in range(2000):
        now = await left(world)
        if now <= at_most:
            return now
        await asyncio.sleep(0.005)
    raise AssertionError("its links do not end")


@pytest.mark.rule("R15", "R91")
async def test_an_exit_survives_a_kill(tmp_path: Path) -> None:
    async with a_platform(tmp_path / "data") as (platform, world):
        leaving = await world.channel("leaving")
        staying = await world.channel("staying")
        kept = await staying.apply(await world.citizen(1))
        assert platform.end(signal.SIGTERM) == 0
        link_people(tmp_path / "data", "leaving")
        platform.start()
        await world.ready()
        await exit_channel(world, leaving)
        before = await until_left(world, COUNT * 3 // 4)

        platform.end(signal.SIGKILL)
        platform.start()
        await world.ready()

        assert before > 0
        assert 0 < await left(world) <= before
        assert (await staying.get(kept)).link == kept
        await until_left(world, 0)
        assert platform.end(signal.SIGTERM) == 0
    store = Store(tmp_path / "data" / "platform.db")
    select = "SELECT bucket, citizen FROM entries WHERE kind = ? AND channel = 'leaving'"
    noted = store.reader.driver.execute(select, (EntryKind.LINK_EXITED,)).fetchall()
    store.close()
    assert len(noted) == len(set(noted)) == COUNT
