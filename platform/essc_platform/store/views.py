"""Reads that are not part of a batch: exactly the columns of an answer, one statement each.

They run on the event loop against the last acknowledged commit. No result is kept.
"""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, select, tuple_

from essc_platform.core.records import (
    Channel,
    CitizenKey,
    Entry,
    EntryKind,
    EntryPlace,
    LinkState,
    Party,
    PartyKey,
    PhysicalCardStatus,
    SigningKey,
)
from essc_platform.store import tables
from essc_platform.store.connections import Connection
from essc_platform.store.facts import CLOCK_OFFSET, read_fact
from essc_platform.store.feed import last_position
from essc_platform.store.rows import MAPPINGS
from essc_platform.store.statements import compiled

_C, _K, _P, _L, _W, _B = (
    tables.citizens.c,
    tables.cards.c,
    tables.physical_cards.c,
    tables.links.c,
    tables.passwords.c,
    tables.bank_accounts.c,
)


class Held(NamedTuple):
    """A link, and what says how much the card behind it is worth: one row, as it was selected.

    This is the hottest read there is, so the row is not taken apart into records.
    """

    bucket: int
    citizen: int
    number: int
    serial: int
    state: LinkState
    level: int
    deliver_time: int | None
    activate_time: int | None
    unlink_time: int | None
    payload: bytes | None
    signature: bytes | None
    key_id: str | None
    id_number: str
    name: str
    cancel_time: int | None
    issue_time: int
    expire_time: int
    region: str
    status: PhysicalCardStatus
    status_time: int
    lift_time: int | None
    password_version: int | None
    bank_open_time: int | None
    """Of the open bank account, if there is one."""
    allow_time: int | None

    @property
    def is_active(self) -> bool:
        return self.state == LinkState.ACTIVE


def held(connection: Connection, citizen: CitizenKey, channel: str) -> Held | None:
    """What a citizen holds in a channel; None if there is no link."""
    row = connection.execute(_HELD, (*citizen, channel)).fetchone()
    return None if row is None else Held._make(row)


def held_after(connection: Connection, channel: str, after: CitizenKey, limit: int) -> list[Held]:
    """A channel's links behind a citizen, in the order of citizens."""
    rows = connection.execute(_HELD_AFTER, (channel, *after, limit)).fetchall()
    return [Held._make(row) for row in rows]


def entries_before(
    connection: Connection, citizen: CitizenKey, before: int, limit: int
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
                place=EntryPlace(row[6]),
            ),
        )
        for row in connection.execute(_ENTRIES_BEFORE, (*citizen, before, limit))
    ]


def parties(connection: Connection) -> list[Party]:
    """All parties, by id."""
    return [MAPPINGS[Party].from_row(row) for row in connection.execute(_PARTIES)]


def channels(connection: Connection) -> list[Channel]:
    """All channels, by id."""
    return [MAPPINGS[Channel].from_row(row) for row in connection.execute(_CHANNELS)]


def party_keys(connection: Connection) -> list[PartyKey]:
    """All keys of all parties, removed ones too."""
    return [MAPPINGS[PartyKey].from_row(row) for row in connection.execute(_PARTY_KEYS)]


def signing_keys(connection: Connection) -> list[SigningKey]:
    """The platform's signing keys, oldest first."""
    return [MAPPINGS[SigningKey].from_row(row) for row in connection.execute(_SIGNING_KEYS)]


class Federation(NamedTuple):
    """What belongs to all: few rows, which every process has in memory."""

    parties: list[Party]
    channels: list[Channel]
    party_keys: list[PartyKey]
    signing_keys: list[SigningKey]
    clock_offset_us: int
    last_position: int
    """The greatest place in a feed that the store ever held."""


def federation(connection: Connection) -> Federation:
    """All that belongs to all."""
    return Federation(
        parties(connection),
        channels(connection),
        party_keys(connection),
        signing_keys(connection),
        int(read_fact(connection, CLOCK_OFFSET) or "0"),
        last_position(connection),
    )


def _of_citizen(table: Any) -> ColumnElement[bool]:
    return and_(table.bucket == _L.bucket, table.citizen == _L.citizen)


_HELD_COLUMNS = (
    select(
        _L.bucket,
        _L.citizen,
        _L.number,
        _L.serial,
        _L.state,
        _L.level,
        _L.deliver_time,
        _L.activate_time,
        _L.unlink_time,
        _L.payload,
        _L.signature,
        _L.key_id,
        _C.id_number,
        _C.name,
        _C.cancel_time,
        _K.issue_time,
        _K.expire_time,
        _P.region,
        _P.status,
        _P.status_time,
        _P.lift_time,
        _W.version,
        _B.open_time,
        _L.allow_time,
    )
    .join(tables.citizens, _of_citizen(_C))
    .join(tables.cards, _of_citizen(_K))
    .join(tables.physical_cards, and_(_of_citizen(_P), _P.number == _K.physical_card))
    .join(tables.passwords, _of_citizen(_W), isouter=True)
    .join(
        tables.bank_accounts,
        and_(_of_citizen(_B), _B.physical_card == _K.physical_card, _B.close_time.is_(None)),
        isouter=True,
    )
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
_S = tables.signing_keys.c
_SIGNING_KEYS = compiled(select(tables.signing_keys).order_by(_S.create_time, _S.key_id))
_PARTY_KEYS = compiled(select(tables.party_keys))
