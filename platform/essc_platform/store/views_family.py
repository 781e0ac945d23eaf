"""Reads of families and certifications: exactly the columns of an answer, one statement each."""

from typing import NamedTuple

from sqlalchemy import and_, bindparam, func, select

from essc_platform.core.records import Certification, CitizenKey, PhysicalCardStatus, Relation
from essc_platform.store import tables
from essc_platform.store.connections import Connection
from essc_platform.store.rows import MAPPINGS
from essc_platform.store.statements import compiled

BINDERS_MAX = 20


class SeenMember(NamedTuple):
    """A binding, and what says how much the member's card is worth: one row."""

    number: int
    relation: int
    add_time: int
    end_time: int | None
    name: str
    id_number: str
    cancel_time: int | None
    issue_time: int
    expire_time: int
    region: str
    status: PhysicalCardStatus
    lift_time: int | None
    password_version: int | None
    bank_open_time: int | None
    """Of the open bank account, if there is one."""


class SeenMembership(NamedTuple):
    """A good binding, as its member sees it: one row."""

    number: int
    relation: int
    add_time: int
    holder_name: str


def members(connection: Connection, holder: CitizenKey) -> list[SeenMember]:
    """A holder's bindings, ended ones too, oldest first."""
    return [SeenMember._make(row) for row in connection.execute(_MEMBERS, holder)]


def binders(connection: Connection, member: CitizenKey) -> list[SeenMembership]:
    """A member's good bindings, oldest first. Those of the dead are good no more (R9)."""
    rows = connection.execute(_BINDERS, (*member, BINDERS_MAX))
    return [SeenMembership._make(row) for row in rows]


def places_used(connection: Connection, holder: CitizenKey) -> dict[Relation, int]:
    """R40: how many places of each relation a holder ever used."""
    return {Relation(row[0]): row[1] for row in connection.execute(_PLACES_USED, holder)}


def certifications_before(
    connection: Connection, citizen: CitizenKey, before: int, limit: int
) -> list[Certification]:
    """A person's certifications, newest first, older than one."""
    rows = connection.execute(_CERTIFICATIONS_BEFORE, (*citizen, before, limit))
    return [MAPPINGS[Certification].from_row(row) for row in rows]


_F, _M = tables.bindings.c, tables.memberships.c
_C, _K, _P, _W, _B = (
    tables.citizens.c,
    tables.cards.c,
    tables.physical_cards.c,
    tables.passwords.c,
    tables.bank_accounts.c,
)
_MEMBERS = compiled(
    select(
        _F.number,
        _F.relation,
        _F.add_time,
        _F.end_time,
        _C.name,
        _C.id_number,
        _C.cancel_time,
        _K.issue_time,
        _K.expire_time,
        _P.region,
        _P.status,
        _P.lift_time,
        _W.version,
        _B.open_time,
    )
    .join(tables.citizens, and_(_C.bucket == _F.member_bucket, _C.citizen == _F.member))
    .join(tables.cards, and_(_K.bucket == _F.member_bucket, _K.citizen == _F.member))
    .join(
        tables.physical_cards,
        and_(
            _P.bucket == _F.member_bucket,
            _P.citizen == _F.member,
            _P.number == _K.physical_card,
        ),
    )
    .join(
        tables.passwords,
        and_(_W.bucket == _F.member_bucket, _W.citizen == _F.member),
        isouter=True,
    )
    .join(
        tables.bank_accounts,
        and_(
            _B.bucket == _F.member_bucket,
            _B.citizen == _F.member,
            _B.physical_card == _K.physical_card,
            _B.close_time.is_(None),
        ),
        isouter=True,
    )
    .where(_F.bucket == bindparam("bucket"), _F.citizen == bindparam("citizen"))
    .order_by(_F.add_time, _F.number)
)
_BINDERS = compiled(
    select(_M.number, _M.relation, _M.add_time, _C.name)
    .join(tables.citizens, and_(_C.bucket == _M.holder_bucket, _C.citizen == _M.holder))
    .where(
        _M.bucket == bindparam("bucket"),
        _M.citizen == bindparam("citizen"),
        _M.end_time.is_(None),
        _C.cancel_time.is_(None),
    )
    .order_by(_M.add_time, _M.number)
    .limit(bindparam("rows"))
)
_PLACES_USED = compiled(
    select(_F.relation, func.count())
    .where(_F.bucket == bindparam("bucket"), _F.citizen == bindparam("citizen"))
    .group_by(_F.relation)
)
_N = tables.certifications.c
_CERTIFICATIONS_BEFORE = compiled(
    select(tables.certifications)
    .where(
        _N.bucket == bindparam("bucket"),
        _N.citizen == bindparam("citizen"),
        _N.number < bindparam("before"),
    )
    .order_by(_N.number.desc())
    .limit(bindparam("rows"))
)
