"""What a batch sees: every record it declared, present or known to be absent.

The snapshot is the only mutable thing in the story and lives for one batch. Reading what a command
did not declare is a bug, whoever else in the batch declared it: it raises KeyError.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from essc_platform.core.records import (
    BankAccount,
    Binding,
    Certification,
    Change,
    Link,
    Membership,
    PartyKey,
    PhysicalCard,
    SigningKey,
)

R = TypeVar("R", bound=Change)

Key = tuple[Any, ...] | str
Read = tuple[type[Change], Key, bool]
"""A record type, a key, and whether the key is a prefix of the keys of many records."""


# How much of the key is the prefix, for the kinds that are ever read by one.
PREFIX_LENGTHS: dict[type[Change], int] = {
    PhysicalCard: 2,
    Link: 2,
    PartyKey: 1,
    BankAccount: 2,
    Binding: 2,
    Membership: 2,
    Certification: 2,
    SigningKey: 1,
}


def one(kind: type[Change], key: Key) -> Read:
    """The one record of this key."""
    return (kind, key, False)


def many(kind: type[Change], prefix: Key) -> Read:
    """All records whose key begins with the prefix."""
    return (kind, prefix, True)


class Snapshot:
    """The records of one batch, by type and key."""

    def __init__(self) -> None:
        self._records: dict[type, dict[Key, Change | None]] = {}
        self._prefixes: dict[type, dict[Key, dict[Key, Change]]] = {}
        self.absent: set[tuple[type[Change], Key]] = set()
        """What was not there, of kinds whose first record nothing guards."""

    def put_all(self, kind: type[Change], records: Mapping[Key, Change | None]) -> None:
        """Notes what is at keys, or that nothing is."""
        self._records.setdefault(kind, {}).update(records)

    def put_many(self, kind: type[Change], prefix: Key, records: Iterable[Change]) -> None:
        """Notes all that is under a prefix."""
        found = {record.key: record for record in records}
        self._prefixes.setdefault(kind, {})[prefix] = found

    def absorb(self, changes: Iterable[Change]) -> None:
        """Makes changes visible to the commands that follow."""
        for change in changes:
            kind, key = type(change), change.key
            self._records.setdefault(kind, {})[key] = change
            under = self._prefixes.get(kind)
            if under is not None:
                prefix = key[: PREFIX_LENGTHS[kind]]
                if prefix in under:
                    under[prefix][key] = change

    def view(self, declared: frozenset[Read]) -> "View":
        """What one command may see."""
        return View(self._records, self._prefixes, declared)


class View:
    """A snapshot through the eyes of one command: only what it declared."""

    __slots__ = ("_declared", "_prefixes", "_records")

    def __init__(
        self,
        records: dict[type, dict[Key, Change | None]],
        prefixes: dict[type, dict[Key, dict[Key, Change]]],
        declared: frozenset[Read],
    ) -> None:
        self._records, self._prefixes, self._declared = records, prefixes, declared

    def one(self, kind: type[R], key: Key) -> R | None:
        """The record of this key, or None if there is none. KeyError if it was not declared."""
        if (kind, key, False) not in self._declared:
            raise KeyError(kind.__name__)
        record = self._records[kind][key]
        assert record is None or isinstance(record, kind)
        return record

    def many(self, kind: type[R], prefix: Key) -> tuple[R, ...]:
        """All records under a prefix, by key. KeyError if it was not declared."""
        if (kind, prefix, True) not in self._declared:
            raise KeyError(kind.__name__)
        found = self._prefixes[kind][prefix]
        return tuple(found[key] for key in sorted(found))  # type: ignore[misc]
