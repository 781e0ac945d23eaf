"""Benefit eligibility certifications."""

from essc_platform.core.records import Certification, CitizenKey
from essc_platform.store import tables
from essc_platform.store.rows.base import Mapping

MAPPINGS = (
    Mapping(
        Certification,
        tables.certifications,
        lambda c: (*c.citizen, c.number, c.certify_time, c.expire_time, c.is_by_binder),
        lambda r: Certification(
            citizen=CitizenKey(r[0], r[1]),
            number=r[2],
            certify_time=r[3],
            expire_time=r[4],
            is_by_binder=bool(r[5]),
        ),
    ),
)
