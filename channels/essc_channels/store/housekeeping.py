"""What time alone ends: sessions, abandoned flows, old answers and old history."""

from typing import Final

from sqlalchemy import Connection, delete, update

from essc_channels.core.flow_kinds import FlowState
from essc_channels.core.records import Instant
from essc_channels.store.tables import answers, applied_events, flows, sessions

_DAY_US: Final = 24 * 60 * 60 * 1_000_000
ANSWERS_KEPT_US: Final = 30 * _DAY_US  # R91
HISTORY_KEPT_US: Final = 90 * _DAY_US  # R16


def sweep(connection: Connection, now: Instant) -> None:
    """Repeatable: truth never waits for it, it only keeps the tables small and clean."""
    connection.execute(delete(sessions).where(sessions.c.expire_time <= now))
    connection.execute(
        update(flows)
        .where(flows.c.state == int(FlowState.OPEN), flows.c.expire_time <= now)
        .values(state=int(FlowState.CANCELLED), step=None, memory=None, sealed_draft=None)
    )
    connection.execute(
        delete(flows).where(
            flows.c.state != int(FlowState.OPEN), flows.c.expire_time <= now - ANSWERS_KEPT_US
        )
    )
    connection.execute(delete(answers).where(answers.c.answer_time <= now - ANSWERS_KEPT_US))
    connection.execute(
        delete(applied_events).where(applied_events.c.apply_time <= now - HISTORY_KEPT_US)
    )
