"""A history's calls put together by request: one request with all its attempts (R91).

A definite answer of any attempt settles a request; without one it may or may not have been done.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from essc_workbench.history.items import Fact, Facts, Outcome
from essc_workbench.history.methods import methods
from essc_workbench.history.reading import Call, History
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


@dataclass(frozen=True, slots=True)
class Request:
    """One request, sent once or more often."""

    attempts: tuple[Call, ...]

    @property
    def source(self) -> str:
        return self.attempts[0].invoked.source

    @property
    def target(self) -> str:
        return self.attempts[0].invoked.target

    @property
    def method(self) -> str:
        """The method's own name, as `Unlink`."""
        return self.attempts[0].method

    @property
    def request_id(self) -> str:
        return self.attempts[0].invoked.request_id

    @property
    def asked(self) -> Facts:
        """What of the request may be told."""
        return self.attempts[0].invoked.facts

    @property
    def calls(self) -> tuple[int, ...]:
        """The numbers of its calls."""
        return tuple(each.number for each in self.attempts)

    @property
    def citizens(self) -> tuple[str, ...]:
        """Whom it is about, as far as any attempt told."""
        return tuple(
            dict.fromkeys(name for each in self.attempts for name in each.invoked.citizens)
        )

    @property
    def citizen(self) -> str:
        """Whom it is about, if that is one person; else empty."""
        return self.citizens[0] if len(self.citizens) == 1 else ""

    @property
    def settled(self) -> Call | None:
        """The attempt whose answer counts: the first that was done, else the first refusal."""
        for outcome in (Outcome.OK, Outcome.REFUSED):
            for each in self.attempts:
                if each.outcome is outcome:
                    return each
        return None

    @property
    def outcome(self) -> Outcome:
        """What became of it: unknown too if one attempt was refused and another is not known."""
        outcomes = {each.outcome for each in self.attempts}
        if Outcome.OK in outcomes:
            return Outcome.OK
        return Outcome.UNKNOWN if Outcome.UNKNOWN in outcomes else Outcome.REFUSED

    @property
    def is_done(self) -> bool:
        return self.outcome is Outcome.OK

    @property
    def may_be_done(self) -> bool:
        return self.outcome is not Outcome.REFUSED

    @property
    def reason(self) -> str:
        """Why it was refused; empty if it was not."""
        settled = self.settled
        return settled.reason if settled is not None and not self.is_done else ""

    @property
    def answer(self) -> Facts:
        """What of the answer may be told; nothing if it was not done."""
        settled = self.settled
        if settled is None or not self.is_done or settled.answered is None:
            return {}
        return settled.answered.facts

    @property
    def began_us(self) -> int:
        return self.attempts[0].invoked.at_us

    @property
    def end_us(self) -> int | None:
        """When its outcome was known; None if it never was, so that it may take effect any time."""
        settled = self.settled
        return (
            settled.end_us if settled is not None and self.outcome is not Outcome.UNKNOWN else None
        )

    def is_before(self, other: "Request") -> bool:
        """Whether it was surely over when the other one began."""
        return self.end_us is not None and self.end_us < other.began_us


def requests(history: History, target: str = PLATFORM) -> tuple[Request, ...]:
    """All requests to a target that change something, in the order in which they began."""
    found: dict[tuple[str, str, str], list[Call]] = {}
    for call in history.calls:
        if call.invoked.target == target and changes(call.invoked.method):
            name = call.invoked.request_id or f"#{call.number}"
            found.setdefault((call.invoked.source, call.invoked.method, name), []).append(call)
    return tuple(Request(tuple(calls)) for calls in found.values())


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
