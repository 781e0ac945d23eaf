"""Reads of codes and their checks that are not part of a batch; see `views.py`."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import and_, bindparam, func, select

from essc_platform.core.codes import CodeName, binding_name
from essc_platform.core.records import Change, CitizenKey, Code, Instant, Usage
from essc_platform.store import tables
from essc_platform.store.connections import Connection, Reading, Row
from essc_platform.store.statements import compiled, under_keys

NAMES_MAX = 16_384

Place = tuple[CitizenKey, int]
"""Where a code lies: its holder and its number."""


class SeenCheck(NamedTuple):
    """A code that was checked, with the person whose card was shown."""

    verifier: str
    usage: Usage
    use_time: Instant
    is_member: bool
    name: str
    id_number: str
    region: str


class CodeNames:
    """What never changes of codes, by place. Those issued last are at hand: a code is checked
    within seconds, and after every commit the reading connection has lost its pages.
    """

    def __init__(self, read: Reading) -> None:
        self._read = read
        self._newest: dict[Place, CodeName] = {}

    def apply(self, changes: Iterable[Change]) -> None:
        """Takes over what was committed."""
        for change in changes:
            if isinstance(change, Code) and change.use_time is None:
                name = CodeName(
                    change.citizen,
                    change.number,
                    change.channel,
                    binding_name(change.binding, change.member),
                )
                self._newest[change.citizen, change.number] = name
        while len(self._newest) > NAMES_MAX:
            del self._newest[next(iter(self._newest))]

    async def find(self, places: Collection[Place]) -> dict[Place, CodeName]:
        """These codes' names; those that are not there are absent."""
        newest = self._newest
        found = {place: newest[place] for place in places if place in newest}
        if len(found) < len(places):
            wanted = [(*place[0], place[1]) for place in places if place not in newest]
            for row in await self._read(_names, wanted):
                bucket, key, number, channel, binding, member_bucket, member = row
                citizen = CitizenKey(bucket, key)
                of = None if member is None else CitizenKey(member_bucket, member)
                name = CodeName(citizen, number, channel, binding_name(binding, of))
                found[citizen, number] = name
        return found


def _names(connection: Connection, places: Collection[tuple[int, int, int]]) -> list[Row]:
    return list(connection.rows_under(_CODE_NAMES, places))


def seen_check(connection: Connection, citizen: CitizenKey, number: int) -> SeenCheck | None:
    """The check of the code of this number, with its person; None if there is none."""
    row = connection.execute(_SEEN_CHECK, (*citizen, number)).fetchone()
    return None if row is None else SeenCheck._make(row)


_O, _C, _K, _P = (
    tables.codes.c,
    tables.citizens.c,
    tables.cards.c,
    tables.physical_cards.c,
)
_CODE_NAMES = under_keys(
    (_O.bucket, _O.citizen, _O.number, _O.channel, _O.binding, _O.member_bucket, _O.member),
    (_O.bucket, _O.citizen, _O.number),
)
_BUCKET = func.coalesce(_O.member_bucket, _O.bucket)
_CITIZEN = func.coalesce(_O.member, _O.citizen)
_SEEN_CHECK = compiled(
    select(
        _O.verifier,
        _O.usage,
        _O.use_time,
        _O.member.is_not(None),
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
        _O.bucket == bindparam("bucket"),
        _O.citizen == bindparam("citizen"),
        _O.number == bindparam("number"),
        _O.use_time.is_not(None),
    )
)
