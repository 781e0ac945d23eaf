"""R17: how old the copy is. Only a sign of life of the feed says that nothing more is waiting."""

from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from essc_channels.core.records import Card, CardState, Event, Holding, Link, LinkState, Shadow
from essc_channels.ports import Ask, Head, Heartbeat, LinkPage
from essc_channels.shadow import ShadowFollower
from essc_channels.store import shadows
from essc_channels.store.database import Database, DataFolder
from essc_wire.clock import PartyClock
from essc_wire.refusals import Refusal

LONG_AGO = 1_000
LINK = Link(link_id="a" * 32, serial=1, state=LinkState.ACTIVE)
USABLE = Card(state=CardState.USABLE, physical_card_status=2)
WAITED = Event(cursor="2", kind=4, event_time=0, link=LINK, card=USABLE)


class BrokenOffFeed:
    """Gives what it has, then ends."""

    def __init__(self, *items: Event | Heartbeat) -> None:
        self._items = items

    async def watch(self, cursor: str) -> AsyncGenerator[Event | Heartbeat | Refusal, None]:
        for item in self._items:
            yield item

    async def head(self, ask: Ask, *, timeout_s: float | None = None) -> Head | Refusal:
        raise NotImplementedError

    async def list_links(self, page_token: str, ask: Ask) -> LinkPage | Refusal:
        raise NotImplementedError


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    folder = DataFolder(tmp_path)
    database = folder.channel_database()
    with database.write() as connection:
        shadows.save_cursor(connection, "1", LONG_AGO)
    yield database
    database.close()
    folder.close()


async def ages(database: Database, *items: Event | Heartbeat) -> tuple[int, int]:
    """As of when the copy is, and the one link in it, after a stream that broke off."""
    await ShadowFollower(BrokenOffFeed(*items), database, PartyClock())._watch()
    with database.read() as connection:
        known = shadows.find_shadow(connection, LINK.link_id)
        return shadows.caught_up_time(connection), known.as_of_time if known else 0


@pytest.mark.rule("R17")
async def test_an_event_that_waited_makes_no_old_copy_young(database: Database) -> None:
    with database.write() as connection:
        shadows.save_shadow(connection, Shadow(link=LINK, card=USABLE, as_of_time=LONG_AGO + 5))

    assert await ages(database, WAITED) == (LONG_AGO, LONG_AGO)


@pytest.mark.rule("R17")
async def test_a_sign_of_life_does(database: Database) -> None:
    before = PartyClock().now()

    caught_up, as_of = await ages(database, WAITED, Heartbeat("2"))

    assert caught_up >= before
    assert as_of == LONG_AGO


class LongListing(BrokenOffFeed):
    """Lists links, a page of 500 at a time."""

    def __init__(self, pages: int) -> None:
        super().__init__()
        self._pages, self.listed = pages, 0

    async def head(self, ask: Ask, *, timeout_s: float | None = None) -> Head | Refusal:
        return Head(cursor="9", is_live=True)

    async def list_links(self, page_token: str, ask: Ask) -> LinkPage | Refusal:
        first = self.listed * 500
        self.listed += 1
        return LinkPage(
            holdings=tuple(
                Holding(link=replace(LINK, link_id=f"{number:032x}"), card=USABLE)
                for number in range(first, first + 500)
            ),
            next_page_token=str(self.listed) if self.listed < self._pages else "",
        )


@pytest.mark.rule("R16")
async def test_a_long_listing_becomes_the_copy_at_once_and_whole(database: Database) -> None:
    with database.write() as connection:
        shadows.save_shadow(connection, Shadow(link=LINK, card=USABLE, as_of_time=LONG_AGO))

    refusal = await ShadowFollower(LongListing(7), database, PartyClock())._list_anew()

    with database.read() as connection:
        assert refusal is None
        assert shadows.count_shadows(connection) == 3_500
        assert shadows.find_shadow(connection, LINK.link_id) is None
        assert shadows.cursor(connection) == "9"


@pytest.mark.rule("R16")
async def test_a_listing_without_an_end_leaves_the_copy_as_it_was(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("essc_channels.shadow._PAGES_MAX", 3)
    with database.write() as connection:
        shadows.save_shadow(connection, Shadow(link=LINK, card=USABLE, as_of_time=LONG_AGO))

    refusal = await ShadowFollower(LongListing(4), database, PartyClock())._list_anew()

    with database.read() as connection:
        assert refusal == "LISTING_ENDLESS"
        assert shadows.count_shadows(connection) == 1
        assert shadows.cursor(connection) == "1"
        staged = connection.execute(text("SELECT count(*) FROM staged_shadows")).scalar_one()
    assert staged == 0
