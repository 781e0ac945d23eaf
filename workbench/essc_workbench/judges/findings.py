"""What a judge gets, and what it says.

    class LinkIndependence:
        name = "link-independence"
        rules = ("R11",)
        text = Text(zh="…", en="…")

        def judge(self, evidence: Evidence) -> Finding: ...

A judge decides nothing that it has not seen: what it lacks it names as not judged, and that is no
pass. It never asks a party and never opens a database.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, TypeVar

from essc.lab.v1.audit_service_pb2 import ExportResponse
from essc_workbench.history.reading import History

Worked = TypeVar("Worked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What people read, in both languages."""

    zh: str
    en: str


class Ruling(StrEnum):
    """How a judge found it; the worst of all is the run's verdict."""

    GOOD = "good"
    NOT_JUDGED = "not-judged"
    UNKNOWN = "unknown"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One place where a rule was broken, with where to look."""

    text: Text
    calls: tuple[int, ...] = ()
    """Numbers of the calls that show it."""
    citizen: str = ""
    channel: str = ""
    at_us: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one judge says of one run."""

    judge: str
    rules: tuple[str, ...]
    text: Text
    """What the judge stands for."""
    ruling: Ruling
    checks: int
    """How many single comparisons it made."""
    violations: tuple[Violation, ...] = ()
    notes: tuple[Text, ...] = ()
    """What it saw that is worth knowing: lags, counts, why something is unknown."""
    not_judged: tuple[str, ...] = ()
    """Parties, or parts of the question, that it could not look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that judges may look at."""

    history: History
    exports: Mapping[str, ExportResponse] = field(default_factory=dict)
    """Snapshots by party (`platform`, channels), each joined into one message; a party that has
    none is not in it."""
    channels: tuple[str, ...] = ()
    """The channels of the run."""
    loss: str = "block"
    """What a lost card means nationally."""
    citizens: Mapping[str, str] = field(default_factory=dict)
    """ID numbers by alias: in memory only, to find people in the snapshots."""
    secrets: Sequence[str] = field(default=(), repr=False)
    """Names, ID numbers, phones, passwords, codes and proofs of the run, to look for in files."""
    files: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    """What parties wrote that nobody should be found in, by party: logs, reports."""
    settled: bool = True
    """Whether everything had arrived when the snapshots were taken."""
    _worked: dict[Callable[["Evidence"], Any], Any] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def shared(self, work: Callable[["Evidence"], Worked]) -> Worked:
        """What a function makes of the evidence: made for whoever asks first, kept for all.

        A drill has a million calls, and a dozen judges who want them grouped alike.
        """
        if work not in self._worked:
            self._worked[work] = work(self)
        made: Worked = self._worked[work]
        return made


class Judge(Protocol):
    """Whoever finds."""

    @property
    def name(self) -> str: ...

    @property
    def rules(self) -> tuple[str, ...]: ...

    @property
    def text(self) -> Text: ...

    def judge(self, evidence: Evidence) -> Finding:
        """Looks at everything once."""
        ...
