"""Reads that are not part of a batch: exactly the columns of an answer, one statement each.

They run on the event loop against the last acknowledged commit. No result is kept.
"""

import sqlite3
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, select, tuple_

from essc_platform.core.records import (
    Card,
    Channel,
    Citizen,
    CitizenKey,
    Entry,
    EntryKind,
    Link,
    Party,
    PartyKey,
    PhysicalCard,
)
from essc_platform.store import tables
from essc_platform.store.gateway import compiled
from essc_platform.store.rows import GENERATIONS, MAPPINGS, STATUSES, Row, link_from_row

_C, _K, _P, _L, _W = (
    tables.citizens.c,
    tables.cards.c,
    tables.physical_cards.c,
    tables.links.c,
    tables.passwords.c,
)


@dataclass(frozen=True, slots=True)
class Held:
    """A link, and what says how much the card behind it is worth."""

    link: Link
    citizen: Citizen
    card: Card
    physical_card: PhysicalCard
    password_is_set: bool


def held(connection: sqlite3.Connection, citizen: CitizenKey, channel: str) -> Held | None:
    """What a citizen holds in a channel; None if there is no link."""
    row = connection.execute(_HELD, (*citizen, channel)).fetchone()
    return None if row is None else _held_from(row)


def held_after(
    connection: sqlite3.Connection, channel: str, after: CitizenKey, limit: int
) -> list[Held]:
    """A channel's links behind a citizen, in the order of citizens."""
    rows = connection.execute(_HELD_AFTER, (channel, *after, limit)).fetchall()
    return [_held_from(row) for row in rows]


def entries_before(
    connection: sqlite3.Connection, citizen: CitizenKey, before: int, limit: int
) -> list[tuple[int, Entry]]:
    """A citizen's record, newest first, older than a position."""
    return [
        (
            row[2],
            Entry(
                citizen=citizen,
                kind=EntryKind(row[3]),
                at=row[4],
                channel=row[5],
                is_by_bureau=bool(row[6]),
            ),
        )
        for row in connection.execute(_ENTRIES_BEFORE, (*citizen, before, limit))
    ]


def parties(connection: sqlite3.Connection) -> list[Party]:
    """All parties, by id."""
    return [MAPPINGS[Party].from_row(row) for row in connection.execute(_PARTIES)]


def channels(connection: sqlite3.Connection) -> list[Channel]:
    """All channels, by id."""
    return [MAPPINGS[Channel].from_row(row) for row in connection.execute(_CHANNELS)]


def party_keys(connection: sqlite3.Connection) -> list[PartyKey]:
    """All keys of all parties, removed ones too."""
    return [MAPPINGS[PartyKey].from_row(row) for row in connection.execute(_PARTY_KEYS)]


def _held_from(r: Row) -> Held:
    key = CitizenKey(r[0], r[1])
    return Held(
        link=link_from_row(r),
        citizen=Citizen(
            key=key,
            id_number=r[13],
            name=r[14],
            phone=r[15],
            register_time=r[16],
            cancel_time=r[17],
        ),
        card=Card(key=key, physical_card=r[18], issue_time=r[19], expire_time=r[20]),
        physical_card=PhysicalCard(
            citizen=key,
            number=r[18],
            region=r[21],
            generation=GENERATIONS[r[22]],
            status=STATUSES[r[23]],
            issue_time=r[24],
            status_time=r[25],
            lift_time=r[26],
        ),
        password_is_set=r[27] is not None,
    )


def _of_citizen(table: Any) -> ColumnElement[bool]:
    return and_(table.bucket == _L.bucket, table.citizen == _L.citizen)


_HELD_COLUMNS = (
    select(
        tables.links,
        _C.id_number,
        _C.name,
        _C.phone,
        _C.register_time,
        _C.cancel_time,
        _K.physical_card,
        _K.issue_time,
        _K.expire_time,
        _P.region,
        _P.generation,
        _P.status,
        _P.issue_time,
        _P.status_time,
        _P.lift_time,
        _W.version,
    )
    .join(tables.citizens, _of_citizen(_C))
    .join(tables.cards, _of_citizen(_K))
    .join(tables.physical_cards, and_(_of_citizen(_P), _P.number == _K.physical_card))
    .join(tables.passwords, _of_citizen(_W), isouter=True)
)
_HELD = compiled(
    _HELD_COLUMNS.where(
        _L.bucket == bindparam("bucket"),
        _L.citizen == bindparam("citizen"),
        _L.channel == bindparam("channel"),
    )
)
_HELD_AFTER = compiled(
    _HELD_COLUMNS.where(
        _L.channel == bindparam("channel"),
        tuple_(_L.bucket, _L.citizen) > tuple_(bindparam("bucket"), bindparam("citizen")),
    )
    .order_by(_L.bucket, _L.citizen)
    .limit(bindparam("rows"))
)
_E = tables.entries.c
_ENTRIES_BEFORE = compiled(
    select(tables.entries)
    .where(
        _E.bucket == bindparam("bucket"),
        _E.citizen == bindparam("citizen"),
        _E.position < bindparam("before"),
    )
    .order_by(_E.position.desc())
    .limit(bindparam("rows"))
)
_PARTIES = compiled(select(tables.parties).order_by(tables.parties.c.party))
_CHANNELS = compiled(select(tables.channels).order_by(tables.channels.c.party))
_PARTY_KEYS = compiled(select(tables.party_keys))
