"""What touches two citizens is done on both sides or on neither."""

from typing import Any

import pytest
from tests.judges.telling import Telling, at, link, platform, time

from essc.family.v1.family_pb2 import RELATION_CHILD
from essc.lab.v1 import audit_platform_pb2 as rows
from essc.lab.v1.audit_service_pb2 import ExportResponse
from essc.record.v1.record_service_pb2 import Record
from essc_workbench.judges.findings import Finding, Ruling
from essc_workbench.judges.joint import JointAtomicity

HOLDERS = {"link_id": "link-wechat-zhang"}
MEMBERS = {"link_id": "link-wechat-li"}
BOUND = {"binding.binding_id": "h1", "binding.add_time": at(9)}
LISTED = {"bindings.0.binding_id": "h1", "bindings.0.add_time": at(9)}
ENDED = {**LISTED, "bindings.0.end_time": at(20)}
AS_MEMBER = {"binders.0.binding_id": "m1", "binders.0.add_time": at(9)}


def sides(*, holder: bool = True, member: bool = True, **about: Any) -> list[rows.AuditBinding]:
    """The binding's rows, on these sides."""
    return [
        rows.AuditBinding(
            holder="zhang",
            member="li",
            relation=RELATION_CHILD,
            add_time=time(9),
            is_on_members_side=each,
            **about,
        )
        for each, is_there in ((False, holder), (True, member))
        if is_there
    ]


def entry(citizen: str, kind: "Record.Kind.ValueType", seconds: float = 9) -> rows.AuditEntry:
    """A line of a record."""
    return rows.AuditEntry(citizen=citizen, kind=kind, entry_time=time(seconds))


def snapshot(bindings: list[rows.AuditBinding], **lists: Any) -> ExportResponse:
    """The platform in the end: both have a link and a card, unless said otherwise."""
    values: dict[str, Any] = {
        "links": [link("wechat"), link("wechat", "li")],
        "cards": [rows.AuditCard(citizen="zhang"), rows.AuditCard(citizen="li")],
    }
    return platform(bindings=bindings, **(values | lists))


def found(told: Telling, export: ExportResponse) -> Finding:
    return JointAtomicity().judge(told.evidence({"platform": export}))


def added() -> Telling:
    """A run in which a member was added."""
    told = Telling()
    asked = {**HOLDERS, "relation": "RELATION_CHILD", "id_number": "li"}
    told.call("wechat", "AddMember", asked, BOUND)
    return told


def listed(told: Telling, *, holder: dict[str, Any] | None = None, **about: Any) -> None:
    """A list of the holder's members, or of the member's binders."""
    if holder is not None:
        told.call("wechat", "ListMembers", HOLDERS, holder, request_id="")
    if "member" in about:
        told.call("wechat", "ListBinders", MEMBERS, about["member"], request_id="")


@pytest.mark.rule("R43", "R44")
def test_a_binding_that_both_sides_show_alike_is_good() -> None:
    told = added()
    listed(told, holder=LISTED, member=AS_MEMBER)
    told.call("wechat", "RemoveMember", {**HOLDERS, "binding_id": "h1"}, BOUND)
    listed(told, holder=ENDED, member={})

    finding = found(told, snapshot(sides(end_time=time(20))))

    assert finding.ruling is Ruling.GOOD
    assert finding.checks >= 6


@pytest.mark.parametrize(
    ("holder", "member"), [(True, False), (False, True)], ids=["no member", "no holder"]
)
def test_a_binding_that_is_written_on_one_side_only_is_named(*, holder: bool, member: bool) -> None:
    finding = found(added(), snapshot(sides(holder=holder, member=member)))

    assert finding.ruling is Ruling.BROKEN
    assert "zhang binds li" in finding.violations[0].text.en


def test_a_member_who_does_not_see_the_binder_afterwards_is_named_with_both_calls() -> None:
    told = added()
    listed(told, member={})

    finding = found(told, snapshot(sides()))

    assert finding.ruling is Ruling.BROKEN
    assert finding.violations[0].calls == (1, 2)
    assert finding.violations[0].citizen == "li"


def test_a_binding_that_ends_on_the_members_side_alone_is_named() -> None:
    told = added()
    left = {"binder.binding_id": "m1", "binder.add_time": at(9)}
    listed(told, member=AS_MEMBER)
    told.call("wechat", "LeaveBinder", {**MEMBERS, "binding_id": "m1"}, left)
    listed(told, holder=LISTED)

    finding = found(told, snapshot(sides(end_time=time(20))))

    assert finding.ruling is Ruling.BROKEN
    assert {each.calls for each in finding.violations} == {(3, 4)}


def test_an_ending_of_which_nobody_heard_may_have_happened_but_on_both_sides() -> None:
    told = added()
    told.call("wechat", "RemoveMember", {**HOLDERS, "binding_id": "h1"}, unknown=True)
    listed(told, member={})
    good = found(told, snapshot(sides(end_time=time(20))))
    listed(told, holder=LISTED)

    broken = found(told, snapshot(sides(end_time=time(20))))

    assert (good.ruling, broken.ruling) == (Ruling.GOOD, Ruling.BROKEN)


def test_without_anybodys_ending_it_a_binding_stays() -> None:
    told = added()
    listed(told, member={})

    finding = found(told, snapshot(sides(end_time=time(20))))

    assert finding.ruling is Ruling.BROKEN


@pytest.mark.rule("R41")
def test_a_member_without_an_electronic_card_is_named() -> None:
    export = snapshot(sides(), cards=[rows.AuditCard(citizen="zhang")])

    finding = found(added(), export)

    assert finding.ruling is Ruling.BROKEN
    assert finding.violations[0].calls == (1,)


def test_a_line_in_the_record_of_one_of_the_two_is_named() -> None:
    both = [entry("zhang", Record.KIND_MEMBER_ADDED), entry("li", Record.KIND_BOUND_AS_MEMBER)]

    rulings = [
        found(added(), snapshot(sides(), entries=each)).ruling
        for each in (both, both[:1], both[1:], [])
    ]

    assert rulings == [Ruling.GOOD, Ruling.BROKEN, Ruling.BROKEN, Ruling.GOOD]


@pytest.mark.rule("R51")
def test_a_certification_by_a_binder_is_the_members() -> None:
    told = added()
    told.call(
        "wechat",
        "Certify",
        {**HOLDERS, "binding_id": "h1"},
        {"certification.certify_time": at(30), "is_new": True},
    )
    of_member = rows.AuditCertification(citizen="li", certify_time=time(30), is_by_binder=True)
    of_holder = rows.AuditCertification(citizen="zhang", certify_time=time(30))

    rulings = [
        found(told, snapshot(sides(), certifications=[each])).ruling
        for each in (of_member, of_holder)
    ]

    assert rulings == [Ruling.GOOD, Ruling.BROKEN]


@pytest.mark.rule("R9")
@pytest.mark.parametrize(
    ("dead", "holders_list", "members_list"),
    [("zhang", ENDED, {}), ("li", ENDED, AS_MEMBER)],
)
def test_a_binding_of_whom_one_was_cancelled_may_be_shown_as_good_no_more(
    dead: str, holders_list: dict[str, Any], members_list: dict[str, Any]
) -> None:
    told = added()
    told.call("bureau", "CancelCitizen", {"id_number": dead})
    listed(told, holder=holders_list, member=members_list)

    finding = found(told, snapshot(sides()))

    assert finding.ruling is Ruling.GOOD


def test_without_a_snapshot_it_is_not_judged_but_what_answers_contradict_is_broken() -> None:
    told = added()
    without = JointAtomicity().judge(told.evidence())
    for who in ("zhang", "li"):
        own = {"link_id": f"link-wechat-{who}"}
        told.call("wechat", "GetCard", own, {"link.link_id": own["link_id"]}, citizens=(who,))
    listed(told, member={})

    broken = JointAtomicity().judge(told.evidence())

    assert without.ruling is Ruling.NOT_JUDGED
    assert broken.ruling is Ruling.BROKEN
