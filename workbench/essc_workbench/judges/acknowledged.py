"""Nothing acknowledged is lost, and nothing happens twice (R91).

*Repeats*: whoever sends a request again gets the same answer again, and other content under the
same id is refused. *Ledger*: what was acknowledged stands in the platform's ledger, once. What an
answer promised and what the snapshot holds is compared in `traces.py`.
"""

from collections import Counter
from typing import Final

from essc_workbench.history.items import Facts, Outcome
from essc_workbench.history.reading import Call
from essc_workbench.judges import traces
from essc_workbench.judges.findings import Evidence, Finding, Text
from essc_workbench.judges.requests import BEFORE_THE_LEDGER, Request, requests
from essc_workbench.judges.snapshots import (
    DAY_US,
    LEDGER_KEPT_US,
    PLATFORM,
    National,
    moves,
    national,
)
from essc_workbench.judges.tallies import Tally

COUNTED: Final = frozenset(
    {"PASSWORD_WRONG", "FACE_MISMATCH", "LIVENESS_FAILED", "TEXT_CODE_WRONG", "VOUCHING_FAILED"}
)
"""Refusals that cost a try, and so are recorded (R91)."""
_REUSED: Final = "REQUEST_ID_REUSED"


class Acknowledged:
    """What was acknowledged is there, once."""

    name = "acknowledged"
    rules = ("R91",)
    text = Text(
        zh="已确认的不会丢失，也不会发生两次",
        en="Nothing acknowledged is lost, and nothing happens twice",
    )

    def judge(self, evidence: Evidence) -> Finding:
        tally = Tally()
        for target in (PLATFORM, *evidence.channels):
            for request in requests(evidence, target):
                _judge_repeats(tally, request)
                _judge_counted(tally, request)
        platform = evidence.shared(national)
        if platform is None:
            tally.lacks(PLATFORM)
            return tally.finding(self)
        asked = requests(evidence)
        accepted = None
        if _moved_us(evidence) < LEDGER_KEPT_US - DAY_US:
            accepted = _judge_ledger(tally, platform, asked)
        else:
            tally.note(
                zh="平台时间前进过久，台账不再保留全部请求",
                en="platform time went on too far for the ledger to keep every request",
            )
        traces.judge(tally, platform, asked, accepted)
        return tally.finding(self)


def _moved_us(evidence: Evidence) -> int:
    """How far the platform's clock was moved, as far as the history tells; never too little."""
    moved = 0
    for item in moves(evidence):
        by = item.facts.get("by_us", LEDGER_KEPT_US)
        moved += by if isinstance(by, int) else LEDGER_KEPT_US
    return moved


def _judge_repeats(tally: Tally, request: Request) -> None:
    """The same content gives the same answer; other content is refused."""
    done = next((each for each in request.attempts if each.outcome is Outcome.OK), None)
    if done is None or not request.request_id:
        return
    for each in request.attempts:
        if each is done or each.outcome is Outcome.UNKNOWN:
            continue
        if not _is_later(each, done) and each.outcome is Outcome.REFUSED:
            continue  # a plain refusal leaves no trace, and it may be tried again
        is_same = each.invoked.facts == done.invoked.facts
        if each.outcome is Outcome.OK:
            # What a channel shows is kept nowhere: asked again it may show what is true by then.
            is_good = is_same and (request.target != PLATFORM or _said(each) == _said(done))
        else:
            is_good = each.reason in BEFORE_THE_LEDGER or (not is_same and each.reason == _REUSED)
        if not tally.holds(is_good):
            seen = each.reason or "another answer"
            tally.broken(
                zh=f"{request.method} 以同一请求编号重复，得到的却是 {seen}",
                en=f"{request.method} was repeated under one request id and got {seen}",
                calls=(done.number, each.number),
                citizen=request.citizen,
                channel=request.source,
                at_us=each.end_us,
            )


def _judge_counted(tally: Tally, request: Request) -> None:
    """A refusal that changed something, as a counted try, is given again and counts once."""
    first = request.attempts[0]
    if request.target != PLATFORM or first.reason not in COUNTED:
        return
    for each in request.attempts[1:]:
        is_same = each.invoked.facts == first.invoked.facts
        if each.outcome is Outcome.UNKNOWN or not is_same or not _is_later(each, first):
            continue
        if not tally.holds(each.reason == first.reason or each.reason in BEFORE_THE_LEDGER):
            tally.broken(
                zh=f"{first.reason} 已记录，重复请求却得到 {each.reason or each.outcome.value}",
                en=f"{first.reason} was recorded; repeated, it got {each.reason or 'done'}",
                calls=(first.number, each.number),
                citizen=request.citizen,
                channel=request.source,
                at_us=each.end_us,
            )


def _is_later(one: Call, other: Call) -> bool:
    return other.end_us is not None and one.invoked.at_us > other.end_us


def _said(call: Call) -> Facts:
    return call.answered.facts if call.answered is not None else {}


def _judge_ledger(
    tally: Tally, platform: National, asked: tuple[Request, ...]
) -> frozenset[tuple[str, str]] | None:
    """Answers which requests the ledger has as done; None if it cannot be looked at."""
    lines = Counter((line.caller_id, line.request_id) for line in platform.snapshot.requests)
    accepted = frozenset(
        (line.caller_id, line.request_id) for line in platform.snapshot.requests if line.is_accepted
    )
    acknowledged = [each for each in asked if each.is_done and each.request_id]
    if acknowledged and not any(caller for caller, _ in lines):
        tally.lacks("ledger")
        return None
    for each in acknowledged:
        key = (each.source, each.request_id)
        if not tally.holds(key in accepted):
            tally.broken(
                zh=f"{each.method} 已确认，台账中却没有",
                en=f"{each.method} was acknowledged and is not in the ledger",
                calls=each.calls,
                citizen=each.citizen,
                channel=each.source,
                at_us=each.end_us,
            )
    for (caller, _), count in lines.items():
        if not tally.holds(count == 1):
            tally.broken(
                zh=f"{caller} 的一个请求在台账中有 {count} 行",
                en=f"one request of {caller} has {count} lines in the ledger",
                channel=caller,
            )
    return accepted if lines else None
