"""What stands in a citizen's append-only record."""

from dataclasses import dataclass
from enum import IntEnum

from essc_platform.core.records.keys import CitizenKey, Instant


class EntryKind(IntEnum):
    """What stands in a citizen's record; numbers as in the contract."""

    CITIZEN_REGISTERED = 1
    PHYSICAL_CARD_ISSUED = 2
    PHYSICAL_CARD_ENABLED = 3
    LOSS_REPORTED_TEMPORARILY = 4
    LOSS_REPORTED = 5
    LOSS_LIFTED = 6
    PHYSICAL_CARD_LOCKED = 7
    PHYSICAL_CARD_UNLOCKED = 8
    PHYSICAL_CARD_CANCELLED = 9
    CARD_ISSUED = 10
    LINK_DELIVERED = 11
    LINK_ACTIVATED = 12
    LINK_UNLINKED = 13
    DELIVERY_DECLINED = 14
    PASSWORD_SET = 15
    PASSWORD_CHANGED = 16
    PASSWORD_RESET = 17
    PASSWORD_LOCKED = 18
    CARD_EXPIRED = 19


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of a citizen's append-only record."""

    citizen: CitizenKey
    kind: EntryKind
    at: Instant
    channel: str = ""
    """Where, if it was in a channel."""
    is_by_bureau: bool = False
