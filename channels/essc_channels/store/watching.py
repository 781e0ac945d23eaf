"""What is asked of the store by whoever watches the channel."""

from typing import Final, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from essc_channels.core.flow_kinds import FlowState
from essc_channels.core.records import Instant
from essc_channels.store import shadows
from essc_channels.store.tables import answers, flows

_PROBE: Final = "probe"
_PROBE_BYTES: Final = 16 * 1024
"""Enough that a store which may not grow has no room for it."""


class Seen(NamedTuple):
    """How much waits, and since when."""

    open_flows: int
    caught_up_time: Instant
    """0: never."""


def look(connection: Connection, now: Instant) -> Seen:
    """Short, whatever the store holds: open flows have an index."""
    is_open = (flows.c.state == int(FlowState.OPEN), flows.c.expire_time > now)
    statement = select(func.count()).select_from(flows).where(*is_open)
    return Seen(connection.execute(statement).scalar_one(), shadows.caught_up_time(connection))


def try_to_write(connection: Connection, now: Instant) -> None:
    """Writes something and takes it back, in one transaction: it fails where changes fail."""
    row = {"session": _PROBE, "request_id": _PROBE, "content_digest": b"", "answer_time": now}
    connection.execute(insert(answers).values(**row, answer=bytes(_PROBE_BYTES)))
    connection.execute(delete(answers).where(answers.c.session == _PROBE))
