"""Records to rows and back, at the edge and nowhere else: one mapping per record type.

One module per noun. An enum's members are looked up in a dict there: that costs a tenth of calling
the class, and every loaded row has several. On the way in it is `.value` wherever many rows are
written: what is not exactly an int, the driver first asks all its adapters about.
"""

from typing import Any

from essc_platform.core.records import Change
from essc_platform.store.rows import (
    bank_accounts,
    cards,
    certifications,
    codes,
    directory,
    family,
    identity,
    links,
    parties,
    people,
    recipients,
    settlement,
    signing_keys,
)
from essc_platform.store.rows.base import Mapping, Row
from essc_platform.store.rows.links import link_from_row
from essc_platform.store.rows.people import GENERATIONS, STATUSES

MAPPINGS: dict[type[Change], Mapping[Any]] = {
    each.kind: each
    for each in (
        *people.MAPPINGS,
        *cards.MAPPINGS,
        *links.MAPPINGS,
        *identity.MAPPINGS,
        *parties.MAPPINGS,
        *bank_accounts.MAPPINGS,
        *family.MAPPINGS,
        *certifications.MAPPINGS,
        *directory.MAPPINGS,
        *settlement.MAPPINGS,
        *recipients.MAPPINGS,
        *codes.MAPPINGS,
        *signing_keys.MAPPINGS,
    )
}

__all__ = ["GENERATIONS", "MAPPINGS", "STATUSES", "Mapping", "Row", "link_from_row"]
