"""Follows the platform's events, and heals the channel's own copy (R16, R17).

The follower watches from the cursor that was saved last. What an event does to the copy, and the
cursor after it, are saved in one transaction: however often the channel is killed or the stream
breaks, each event takes effect once, and none is skipped. When the cursor is older than the events
that are kept, the channel takes the head, lists its links anew, and watches on from that head.
"""

import asyncio
from typing import Final

import structlog

from essc_channels.core import shadows as rules
from essc_channels.core.records import Event
from essc_channels.ports import Ask, Feed, Heartbeat
from essc_channels.store import shadows
from essc_channels.store.database import Database
from essc_channels.store.engines import StoreUnavailable
from essc_wire.clock import PartyClock, monotonic
from essc_wire.logs import frames
from essc_wire.pulses import Pulse
from essc_wire.refusals import Refusal

PAUSE_S_MIN: Final = 0.1
PAUSE_S_MAX: Final = 1.0
# The platform gives a sign of life every five seconds; a stream without one is dead.
SILENCE_S_MAX: Final = 12.0
_LISTING_S_MAX: Final = 600.0
_PAGES_MAX: Final = 100_000
_ENDLESS: Final = "LISTING_ENDLESS"

# The cursor is of no use any more: too old, or of another feed.
_CURSOR_LOST: Final = ("CURSOR_EXPIRED", "REQUEST_INVALID")


class ShadowFollower:
    """One channel's follower. `run` lasts until it is cancelled."""

    def __init__(
        self, feed: Feed, database: Database, clock: PartyClock, moves: Pulse | None = None
    ) -> None:
        """`moves` beats whenever the place in the feed has been saved."""
        self._feed, self._database, self._clock = feed, database, clock
        self._moves = moves or Pulse()
        self._log = structlog.get_logger("shadow")
        self._pause_s = PAUSE_S_MIN
        self._last_trouble = ""

    async def run(self) -> None:
        """Watches, and comes back after every break: soon at first, then once a second."""
        while True:
            try:
                reason: str | None = await self._watch()
                if reason in _CURSOR_LOST:
                    reason = await self._list_anew()
            except StoreUnavailable:
                reason = "STORE_UNAVAILABLE"
            except Exception as error:  # noqa: BLE001 - our bug: loud, but the copy must go on
                self._log.error("bug", error=type(error).__name__, frames=frames(error))
                reason = "INTERNAL_FAULT"
            if reason is not None:
                self._note_trouble(reason)
            await asyncio.sleep(self._pause_s)
            self._pause_s = min(self._pause_s * 2, PAUSE_S_MAX)

    async def _watch(self) -> str:
        """Applies what comes until the stream ends. Answers why it ended."""
        with self._database.read() as connection:
            cursor = shadows.cursor(connection)
        stream = self._feed.watch(cursor)
        try:
            while True:
                async with asyncio.timeout(SILENCE_S_MAX):
                    item = await anext(stream)
                if isinstance(item, Refusal):
                    return item.reason
                self._take(item)
                self._moves.beat()
                self._note_life()
        except (StopAsyncIteration, TimeoutError):
            return "PLATFORM_UNREACHABLE"
        finally:
            await stream.aclose()

    def _take(self, item: Event | Heartbeat) -> None:
        now = self._clock.now()
        with self._database.write() as connection:
            if isinstance(item, Heartbeat):
                shadows.save_cursor(connection, item.cursor, now)
                return
            if shadows.is_applied(connection, item.cursor):
                return  # delivered twice
            known = None
            if item.link is not None:
                known = shadows.find_shadow(connection, item.link.link_id)
            # The event may be one of many that waited: the copy is no younger than it was.
            as_of = shadows.caught_up_time(connection)
            shadows.add_applied(connection, item, rules.absorb(known, item, as_of), now)

    async def _list_anew(self) -> str | None:
        """Replaces the whole copy. Answers why it could not, or nothing."""
        ask = Ask(end=monotonic() + _LISTING_S_MAX)
        began = self._clock.now()
        head = await self._feed.head(ask)
        if isinstance(head, Refusal):
            return head.reason
        reason = await self._stage_listing(ask)
        with self._database.write() as connection:
            if reason is not None:
                shadows.unstage(connection)
                return reason
            count = shadows.replace_all(connection, head.cursor, began)
        self._moves.beat()
        self._log.warning("listed anew", links=count)
        return None

    async def _stage_listing(self, ask: Ask) -> str | None:
        """Puts the whole listing beside the copy, page by page: phones have their turn between."""
        with self._database.write() as connection:
            shadows.unstage(connection)
        page_token = ""
        for _ in range(_PAGES_MAX):
            page = await self._feed.list_links(page_token, ask)
            if isinstance(page, Refusal):
                return page.reason
            now = self._clock.now()
            links = [holding.link.link_id for holding in page.holdings]
            with self._database.write() as connection:
                known = shadows.find_shadows(connection, links)
                shadows.stage(
                    connection,
                    [
                        rules.observed(known.get(holding.link.link_id), holding, now)
                        for holding in page.holdings
                    ],
                )
            page_token = page.next_page_token
            if not page_token:
                return None
        self._log.error("a listing without an end", pages=_PAGES_MAX)
        return _ENDLESS

    def _note_trouble(self, reason: str) -> None:
        if reason != self._last_trouble:
            self._log.warning("feed interrupted", reason=reason)
            self._last_trouble = reason

    def _note_life(self) -> None:
        self._pause_s = PAUSE_S_MIN
        if self._last_trouble:
            self._log.info("feed resumed")
            self._last_trouble = ""
