"""Reading notes back: rows as they are, and as items of a history.

    books = [read_notes(path) for path in paths]
    history = History(items_of(books))

Rows of several processes are merged by when their calls began, on the monotonic clock of the
machine; over machines, whose clocks say nothing of each other, by a shift that the caller knows.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from google.protobuf.descriptor import Descriptor
from pydantic_core import from_json

from essc_workbench.drills.notes import UNKNOWN, VERSION
from essc_workbench.failures import UsageError
from essc_workbench.folders import reason
from essc_workbench.history.items import Answered, Fact, Facts, Happened, Invoked, Item, Outcome
from essc_workbench.history.methods import methods

OUTCOMES = (Outcome.OK, Outcome.REFUSED, Outcome.UNKNOWN)
_ABSENT = (None, 0, "", False)
"""What a message does not hold, or holds as nothing, is no fact."""


class Row(NamedTuple):
    """One call with its end, as it was noted."""

    kind: int
    began_us: int
    ended_us: int | None
    outcome: int
    reason: str
    request_id: str
    places: Sequence[int]
    asked: Sequence[Any]
    told: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """What all calls of one kind have in common."""

    source: str
    target: str
    method: str
    asked: tuple["Field", ...]
    told: tuple["Field", ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A field that is told, and the names of its values if it is an enum."""

    path: str
    names: dict[int, str] | None
    is_person: bool

    def fact(self, value: Any) -> Fact:
        """A noted value as histories tell it."""
        if self.names is not None:
            return self.names.get(value, str(value))
        return alias(value) if self.is_person else value


@dataclass(slots=True)
class Notebook:
    """The notes of one process."""

    machine: str
    origin_ns: int
    kinds: list[Kind] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    happened: list[Happened] = field(default_factory=list)


def alias(place: int) -> str:
    """What a resident goes by in a drill's history."""
    return f"resident-{place}"


def read_notes(path: Path) -> Notebook:
    """The notes of a file. Raises UsageError with the line that is none."""
    try:
        with path.open("rb") as file:
            book = None
            for number, line in enumerate(file, start=1):
                try:
                    book = _read(book, from_json(line))
                except (ValueError, KeyError, TypeError, IndexError):
                    raise UsageError(f"{path}:{number}: not a line of notes") from None
    except OSError as error:
        raise UsageError(f"{path}: {reason(error)}") from None
    if book is None:
        raise UsageError(f"{path}: no notes")
    return book


def _read(book: Notebook | None, value: Any) -> Notebook:
    if book is None:
        if value["version"] != VERSION:
            raise ValueError("notes of another version")
        return Notebook(value["machine"], value["origin_ns"])
    if isinstance(value, list):
        book.rows.extend(map(Row._make, value))
    elif "kind" in value:
        book.kinds.append(_kind(value))
    else:
        book.happened.append(
            Happened(
                at_us=value["at_us"],
                what=value["happened"],
                party=value["party"],
                facts=value["facts"],
            )
        )
    return book


def _kind(value: dict[str, Any]) -> Kind:
    method = methods()[value["method"]]
    sides = (method.request.DESCRIPTOR, value["asked"]), (method.response.DESCRIPTOR, value["told"])
    asked, told = (tuple(_field(of, path) for path in paths) for of, paths in sides)
    return Kind(value["source"], value["target"], value["method"], asked, told)


@cache
def _field(message: Descriptor, path: str) -> Field:
    *parents, name = [part for part in path.split(".") if not part.isdecimal()]
    for parent in parents:
        inner = message.fields_by_name[parent].message_type
        assert inner is not None, "only messages have fields"
        message = inner
    found = message.fields_by_name[name]
    values = found.enum_type.values if found.enum_type is not None else None
    names = {each.number: each.name for each in values} if values is not None else None
    return Field(path, names, name == "id_number")


def items_of(books: Iterable[Notebook]) -> list[Item]:
    """The history of a drill, in the order in which things began; calls are numbered from 1.

    Times count from the earliest origin of all the books, which are of one machine.
    """
    books = list(books)
    first_ns = min((book.origin_ns for book in books), default=0)
    found: list[tuple[int, Row | Happened, Notebook, int]] = []
    for book in books:
        shift_us = (book.origin_ns - first_ns) // 1000
        found += [(row.began_us + shift_us, row, book, shift_us) for row in book.rows]
        found += [(each.at_us + shift_us, each, book, shift_us) for each in book.happened]
    found.sort(key=lambda each: each[0])
    return list(_items(found))


def _items(found: Iterable[tuple[int, Row | Happened, Notebook, int]]) -> Iterator[Item]:
    call = 0
    for at_us, each, book, shift_us in found:
        if isinstance(each, Happened):
            yield Happened(at_us=at_us, what=each.what, party=each.party, facts=each.facts)
            continue
        call += 1
        kind = book.kinds[each.kind]
        yield Invoked(
            at_us=at_us,
            call=call,
            source=kind.source,
            target=kind.target,
            method=kind.method,
            request_id=each.request_id,
            citizens=tuple(map(alias, each.places)),
            facts=facts_of(kind.asked, each.asked),
        )
        if each.ended_us is not None or each.outcome != UNKNOWN:
            yield Answered(
                at_us=(each.ended_us or each.began_us) + shift_us,
                call=call,
                outcome=OUTCOMES[each.outcome],
                reason=each.reason,
                facts=facts_of(kind.told, each.told),
            )


def facts_of(fields: Sequence[Field], values: Sequence[Any]) -> Facts:
    """Noted values as facts; a row that was refused has no values."""
    return {
        field.path: field.fact(value)
        for field, value in zip(fields, values, strict=False)
        if (value is not None if field.is_person else value not in _ABSENT)
    }
