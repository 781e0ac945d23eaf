"""What time does to the store: what is due for the sweep, and what is no longer kept."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Table, bindparam, delete, not_, select, tuple_

from essc_platform.core.records import CitizenKey, Instant, LinkState
from essc_platform.store import tables
from essc_platform.store.connections import Connection
from essc_platform.store.feed import purge_events
from essc_platform.store.statements import Statement, compiled

BEFORE_ALL: Final = CitizenKey(-1, -1)
"""Where a walk over all citizens begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Since when things are kept."""

    challenges_since: Instant
    requests_since: Instant
    events_since: Instant
    codes_since: Instant
    tickets_since: Instant


def losses_to_lift(connection: Connection, at: Instant, limit: int) -> list[tuple[CitizenKey, int]]:
    """Physical cards whose temporary loss is over and not yet noted: citizen and number."""
    rows = connection.execute(_TO_LIFT, (at, limit)).fetchall()
    return [(CitizenKey(row[0], row[1]), row[2]) for row in rows]


def cards_to_expire(connection: Connection, at: Instant, limit: int) -> list[CitizenKey]:
    """Electronic cards whose time is over and not yet noted."""
    return [CitizenKey(*row) for row in connection.execute(_TO_EXPIRE, (at, limit)).fetchall()]


def links_left(
    connection: Connection, channel: str, after: CitizenKey, limit: int
) -> tuple[list[CitizenKey], CitizenKey | None]:
    """A slice of a channel's links: whose are not ended, and where it goes on; None at the end.

    It looks at a bounded number of links, ended ones too, so that no slice takes long.
    """
    rows = connection.execute(_LINKS_OF, (channel, *after, limit)).fetchall()
    left = [CitizenKey(row[0], row[1]) for row in rows if row[2] != LinkState.UNLINKED]
    return left, CitizenKey(*rows[-1][:2]) if len(rows) == limit else None


def purge(connection: Connection, kept: Kept, limit: int) -> int:
    """Removes a bounded number of rows that are no longer kept; answers how many."""
    removed = 0
    with connection.transaction():
        for statement, since in (
            (_OLD_CHALLENGES, kept.challenges_since),
            (_OLD_PROOFS, kept.challenges_since),
            (_OLD_TICKETS, kept.tickets_since),
            (_OLD_REQUESTS, kept.requests_since),
            (_OLD_CODES, kept.codes_since),
        ):
            removed += connection.execute(statement, (since, limit)).rowcount
        names = [row[0] for row in connection.execute(_CHANNEL_NAMES).fetchall()]
        for name in names:
            removed += purge_events(connection, name, kept.events_since, limit)
    return removed


_P, _K, _L = tables.physical_cards.c, tables.cards.c, tables.links.c
_TO_LIFT = compiled(
    select(_P.bucket, _P.citizen, _P.number)
    .where(_P.lift_time.is_not(None), _P.lift_time <= bindparam("at"))
    .order_by(_P.lift_time)
    .limit(bindparam("rows"))
)
_TO_EXPIRE = compiled(
    select(_K.bucket, _K.citizen)
    .where(_K.expire_time <= bindparam("at"), not_(_K.is_expiry_noted))
    .order_by(_K.expire_time)
    .limit(bindparam("rows"))
)


_LINKS_OF = compiled(
    select(_L.bucket, _L.citizen, _L.state)
    .where(
        _L.channel == bindparam("channel"),
        tuple_(_L.bucket, _L.citizen) > tuple_(bindparam("bucket"), bindparam("citizen")),
    )
    .order_by(_L.bucket, _L.citizen)
    .limit(bindparam("rows"))
)


def _oldest(table: Table, column: str, *conditions: ColumnElement[bool]) -> Statement:
    """Deletes rows older than a time, a bounded number at once."""
    key = list(table.primary_key.columns)
    old = (
        select(*key)
        .where(table.c[column] < bindparam("since"), *conditions)
        .order_by(table.c[column])
        .limit(bindparam("rows"))
    )
    return compiled(delete(table).where(tuple_(*key).in_(old)))


_OLD_CHALLENGES = _oldest(tables.challenges, "expire_time")
_OLD_PROOFS = _oldest(tables.proofs, "expire_time")
_OLD_REQUESTS = _oldest(tables.requests, "at")
# A use stays for good.
_OLD_TICKETS = _oldest(tables.tickets, "expire_time", tables.tickets.c.redeem_time.is_(None))
_OLD_CODES = _oldest(tables.codes, "expire_time")
_CHANNEL_NAMES = compiled(select(tables.channels.c.party))
