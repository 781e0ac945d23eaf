"""The catalogue of services, tickets to them, and what came of the tickets."""

from dataclasses import dataclass
from enum import IntEnum

from essc_platform.core.quick import quick
from essc_platform.core.records.keys import CitizenKey, Instant
from essc_platform.core.records.links import Level


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """An entry of the catalogue (R60): who may use it, and where it is open."""

    key: str
    name_zh: str
    name_en: str
    needed_level: Level
    regions: tuple[str, ...]
    """Where it is open, sorted; empty while it is open everywhere."""
    is_open_everywhere: bool

    def is_open_in(self, region: str) -> bool:
        """R63: whether a person whose card is of this region can use it."""
        return self.is_open_everywhere or region in self.regions


class Outcome(IntEnum):
    """What came of a use; numbers as in the contract."""

    DONE = 1
    REFUSED = 2
    ABANDONED = 3


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A ticket to a service; a use once it is redeemed, until it is closed (R61)."""

    citizen: CitizenKey
    """The holder, also where a bound member uses the service."""
    number: int
    channel: str
    serial: int
    binding: tuple[int, CitizenKey] | None
    """The bound member: the binding's number, and who it is."""
    service_id: str
    issue_time: Instant
    expire_time: Instant
    provider: str = ""
    """Who redeemed it."""
    redeem_time: Instant | None = None
    close_time: Instant | None = None
    outcome: Outcome | None = None

    @property
    def key(self) -> tuple[int, int, int]:
        return (*self.citizen, self.number)
