"""Reads of codes and checks that are not part of a batch; see `views.py`."""

import sqlite3
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import and_, bindparam, func, select

from essc_platform.core.codes import CodeName, binding_name
from essc_platform.core.records import CitizenKey, Instant, Usage
from essc_platform.store import tables
from essc_platform.store.gateway import compiled, rows_under, under_keys

Place = tuple[CitizenKey, int]
"""Where a code lies: its holder and its number."""


class SeenCheck(NamedTuple):
    """A check, with the person whose card was shown."""

    verifier: str
    usage: Usage
    check_time: Instant
    is_member: bool
    name: str
    id_number: str
    region: str


def code_names(connection: sqlite3.Connection, places: Collection[Place]) -> dict[Place, CodeName]:
    """What never changes of these codes, by place; those that are not there are absent."""
    wanted = [(*citizen, number) for citizen, number in places]
    found = {}
    for bucket, key, number, channel, binding, member_bucket, member in rows_under(
        connection, _CODE_NAMES, wanted
    ):
        citizen = CitizenKey(bucket, key)
        of = None if member is None else CitizenKey(member_bucket, member)
        found[citizen, number] = CodeName(citizen, number, channel, binding_name(binding, of))
    return found


def seen_check(
    connection: sqlite3.Connection, citizen: CitizenKey, number: int
) -> SeenCheck | None:
    """A check with its person; None if there is none of this number."""
    row = connection.execute(_SEEN_CHECK, (*citizen, number)).fetchone()
    return None if row is None else SeenCheck._make(row)


_O, _H, _C, _K, _P = (
    tables.codes.c,
    tables.checks.c,
    tables.citizens.c,
    tables.cards.c,
    tables.physical_cards.c,
)
_CODE_NAMES = under_keys(
    (_O.bucket, _O.citizen, _O.number, _O.channel, _O.binding, _O.member_bucket, _O.member),
    (_O.bucket, _O.citizen, _O.number),
)
_BUCKET = func.coalesce(_H.member_bucket, _H.bucket)
_CITIZEN = func.coalesce(_H.member, _H.citizen)
_SEEN_CHECK = compiled(
    select(
        _H.verifier,
        _H.usage,
        _H.check_time,
        _H.member.is_not(None),
        _C.name,
        _C.id_number,
        _P.region,
    )
    .join(tables.citizens, and_(_C.bucket == _BUCKET, _C.citizen == _CITIZEN))
    .join(tables.cards, and_(_K.bucket == _BUCKET, _K.citizen == _CITIZEN))
    .join(
        tables.physical_cards,
        and_(_P.bucket == _BUCKET, _P.citizen == _CITIZEN, _P.number == _K.physical_card),
    )
    .where(
        _H.bucket == bindparam("bucket"),
        _H.citizen == bindparam("citizen"),
        _H.number == bindparam("number"),
    )
)
