"""What can be said of a drill while it goes on: the last seconds, and all of them together."""

from collections import Counter, deque
from dataclasses import dataclass
from typing import Final

from essc_workbench.drills.fields import span_words
from essc_workbench.drills.loads import load_of
from essc_workbench.drills.plan import FaultPlan, Plan
from essc_workbench.drills.report.words import OUTCOMES
from essc_workbench.drills.results import Second, Words

KEPT_MAX: Final = 120
"""So many seconds are kept, for the small curves and for corrections."""
_FAULTS: Final = {
    "kill": Words(en="is killed", zh="被强杀"),
    "freeze": Words(en="is frozen", zh="被冻结"),
    "restart": Words(en="is restarted", zh="重启"),
    "suspend": Words(en="is suspended", zh="被暂停"),
    "disconnect": Words(en="is disconnected", zh="断开连接"),
    "lose_answers": Words(en="has answers lost", zh="丢失回答"),
    "advance": Words(en="all clocks go forward by", zh="所有时钟前进"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultAhead:
    """A fault of the plan, with its times on the drill's clock."""

    party: str
    """To whom it happens; empty if to all."""
    what: Words
    at_s: float
    until_s: float

    @property
    def label(self) -> str:
        """Both languages in one line."""
        return f"{self.party} {self.what.en} {self.what.zh}".strip()

    def state(self, now_s: float) -> str:
        """`ahead`, `now` or `over`."""
        if now_s < self.at_s:
            return "ahead"
        return "now" if now_s < self.until_s else "over"


class Progress:
    """A drill so far. A second may be told again, when more of it is known."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.load = load_of(plan)
        self.faults = tuple(map(_ahead, plan.faults))
        self.seconds: deque[Second] = deque(maxlen=KEPT_MAX)
        self._so_far = Counter[str]()
        self._longest_us = 0

    def take(self, second: Second) -> None:
        """Takes a second in, in place of what was told of it before."""
        known = next((each for each in self.seconds if each.at_s == second.at_s), None)
        if known is not None:
            self.seconds[self.seconds.index(known)] = second
            self._so_far.subtract(_counts(known))
        elif not self.seconds or second.at_s > self.seconds[-1].at_s:
            self.seconds.append(second)
        else:
            return  # older than all that is kept: it cannot be told apart from one that was told
        self._so_far.update(_counts(second))
        self._longest_us = max(self._longest_us, second.max_us)

    @property
    def now(self) -> Second | None:
        """The last second that was told."""
        return self.seconds[-1] if self.seconds else None

    @property
    def now_s(self) -> float:
        """How much of the load is behind it, in seconds."""
        return min(self.seconds[-1].at_s + 1, self.lasts_s) if self.seconds else 0.0

    @property
    def lasts_s(self) -> float:
        """How long the load is to last."""
        return self.load.lasts_s

    @property
    def so_far(self) -> dict[str, int]:
        """Journeys so far: `intended`, and what became of them by outcome."""
        return {name: self._so_far[name] for name in ("intended", *OUTCOMES)}

    @property
    def longest_us(self) -> int:
        """The longest that anyone has waited so far."""
        return self._longest_us


def _counts(second: Second) -> dict[str, int]:
    counts = second.counts
    return {name: int(getattr(counts, name)) for name in ("intended", *OUTCOMES)}


def _ahead(fault: FaultPlan) -> FaultAhead:
    kind = next(name for name in _FAULTS if getattr(fault, name) is not None)
    what, party = _FAULTS[kind], getattr(fault, kind)
    at, lasts = fault.at.total_seconds(), fault.lasts.total_seconds()
    if fault.advance is not None:
        by = span_words(fault.advance)
        what, party, lasts = Words(en=f"{what.en} {by}", zh=f"{what.zh} {by}"), "", 0.0
    return FaultAhead(party=party, what=what, at_s=at, until_s=at + lasts)
