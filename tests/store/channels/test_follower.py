"""R17: how old the copy is. Only a sign of life of the feed says that nothing more is waiting."""

from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest

from essc_channels.core.records import Card, CardState, Event, Link, LinkState, Shadow
from essc_channels.ports import Ask, Heartbeat, LinkPage
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

    async def head(self, ask: Ask, *, timeout_s: float | None = None) -> str | Refusal:
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
