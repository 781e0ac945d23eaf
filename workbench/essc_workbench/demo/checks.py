"""Lines of a story, each checked: what was expected beside what was seen.

A story stops at its first deviation, since what follows would only repeat it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from rich.console import Console
from rich.markup import escape

T = TypeVar("T")

ARRIVAL_S = 5.0
"""How long a consequence in another channel may take to arrive."""
_POLL_S = 0.05


class Deviation(Exception):  # noqa: N818 - the story's word for it
    """Something was not as the story says."""

    def __init__(self, line: str, expected: object, seen: object) -> None:
        super().__init__(line)
        self.line, self.expected, self.seen = line, str(expected), str(seen)


@dataclass(slots=True)
class Story:
    """Prints and checks a story; measures how long each part took."""

    console: Console
    seconds: dict[str, float] = field(default_factory=dict)
    checked: int = 0

    @contextmanager
    def part(self, title: str) -> Iterator[None]:
        """A part of the story, with its time."""
        self.console.print(f"\n[bold]{escape(title)}[/]", highlight=False)
        begin = time.monotonic()
        yield
        self.seconds[title] = time.monotonic() - begin

    def check(self, line: str, expected: object, seen: object) -> None:
        """One line: what was seen must equal what was expected."""
        if expected != seen:
            raise Deviation(line, expected, seen)
        self.checked += 1
        self._print(f"  [green]✓[/] {escape(line)}")

    def deviates(self, deviation: Deviation) -> None:
        """Prints a deviation."""
        self._print(f"  [red]✗[/] {escape(deviation.line)}")
        self._print(f"      expected: {escape(deviation.expected)}")
        self._print(f"      seen:     {escape(deviation.seen)}")

    def _print(self, line: str) -> None:
        # The terminal wraps, if anyone: in a file or a pipe a line stays a line.
        self.console.print(line, highlight=False, soft_wrap=True)


async def settled(
    look: Callable[[], Awaitable[T]], is_expected: Callable[[T], bool], within_s: float = ARRIVAL_S
) -> T:
    """Looks until it is as expected or the time is over. Answers what was seen last."""
    until = time.monotonic() + within_s
    seen = await look()
    while not is_expected(seen) and time.monotonic() < until:
        await asyncio.sleep(_POLL_S)
        seen = await look()
    return seen
