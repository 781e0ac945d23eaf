"""The catalogue of services, and tickets to them."""

from essc_platform.core.records import CitizenKey, Level, Outcome, Service, Ticket
from essc_platform.store import tables
from essc_platform.store.rows.base import Mapping, Row

_LEVELS = {int(each): each for each in Level}
_OUTCOMES = {int(each): each for each in Outcome}


def service_from_row(r: Row) -> Service:
    """An entry of the catalogue, its columns in the order of the table."""
    return Service(
        key=r[0],
        name_zh=r[1],
        name_en=r[2],
        needed_level=_LEVELS[r[3]],
        regions=tuple(r[4].split()),
        is_open_everywhere=bool(r[5]),
    )


def ticket_from_row(r: Row) -> Ticket:
    """A ticket, its columns in the order of the table."""
    return Ticket(
        citizen=CitizenKey(r[0], r[1]),
        number=r[2],
        channel=r[3],
        serial=r[4],
        binding=None if r[5] is None else (r[5], CitizenKey(r[6], r[7])),
        service_id=r[8],
        issue_time=r[9],
        expire_time=r[10],
        provider=r[11],
        redeem_time=r[12],
        close_time=r[13],
        outcome=None if r[14] is None else _OUTCOMES[r[14]],
    )


def _ticket_row(t: Ticket) -> Row:
    binding, member = t.binding or (None, (None, None))
    return (
        *t.citizen,
        t.number,
        t.channel,
        t.serial,
        binding,
        *member,
        t.service_id,
        t.issue_time,
        t.expire_time,
        t.provider,
        t.redeem_time,
        t.close_time,
        t.outcome,
    )


MAPPINGS = (
    Mapping(
        Service,
        tables.services,
        lambda s: (
            s.key,
            s.name_zh,
            s.name_en,
            s.needed_level,
            " ".join(s.regions),
            s.is_open_everywhere,
        ),
        service_from_row,
    ),
    Mapping(Ticket, tables.tickets, _ticket_row, ticket_from_row),
)
