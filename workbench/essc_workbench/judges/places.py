"""Family places: ten for ever, four binders at a time, and a binding on both sides (R40, R42)."""

from collections import Counter, defaultdict
from typing import Final

from essc.family.v1 import family_pb2
from essc.lab.v1.audit_platform_pb2 import AuditBinding
from essc_workbench.judges.findings import Evidence, Finding, Text
from essc_workbench.judges.requests import named, requests, word
from essc_workbench.judges.snapshots import PLATFORM, National, micros, national
from essc_workbench.judges.tallies import Tally

PLACES: Final = {
    family_pb2.RELATION_PARENT: 4,
    family_pb2.RELATION_CHILD: 3,
    family_pb2.RELATION_SPOUSE: 1,
    family_pb2.RELATION_OTHER: 2,
}
PLACES_MAX: Final = sum(PLACES.values())
BINDERS_MAX: Final = 4
_USED = "places."


class Places:
    """A family has ten places, and a place once used never comes back."""

    name = "places"
    rules = ("R40", "R42", "R43")
    text = Text(
        zh="亲情名额十个，用过不返还；同时最多四位绑定人；绑定在双方都有记录",
        en="Ten family places for ever, four binders at a time, each binding on both sides",
    )

    def judge(self, evidence: Evidence) -> Finding:
        tally = Tally()
        platform = evidence.shared(national)
        _judge_answers(tally, evidence)
        if platform is None:
            tally.lacks(PLATFORM)
            return tally.finding(self)
        rows = platform.snapshot.bindings
        own = [each for each in rows if not each.is_on_members_side]
        _judge_places(tally, platform, own, _additions(platform, evidence))
        _judge_binders(tally, platform, own)
        _judge_sides(tally, platform)
        return tally.finding(self)


def _additions(platform: National, evidence: Evidence) -> dict[str, list[int]]:
    """By holder: the calls whose members were acknowledged."""
    added: dict[str, list[int]] = defaultdict(list)
    for each in named(requests(evidence), "AddMember"):
        if each.is_done:
            added[platform.owner(str(each.asked.get("link_id")))] += each.calls[:1]
    return added


def _judge_answers(tally: Tally, evidence: Evidence) -> None:
    """No answer says that more places are used than there are."""
    for call in evidence.history.calls:
        if call.method != "GetPlaces" or call.answered is None:
            continue
        facts = call.answered.facts
        used = sum(
            value
            for path, value in facts.items()
            if path.startswith(_USED) and path.endswith(".used") and isinstance(value, int)
        )
        if facts and not tally.holds(used <= PLACES_MAX):
            tally.broken(
                zh=f"回答说用了 {used} 个名额",
                en=f"{used} places are said to be used",
                calls=(call.number,),
                channel=call.invoked.source,
                at_us=call.end_us,
            )


def _judge_places(
    tally: Tally, platform: National, own: list[AuditBinding], added: dict[str, list[int]]
) -> None:
    by_holder: dict[str, list[AuditBinding]] = defaultdict(list)
    for each in own:
        by_holder[each.holder].append(each)
        if not tally.holds(each.holder != each.member):
            tally.broken(
                zh="把自己绑定成了成员",
                en="somebody is bound as a member of their own",
                citizen=platform.alias(each.holder),
            )
    for holder, calls in added.items():
        if not tally.holds(len(calls) <= PLACES_MAX):
            tally.broken(
                zh=f"加了 {len(calls)} 位成员，名额只有 {PLACES_MAX} 个",
                en=f"{len(calls)} members were added to {PLACES_MAX} places",
                calls=tuple(calls),
                citizen=platform.alias(holder),
            )
    for holder, bindings in by_holder.items():
        used = Counter(each.relation for each in bindings)
        over = ", ".join(
            f"{word(family_pb2.Relation.Name(each))} {count}/{PLACES.get(each, 0)}"
            for each, count in used.items()
            if count > PLACES.get(each, 0)
        )
        if not tally.holds(len(bindings) <= PLACES_MAX and not over):
            tally.broken(
                zh=f"用了 {len(bindings)} 个名额，最多 {PLACES_MAX} 个；超出的：{over}",
                en=f"{len(bindings)} places used, of {PLACES_MAX}; too many: {over}",
                calls=tuple(added[holder]),
                citizen=platform.alias(holder),
            )
        open_members = Counter(each.member for each in bindings if not each.HasField("end_time"))
        for member, count in open_members.items():
            if not tally.holds(count == 1):
                tally.broken(
                    zh=f"同一成员（{platform.alias(member)}）被同一人绑定了 {count} 次",
                    en=f"one member ({platform.alias(member)}) is bound {count} times at once",
                    citizen=platform.alias(holder),
                )


def _judge_binders(tally: Tally, platform: National, own: list[AuditBinding]) -> None:
    """At every moment, of a binding that ends as another one begins the end comes first."""
    moments: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for each in own:
        moments[each.member].append((micros(each.add_time), 1))
        if each.HasField("end_time"):
            moments[each.member].append((micros(each.end_time), -1))
    for member, changes in moments.items():
        count = most = 0
        for _, change in sorted(changes):
            count += change
            most = max(most, count)
        if not tally.holds(most <= BINDERS_MAX):
            tally.broken(
                zh=f"曾同时有 {most} 位绑定人，最多 {BINDERS_MAX} 位",
                en=f"{most} binders at one time, of {BINDERS_MAX}",
                citizen=platform.alias(member),
            )


def _judge_sides(tally: Tally, platform: National) -> None:
    sides: dict[str, list[AuditBinding]] = defaultdict(list)
    for each in platform.snapshot.bindings:
        sides[each.binding_key].append(each)
    for rows in sides.values():
        one, *others = sorted(rows, key=lambda each: each.is_on_members_side)
        is_whole = len(others) == 1 and not one.is_on_members_side and _is_same(one, others[0])
        if not tally.holds(is_whole):
            tally.broken(
                zh="一个绑定在双方的记录不一致",
                en="a binding is not the same on both sides",
                citizen=platform.alias(one.holder),
            )


def _is_same(one: AuditBinding, other: AuditBinding) -> bool:
    mirrored = AuditBinding()
    mirrored.CopyFrom(other)
    mirrored.is_on_members_side = False
    return other.is_on_members_side and mirrored == one
