"""Citizens and their physical cards."""

from essc_platform.core.records import (
    CancelCause,
    Citizen,
    CitizenKey,
    Generation,
    PhysicalCard,
    PhysicalCardStatus,
)
from essc_platform.store import tables
from essc_platform.store.rows.base import Mapping, Row

GENERATIONS = {int(each): each for each in Generation}
STATUSES = {int(each): each for each in PhysicalCardStatus}


def _citizen(r: Row) -> Citizen:
    return Citizen(
        key=CitizenKey(r[0], r[1]),
        id_number=r[2],
        name=r[3],
        phone=r[4],
        register_time=r[5],
        cancel_time=r[6],
        cancel_cause=None if r[7] is None else CancelCause(r[7]),
    )


def _physical_card(r: Row) -> PhysicalCard:
    return PhysicalCard(
        citizen=CitizenKey(r[0], r[1]),
        number=r[2],
        region=r[3],
        generation=GENERATIONS[r[4]],
        status=STATUSES[r[5]],
        issue_time=r[6],
        status_time=r[7],
        lift_time=r[8],
    )


MAPPINGS = (
    Mapping(
        Citizen,
        tables.citizens,
        lambda c: (
            *c.key,
            c.id_number,
            c.name,
            c.phone,
            c.register_time,
            c.cancel_time,
            c.cancel_cause,
        ),
        _citizen,
    ),
    Mapping(
        PhysicalCard,
        tables.physical_cards,
        lambda c: (
            *c.citizen,
            c.number,
            c.region,
            c.generation.value,
            c.status.value,
            c.issue_time,
            c.status_time,
            c.lift_time,
        ),
        _physical_card,
    ),
)
