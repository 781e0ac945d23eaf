"""Family bindings. Each is two records: one where the holder lives, one where the member lives.

Beside them, the photos that were used for members: each where its own digest lies.
"""

from dataclasses import dataclass
from enum import IntEnum

from essc_platform.core.records.keys import CitizenKey, Instant


class Relation(IntEnum):
    """The role of the bound person; numbers as in the contract."""

    PARENT = 1
    CHILD = 2
    SPOUSE = 3
    OTHER = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A member whom a holder has bound. It keeps its place after it has ended."""

    holder: CitizenKey
    number: int
    """Inside the binding ids: another id in every channel, and on the member's side."""
    member: CitizenKey
    relation: Relation
    add_time: Instant
    end_time: Instant | None = None

    @property
    def key(self) -> tuple[int, int, int]:
        return (*self.holder, self.number)

    @property
    def is_good(self) -> bool:
        return self.end_time is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """The same binding, where its member lives."""

    member: CitizenKey
    holder: CitizenKey
    number: int
    relation: Relation
    add_time: Instant
    end_time: Instant | None = None

    @property
    def key(self) -> tuple[int, int, int, int, int]:
        return (*self.member, *self.holder, self.number)

    @property
    def is_good(self) -> bool:
        return self.end_time is None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoUse:
    """A photo that was used for somebody. What is kept of it is a keyed digest."""

    bucket: int
    digest: str
    citizen: CitizenKey

    @property
    def key(self) -> tuple[int, str]:
        return (self.bucket, self.digest)
