"""What stands in a citizen's append-only record."""

from dataclasses import dataclass
from enum import Enum, IntEnum

from essc_platform.core.quick import quick
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
    PHYSICAL_CARD_REPLACED = 20
    CITIZEN_CANCELLED = 21
    BANK_ACCOUNT_ACTIVATED = 22
    BANK_ACCOUNT_CLOSED = 23
    LEVEL_RAISED = 24
    LEVEL_LOWERED = 25
    ALLOWED_WHILE_LOST = 26
    CODE_ISSUED = 27
    CODE_USED = 28
    MEMBER_ADDED = 29
    MEMBER_REMOVED = 30
    BOUND_AS_MEMBER = 31
    UNBOUND_AS_MEMBER = 32
    RECIPIENT_REGISTERED = 33
    CERTIFIED = 34
    TICKET_ISSUED = 35
    TICKET_REDEEMED = 36
    USE_CLOSED = 37
    ORDER_CREATED = 38
    ORDER_PAID = 39
    ORDER_SETTLED = 40
    ORDER_UNPAID = 41
    ORDER_REFUNDING = 42
    ORDER_REFUNDED = 43
    PASSWORD_FREE_ON = 44
    PASSWORD_FREE_OFF = 45
    LINK_EXITED = 46
    CARD_SIGNED_ANEW = 47


class EntryPlace(Enum):
    """Where something was done; numbers as in the contract, which tells one's own channel apart."""

    CHANNEL = 1
    BUREAU = 3
    TIME = 4
    VERIFIER = 5
    PROVIDER = 6
    OPERATOR = 7


# What comes of a channel's own link: in every other channel it is another channel's doing (R11).
_OF_CHANNELS = frozenset({EntryPlace.CHANNEL, EntryPlace.VERIFIER, EntryPlace.PROVIDER})


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of a citizen's append-only record."""

    citizen: CitizenKey
    kind: EntryKind
    at: Instant
    channel: str = ""
    """In which channel it was done; or of which channel's code, ticket or order it came."""
    place: EntryPlace = EntryPlace.CHANNEL

    def __post_init__(self) -> None:
        assert bool(self.channel) == (self.place in _OF_CHANNELS), self.place
