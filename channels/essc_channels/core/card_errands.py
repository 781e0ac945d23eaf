"""What is done with a card beside holding it: codes, family, certifications, services, payments.

Copies of what the platform said, for one answer to a phone; none of it is kept. Names are masked by
the platform already. Amounts are whole fen.
"""

from dataclasses import dataclass, field
from enum import IntEnum

from essc_channels.core.records import Card, Instant, Level, Words


class Relation(IntEnum):
    """The role of a bound person; numbers as in the contract."""

    PARENT = 1
    CHILD = 2
    SPOUSE = 3
    OTHER = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A binding, as its holder sees it."""

    binding_id: str
    relation: int
    masked_name: str
    masked_id_number: str
    add_time: Instant | None
    end_time: Instant | None = None
    card: Card | None = None

    @property
    def is_bound(self) -> bool:
        return self.end_time is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Binder:
    """A binding, as its member sees it."""

    binding_id: str
    relation: int
    masked_name: str
    add_time: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """How many places of a relation there are, and how many were ever used."""

    relation: int
    total: int
    used: int

    @property
    def left(self) -> int:
        return max(self.total - self.used, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """All of it, at about one moment."""

    members: tuple[Member, ...]
    places: tuple[Places, ...]
    binders: tuple[Binder, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Something to be scanned: a code, or a ticket. Never stored, never printed."""

    text: str = field(repr=False)
    expire_time: Instant | None
    for_whom: Words
    what_for: Words | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certification:
    """One certification of the eligibility for benefits."""

    certify_time: Instant
    expire_time: Instant
    renewable_time: Instant
    is_by_binder: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """An entry of the catalogue."""

    service_id: str
    name: Words
    needed_level: Level
    regions: tuple[str, ...] = ()
    is_open_everywhere: bool = False

    def is_open_in(self, region: str) -> bool:
        """Whether it can be used with a card of this region (R63)."""
        return self.is_open_everywhere or region in self.regions


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What came of a ticket."""

    service_id: str
    outcome: str
    """As the contract names it."""
    redeem_time: Instant | None
    is_for_member: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order of a provider."""

    order_id: str
    state: str
    """As the contract names it."""
    provider_name: str
    insurance_fen: int
    own_fen: int
    create_time: Instant | None


PAYABLE_STATES = frozenset({"STATE_OPEN", "STATE_UNPAID"})
