"""What is true, as frozen values. Every per-citizen record begins with the citizen's key.

Times are whole microseconds since 1970 UTC, on the platform's clock. Numbers inside ids are random
and mean nothing; what leaves the platform is an id that only the platform can read.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple, TypeAlias

Instant: TypeAlias = int


class CitizenKey(NamedTuple):
    """Where a citizen lives: a bucket (0 to 1023) and a number, both from a keyed digest of the ID.

    The digest is wide enough that two people meet once in some ten thousand countries; the rules
    compare the ID number all the same, and the second one is answered like a mismatch.
    """

    bucket: int
    number: int


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


class LinkState(IntEnum):
    """Of a link; numbers as in the contract."""

    DELIVERED = 1
    ACTIVE = 2
    UNLINKED = 3


class Level(IntEnum):
    """What a link may do; numbers as in the contract."""

    QUERY = 1
    PAYMENT = 2


class Method(IntEnum):
    """How a person is authenticated; numbers as in the contract."""

    TEXT_MESSAGE = 1
    FACE = 2
    CARD_PASSWORD = 3
    VOUCHED = 4


class Purpose(IntEnum):
    """What a proof is for; numbers as in the contract."""

    APPLY = 1
    ACCEPT_DELIVERY = 2
    FIND_LINK = 3
    UNLINK = 4
    SET_PASSWORD = 5
    CHANGE_PASSWORD = 6
    RESET_PASSWORD = 7


class EventKind(IntEnum):
    """What channels are told; numbers as in the contract."""

    LINK_DELIVERED = 1
    LINK_ACTIVATED = 2
    LINK_UNLINKED = 3
    CARD_STATUS_CHANGED = 4
    PASSWORD_CHANGED = 5
    CHANNEL_SUSPENDED = 6
    CHANNEL_RESUMED = 7


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


class PartyKind(IntEnum):
    """What a party is; numbers as in the contract."""

    OPERATOR = 1
    BUREAU = 2
    CHANNEL = 3
    VERIFIER = 4
    PROVIDER = 5


class ChannelState(IntEnum):
    """Of a channel's life; numbers as in the contract."""

    APPLIED = 1
    FUNCTION_TESTED = 2
    SECURITY_TESTED = 3
    LIVE = 4
    SUSPENDED = 5
    EXITED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Citizen:
    """A person on record."""

    key: CitizenKey
    id_number: str = field(repr=False)
    name: str = field(repr=False)
    phone: str = field(repr=False)
    register_time: Instant
    cancel_time: Instant | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The electronic card: a pointer to a physical card, and when it was issued."""

    key: CitizenKey
    physical_card: int
    issue_time: Instant
    expire_time: Instant
    is_expiry_noted: bool = False
    """Whether the sweep has written the events of the expiry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """A signed card: the bytes as signed."""

    payload: bytes
    signature: bytes
    key_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceFacts:
    """What a signed card says."""

    citizen: CitizenKey
    number: int
    """Inside the card id: another one in every channel and for every serial."""
    masked_name: str
    region: str
    issue_time: Instant
    expire_time: Instant


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

    @property
    def key(self) -> tuple[int, int, str]:
        return (*self.citizen, self.channel)

    @property
    def is_active(self) -> bool:
        return self.state is LinkState.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Password:
    """The card password: its hash, and the national count of wrong tries."""

    key: CitizenKey
    hash: str = field(repr=False)
    version: int
    change_time: Instant
    wrong_tries: int = 0
    unlock_time: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """What a person has used up on one calendar day in China."""

    key: CitizenKey
    day: int
    """Days since 1970-01-01 in China."""
    text_messages: int = 0
    failed_faces: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A check that was started. What it asks follows from its id and a key, and is not stored."""

    citizen: CitizenKey
    number: int
    channel: str
    method: Method
    purpose: Purpose
    expire_time: Instant
    tries_left: int
    is_answered: bool = False

    @property
    def key(self) -> tuple[int, int, int]:
        return (*self.citizen, self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a right answer gave."""

    citizen: CitizenKey
    number: int
    channel: str
    method: Method
    purpose: Purpose
    expire_time: Instant
    is_used: bool = False
    password_version: int | None = None
    """Which password was entered, where one was."""

    @property
    def key(self) -> tuple[int, int, int]:
        return (*self.citizen, self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A registered party; a channel has a Channel record too."""

    key: str
    kind: PartyKind
    display_name: str
    regions: tuple[str, ...]
    register_time: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyKey:
    """A public key of a party."""

    party: str
    key_id: str
    public_key: bytes
    is_removed: bool = False

    @property
    def key(self) -> tuple[str, str]:
        return (self.party, self.key_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What is particular to a party that is a channel."""

    key: str
    channel_class: int
    state: ChannelState
    vouch_kinds: tuple[int, ...]
    receives_new_cards: bool
    state_time: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView:
    """What a card is worth at a moment, without names and numbers."""

    status: PhysicalCardStatus
    blocked_reason: str
    """Empty while the card is usable."""
    is_ended: bool
    region: str
    issue_time: Instant
    expire_time: Instant
    password_is_set: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something to tell one channel. The batch gives it its place in the feed."""

    channel: str
    kind: EventKind
    at: Instant
    citizen: CitizenKey | None = None
    link: Link | None = None
    card: CardView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of a citizen's append-only record."""

    citizen: CitizenKey
    kind: EntryKind
    at: Instant
    channel: str = ""
    """Where, if it was in a channel."""
    is_by_bureau: bool = False


Change: TypeAlias = (
    Citizen
    | PhysicalCard
    | Card
    | Link
    | Password
    | Counters
    | Challenge
    | Proof
    | Party
    | PartyKey
    | Channel
)
