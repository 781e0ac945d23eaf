"""A card that is looked at after a change was acknowledged has the changed status (R3).

Only where it is sure which change was the last one before the look, and only of people with one
physical card: which one a card was tied to when is not told.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from math import inf
from typing import Final

from essc_workbench.history.items import Outcome
from essc_workbench.history.reading import Call
from essc_workbench.judges.findings import Evidence
from essc_workbench.judges.requests import Request, word
from essc_workbench.judges.snapshots import National, moves
from essc_workbench.judges.tallies import Tally

CHANGING: Final = (
    "EnablePhysicalCard",
    "ReportLoss",
    "LiftLoss",
    "LockPhysicalCard",
    "UnlockPhysicalCard",
    "CancelPhysicalCard",
)


def judge(tally: Tally, evidence: Evidence, platform: National, asked: tuple[Request, ...]) -> None:
    """Compares every reading of a card with the change that surely came last before it."""
    changes = _changes_of_cards(platform, asked)
    moved = [item.at_us for item in moves(evidence)]
    for call in evidence.history.calls:
        if call.method != "GetCard" or call.outcome is not Outcome.OK or call.answered is None:
            continue
        name = platform.about(call.invoked.citizens, call.invoked.facts)
        last = changes[name].last_before(call) if name in changes else None
        if last is None or any(last.began_us <= at <= call.answered.at_us for at in moved):
            continue
        expected = last.answer.get("physical_card.status")
        if expected is None:
            continue
        seen = call.answered.facts.get("card.physical_card_status")
        if not tally.holds(seen == expected):
            tally.broken(
                zh=f"已确认 {word(expected)}，{call.invoked.source} 之后却读到 {word(seen)}",
                en=f"{call.invoked.source} read {word(seen)} after {word(expected)}",
                calls=(*last.calls, call.number),
                citizen=name,
                channel=call.invoked.source,
                at_us=call.answered.at_us,
            )


class _Changes:
    """What may have changed one person's physical card, in the order in which it was asked."""

    def __init__(self) -> None:
        self._made: list[Request] = []
        self._begun: list[int] = []
        self._over: list[float] = []
        """When each of them, and all before it, were over."""

    def add(self, request: Request) -> None:
        end_us = inf if request.end_us is None else request.end_us
        self._over.append(max(end_us, self._over[-1] if self._over else 0))
        self._begun.append(request.began_us)
        self._made.append(request)

    def last_before(self, call: Call) -> Request | None:
        """The change that surely was the last one before a call; None if that is not sure."""
        assert call.answered is not None, "it was answered"
        count = bisect_right(self._begun, call.answered.at_us)
        if not count or self._over[count - 1] >= call.invoked.at_us:
            return None
        last = self._made[count - 1]
        is_alone = count == 1 or self._over[count - 2] < last.began_us
        return last if is_alone and last.method in CHANGING else None


def _changes_of_cards(platform: National, asked: tuple[Request, ...]) -> dict[str, _Changes]:
    """By person; which card a card was tied to when is told of none who has several."""
    count = Counter(platform.alias(each.citizen) for each in platform.snapshot.physical_cards)
    found: dict[str, _Changes] = defaultdict(_Changes)
    for each in asked:
        if each.may_be_done and _is_of_registry(each):
            name = platform.about(each.citizens, each.asked)
            if count[name] == 1:
                found[name].add(each)
    return found


def _is_of_registry(request: Request) -> bool:
    return "RegistryService" in request.attempts[0].invoked.method and (
        "physical_card_id" in request.asked or request.method == "CancelCitizen"
    )
