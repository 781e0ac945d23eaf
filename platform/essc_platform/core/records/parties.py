"""The registered parties, their keys, and what is particular to a channel."""

from dataclasses import dataclass
from enum import IntEnum

from essc_platform.core.records.keys import Instant


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


class VerifierClass(IntEnum):
    """Of a verifier (用卡机构); numbers as in the contract."""

    HOSPITAL = 1
    PHARMACY = 2
    LIBRARY = 3
    BUS = 4
    HOTEL = 5
    SHOP = 6
    SCENIC_SPOT = 7


BANK_CLASS = 4
"""The channel class of banks; the number is the contract's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A registered party; a channel has a Channel record too."""

    key: str
    kind: PartyKind
    display_name: str
    regions: tuple[str, ...]
    """A bureau's own; the one where a verifier or provider is."""
    register_time: Instant
    verifier_class: VerifierClass | None = None
    """Of a verifier only."""
    service_ids: tuple[str, ...] = ()
    """The services whose tickets a provider may redeem."""
    verifier_ids: tuple[str, ...] = ()
    """The verifiers that scan for a provider."""


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
    bank_id: str = ""
    """Of a bank's channel: its bank. Empty elsewhere."""
    tier: int = 1
    parent: str = ""
    """For tier 2: the tier-1 channel above it."""
    shows_all_channels: bool = False
    """R93: whether it may show a holder the names of all channels."""

    @property
    def is_of_a_bank(self) -> bool:
        return self.channel_class == BANK_CLASS
