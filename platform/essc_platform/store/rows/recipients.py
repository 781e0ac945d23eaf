"""Recipients of benefits."""

from essc_platform.core.records import CitizenKey, Recipient
from essc_platform.store import tables
from essc_platform.store.rows.base import Mapping

MAPPINGS = (
    Mapping(
        Recipient,
        tables.recipients,
        lambda r: (*r.key, r.register_time),
        lambda r: Recipient(key=CitizenKey(r[0], r[1]), register_time=r[2]),
    ),
)
