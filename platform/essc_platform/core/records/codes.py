"""Codes (二维码) with what came of checking them, and what a link remembers of them."""

from dataclasses import dataclass
from enum import IntEnum

from essc_platform.core.quick import quick
from essc_platform.core.records.keys import CitizenKey, Instant


class CodeState(IntEnum):
    """What a code is worth; numbers as in the contract."""

    CURRENT = 1
    REVOKED = 2
    REPLACED = 3
    EXPIRED = 4
    USED = 5


class Usage(IntEnum):
    """What a verifier scans a code for; numbers as in the contract."""

    QUERY = 1
    PAYMENT = 2
    OTHER = 3
    CROSS_REGION_MEDICAL = 4


class Verdict(IntEnum):
    """What a code was found to be; numbers as in the contract, which are the order of judging."""

    FORGED = 1
    REVOKED = 2
    REPLACED = 3
    EXPIRED = 4
    USED = 5
    LEVEL_TOO_LOW = 6
    REGION_NOT_OPEN = 7
    VALID = 8


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code. It belongs to one serial of one link, and to a binding if it is a member's.

    A check that finds it valid uses it up, and is a part of it: what the second hop and a payment
    stand on (R32).
    """

    citizen: CitizenKey
    """The holder, also where it is a member's code."""
    number: int
    """Inside the code that is shown."""
    channel: str
    serial: int
    binding: int | None
    """The binding's number, with its member; both absent for the holder's own code."""
    member: CitizenKey | None
    issue_time: Instant
    expire_time: Instant
    use_time: Instant | None = None
    verifier: str = ""
    """Who checked it; empty until then."""
    usage: Usage | None = None
    """What for."""

    @property
    def key(self) -> tuple[int, int, int]:
        return (*self.citizen, self.number)


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCodes:
    """What a link remembers of its codes. With a later serial of the link it is worth nothing."""

    citizen: CitizenKey
    channel: str
    serial: int
    newest: int
    """The number of the last code, its only one that can be scanned."""
    devices: tuple[str, ...]
    """R33: keyed digests of the known devices, the one that was used last at the end."""

    @property
    def key(self) -> tuple[int, int, str]:
        return (*self.citizen, self.channel)
