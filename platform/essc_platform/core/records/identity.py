"""How a person is authenticated: checks, proofs, the card password, the day's counters."""

from dataclasses import dataclass, field
from enum import IntEnum

from essc_platform.core.quick import quick
from essc_platform.core.records.keys import CitizenKey, Instant


class Method(IntEnum):
    """How a person is authenticated; numbers as in the contract."""

    TEXT_MESSAGE = 1
    FACE = 2
    CARD_PASSWORD = 3
    VOUCHED = 4
    RESERVED_PHONE = 5


class Purpose(IntEnum):
    """What a proof is for; numbers as in the contract."""

    APPLY = 1
    ACCEPT_DELIVERY = 2
    FIND_LINK = 3
    UNLINK = 4
    SET_PASSWORD = 5
    CHANGE_PASSWORD = 6
    RESET_PASSWORD = 7
    RAISE_LEVEL = 8
    ALLOW_WHILE_LOST = 9
    NEW_DEVICE = 10
    ADD_FAMILY = 11
    JOIN_FAMILY = 12
    END_BINDING = 13
    CERTIFY = 14
    PAY = 15
    SET_PASSWORD_FREE = 16
    VIEW_RECORDS = 17


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Password:
    """The card password: its hash, and the national count of wrong tries."""

    key: CitizenKey
    hash: str = field(repr=False)
    version: int
    change_time: Instant
    wrong_tries: int = 0
    unlock_time: Instant | None = None


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """What a person has used up on one calendar day in China."""

    key: CitizenKey
    day: int
    """Days since 1970-01-01 in China."""
    text_messages: int = 0
    failed_faces: int = 0


@quick
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
    account_open_time: Instant | None = None
    """Which bank account's phone is checked: by its opening it differs from a later one."""

    @property
    def key(self) -> tuple[int, int, int]:
        return (*self.citizen, self.number)


@quick
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
    account_open_time: Instant | None = None
    """Of the challenge's bank account, where it had one."""

    @property
    def key(self) -> tuple[int, int, int]:
        return (*self.citizen, self.number)
