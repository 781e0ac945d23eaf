"""Electronic cards."""

from essc_platform.core.records import Card, CitizenKey
from essc_platform.store import tables
from essc_platform.store.rows.base import Mapping, Row


def _card(r: Row) -> Card:
    return Card(
        key=CitizenKey(r[0], r[1]),
        physical_card=r[2],
        issue_time=r[3],
        expire_time=r[4],
        is_expiry_noted=bool(r[5]),
    )


MAPPINGS = (
    Mapping(
        Card,
        tables.cards,
        lambda c: (*c.key, c.physical_card, c.issue_time, c.expire_time, c.is_expiry_noted),
        _card,
    ),
)
