"""Links."""

from essc_platform.core.records import CitizenKey, Level, Licence, Link, LinkState
from essc_platform.store import tables
from essc_platform.store.rows.base import Mapping, Row

_LINK_STATES = {int(each): each for each in LinkState}
_LEVELS = {int(each): each for each in Level}


def link_from_row(r: Row) -> Link:
    """A link; its licence is absent unless it is active."""
    licence = None
    if r[10] is not None:
        licence = Licence(payload=r[10], signature=r[11], key_id=r[12])
    return Link(
        citizen=CitizenKey(r[0], r[1]),
        channel=r[2],
        number=r[3],
        serial=r[4],
        state=_LINK_STATES[r[5]],
        level=_LEVELS[r[6]],
        deliver_time=r[7],
        activate_time=r[8],
        unlink_time=r[9],
        licence=licence,
        allow_time=r[13],
    )


def _link_row(link: Link) -> Row:
    licence = link.licence
    signed: Row = (None, None, None)
    if licence is not None:
        signed = (licence.payload, licence.signature, licence.key_id)
    return (
        *link.citizen,
        link.channel,
        link.number,
        link.serial,
        link.state.value,
        link.level.value,
        link.deliver_time,
        link.activate_time,
        link.unlink_time,
        *signed,
        link.allow_time,
    )


MAPPINGS = (Mapping(Link, tables.links, _link_row, link_from_row),)
