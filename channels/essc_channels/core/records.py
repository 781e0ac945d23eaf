"""What a channel knows, as frozen values.

The channel owns none of it: the card is the platform's, and everything about it here is a copy.
Times are whole microseconds since 1970 UTC; enums have the contract's numbers.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NamedTuple, TypeAlias

Instant: TypeAlias = int


class Words(NamedTuple):
    """A text in the two languages."""

    zh: str
    en: str


class LinkState(IntEnum):
    """Of a link. Within one serial it only goes forward."""

    DELIVERED = 1
    ACTIVE = 2
    UNLINKED = 3


class Level(IntEnum):
    """What a link may do."""

    QUERY = 1
    PAYMENT = 2


class CardState(IntEnum):
    """Of a card, as the platform derives it."""

    USABLE = 1
    BLOCKED = 2
    ENDED = 3


class EventKind(IntEnum):
    """The kinds of events that mean something of their own to a channel; others may come."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """This channel's link to the card of one person."""

    link_id: str
    serial: int
    state: LinkState
    level: Level = Level.QUERY
    deliver_time: Instant | None = None
    activate_time: Instant | None = None
    unlink_time: Instant | None = None
    allow_until_time: Instant | None = None
    """Until when the holder opened this link although the card is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The card behind a link. Names and numbers are masked by the platform already."""

    state: CardState
    physical_card_status: int
    """As the contract numbers it; shown, never judged by."""
    blocked_reason: str = ""
    masked_name: str = ""
    masked_id_number: str = ""
    region: str = ""
    issue_time: Instant | None = None
    expire_time: Instant | None = None
    password_is_set: bool = False
    bank_account_is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCard:
    """The licence, passed on as received."""

    payload: bytes
    signature: bytes
    key_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What the platform says a person holds in this channel."""

    link: Link
    card: Card | None = None
    signed_card: SignedCard | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """The channel's own copy of a link and its card, and when it was known to be true."""

    link: Link
    card: Card | None
    as_of_time: Instant
    """On the channel's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of the feed, as far as the channel's copy is concerned."""

    cursor: str
    kind: int
    event_time: Instant
    link: Link | None = None
    card: Card | None = None


NEVER_LOOKED: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A real-name account and the link it has met."""

    account: str
    link_id: str | None = None
    displayed_serial: int = 0
    """The serial of the link whose display the person has consented to; 0 for none."""
    looked_order: int = NEVER_LOOKED
    """How far in the feed's order the channel has looked for a card of this account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in phone. The secret itself is not kept, only its digest."""

    digest: str
    account: str
    expire_time: Instant
    device: str = ""
    """The phone as the platform knows it: a digest that says nothing (R33)."""
    secret: str = field(default="", repr=False)
    """In memory, while a call that brought it is served: it seals what the person typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLine:
    """One thing that changed, as the platform names it."""

    kind: str
    place: str
    record_time: Instant
    channel_name: str = ""
    """Only in the full view (R93)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who an account belongs to: asked for when needed, never stored, never printed."""

    name: str = field(repr=False)
    id_number: str = field(repr=False)
