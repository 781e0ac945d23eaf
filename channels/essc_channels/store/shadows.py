"""The shadow copy and the place in the feed. An event saves both in one transaction (R16)."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from essc_channels.core.records import (
    Card,
    CardState,
    Event,
    Instant,
    Level,
    Link,
    LinkState,
    Shadow,
)
from essc_channels.store.tables import applied_events, feed, shadows, staged_shadows
from essc_channels.store.upserts import upsert, upsert_all


def find_shadow(connection: Connection, link_id: str) -> Shadow | None:
    row = connection.execute(select(shadows).where(shadows.c.link_id == link_id)).first()
    return _shadow(row) if row is not None else None


def save_shadow(connection: Connection, shadow: Shadow) -> None:
    """Puts a copy in place of the older one."""
    _put(connection, shadow, delivered_order=_last_order(connection))


def count_shadows(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(shadows)).scalar_one()


def cursor(connection: Connection) -> str:
    """The last cursor that was saved; empty at the very beginning."""
    return connection.execute(select(feed.c.cursor)).scalar_one_or_none() or ""


def caught_up_time(connection: Connection) -> Instant:
    """Until when every event was applied, on the channel's clock; 0 for never."""
    return connection.execute(select(feed.c.caught_up_time)).scalar_one_or_none() or 0


def save_cursor(connection: Connection, new_cursor: str, now: Instant) -> None:
    """Notes that everything up to here has been applied."""
    _save_feed(connection, new_cursor, now, _last_order(connection))


def is_applied(connection: Connection, event_cursor: str) -> bool:
    """Whether this very event was applied already."""
    statement = select(applied_events.c.apply_order).where(applied_events.c.cursor == event_cursor)
    return connection.execute(statement).first() is not None


def add_applied(connection: Connection, event: Event, shadow: Shadow | None, now: Instant) -> None:
    """An event, its effect on the copy if it has one, and its cursor.

    Whether more are waiting is not known: only a sign of life says that the copy has caught up.
    """
    order = _last_order(connection) + 1
    if shadow is not None:
        _put(connection, shadow, delivered_order=order)
    _save_feed(connection, event.cursor, caught_up_time(connection), order)
    connection.execute(
        insert(applied_events).values(
            apply_order=order,
            cursor=event.cursor,
            kind=event.kind,
            link_id=event.link.link_id if event.link else "",
            serial=event.link.serial if event.link else 0,
            event_time=event.event_time,
            apply_time=now,
            has_effect=shadow is not None,
        )
    )


def find_shadows(connection: Connection, link_ids: Collection[str]) -> dict[str, Shadow]:
    """The copies of some links, by link."""
    rows = connection.execute(select(shadows).where(shadows.c.link_id.in_(link_ids)))
    return {row.link_id: _shadow(row) for row in rows}


def stage(connection: Connection, listed: Collection[Shadow]) -> None:
    """Adds a piece of a new listing. The feed's follower alone lists, and so the order stays."""
    order = _last_order(connection) + 1
    rows = [_values(shadow, delivered_order=order) for shadow in listed]
    upsert_all(connection, staged_shadows, ("link_id",), rows)


def unstage(connection: Connection) -> None:
    """Forgets a listing that did not become whole."""
    connection.execute(delete(staged_shadows))


def replace_all(connection: Connection, head: str, now: Instant) -> int:
    """The whole copy anew, as staged, and the head from which to watch on. Answers how many."""
    order = _last_order(connection) + 1
    connection.execute(delete(shadows))
    columns = list(shadows.c)
    staged = select(*(staged_shadows.c[column.name] for column in columns))
    connection.execute(insert(shadows).from_select(columns, staged))
    unstage(connection)
    _save_feed(connection, head, now, order)
    return count_shadows(connection)


def _last_order(connection: Connection) -> int:
    return connection.execute(select(feed.c.last_order)).scalar_one_or_none() or 0


def _save_feed(connection: Connection, new_cursor: str, now: Instant, order: int) -> None:
    values = {"cursor": new_cursor, "caught_up_time": now, "last_order": order}
    upsert(connection, feed, {"id": 1}, values)


def _put(connection: Connection, shadow: Shadow, *, delivered_order: int) -> None:
    values = _values(shadow, delivered_order=delivered_order)
    upsert_all(connection, shadows, ("link_id",), [values])


def _values(shadow: Shadow, *, delivered_order: int) -> dict[str, Any]:
    link, card = shadow.link, shadow.card
    is_delivered = link.state is LinkState.DELIVERED
    return {
        "link_id": link.link_id,
        "serial": link.serial,
        "link_state": int(link.state),
        "level": int(link.level),
        "deliver_time": link.deliver_time,
        "activate_time": link.activate_time,
        "unlink_time": link.unlink_time,
        "allow_until_time": link.allow_until_time,
        "card_state": int(card.state) if card else None,
        "physical_card_status": card.physical_card_status if card else None,
        "blocked_reason": card.blocked_reason if card else None,
        "masked_name": card.masked_name if card else None,
        "masked_id_number": card.masked_id_number if card else None,
        "region": card.region if card else None,
        "issue_time": card.issue_time if card else None,
        "expire_time": card.expire_time if card else None,
        "password_is_set": card.password_is_set if card else None,
        "bank_account_is_open": card.bank_account_is_open if card else None,
        "as_of_time": shadow.as_of_time,
        "delivered_order": delivered_order if is_delivered else 0,
    }


def _shadow(row: Any) -> Shadow:
    link = Link(
        link_id=row.link_id,
        serial=row.serial,
        state=LinkState(row.link_state),
        level=Level(row.level),
        deliver_time=row.deliver_time,
        activate_time=row.activate_time,
        unlink_time=row.unlink_time,
        allow_until_time=row.allow_until_time,
    )
    card = None
    if row.card_state is not None:
        card = Card(
            state=CardState(row.card_state),
            physical_card_status=row.physical_card_status,
            blocked_reason=row.blocked_reason,
            masked_name=row.masked_name,
            masked_id_number=row.masked_id_number,
            region=row.region,
            issue_time=row.issue_time,
            expire_time=row.expire_time,
            password_is_set=row.password_is_set,
            bank_account_is_open=row.bank_account_is_open,
        )
    return Shadow(link=link, card=card, as_of_time=row.as_of_time)
