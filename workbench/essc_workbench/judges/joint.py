"""What touches two citizens is done for both or for neither (R40, R41, R43, R44, R51).

Adding a member, ending a binding from either side and certifying for a member are operations of two
people; each person's own order of them is judged elsewhere (`linearizability`). Here both sides are
laid beside each other: what one side has shown, in an answer, a later list, a person's record or
the snapshot, the other side shows too from then on.
"""

from collections import defaultdict
from typing import Final

from essc.lab.v1.audit_service_pb2 import ExportResponse
from essc.record.v1.record_service_pb2 import Record
from essc_workbench.history.items import Outcome
from essc_workbench.judges.findings import Evidence, Finding, Text
from essc_workbench.judges.linearizability.attempts import deeds
from essc_workbench.judges.linearizability.people import Register, number
from essc_workbench.judges.sightings import (
    BOTH,
    Endings,
    Phase,
    Sighting,
    endings,
    sightings,
)
from essc_workbench.judges.snapshots import PLATFORM, micros, snapshot_of
from essc_workbench.judges.tallies import Tally

WORDS: Final = {
    Phase.ABSENT: Text(zh="不存在", en="absent"),
    Phase.ALIVE: Text(zh="有效", en="alive"),
    Phase.ENDED: Text(zh="已结束", en="ended"),
}
_ACTING: Final = ("AddMember", "Certify")
"""What is done for a member, and leaves something that is the member's."""
_PAIRS: Final = (
    (Record.KIND_MEMBER_ADDED, Record.KIND_BOUND_AS_MEMBER),
    (Record.KIND_MEMBER_REMOVED, Record.KIND_UNBOUND_AS_MEMBER),
)
"""Lines of the holder's record and of the member's, which are written together."""


class JointAtomicity:
    """A deed that touches two citizens happens on both sides or on neither."""

    name = "joint-atomicity"
    rules = ("R40", "R41", "R43", "R44", "R51")
    text = Text(
        zh="涉及两位持卡人的操作，要么双方都生效，要么双方都不生效",
        en="What touches two citizens is done for both of them, or for neither",
    )

    def judge(self, evidence: Evidence) -> Finding:
        tally, register = Tally(), evidence.shared(Register)
        _judge_sightings(tally, evidence, register)
        snapshot = snapshot_of(evidence, PLATFORM)
        if snapshot is None:
            tally.lacks(PLATFORM)
            return tally.finding(self)
        _judge_records(tally, snapshot, register)
        _judge_acting(tally, evidence, snapshot, register)
        return tally.finding(self)


def _judge_sightings(tally: Tally, evidence: Evidence, register: Register) -> None:
    """What one side has shown the other one shows too, once the first was over."""
    by_binding: dict[object, list[Sighting]] = defaultdict(list)
    for each in sightings(evidence, register):
        by_binding[each.binding].append(each)
    ended = endings(evidence, register)
    for seen in by_binding.values():
        least: list[tuple[Sighting, Phase]] = []
        for sighting in seen:
            before = [
                (other, phase)
                for other, phase in least
                if other.ended_us < sighting.began_us and _is_across(other, sighting)
            ]
            last = max(before, key=lambda each: each[1], default=None)
            phase = _least_phase(sighting, last[1] if last else Phase.ABSENT, ended)
            if before and not tally.holds(phase is not None):
                assert last is not None
                _tell(tally, *last, sighting)
            least.append((sighting, min(sighting.phases) if phase is None else phase))


def _least_phase(sighting: Sighting, bound: Phase, ended: Endings) -> Phase | None:
    """The first phase from a bound on in which the binding may have been seen; None if none."""
    possible = sorted(phase for phase in sighting.phases if phase >= bound)
    if not possible:
        return None
    is_ending = bound is Phase.ALIVE and possible[0] is Phase.ENDED
    if is_ending and not ended.may_be_of(sighting.binding, sighting.ended_us):
        return None
    return possible[0]


def _is_across(one: Sighting, other: Sighting) -> bool:
    """Whether two sightings tell of both sides together."""
    return one.side != other.side or BOTH in (one.side, other.side)


def _tell(tally: Tally, earlier: Sighting, phase: Phase, later: Sighting) -> None:
    binding, seen = later.binding, WORDS[min(later.phases)]
    tally.broken(
        zh=f"{binding.holder} 绑定 {binding.member}：先前显示{WORDS[phase].zh}，"
        f"之后另一方却显示{seen.zh}",
        en=f"{binding.holder} binds {binding.member}: seen {WORDS[phase].en} first, "
        f"and {seen.en} on the {later.side}'s side afterwards",
        calls=tuple(call for call in (earlier.call, later.call) if call),
        citizen=binding.member if later.side == "member" else binding.holder,
        channel=later.channel,
        at_us=later.ended_us,
    )


def _judge_records(tally: Tally, snapshot: ExportResponse, register: Register) -> None:
    """The two lines of one moment stand in both records."""
    lines = {(row.citizen, row.kind, micros(row.entry_time)) for row in snapshot.entries}
    for row in snapshot.bindings:
        if row.is_on_members_side:
            continue
        times = (row.add_time, row.end_time if row.HasField("end_time") else None)
        for (first, second), time in zip(_PAIRS, times, strict=True):
            if time is None:
                continue
            stands = [
                (row.holder, first, micros(time)) in lines,
                (row.member, second, micros(time)) in lines,
            ]
            if not tally.holds(all(stands) or not any(stands)):
                tally.broken(
                    zh=f"{Record.Kind.Name(first)} 只写入了一方的记录",
                    en=f"{Record.Kind.Name(first)} stands in the record of one of the two only",
                    citizen=register.names.get(row.member if stands[0] else row.holder, ""),
                )


def _judge_acting(
    tally: Tally, evidence: Evidence, snapshot: ExportResponse, register: Register
) -> None:
    """What was done for a member is the member's: the card that was issued, the certification."""
    held = {register.names.get(row.citizen, "") for row in snapshot.cards}
    certified = {
        (register.names.get(row.citizen, ""), micros(row.certify_time))
        for row in snapshot.certifications
        if row.is_by_binder
    }
    for deed in deeds(evidence):
        if deed.method not in _ACTING or deed.outcome is not Outcome.OK:
            continue
        member = register.people(deed.call).second
        if not member:
            continue
        if deed.method == "AddMember" and not tally.holds(member in held):
            _lacking(tally, member, deed.calls, "电子社保卡", "no electronic card")
        certify_us = number(deed.told, "certification.certify_time")
        is_made = deed.method == "Certify" and bool(deed.told.get("is_new"))
        if is_made and not tally.holds((member, certify_us) in certified):
            _lacking(tally, member, deed.calls, "认证记录", "no certification by a binder")


def _lacking(tally: Tally, member: str, calls: tuple[int, ...], zh: str, en: str) -> None:
    tally.broken(
        zh=f"绑定人一方已确认，但成员 {member} 没有{zh}",
        en=f"acknowledged to the binder, but the member {member} has {en}",
        calls=calls,
        citizen=member,
    )
