"""A history's calls put together by request: one request with all its attempts (R91).

A definite answer of any attempt settles a request; without one it may or may not have been done.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final

from essc_workbench.history.items import Fact, Facts, Outcome
from essc_workbench.history.methods import methods
from essc_workbench.history.reading import Call
from essc_workbench.judges.findings import Evidence
from essc_workbench.judges.snapshots import PLATFORM

BEFORE_THE_LEDGER: Final = frozenset(
    {
        "CALLER_UNKNOWN",
        "CALLER_NOT_ALLOWED",
        "CHANNEL_NOT_LIVE",
        "TOKEN_EXPIRED",
        "TOKEN_FOR_OTHER_PLATFORM",
        "DEADLINE_MISSING",
        "MESSAGE_TOO_LARGE",
        "REQUEST_INVALID",
        "PLATFORM_BUSY",
        "PLATFORM_DRAINING",
        "CHANGES_CONFLICT",
        "STORE_UNAVAILABLE",
        "PLATFORM_UNREACHABLE",
        "AUTHORITY_UNREACHABLE",
        "SESSION_UNKNOWN",
    }
)
"""Refusals that say nothing of whether the request was answered before."""


class Request:
    """One request, sent once or more often."""

    __slots__ = (
        "answer",
        "asked",
        "attempts",
        "began_us",
        "citizens",
        "end_us",
        "is_done",
        "may_be_done",
        "method",
        "outcome",
        "reason",
        "request_id",
        "source",
        "target",
    )

    def __init__(self, attempts: Sequence[Call]) -> None:
        first = attempts[0]
        self.attempts = tuple(attempts)
        self.source = first.invoked.source
        self.target = first.invoked.target
        self.method = first.method
        """The method's own name, as `Unlink`."""
        self.request_id = first.invoked.request_id
        self.asked: Facts = first.invoked.facts
        """What of the request may be told."""
        self.citizens = _citizens(self.attempts)
        """Whom it is about, as far as any attempt told."""
        self.outcome = _outcome(self.attempts)
        """What became of it: unknown too if one attempt was refused and another is not known."""
        self.is_done = self.outcome is Outcome.OK
        self.may_be_done = self.outcome is not Outcome.REFUSED
        self.began_us = first.invoked.at_us
        settled = _settled(self.attempts)
        is_known = settled is not None and self.outcome is not Outcome.UNKNOWN
        self.end_us = settled.end_us if settled is not None and is_known else None
        """When its outcome was known; None if it never was, so that it may take effect any time."""
        self.reason = settled.reason if settled is not None and not self.is_done else ""
        """Why it was refused; empty if it was not."""
        self.answer: Facts = (
            settled.answered.facts
            if self.is_done and settled is not None and settled.answered is not None
            else {}
        )
        """What of the answer may be told; nothing if it was not done."""

    @property
    def calls(self) -> tuple[int, ...]:
        """The numbers of its calls."""
        return tuple(each.number for each in self.attempts)

    @property
    def citizen(self) -> str:
        """Whom it is about, if that is one person; else empty."""
        return self.citizens[0] if len(self.citizens) == 1 else ""

    def is_before(self, other: "Request") -> bool:
        """Whether it was surely over when the other one began."""
        return self.end_us is not None and self.end_us < other.began_us


def _citizens(attempts: tuple[Call, ...]) -> tuple[str, ...]:
    if len(attempts) == 1:
        return tuple(dict.fromkeys(attempts[0].invoked.citizens))
    return tuple(dict.fromkeys(name for each in attempts for name in each.invoked.citizens))


def _outcome(attempts: tuple[Call, ...]) -> Outcome:
    outcomes = {each.outcome for each in attempts}
    if Outcome.OK in outcomes:
        return Outcome.OK
    return Outcome.UNKNOWN if Outcome.UNKNOWN in outcomes else Outcome.REFUSED


def _settled(attempts: tuple[Call, ...]) -> Call | None:
    """The attempt whose answer counts: the first that was done, else the first refusal."""
    for outcome in (Outcome.OK, Outcome.REFUSED):
        for each in attempts:
            if each.outcome is outcome:
                return each
    return None


def requests(evidence: Evidence, target: str = PLATFORM) -> tuple[Request, ...]:
    """All requests to a target that change something, in the order in which they began."""
    return evidence.shared(_by_target).get(target, ())


def _by_target(evidence: Evidence) -> dict[str, tuple[Request, ...]]:
    """By whom they were sent to."""
    found: dict[tuple[str, str, str, str], list[Call]] = {}
    for call in evidence.history.calls:
        invoked = call.invoked
        if changes(invoked.method):
            name = invoked.request_id or f"#{call.number}"
            key = (invoked.target, invoked.source, invoked.method, name)
            found.setdefault(key, []).append(call)
    by_target: dict[str, list[Request]] = {}
    for (target, *_), calls in found.items():
        by_target.setdefault(target, []).append(Request(calls))
    return {target: tuple(made) for target, made in by_target.items()}


@cache
def changes(method: str) -> bool:
    """Whether a method, by its path, can change something."""
    known = methods().get(method)
    return known is not None and known.changes_something


def named(found: Iterable[Request], *names: str) -> Iterator[Request]:
    """The requests of these methods."""
    return (each for each in found if each.method in names)


def word(value: Fact) -> str:
    """An enum value's last word or words, however it is written: STATE_ACTIVE as ACTIVE."""
    text = str(value)
    for prefix in (
        "STATE_",
        "VERDICT_",
        "METHOD_",
        "PURPOSE_",
        "KIND_",
        "RELATION_",
        "PHYSICAL_CARD_STATUS_",
    ):
        text = text.removeprefix(prefix)
    return text


def tokens(facts: Facts, kind: str) -> tuple[str, ...]:
    """The digests of what admits somebody, of one kind, as `proof#1f0a`."""
    return tuple(
        value for value in facts.values() if isinstance(value, str) and value.startswith(f"{kind}#")
    )
