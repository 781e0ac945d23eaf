"""The core's own nouns: what a rule gives back.

A rule takes a command and records, and returns a decision. Accepted says what is now true and what
to save; Rejected says why not. A rejection may change something too: a wrong password is counted.
"""

from dataclasses import dataclass
from typing import TypeAlias

from essc_platform.core.quick import quick
from essc_platform.core.reasons import Reason
from essc_platform.core.records import Change, Entry, Event, Licence, LicenceFacts


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """It is done, once it is committed."""

    answer: object
    """What is now true, for the caller: one frozen dataclass per command."""
    changes: tuple[Change, ...] = ()
    events: tuple[Event, ...] = ()
    entries: tuple[Entry, ...] = ()
    to_sign: LicenceFacts | None = None
    """What must be signed before anything is saved; `holdings.with_licence` puts it in place."""


@quick
@dataclass(frozen=True, slots=True)
class Rejected:
    """It is not done. Whatever `changes` holds is saved all the same."""

    reason: Reason
    details: tuple[tuple[str, str], ...] = ()
    """What varies, never personal data: it travels as ErrorInfo.metadata."""
    changes: tuple[Change, ...] = ()
    entries: tuple[Entry, ...] = ()


Decision: TypeAlias = Accepted | Rejected

__all__ = ["Accepted", "Decision", "Licence", "LicenceFacts", "Rejected"]
