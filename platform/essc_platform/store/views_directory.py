"""Reads of the catalogue and of uses: exactly what an answer shows, one statement each."""

from sqlalchemy import bindparam, select, tuple_

from essc_platform.core.records import CitizenKey, Service, Ticket
from essc_platform.store import tables
from essc_platform.store.connections import Connection
from essc_platform.store.rows.directory import service_from_row, ticket_from_row
from essc_platform.store.statements import compiled


def services(connection: Connection) -> list[Service]:
    """The whole catalogue, by id: operators keep it, so it is short."""
    return [service_from_row(row) for row in connection.execute(_SERVICES)]


def uses_before(
    connection: Connection,
    citizen: CitizenKey,
    channel: str,
    serial: int,
    before: int | None,
    limit: int,
) -> list[Ticket]:
    """The uses of a link under a serial, newest first; from behind the use of a number."""
    of_link = (*citizen, channel, serial)
    if before is None:
        rows = connection.execute(_USES, (*of_link, limit))
    else:
        rows = connection.execute(_USES_BEFORE, (*of_link, *citizen, before, limit))
    return [ticket_from_row(row) for row in rows]


_T, _B = tables.tickets.c, tables.tickets.alias("before")
_SERVICES = compiled(select(tables.services).order_by(tables.services.c.service))
_OF_LINK = select(tables.tickets).where(
    _T.bucket == bindparam("bucket"),
    _T.citizen == bindparam("citizen"),
    _T.channel == bindparam("channel"),
    _T.serial == bindparam("serial"),
    _T.redeem_time.is_not(None),
)
_PLACE = (
    select(_B.c.redeem_time, _B.c.number)
    .where(
        _B.c.bucket == bindparam("before_bucket"),
        _B.c.citizen == bindparam("before_citizen"),
        _B.c.number == bindparam("before"),
    )
    .scalar_subquery()
)
_NEWEST = (_T.redeem_time.desc(), _T.number.desc())
_USES = compiled(_OF_LINK.order_by(*_NEWEST).limit(bindparam("rows")))
_USES_BEFORE = compiled(
    _OF_LINK.where(tuple_(_T.redeem_time, _T.number) < _PLACE)
    .order_by(*_NEWEST)
    .limit(bindparam("rows"))
)
