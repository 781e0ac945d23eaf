"""Mistakes in a file: what is wrong where, and what was meant."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from essc_workbench.failures import UsageError
from essc_workbench.near_misses import meant

__all__ = ["FileMistakes", "Mistake", "meant", "shown"]

_SHOWN_MAX = 60


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake. Lines and columns from 1."""

    line: int
    column: int
    text: str


class FileMistakes(UsageError):  # noqa: N818 - they are several
    """All mistakes of a file, one a line."""

    def __init__(self, file: str, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        lines = [f"{file}:{each.line}:{each.column}: {each.text}" for each in self.mistakes]
        super().__init__("\n".join(lines))


def _written(value: Any) -> str:
    return repr(value) if isinstance(value, str) else str(value)


def shown(value: Any) -> str:
    """A value as the file has it, cut short."""
    if value is None:
        return "nothing"
    text = str(value).lower() if isinstance(value, bool) else _written(value)
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}…"
