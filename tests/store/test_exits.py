"""The end of an exited channel's links, over a real file: bounded, and it goes on where it was."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.store import stories
from tests.store.stories import EDGE, NOON

from essc_platform.batch import Outcome
from essc_platform.clock import PartyClock
from essc_platform.collector import Collector
from essc_platform.core.records import Change, ChannelState, CitizenKey, EntryKind, LinkState
from essc_platform.directory import Directory
from essc_platform.exits import Exits
from essc_platform.store import views
from essc_platform.store.feed import Positions, last_position
from essc_platform.store.sqlite import SqliteStore as Store
from essc_platform.store.upkeep import BEFORE_ALL, links_left

COUNT = 5000
PEOPLE = [CitizenKey(place % 1024, place + 1) for place in range(COUNT)]
BANK_TOO = PEOPLE[:200]


class Rig:
    """A store with an exited channel and one that stays, and what ends links in it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.outcomes: list[Outcome] = []
        reader = store.reader
        directory = Directory(
            views.parties(reader), views.channels(reader), views.party_keys(reader)
        )
        positions = Positions(last_position(reader))
        self.collector = Collector(store.writer, EDGE, positions, self.outcomes.append)
        self.exits = Exits(store.read, self.collector, PartyClock(), directory)

    def count(self, channel: str, state: LinkState) -> int:
        select = "SELECT COUNT(*) FROM links WHERE channel = ? AND state = ?"
        return int(self.store.reader.driver.execute(select, (channel, state)).fetchone()[0])

    async def ended(self, at_least: int) -> None:
        """Waits until so many links of the exited channel have ended."""
        for _ in range(10_000):
            if self.count("wechat", LinkState.UNLINKED) >= at_least:
                return
            await asyncio.sleep(0.001)
        raise AssertionError("the links do not end")


@asynccontextmanager
async def a_rig(folder: Path) -> AsyncIterator[Rig]:
    store = Store(folder / "platform.db")
    rig = Rig(store)
    try:
        yield rig
    finally:
        await rig.collector.close()
        store.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store in which WeChat has exited, with 5,000 links; the bank has some of the people too."""
    records: list[Change] = [stories.SIGNING_KEY]
    for name, state in (("wechat", ChannelState.EXITED), ("bank", ChannelState.LIVE)):
        records += [stories.party(name), replace(stories.channel_record(name), state=state)]
    records += [stories.link(key, "wechat") for key in PEOPLE]
    records += [stories.link(key, "bank") for key in BANK_TOO]
    store = Store(tmp_path / "platform.db")
    stories.put(store.writer, records)
    store.close()
    return tmp_path


@pytest.mark.rule("R11", "R15", "R93")
async def test_five_thousand_links_end_once_each_over_a_restart(folder: Path) -> None:
    async with a_rig(folder) as rig:
        ending = asyncio.create_task(rig.exits.run_once())
        await rig.ended(500)
        ending.cancel()
        await asyncio.gather(ending, return_exceptions=True)
    async with a_rig(folder) as rig:
        left = await rig.exits.count_left("wechat")
        done_before = rig.count("wechat", LinkState.UNLINKED)
        await rig.exits.run_once()
        left_after = await rig.exits.count_left("wechat")
        ended = rig.count("wechat", LinkState.UNLINKED)
        kept = rig.count("bank", LinkState.ACTIVE)
        select = "SELECT bucket, citizen FROM entries WHERE kind = ? AND channel = 'wechat'"
        noted = rig.store.reader.driver.execute(select, (EntryKind.LINK_EXITED,)).fetchall()

    assert done_before + left == COUNT
    assert 0 < left < COUNT
    assert (left_after, ended, kept) == (0, COUNT, len(BANK_TOO))
    assert sorted(noted) == sorted(PEOPLE)


@pytest.mark.rule("R15")
async def test_an_exit_takes_few_links_at_once_and_others_go_between(folder: Path) -> None:
    async with a_rig(folder) as rig:
        ending = asyncio.create_task(rig.exits.run_once())
        await rig.ended(1)

        # The bank's own commands are answered while the exit goes on.
        for key in BANK_TOO[:20]:
            command = stories.unlink(key, "bank", NOON)
            answer = await rig.collector.submit(stories.submission(command, str(key)))
            assert answer

        between = rig.count("wechat", LinkState.ACTIVE)
        await ending

    assert between > COUNT // 2
    assert max(len(outcome.answers) for outcome in rig.outcomes) <= 51


@pytest.mark.rule("R15")
async def test_a_slice_of_links_is_bounded_whatever_has_ended(folder: Path) -> None:
    async with a_rig(folder) as rig:
        await rig.exits.run_once()
        reader = rig.store.reader

        left, place = links_left(reader, "wechat", BEFORE_ALL, 100)
        plan = reader.driver.execute(
            "EXPLAIN QUERY PLAN SELECT bucket, citizen, state FROM links WHERE channel = 'x' "
            "AND (bucket, citizen) > (0, 0) ORDER BY bucket, citizen LIMIT 5"
        ).fetchall()

    assert (left, place) == ([], sorted(PEOPLE)[99])
    assert [row[3] for row in plan if "SCAN" in row[3] or "TEMP" in row[3]] == []


@pytest.mark.rule("R15")
async def test_nothing_ends_while_no_channel_has_exited(folder: Path) -> None:
    async with a_rig(folder) as rig:
        await rig.exits._end_links("bank")

        assert rig.count("bank", LinkState.ACTIVE) == len(BANK_TOO)
        assert rig.count("wechat", LinkState.ACTIVE) == COUNT
