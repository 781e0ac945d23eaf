"""What is known of one citizen between two operations.

A history rarely begins at a citizen's birth, so a state holds only what it knows: a key that is
absent is *not known*, and the first answer that tells fills it in. Once a registration was seen
nothing is hidden any more, and an absent key has its value of birth. That makes an empty state the
most permissive of all, which is how a part of a history can be judged by itself.
"""

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

Value: TypeAlias = "str | int | bool | LinkSeen | CodeSeen | None"
Key: TypeAlias = tuple[str, ...]

BORN: Key = ("born",)
CANCELLED: Key = ("cancelled",)
MAPPED: Key = ("mapped",)
"""The physical card behind the electronic one: its id, or "" without an electronic card."""
PASSWORD: Key = ("password",)
"""A digest of the card password, "" if none is set, or `SOME_PASSWORD`."""
TRIES: Key = ("tries",)
LOCKED: Key = ("locked",)
DELIVERING: Key = ("delivering",)
"""Whether a third-generation card was issued, which put links into channels nobody named here."""
HIDDEN: Key = ("hidden",)
"""Whether a card or an order may have been made whose id nobody was told."""
CERTIFIED: Key = ("certified",)
"""When the newest certification was made, in microseconds; 0 for none, -1 for some time."""
RECIPIENT: Key = ("recipient",)
SOME_PASSWORD = "set"  # noqa: S105 - says that there is one

NONE, DELIVERED, ACTIVE, UNLINKED = (
    "STATE_UNSPECIFIED",
    "STATE_DELIVERED",
    "STATE_ACTIVE",
    "STATE_UNLINKED",
)
SEALED, NORMAL, TEMPORARILY_LOST, LOST, LOCKED_CARD, CARD_CANCELLED = (
    f"PHYSICAL_CARD_STATUS_{name}"
    for name in ("SEALED", "NORMAL", "TEMPORARILY_LOST", "LOST", "LOCKED", "CANCELLED")
)


class LinkSeen(NamedTuple):
    """A channel's link as it is known."""

    state: str
    serial: int
    may_be_delivered: bool = False
    """Whether a card that was issued since may have put it there anew."""


class CodeSeen(NamedTuple):
    """A code as it is known."""

    channel: str
    serial: int
    is_for_member: bool
    is_used: bool


_OF_BIRTH: dict[str, Value] = {
    "cancelled": False,
    "mapped": "",
    "password": "",
    "tries": 0,
    "locked": False,
    "delivering": False,
    "certified": 0,
    "recipient": False,
    "physical": "",
    "current": "",
    "opened": False,
    "places": 0,
    "member": False,
    "binder": False,
    "order": "",
}
# In a state that hides nothing, what is not known any more.
_FORGOTTEN = "?"


def physical(card_id: str) -> Key:
    """The status of a physical card; "" if there is no such card."""
    return ("physical", card_id)


def link(channel: str) -> Key:
    """A channel's link."""
    return ("link", channel)


def code(digest: str) -> Key:
    """A code that was issued."""
    return ("code", digest)


def current(channel: str) -> Key:
    """The newest code of a channel's link, by digest; "" if it never had one."""
    return ("current", channel)


def opened(channel: str) -> Key:
    """Whether the holder ever opened a channel's link for a loss."""
    return ("opened", channel)


def places(relation: str) -> Key:
    """How many places of a relation were ever used."""
    return ("places", relation)


def member(citizen: str) -> Key:
    """Whether somebody is bound by this citizen now."""
    return ("member", citizen)


def binder(citizen: str) -> Key:
    """Whether somebody has bound this citizen now."""
    return ("binder", citizen)


def order(order_id: str) -> Key:
    """An order's state."""
    return ("order", order_id)


class State:
    """What is known. Immutable; equal states are one to the search."""

    __slots__ = ("_hash", "_known")

    def __init__(self, known: dict[Key, Value] | None = None) -> None:
        self._known = known or {}
        self._hash = hash(frozenset(self._known.items()))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, State) and self._known == other._known

    def __repr__(self) -> str:
        return f"State({self._known!r})"

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is known."""
        return not self._known

    @property
    def is_born(self) -> bool:
        """Whether all that ever happened to the citizen was seen."""
        return BORN in self._known

    def get(self, key: Key) -> Value:
        """What is known of something; None if nothing is."""
        value = self._known.get(key)
        if value == _FORGOTTEN:
            return None
        if value is not None or BORN not in self._known:
            return value
        if key[0] in ("physical", "order") and HIDDEN in self._known:
            return None
        if key[0] == "link":
            return LinkSeen(NONE, 0, may_be_delivered=bool(self.get(DELIVERING)))
        return _OF_BIRTH.get(key[0])

    def link(self, channel: str) -> LinkSeen | None:
        """What is known of a channel's link."""
        found = self.get(link(channel))
        return found if isinstance(found, LinkSeen) else None

    def code(self, digest: str) -> CodeSeen | None:
        """What is known of a code."""
        found = self.get(code(digest))
        return found if isinstance(found, CodeSeen) else None

    def number(self, key: Key) -> int | None:
        """What is known of a count."""
        found = self.get(key)
        return found if isinstance(found, int) else None

    def of_kind(self, kind: str) -> Iterator[tuple[str, Value]]:
        """Everything known of a kind, by the name that follows it."""
        return ((key[1], value) for key, value in self._known.items() if key[0] == kind)

    def put(self, *pairs: tuple[Key, Value]) -> "State":
        """The state with these values; None means not known any more."""
        known = self._known
        for key, value in pairs:
            kept = _FORGOTTEN if value is None and self.is_born else value
            if known.get(key) == kept:
                continue
            if known is self._known:
                known = dict(known)
            if kept is None:
                del known[key]
            else:
                known[key] = kept
        return self if known is self._known else State(known)
