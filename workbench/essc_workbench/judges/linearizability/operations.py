"""Operations: what was done to one citizen, within which time, and how it ended.

A deed that touches two citizens is one operation for each. An operation with an unknown outcome
may have happened at any time from its beginning on, or never; an unknown look at something is
left out, because it says nothing.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from essc_workbench.history.items import Facts, Outcome
from essc_workbench.history.reading import History
from essc_workbench.judges.findings import Evidence
from essc_workbench.judges.linearizability.attempts import Deed, deeds
from essc_workbench.judges.linearizability.people import (
    People,
    Register,
    number,
    text,
)
from essc_workbench.judges.snapshots import PLATFORM

LOOKS = frozenset(
    {
        "FindLink",
        "GetCard",
        "GetCitizen",
        "GetCode",
        "GetOrder",
        "GetPlaces",
        "GetProviderOrder",
        "ListBinders",
        "ListCertifications",
        "ListLinks",
        "ListMembers",
        "ListOrders",
        "StartChallenge",
    }
)
"""Methods that change nothing that is compared here."""
IMPORT = "ImportCitizens"
VALID = "VERDICT_VALID"
UNLIKE = frozenset(
    {
        "request_id",
        "challenge_id",
        "proof",
        "proof.proof",
        "proof.expire_time",
        "identity_proof",
        "face_proof",
        "text_proof",
        "read_time",
        "check_time",
        "change_time",
    }
)
"""Facts that differ from one request to the next and are compared nowhere here."""
# Refusals that changed something all the same: a wrong try was counted.
COUNTED = frozenset({"PASSWORD_WRONG", "PASSWORD_LOCKED"})
# How long after a moved clock was noted a call may have been judged by it, in microseconds.
_SLACK_US = 10_000_000


class Side(StrEnum):
    """Whose part of a deed an operation is."""

    FIRST = "first"
    """Of whoever's link, card, order or check it is."""
    SECOND = "second"
    """Of whoever is acted for, added, removed or left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A citizen's part in one deed."""

    citizen: str
    method: str
    side: Side = Side.FIRST
    channel: str = ""
    """Who called: a channel, a bureau, a verifier, a provider."""
    began_us: int
    ended_us: int | None
    """None if it may take effect at any time."""
    outcome: Outcome
    reason: str = ""
    asked: Facts = field(default_factory=dict)
    told: Facts = field(default_factory=dict)
    calls: tuple[int, ...] = ()
    other: str = ""
    """The alias of the other of two citizens; empty if there is none, or nobody knows who."""
    cards: tuple[str, ...] = ()
    """All physical cards that this citizen ever had in the region that is told of."""
    others: tuple[str, ...] = ()
    """The other side of each binding in a list, in its order; empty where nobody knows."""
    is_rebound: bool = False
    """Whether the two were bound more than once, so that an id may name a binding of before."""
    payer: str = ""
    """The channel in which the order is paid."""
    latest_us: int | None = None
    """The platform's clock at the end, in microseconds since the run began; None for any time."""

    @property
    def is_a_look(self) -> bool:
        """Whether it certainly changed nothing, so that it may be put wherever it fits."""
        if self.outcome is Outcome.REFUSED:
            return self.reason not in COUNTED
        if self.outcome is Outcome.OK and self.method == "CheckCode":
            return text(self.told, "verdict") != VALID
        if self.outcome is Outcome.OK and self.method == "Certify":
            return not self.told.get("is_new")
        return self.method in LOOKS

    @property
    def likeness(self) -> Hashable:
        """What two operations have in common of which it is all the same which comes first."""
        asked = frozenset(each for each in self.asked.items() if each[0] not in UNLIKE)
        told = frozenset(each for each in self.told.items() if each[0] not in UNLIKE)
        end_s = None if self.latest_us is None else self.latest_us // 1_000_000
        about = (self.method, self.side, self.channel, self.outcome, self.reason, self.other)
        return (*about, self.is_rebound, self.payer, end_s, asked, told)

    def may_be_over(self, span_us: int) -> bool:
        """Whether what lasts so long and began in this run can have ended by time alone."""
        return self.latest_us is None or self.latest_us >= span_us


@dataclass(frozen=True, slots=True)
class Projection:
    """The operations of a run."""

    by_citizen: Mapping[str, tuple[Operation, ...]]
    """In the order in which they began."""
    unplaced: int
    """How many deeds nobody could tell whose they are."""


def project(evidence: Evidence) -> Projection:
    """All operations of a run, by citizen."""
    register = evidence.shared(Register)
    clock = _Clock(evidence.history)
    found: dict[str, list[Operation]] = {}
    unplaced = 0
    imports: list[Deed] = []
    for deed in deeds(evidence):
        if deed.outcome is Outcome.UNKNOWN and deed.method in LOOKS:
            continue
        if deed.method == IMPORT:
            imports.append(deed)
            continue
        people = _people(deed, register)
        if not people.first:
            unplaced += 1
            continue
        for operation in _parts(deed, people, register, clock):
            found.setdefault(operation.citizen, []).append(operation)
    by_citizen = {
        citizen: tuple(
            sorted(
                [*operations, *_possible_imports(citizen, operations, imports)],
                key=lambda each: each.began_us,
            )
        )
        for citizen, operations in found.items()
    }
    return Projection(by_citizen, unplaced)


def _possible_imports(
    citizen: str, operations: Iterable[Operation], imports: Iterable[Deed]
) -> list[Operation]:
    """Imports that may have brought in a citizen whose registration nobody saw."""
    if any(each.method == "RegisterCitizen" for each in operations):
        return []
    return [
        Operation(
            citizen=citizen,
            method=IMPORT,
            began_us=deed.began_us,
            ended_us=None,
            outcome=Outcome.UNKNOWN,
            calls=deed.calls,
        )
        for deed in imports
    ]


class _Clock:
    """How far the platform's clock may be ahead of the run's own."""

    def __init__(self, history: History) -> None:
        self._moves: list[tuple[int, int | None]] = []
        for item in history.happened("clock-moved"):
            if item.party in ("", PLATFORM):
                by_us = item.facts.get("by_us")
                self._moves.append((item.at_us, by_us if isinstance(by_us, int) else None))

    def latest_us(self, at_us: int | None) -> int | None:
        """The platform's clock at a moment of the run, at the latest; None for any time."""
        if at_us is None:
            return None
        moved_us = 0
        for moved_at_us, by_us in self._moves:
            if moved_at_us > at_us + _SLACK_US:
                continue
            if by_us is None:
                return None
            moved_us += by_us
        return at_us + moved_us


def _people(deed: Deed, register: Register) -> People:
    if deed.method == "ListLinks":
        return People(register.owner(text(deed.asked, "link_id")))
    if deed.method == "CheckCode":
        return register.people_of_code(text(deed.asked, "code"))
    return register.people(deed.call)


def _parts(deed: Deed, people: People, register: Register, clock: _Clock) -> Iterable[Operation]:
    sides = [(people.first, people.second, Side.FIRST)]
    if people.second:
        sides.append((people.second, people.first, Side.SECOND))
    for citizen, other, side in sides:
        yield Operation(
            citizen=citizen,
            method=deed.method,
            side=side,
            channel=deed.call.invoked.source,
            began_us=deed.began_us,
            ended_us=deed.ended_us,
            outcome=deed.outcome,
            reason=deed.reason,
            asked=deed.asked,
            told=deed.told,
            calls=deed.calls,
            other=other,
            cards=register.cards.get((citizen, _region(deed)), ()),
            others=_others(deed, citizen, register),
            is_rebound=register.is_rebound(citizen, other),
            payer=register.channels.get(text(deed.asked, "order_id"), ""),
            latest_us=clock.latest_us(deed.ended_us),
        )


def _region(deed: Deed) -> str:
    """The region of the physical card that is asked for or told of."""
    for facts, path in (
        (deed.told, "card.region"),
        (deed.told, "physical_card.region"),
        (deed.asked, "region"),
    ):
        if text(facts, path):
            return text(facts, path)
    return ""


def _others(deed: Deed, citizen: str, register: Register) -> tuple[str, ...]:
    name = {"ListMembers": "bindings", "ListBinders": "binders"}.get(deed.method)
    if name is None:
        return ()
    rows = range(count(deed.told, name, "binding_id"))
    return tuple(
        register.other_side(citizen, number(deed.told, f"{name}.{row}.add_time")) for row in rows
    )


def count(facts: Facts, name: str, field_name: str) -> int:
    """How many messages a repeated field holds, by a field that all of them have."""
    rows = 0
    while f"{name}.{rows}.{field_name}" in facts:
        rows += 1
    return rows
