"""How other rules are handed to our servers: where the batch looks a command's rule up, `NOUNS`.

Either our rule decides and something else becomes of its decision, or it sees records that are not
so. No product code knows of it.
"""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from essc_platform.core.commands import NOUNS
from essc_platform.core.decisions import Decision
from essc_platform.core.snapshot import Read

Rule = Callable[[Any, Any, Decision], Decision]
"""What becomes of a decision, given its command and what it sees."""


def hand_over(
    patch: pytest.MonkeyPatch,
    kind: type,
    rule: Rule,
    more_reads: Callable[[Any], Iterable[Read]] = lambda command: (),
) -> None:
    """Our decision, and then another one."""
    ours = NOUNS[kind]

    def reads_of(command: Any) -> frozenset[Read]:
        return ours.reads_of(command) | frozenset(more_reads(command))

    def decide(command: Any, view: Any, policy: Any) -> Decision:
        return rule(command, view, ours.decide(command, view, policy))

    patch.setitem(NOUNS, kind, ours._replace(reads_of=reads_of, decide=decide))


class Dreaming:
    """A view that sees some records as they are not."""

    def __init__(self, view: Any, kind: type, dreamt: Callable[[Any], Any]) -> None:
        self._view, self._kind, self._dreamt = view, kind, dreamt

    def one(self, kind: type, key: Any) -> Any:
        record = self._view.one(kind, key)
        return self._dreamt(record) if kind is self._kind and record is not None else record

    def many(self, kind: type, prefix: Any) -> tuple[Any, ...]:
        records = self._view.many(kind, prefix)
        if kind is not self._kind:
            return tuple(records)
        return tuple(each for each in map(self._dreamt, records) if each is not None)


def dream(patch: pytest.MonkeyPatch, kind: type, of: type, dreamt: Callable[[Any], Any]) -> None:
    """Our rule, which sees something that is not so."""
    ours = NOUNS[kind]

    def decide(command: Any, view: Any, policy: Any) -> Decision:
        return ours.decide(command, Dreaming(view, of, dreamt), policy)  # type: ignore[arg-type]

    patch.setitem(NOUNS, kind, ours._replace(decide=decide))
