"""A channel's link to a citizen's card."""

from dataclasses import dataclass
from enum import IntEnum

from essc_platform.core.quick import quick
from essc_platform.core.records.cards import Licence
from essc_platform.core.records.keys import CitizenKey, Instant


class LinkState(IntEnum):
    """Of a link; numbers as in the contract."""

    DELIVERED = 1
    ACTIVE = 2
    UNLINKED = 3


class Level(IntEnum):
    """What a link may do; numbers as in the contract."""

    QUERY = 1
    PAYMENT = 2


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A channel's link to a citizen's card."""

    citizen: CitizenKey
    channel: str
    number: int
    """Inside the link id. Stays when the citizen links again."""
    serial: int
    state: LinkState
    level: Level
    deliver_time: Instant | None = None
    activate_time: Instant | None = None
    unlink_time: Instant | None = None
    licence: Licence | None = None
    allow_time: Instant | None = None
    """R3: when the holder opened this link although the card was lost.

    It stays when the link is unlinked: whether a link was opened for a loss already must not be
    another answer in the other channels for it (R11).
    """

    @property
    def key(self) -> tuple[int, int, str]:
        return (*self.citizen, self.channel)

    @property
    def is_active(self) -> bool:
        return self.state is LinkState.ACTIVE
