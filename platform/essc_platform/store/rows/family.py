"""Family bindings, from either side; photos that were used."""

from essc_platform.core.records import Binding, CitizenKey, Membership, PhotoUse, Relation
from essc_platform.store import tables
from essc_platform.store.rows.base import Mapping

_RELATIONS = {int(each): each for each in Relation}

MAPPINGS = (
    Mapping(
        Binding,
        tables.bindings,
        lambda b: (*b.holder, b.number, *b.member, b.relation, b.add_time, b.end_time),
        lambda r: Binding(
            holder=CitizenKey(r[0], r[1]),
            number=r[2],
            member=CitizenKey(r[3], r[4]),
            relation=_RELATIONS[r[5]],
            add_time=r[6],
            end_time=r[7],
        ),
    ),
    Mapping(
        Membership,
        tables.memberships,
        lambda m: (*m.member, *m.holder, m.number, m.relation, m.add_time, m.end_time),
        lambda r: Membership(
            member=CitizenKey(r[0], r[1]),
            holder=CitizenKey(r[2], r[3]),
            number=r[4],
            relation=_RELATIONS[r[5]],
            add_time=r[6],
            end_time=r[7],
        ),
    ),
    Mapping(
        PhotoUse,
        tables.photo_uses,
        lambda p: (p.bucket, p.digest, *p.citizen),
        lambda r: PhotoUse(bucket=r[0], digest=r[1], citizen=CitizenKey(r[2], r[3])),
    ),
)
