"""The channel's clock offset, and which advances made it."""

from sqlalchemy import Connection, insert, select

from essc_channels.store.tables import clock, clock_advances
from essc_channels.store.upserts import upsert


def offset_us(connection: Connection) -> int:
    return connection.execute(select(clock.c.offset_us)).scalar_one_or_none() or 0


def find_advance(connection: Connection, request_id: str) -> int | None:
    """By how much this request advanced the clock; None if it never came."""
    statement = select(clock_advances.c.by_us).where(clock_advances.c.request_id == request_id)
    return connection.execute(statement).scalar_one_or_none()


def add_advance(connection: Connection, request_id: str, by_us: int) -> int:
    """Stores an advance and the new offset, which it answers."""
    new_offset = offset_us(connection) + by_us
    connection.execute(insert(clock_advances).values(request_id=request_id, by_us=by_us))
    upsert(connection, clock, {"id": 1}, {"offset_us": new_offset})
    return new_offset
