"""What makes one channel differ from another: data, and nothing but data.

A channel is this one program and a profile. An architect who wants to know how WeChat differs from
a bank reads two values of this type side by side.
"""

from dataclasses import dataclass
from enum import IntEnum

from essc_channels.core.records import Words

MINUTE_S = 60
DAY_S = 24 * 60 * MINUTE_S


class ChannelClass(IntEnum):
    """The classes of channels; numbers as in the contract."""

    HRSS = 1
    GOVERNMENT = 2
    NATIONAL_PARTNER = 3
    BANK = 4
    MEDICAL = 5
    SOCIAL = 6


class VouchKind(IntEnum):
    """What a channel may vouch for itself; numbers as in the contract."""

    WALLET_PASSWORD = 1
    ACCOUNT_IDENTITY = 2
    RESERVED_PHONE = 3
    REAL_NAME_ACCOUNT = 4


class IdentityCheck(IntEnum):
    """How a channel checks identity (R21): by the platform's text message, or by vouching."""

    WALLET_PASSWORD = 1
    ACCOUNT_IDENTITY = 2
    RESERVED_PHONE = 3
    REAL_NAME_ACCOUNT = 4
    TEXT_MESSAGE = 5


class Edition(IntEnum):
    """How a home page is drawn; numbers as in the contract."""

    STANDARD = 1
    ELDER = 2


class Offer(IntEnum):
    """What a channel may do with a card beside showing it: each is a group of flows."""

    CODE = 1
    """Codes to be scanned (R30)."""
    PAYMENT = 2
    """The payment level, orders, password-free payment (R26, R62)."""
    FAMILY = 3
    """Adding members and acting for them (R41); bindings are seen and ended everywhere (R43)."""
    CERTIFICATION = 4
    """Certifying the eligibility for benefits (R50); what is certified is seen everywhere (R52)."""
    SERVICES = 5
    """Tickets to the catalogue's services (R60)."""


# Checks that need nothing from the person at that moment: being signed in is enough to look whether
# the platform has delivered a card.
_SILENT = (VouchKind.REAL_NAME_ACCOUNT, VouchKind.ACCOUNT_IDENTITY)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelProfile:
    """One channel. Spans are in seconds."""

    id: str
    name: Words
    channel_class: ChannelClass
    identity_checks: tuple[IdentityCheck, ...]
    """In the order in which they are offered; the person chooses where there are several."""
    tier: int = 1
    parent_id: str = ""
    """For tier 2: the tier-1 channel above it (R15)."""
    bank_id: str = ""
    """For a bank's channel: its bank, whose accounts alone raise a level here (R26)."""
    shows_all_channels: bool = False
    """Whether a holder may see the names of all channels in the own record (R93)."""
    offers: tuple[Offer, ...] = tuple(Offer)
    default_edition: Edition = Edition.STANDARD
    receives_new_cards: bool = False
    shadow_age_s_max: int = 10 * MINUTE_S
    platform_timeout_s: float = 4.0
    """For one call of the platform; the caller's own deadline may leave less."""
    home_timeout_s: float = 2.0
    """The same for the home panel, which has a shadow copy to fall back on."""
    session_lifetime_s: int = 30 * DAY_S
    flow_lifetime_s: int = 15 * MINUTE_S

    @property
    def vouch_kinds(self) -> tuple[VouchKind, ...]:
        """What an operator must allow this channel to vouch for."""
        return tuple(
            VouchKind(check)
            for check in self.identity_checks
            if check is not IdentityCheck.TEXT_MESSAGE
        )

    @property
    def vouches_for_bank_phone(self) -> bool:
        """Whether this is a bank that checks the phone reserved at its own accounts (R26)."""
        return bool(self.bank_id) and VouchKind.RESERVED_PHONE in self.vouch_kinds

    @property
    def silent_vouch_kind(self) -> VouchKind | None:
        """By what the channel may look for its own link without asking the person; or None."""
        return next((kind for kind in self.vouch_kinds if kind in _SILENT), None)
