"""Codes, what links remember of them, checks."""

from essc_platform.core.records import Check, CitizenKey, Code, LinkCodes, Usage
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
    )


def _check_row(c: Check) -> Row:
    return (
        *c.citizen,
        c.number,
        c.verifier,
        c.usage.value,
        c.code,
        c.channel,
        c.serial,
        c.binding,
        *(c.member or (None, None)),
        c.check_time,
    )


def _check(r: Row) -> Check:
    return Check(
        citizen=CitizenKey(r[0], r[1]),
        number=r[2],
        verifier=r[3],
        usage=_USAGES[r[4]],
        code=r[5],
        channel=r[6],
        serial=r[7],
        binding=r[8],
        member=None if r[8] is None else CitizenKey(r[9], r[10]),
        check_time=r[11],
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
    Mapping(Check, tables.checks, _check_row, _check),
)
