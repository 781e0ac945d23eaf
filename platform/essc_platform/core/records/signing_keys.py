"""The public side of the platform's signing keys: what is published, and the times of each."""

from dataclasses import dataclass
from enum import IntEnum

from essc_platform.core.quick import quick
from essc_platform.core.records.keys import Instant


class SigningKeyState(IntEnum):
    """Of a signing key, derived from its times; numbers as in the contract."""

    ACTIVE = 1
    RETIRED = 2
    COMPROMISED = 3
    ANNOUNCED = 4


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A published key. Its private half is a file of the platform's, and no record."""

    key_id: str
    public_key: bytes
    create_time: Instant
    sign_time: Instant
    """From when it signs."""
    compromise_time: Instant | None = None
    signs: str = "card"
    """What is signed with it. There is nothing else; all keys lie together under it."""

    @property
    def key(self) -> tuple[str, str]:
        return (self.signs, self.key_id)
