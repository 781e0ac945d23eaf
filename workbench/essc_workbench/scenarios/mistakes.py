"""Mistakes in a file: what is wrong where, and what was meant."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from essc_workbench.failures import UsageError

_LISTED_MAX = 12
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


def meant(name: str, known: Iterable[str]) -> str:
    """What was most likely meant, or what there is."""
    names = sorted(known)
    plain = {each.lower(): each for each in names}
    near = get_close_matches(name.lower(), plain, n=1, cutoff=0.6)
    if near:
        return f"did you mean {plain[near[0]]!r}?"
    if not names:
        return "there are none"
    more = f" and {len(names) - _LISTED_MAX} more" if len(names) > _LISTED_MAX else ""
    return f"there are: {', '.join(names[:_LISTED_MAX])}{more}"


def _written(value: Any) -> str:
    return repr(value) if isinstance(value, str) else str(value)


def shown(value: Any) -> str:
    """A value as the file has it, cut short."""
    if value is None:
        return "nothing"
    text = str(value).lower() if isinstance(value, bool) else _written(value)
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}…"
