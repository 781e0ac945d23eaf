"""Codes, with their checks, and what links remember of them."""

from essc_platform.core.records import CitizenKey, Code, LinkCodes, Usage
from essc_platform.store import tables
from essc_platform.store.rows.base import Mapping, Row

_USAGES = {int(each): each for each in Usage}


def _code_row(c: Code) -> Row:
    return (
        *c.citizen,
        c.number,
        c.channel,
        c.serial,
        c.binding,
        *(c.member or (None, None)),
        c.issue_time,
        c.expire_time,
        c.use_time,
        c.verifier,
        None if c.usage is None else c.usage.value,
    )


def _code(r: Row) -> Code:
    return Code(
        citizen=CitizenKey(r[0], r[1]),
        number=r[2],
        channel=r[3],
        serial=r[4],
        binding=r[5],
        member=None if r[5] is None else CitizenKey(r[6], r[7]),
        issue_time=r[8],
        expire_time=r[9],
        use_time=r[10],
        verifier=r[11],
        usage=None if r[12] is None else _USAGES[r[12]],
    )


MAPPINGS = (
    Mapping(Code, tables.codes, _code_row, _code),
    Mapping(
        LinkCodes,
        tables.link_codes,
        lambda c: (*c.citizen, c.channel, c.serial, c.newest, " ".join(c.devices)),
        lambda r: LinkCodes(
            citizen=CitizenKey(r[0], r[1]),
            channel=r[2],
            serial=r[3],
            newest=r[4],
            devices=tuple(r[5].split()),
        ),
    ),
)
