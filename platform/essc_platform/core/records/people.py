"""Citizens and their physical cards."""

from dataclasses import dataclass, field
from enum import IntEnum

from essc_platform.core.quick import quick
from essc_platform.core.records.keys import CitizenKey, Instant


class Generation(IntEnum):
    """Of a physical card; numbers as in the contract."""

    SECOND = 2
    THIRD = 3


class PhysicalCardStatus(IntEnum):
    """Of a physical card; numbers as in the contract."""

    SEALED = 1
    NORMAL = 2
    TEMPORARILY_LOST = 3
    LOST = 4
    LOCKED = 5
    CANCELLED = 6


class CancelCause(IntEnum):
    """Why a person was cancelled; numbers as in the contract."""

    DEATH = 1
    EMIGRATION = 2


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Citizen:
    """A person on record."""

    key: CitizenKey
    id_number: str = field(repr=False)
    name: str = field(repr=False)
    phone: str = field(repr=False)
    register_time: Instant
    cancel_time: Instant | None = None
    cancel_cause: CancelCause | None = None


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class PhysicalCard:
    """A physical card. Its status now is `physical_cards.status_at`, not this field alone."""

    citizen: CitizenKey
    number: int
    region: str
    generation: Generation
    status: PhysicalCardStatus
    issue_time: Instant
    status_time: Instant
    lift_time: Instant | None = None
    """When a temporary loss lifts itself."""

    @property
    def key(self) -> tuple[int, int, int]:
        return (*self.citizen, self.number)
