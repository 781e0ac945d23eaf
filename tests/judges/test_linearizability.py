"""The judge of orders: from a history and a snapshot to a finding with the calls to look at."""

import pytest
from tests.judges.telling import Telling, at, link, platform, time

from essc.lab.v1 import audit_platform_pb2 as rows
from essc.lab.v1.audit_service_pb2 import ExportResponse
from essc_workbench.judges.findings import Evidence, Ruling
from essc_workbench.judges.linearizability import Linearizability
from essc_workbench.judges.linearizability.judge import known_of
from essc_workbench.judges.linearizability.operations import Side, project

JUDGE = Linearizability()
WECHAT = {"link_id": "link-wechat-zhang"}
ALIPAY = {"link_id": "link-alipay-zhang"}
NORMAL, LOST = "PHYSICAL_CARD_STATUS_NORMAL", "PHYSICAL_CARD_STATUS_LOST"
ACTIVE = {"link.state": "STATE_ACTIVE", "link.serial": 1}
UNLINKED = {"link.state": "STATE_UNLINKED", "link.serial": 1}


def seen(told: Telling, source: str, status: str = NORMAL) -> int:
    """A card as a channel gets it."""
    answer = {
        "link.link_id": f"link-{source}-zhang",
        **ACTIVE,
        "card.state": "STATE_USABLE",
        "card.physical_card_status": status,
        "card.region": "320600",
    }
    return told.call(source, "GetCard", {"link_id": f"link-{source}-zhang"}, answer, request_id="")


def snapshot_of_zhang() -> ExportResponse:
    """Two channels' links of a person with one physical card; and a binding with another."""
    card = rows.AuditPhysicalCard(citizen="zhang", physical_card_id="card", region="320600")
    sides = [
        rows.AuditBinding(holder="zhang", member="li", add_time=time(9), is_on_members_side=each)
        for each in (False, True)
    ]
    links = [link("wechat"), link("alipay"), link("wechat", "li")]
    return platform(links=links, physical_cards=[card], bindings=sides)


def evidence(told: Telling, **about: str) -> Evidence:
    return told.evidence({"platform": snapshot_of_zhang()}, **about)


@pytest.mark.rule("R3")
def test_a_status_that_one_channel_sees_late_is_shown_with_the_calls_that_contradict() -> None:
    told = Telling()
    seen(told, "wechat")
    lost = told.call("bureau", "ReportLoss", {"physical_card_id": "card", "kind": "KIND_FORMAL"})
    seen(told, "wechat", LOST)
    late = seen(told, "alipay")

    finding = JUDGE.judge(evidence(told))

    assert finding.ruling is Ruling.BROKEN
    (violation,) = finding.violations
    assert violation.citizen == "zhang"
    assert violation.channel == "alipay"
    assert violation.calls in ((lost, late), (lost + 1, late))


@pytest.mark.rule("R11", "R12")
def test_unlinking_in_one_channel_explains_that_channel_only() -> None:
    told = Telling()
    seen(told, "wechat")
    told.call("alipay", "Unlink", {**ALIPAY, "serial": 1}, UNLINKED)
    seen(told, "wechat")

    good = JUDGE.judge(evidence(told))
    told.call("wechat", "GetCard", WECHAT, refused="LINK_NOT_ACTIVE", request_id="")
    broken = JUDGE.judge(evidence(told))

    assert (good.ruling, good.checks) == (Ruling.GOOD, 3)
    assert broken.ruling is Ruling.BROKEN


@pytest.mark.rule("R91")
def test_a_change_whose_answer_was_lost_may_be_done_or_not_but_not_undone() -> None:
    told = Telling()
    told.call("wechat", "Unlink", {**WECHAT, "serial": 1}, unknown=True)
    seen(told, "wechat")
    told.call("wechat", "GetCard", WECHAT, refused="LINK_NOT_ACTIVE", request_id="")

    good = JUDGE.judge(evidence(told))
    seen(told, "wechat")
    broken = JUDGE.judge(evidence(told))

    assert good.ruling is Ruling.GOOD
    assert broken.ruling is Ruling.BROKEN


@pytest.mark.rule("R91")
def test_attempts_with_one_request_id_are_one_deed_and_may_have_happened_at_the_first() -> None:
    told = Telling()
    told.call("wechat", "Unlink", {**WECHAT, "serial": 1}, unknown=True, request_id="same")
    told.call("wechat", "GetCard", WECHAT, refused="LINK_NOT_ACTIVE", request_id="")
    told.call("wechat", "Unlink", refused="PLATFORM_BUSY", request_id="same")
    told.call("wechat", "Unlink", {**WECHAT, "serial": 1}, UNLINKED, request_id="same")

    (operation,) = [
        each for each in project(evidence(told)).by_citizen["zhang"] if each.method == "Unlink"
    ]
    finding = JUDGE.judge(evidence(told))

    assert operation.calls == (1, 4)
    assert finding.ruling is Ruling.GOOD


def test_a_refusal_of_a_fault_on_the_way_says_nothing_of_the_platform() -> None:
    told = Telling()
    seen(told, "wechat")
    call = told.call("wechat", "GetCard", WECHAT, refused="LINK_NOT_ACTIVE", request_id="")
    without = JUDGE.judge(evidence(told))
    told.happened("fault-hit", party="platform", fault="f", effect="refuse", call=call)

    with_fault = JUDGE.judge(evidence(told))

    assert (without.ruling, with_fault.ruling) == (Ruling.BROKEN, Ruling.GOOD)


def test_a_refused_call_that_arrived_twice_may_have_been_done_the_second_time() -> None:
    told = Telling()
    seen(told, "wechat")
    call = told.call("wechat", "Unlink", {**WECHAT, "serial": 1}, refused="LINK_NOT_ACTIVE")
    told.call("wechat", "GetCard", WECHAT, refused="LINK_NOT_ACTIVE", request_id="")
    once = JUDGE.judge(evidence(told))
    told.happened("fault-hit", party="platform", fault="f", effect="deliver_twice", call=call)

    twice = JUDGE.judge(evidence(told))

    assert (once.ruling, twice.ruling) == (Ruling.BROKEN, Ruling.GOOD)


@pytest.mark.rule("R31")
def test_a_code_that_two_verifiers_find_valid_is_used_twice() -> None:
    told = Telling()
    told.call("wechat", "IssueCode", WECHAT, {"code.code": "code#1"})
    first = told.call("hospital", "CheckCode", {"code": "code#1"}, {"verdict": "VERDICT_VALID"})
    asked = {"requests.0.request_id": "r", "requests.0.code": "code#1"}
    answer = {"results.0.response.verdict": "VERDICT_VALID"}
    second = told.call("library", "BatchCheckCodes", asked, answer)

    finding = JUDGE.judge(evidence(told))

    assert finding.ruling is Ruling.BROKEN
    assert {first, second} <= set(finding.violations[0].calls)


@pytest.mark.rule("R40", "R42")
def test_a_deed_that_touches_two_citizens_is_an_operation_of_each() -> None:
    told = Telling()
    asked = {**WECHAT, "relation": "RELATION_CHILD", "id_number": "li"}
    answer = {"binding.binding_id": "b", "binding.add_time": at(9)}
    told.call("wechat", "AddMember", asked, answer)
    told.call("wechat", "RemoveMember", {**WECHAT, "binding_id": "b"}, answer)
    left = {"link_id": "link-wechat-li", "binding_id": "b2"}
    told.call("wechat", "LeaveBinder", left, {"binder.binding_id": "b2", "binder.add_time": 0})

    people = project(evidence(told)).by_citizen

    sides = [(each.method, each.side, each.other) for each in people["zhang"]]
    assert sides == [
        ("AddMember", Side.FIRST, "li"),
        ("RemoveMember", Side.FIRST, "li"),
    ]
    assert [(each.method, each.side, each.other) for each in people["li"]] == [
        ("AddMember", Side.SECOND, "zhang"),
        ("RemoveMember", Side.SECOND, "zhang"),
        ("LeaveBinder", Side.FIRST, ""),
    ]


def test_a_link_of_another_channel_is_nobodys_here() -> None:
    told = Telling()
    told.call("alipay", "GetCard", WECHAT, refused="LINK_NOT_FOUND", request_id="")

    projection = project(evidence(told))
    finding = JUDGE.judge(evidence(told))

    assert (projection.by_citizen, projection.unplaced) == ({}, 1)
    assert finding.ruling is Ruling.NOT_JUDGED
    assert finding.not_judged == ("operations of citizens",)


def test_without_a_snapshot_it_goes_by_what_answers_tell() -> None:
    told = Telling()
    answer = {"link.link_id": "link-wechat-zhang", **ACTIVE, "card.region": "320600"}
    told.call("wechat", "Apply", {}, answer, citizens=("zhang",))
    told.call("wechat", "Unlink", {**WECHAT, "serial": 1}, UNLINKED)
    seen(told, "wechat")

    finding = JUDGE.judge(told.evidence())

    assert finding.ruling is Ruling.BROKEN


def test_past_its_budget_the_finding_is_unknown() -> None:
    told = Telling()
    seen(told, "wechat")
    seen(told, "wechat")

    finding = Linearizability(budget=1).judge(evidence(told))

    assert finding.ruling is Ruling.UNKNOWN
    assert "zhang" in finding.notes[0].en


def test_past_its_budget_a_load_names_whom_it_leaves_out() -> None:
    told = Telling()
    seen(told, "wechat")
    seen(told, "wechat")

    finding = Linearizability(budget=1, leaves_out=True).judge(evidence(told))

    assert finding.ruling is Ruling.NOT_JUDGED
    assert finding.not_judged == ("zhang: 2 operations, too many at once",)


@pytest.mark.rule("R6")
@pytest.mark.parametrize(
    ("party", "days", "ruling"),
    [
        ("platform", 8, Ruling.GOOD),
        ("platform", 3, Ruling.BROKEN),
        ("wechat", 8, Ruling.BROKEN),
    ],
)
def test_the_platforms_moved_clock_allows_what_ends_by_time(
    party: str, days: int, ruling: Ruling
) -> None:
    told = Telling()
    seen(told, "wechat")
    told.call("bureau", "ReportLoss", {"physical_card_id": "card", "kind": "KIND_TEMPORARY"})
    told.happened("clock-moved", party=party, by_us=days * 86_400_000_000)
    seen(told, "wechat")

    finding = JUDGE.judge(evidence(told))

    assert finding.ruling is ruling


def test_who_left_and_who_was_cancelled_is_known_to_the_model() -> None:
    told = Telling()
    told.call("operator", "ExitChannel", {"channel_id": "alipay"}, unknown=True)
    told.call("bureau", "CancelCitizen", {"id_number": "li"})
    told.call("bureau", "CancelCitizen", {"id_number": "zhang"}, refused="CITIZEN_CANCELLED")

    known = known_of(evidence(told, loss="holder_consent"))

    assert known.is_loss_excepted
    assert known.exited == {"alipay"}
    assert known.departed == {"li"}
