"""The judge: every citizen's history by itself, against the model of one citizen."""

from collections.abc import Sequence
from typing import Final

from essc_workbench.history.items import Outcome
from essc_workbench.judges.findings import Evidence, Finding, Text
from essc_workbench.judges.linearizability.holdings import Known
from essc_workbench.judges.linearizability.model import Model
from essc_workbench.judges.linearizability.operations import Operation, project
from essc_workbench.judges.linearizability.people import Register, text
from essc_workbench.judges.linearizability.search import BUDGET, Broken, Exhausted, search
from essc_workbench.judges.linearizability.state import State
from essc_workbench.judges.linearizability.windows import smallest_window
from essc_workbench.judges.snapshots import PLATFORM, snapshot_of
from essc_workbench.judges.tallies import VIOLATIONS_MAX, Tally

HOLDER_CONSENT: Final = "holder_consent"


class Linearizability:
    """One order of operations explains everything that was answered about a citizen."""

    name = "linearizability"
    rules = (
        "R3",
        "R4",
        "R10",
        "R12",
        "R13",
        "R24",
        "R25",
        "R31",
        "R40",
        "R42",
        "R52",
        "R62",
        "R91",
    )
    text = Text(
        zh="每位持卡人的所有操作都可以排成一个先后顺序，与各渠道得到的答复一致（可线性化）",
        en="For each citizen, all operations can be put in one order that explains every answer",
    )

    def __init__(self, budget: int = BUDGET, *, leaves_out: bool = False) -> None:
        """`budget` are steps for each citizen. With `leaves_out` those who take more are named as
        not judged, and leave nothing unknown: a load may ask for a few so often at once that no
        budget is enough.
        """
        self._budget, self._leaves_out = budget, leaves_out

    def judge(self, evidence: Evidence) -> Finding:
        """Puts each citizen's operations in order, or shows the smallest part that has none."""
        tally, model = Tally(), Model(known_of(evidence))
        projection = project(evidence)
        steps = silent = broken = 0
        for citizen, operations in sorted(projection.by_citizen.items()):
            said = [each for each in operations if model.judges(each)]
            silent += len(operations) - len(said)
            tally.checks += sum(each.ended_us is not None for each in said)
            result = search(said, model.step, State(), self._budget)
            steps += result.steps
            if isinstance(result, Broken):
                broken += 1
                last = said[result.at]
                is_shown = broken <= VIOLATIONS_MAX
                part = smallest_window(said, result.at, model.step) if is_shown else (last,)
                _tell(tally, citizen, part, last)
            elif isinstance(result, Exhausted) and self._leaves_out:
                tally.lacks(f"{citizen}: {len(said)} operations, too many at once")
            elif isinstance(result, Exhausted):
                tally.undecided(
                    zh=f"{citizen}：{self._budget} 步之内未能判断",
                    en=f"{citizen}: not decided within {self._budget} steps",
                )
        _note(tally, (len(projection.by_citizen), steps, silent, projection.unplaced))
        if not tally.checks:
            has_snapshot = snapshot_of(evidence, PLATFORM) is not None
            tally.lacks("operations of citizens" if has_snapshot else PLATFORM)
        return tally.finding(self)


def known_of(evidence: Evidence) -> Known:
    """What holds for everybody: the policy for losses, who left, who was cancelled."""
    exited = {
        text(call.invoked.facts, "channel_id")
        for call in evidence.history.calls
        if call.method == "ExitChannel" and call.outcome is not Outcome.REFUSED
    }
    return Known(
        is_loss_excepted=evidence.loss == HOLDER_CONSENT,
        exited=frozenset(exited),
        departed=frozenset(evidence.shared(Register).cancelled),
    )


def _tell(tally: Tally, citizen: str, part: Sequence[Operation], last: Operation) -> None:
    """What to look at: the calls of the smallest part, and the answer that has no place."""
    answer = last.reason or "OK"
    tally.broken(
        zh=f"{citizen}：{last.method} 的答复 {answer} 与另外 {len(part) - 1} 个操作"
        "排不成任何先后顺序",
        en=f"{citizen}: no order of these {len(part)} operations explains how {last.method} "
        f"was answered ({answer})",
        calls=tuple(call for each in part for call in each.calls),
        citizen=citizen,
        channel=last.channel,
        at_us=last.ended_us,
    )


def _note(tally: Tally, counts: tuple[int, int, int, int]) -> None:
    citizens, steps, silent, unplaced = counts
    tally.note(
        zh=f"{citizens} 位持卡人，{tally.checks} 个操作，{steps} 步",
        en=f"{citizens} citizens, {tally.checks} operations, {steps} steps",
    )
    if silent:
        tally.note(
            zh=f"{silent} 个操作的答复不在模型之内，不作判断",
            en=f"{silent} operations had answers of which the model says nothing",
        )
    if unplaced:
        tally.note(
            zh=f"{unplaced} 个请求无法确定属于哪位持卡人",
            en=f"of {unplaced} requests nobody can tell whose they are",
        )
