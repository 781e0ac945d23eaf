"""The items of a history: one JSON object a line, in the order in which they were written.

A call is two items: `invoked`, written before it is sent on, and `answered`, when its answer is
known. One without an answer is still out. `seen` is an event that reached a channel on its feed;
`happened` is everything that is no call: steps of the scenario, faults, moved clocks, killed
parties, expectations.

No item holds a name, an ID number, a phone, a password, a code or a proof. Citizens go by their
alias in the scenario; what admits somebody goes by a keyed digest (`proof#1f0a…`), so that a judge
sees that two are the same.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

Fact: TypeAlias = str | int | bool | None
Facts: TypeAlias = Mapping[str, Fact]


class Outcome(StrEnum):
    """What became of a call."""

    OK = "ok"
    REFUSED = "refused"
    """It surely was not done, and never will be."""
    UNKNOWN = "unknown"
    """It may have been done, or may be done yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoked:
    """A call on its way. Times are microseconds since the run began, on one monotonic clock."""

    at_us: int
    call: int
    """The call's number in this run, from 1."""
    source: str
    """Who calls: a party, `phone` with the citizen among `citizens`, or `nobody` (no token)."""
    target: str
    """Who is called: `platform` or a channel."""
    method: str
    """The method's path, as `essc.card.v1.CardService/Unlink`."""
    request_id: str = ""
    cause: int = 0
    """The call that led to this one, as far as its traceparent told; 0 if none."""
    step: int = 0
    """The scenario's step that led to it, from 1; 0 if none."""
    citizens: tuple[str, ...] = ()
    """Aliases of the citizens whom it is about, as far as known when it was sent."""
    facts: Facts = field(default_factory=dict)
    """What of the request may be told, by field path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A call's end."""

    at_us: int
    call: int
    outcome: Outcome
    reason: str = ""
    """The refusal's reason, or the status's name if it carried none of ours."""
    facts: Facts = field(default_factory=dict)
    """What of the answer may be told, by field path; repeated fields as `links.0.state`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An event that reached a channel, or came to it again."""

    at_us: int
    channel: str
    cursor: str
    event_kind: str
    """The kind's name without prefix, as `LINK_UNLINKED`."""
    link_id: str = ""
    serial: int = 0
    event_us: int = 0
    """When it happened: microseconds since 1970, on the platform's clock."""
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Something that is no call."""

    at_us: int
    what: str
    """One of the words of `WHAT`."""
    party: str = ""
    step: int = 0
    facts: Facts = field(default_factory=dict)


WHAT = (
    "run-began",
    "step-began",
    "step-ended",
    "expected",
    "fault-began",
    "fault-hit",
    "fault-ended",
    "killed",
    "started",
    "frozen",
    "thawed",
    "clock-moved",
    "settled",
    "skipped",
    "snapshot",
    "run-ended",
)

Item: TypeAlias = Invoked | Answered | Seen | Happened

_KINDS: dict[str, type[Item]] = {
    "invoked": Invoked,
    "answered": Answered,
    "seen": Seen,
    "happened": Happened,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def to_json(item: Item) -> dict[str, Any]:
    """An item as the object of its line; what is empty is left out."""
    kept = {name: value for name, value in asdict(item).items() if value not in ("", (), {})}
    return {"kind": _NAMES[type(item)], **kept}


def from_json(line: Mapping[str, Any]) -> Item:
    """The item of a line. Raises KeyError, TypeError or ValueError for what is none."""
    values = dict(line)
    kind = _KINDS[values.pop("kind")]
    if "citizens" in values:
        values["citizens"] = tuple(values["citizens"])
    if "outcome" in values:
        values["outcome"] = Outcome(values["outcome"])
    return kind(**values)
