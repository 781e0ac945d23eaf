"""Reading a history back: its items, and its calls put together."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from essc_workbench.failures import UsageError
from essc_workbench.history.items import Answered, Happened, Invoked, Item, Outcome, Seen, from_json


@dataclass(frozen=True, slots=True)
class Call:
    """A call with its end, if it has one."""

    invoked: Invoked
    answered: Answered | None

    @property
    def number(self) -> int:
        return self.invoked.call

    @property
    def method(self) -> str:
        """The method's own name, as `Unlink`."""
        return _own_name(self.invoked.method)

    @property
    def outcome(self) -> Outcome:
        """What became of it; without an answer that is unknown."""
        return self.answered.outcome if self.answered else Outcome.UNKNOWN

    @property
    def reason(self) -> str:
        return self.answered.reason if self.answered else ""

    @property
    def end_us(self) -> int | None:
        """When its answer was known; None if it never was, so that it may take effect any time."""
        return self.answered.at_us if self.answered else None


@cache
def _own_name(path: str) -> str:
    return path.rpartition("/")[2]


class History:
    """A run's items in their order."""

    def __init__(self, items: Iterable[Item]) -> None:
        self.items = tuple(items)

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """All calls, in the order in which they were sent."""
        ends = {item.call: item for item in self.items if isinstance(item, Answered)}
        return tuple(
            Call(item, ends.get(item.call)) for item in self.items if isinstance(item, Invoked)
        )

    @cached_property
    def seen(self) -> tuple[Seen, ...]:
        """All events that reached channels."""
        return tuple(item for item in self.items if isinstance(item, Seen))

    def happened(self, *what: str) -> tuple[Happened, ...]:
        """What happened besides calls, of these words; of all if none is named."""
        return tuple(
            item
            for item in self.items
            if isinstance(item, Happened) and (not what or item.what in what)
        )


def read_history(path: Path) -> History:
    """A history from its file. Raises UsageError with the line that is none."""
    items = []
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                try:
                    items.append(from_json(json.loads(line)))
                except (ValueError, KeyError, TypeError, AttributeError):
                    raise UsageError(f"{path}:{number}: not a line of a history") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    return History(items)
