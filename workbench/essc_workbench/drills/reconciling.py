"""The totals of a drill: what callers were told, against the platform's ledger, request by request.

A drill knows every call of its callers, which a scenario does not. So the ledger must hold all that
was acknowledged, may hold what nobody heard the end of, and must hold nothing else as done: neither
what was refused, nor what nobody asked for.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from essc_workbench.enrolment import BUREAU
from essc_workbench.history.items import Outcome
from essc_workbench.judges.findings import Evidence, Text
from essc_workbench.judges.national import NationalJudge
from essc_workbench.judges.requests import Request, requests
from essc_workbench.judges.snapshots import National
from essc_workbench.judges.tallies import Tally

BESIDE: Final = frozenset({BUREAU})
"""Who asked for more than the drill noted: the bureau brought its population in."""


class Totals(NationalJudge):
    """What the ledger has as done is what was acknowledged, and what may have been done."""

    name = "totals"
    rules = ("R91",)
    text = Text(
        zh="台账中已完成的请求，与各方得到的确认逐一相符",
        en="What the ledger has as done is what its callers were told, request by request",
    )

    def look(self, tally: Tally, platform: National, evidence: Evidence) -> None:
        told = _told(requests(evidence))
        kept: dict[str, set[str]] = defaultdict(set)
        for line in platform.snapshot.requests:
            if line.is_accepted and line.caller_id in told:
                kept[line.caller_id].add(line.request_id)
        if told and not any(kept.values()):
            tally.lacks("ledger")
            return
        for caller, own in sorted(told.items()):
            _judge_caller(tally, caller, own, kept[caller])


@dataclass(slots=True)
class _Told:
    """One caller's requests by what became of them: the numbers of their calls by request id."""

    by_outcome: dict[Outcome, dict[str, tuple[int, ...]]] = field(
        default_factory=lambda: {outcome: {} for outcome in Outcome}
    )

    @property
    def done(self) -> dict[str, tuple[int, ...]]:
        return self.by_outcome[Outcome.OK]

    @property
    def unknown(self) -> dict[str, tuple[int, ...]]:
        return self.by_outcome[Outcome.UNKNOWN]

    @property
    def refused(self) -> dict[str, tuple[int, ...]]:
        return self.by_outcome[Outcome.REFUSED]


def _told(asked: tuple[Request, ...]) -> dict[str, _Told]:
    found: dict[str, _Told] = defaultdict(_Told)
    for each in asked:
        if each.request_id:
            found[each.source].by_outcome[each.outcome][each.request_id] = each.calls
    return found


def _judge_caller(tally: Tally, caller: str, told: _Told, kept: set[str]) -> None:
    lost = told.done.keys() - kept
    resurrected = (kept & told.refused.keys()) - told.done.keys() - told.unknown.keys()
    unasked = kept - told.done.keys() - told.unknown.keys() - told.refused.keys()
    tally.checks += len(told.done) + len(told.refused) + len(kept)
    if lost:
        tally.broken(
            zh=f"{caller}：{len(lost)} 个已确认的请求不在台账中",
            en=f"{caller}: {len(lost)} acknowledged requests are not in the ledger",
            calls=tuple(number for each in sorted(lost) for number in told.done[each]),
            channel=caller,
        )
    if resurrected:
        tally.broken(
            zh=f"{caller}：{len(resurrected)} 个被拒绝的请求在台账中已完成",
            en=f"{caller}: {len(resurrected)} refused requests are done in the ledger",
            calls=tuple(number for each in sorted(resurrected) for number in told.refused[each]),
            channel=caller,
        )
    if unasked and caller not in BESIDE:
        tally.broken(
            zh=f"{caller}：台账中有 {len(unasked)} 个无人提出的请求",
            en=f"{caller}: the ledger has {len(unasked)} requests that nobody made",
            channel=caller,
        )
    whole = len(kept & told.unknown.keys())
    tally.note(
        zh=f"{caller}：确认 {len(told.done)}，结果不明 {len(told.unknown)}（其中已完成 {whole}），"
        f"拒绝 {len(told.refused)}；台账中已完成 {len(kept)}",
        en=f"{caller}: {len(told.done)} acknowledged, {len(told.unknown)} unknown ({whole} done), "
        f"{len(told.refused)} refused; {len(kept)} done in the ledger",
    )
