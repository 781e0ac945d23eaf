"""The electronic card, what is signed of it, and what it is worth at a moment."""

from dataclasses import dataclass

from essc_platform.core.quick import quick
from essc_platform.core.records.keys import CitizenKey, Instant
from essc_platform.core.records.people import PhysicalCardStatus


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The electronic card: a pointer to a physical card, and when it was issued."""

    key: CitizenKey
    physical_card: int
    issue_time: Instant
    expire_time: Instant
    is_expiry_noted: bool = False
    """Whether the sweep has written the events of the expiry."""


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """A signed card: the bytes as signed."""

    payload: bytes
    signature: bytes
    key_id: str


@quick
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
    key_id: str = ""
    """The key that signs it; named once the rule has decided."""


@quick
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
    bank_account_is_open: bool
    loss_time: Instant | None = None
    """When the loss was reported that blocks it now; with it a link knows whether it was opened."""
