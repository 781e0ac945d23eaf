"""What channels are told."""

from dataclasses import dataclass
from enum import IntEnum

from essc_platform.core.quick import quick
from essc_platform.core.records.cards import CardView
from essc_platform.core.records.keys import CitizenKey, Instant
from essc_platform.core.records.links import Link


class EventKind(IntEnum):
    """What channels are told; numbers as in the contract."""

    LINK_DELIVERED = 1
    LINK_ACTIVATED = 2
    LINK_UNLINKED = 3
    CARD_STATUS_CHANGED = 4
    PASSWORD_CHANGED = 5
    CHANNEL_SUSPENDED = 6
    CHANNEL_RESUMED = 7
    CARD_REPLACED = 8
    LEVEL_CHANGED = 9
    FAMILY_CHANGED = 10
    CERTIFIED = 11
    KEYS_CHANGED = 12


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something to tell one channel. The batch gives it its place in the feed."""

    channel: str
    kind: EventKind
    at: Instant
    citizen: CitizenKey | None = None
    link: Link | None = None
    card: CardView | None = None
