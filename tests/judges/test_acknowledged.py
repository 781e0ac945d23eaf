"""The judge of acknowledged changes sees what was lost, and what happened twice."""

from typing import Any

import pytest
from tests.judges.telling import DAY, Telling, at, link, platform, time

from essc.card.v1.card_pb2 import Link
from essc.lab.v1 import audit_platform_pb2 as rows
from essc.record.v1.record_service_pb2 import Record
from essc_workbench.judges.acknowledged import Acknowledged
from essc_workbench.judges.findings import Finding, Ruling

LINKED = {"link.link_id": "link-wechat-zhang", "link.serial": 1, "link.activate_time": at(1)}
OF_LINK = {"link_id": "link-wechat-zhang", "serial": 1}
ACTIVATED = rows.AuditEntry(
    citizen="zhang", kind=Record.KIND_LINK_ACTIVATED, channel_id="wechat", position="1"
)


def line(call: int, caller: str = "wechat") -> rows.AuditRequest:
    return rows.AuditRequest(caller_id=caller, request_id=f"request-{call}", is_accepted=True)


def found(told: Telling, **lists: Any) -> Finding:
    values: dict[str, Any] = {"requests": [line(1)], "links": [link("wechat")]}
    exports = {"platform": platform(**(values | {"entries": [ACTIVATED]} | lists))}
    return Acknowledged().judge(told.evidence(exports))


def applied(told: Telling, **about: Any) -> int:
    return told.call("wechat", "Apply", {"identity_proof": "proof#1"}, LINKED, **about)


@pytest.mark.rule("R91")
def test_an_acknowledged_link_that_is_there_once_is_good() -> None:
    told = Telling()
    applied(told)

    finding = found(told)

    assert (finding.ruling, finding.checks) == (Ruling.GOOD, 4)


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        ({"links": []}, "Apply was acknowledged, and the platform does not have it"),
        (
            {"links": [link("wechat", state=Link.STATE_UNLINKED)]},
            "Apply was acknowledged, and the platform does not have it",
        ),
        (
            {"entries": []},
            "LINK_ACTIVATED in wechat stands 0 times in the record, not 1 to 1",
        ),
        (
            {"entries": [ACTIVATED, ACTIVATED]},
            "LINK_ACTIVATED in wechat stands 2 times in the record, not 1 to 1",
        ),
        ({"requests": [line(2)]}, "Apply was acknowledged and is not in the ledger"),
        ({"requests": [line(1), line(1)]}, "one request of wechat has 2 lines in the ledger"),
    ],
)
def test_what_is_missing_or_doubled_is_told(lists: dict[str, Any], said: str) -> None:
    told = Telling()
    applied(told)

    finding = found(told, **lists)

    assert [each.text.en for each in finding.violations] == [said]


def test_an_unlink_explains_why_a_link_is_not_active_any_more() -> None:
    told = Telling()
    applied(told)
    told.call("wechat", "Unlink", OF_LINK, LINKED)
    gone = link("wechat", state=Link.STATE_UNLINKED)

    finding = found(told, links=[gone], requests=[line(1), line(2)])

    assert finding.ruling is Ruling.GOOD


def test_an_acknowledged_unlink_of_a_link_that_is_active_is_lost() -> None:
    told = Telling()
    applied(told)
    call = told.call("wechat", "Unlink", OF_LINK, LINKED)

    finding = found(told, requests=[line(1), line(2)])

    assert [each.calls for each in finding.violations] == [(call,)]


def test_a_link_of_a_later_serial_says_nothing_of_an_earlier_one() -> None:
    told = Telling()
    applied(told)

    finding = found(told, links=[link("wechat", serial=2, state=Link.STATE_UNLINKED)])

    assert finding.ruling is Ruling.GOOD


def test_a_request_whose_answers_were_all_lost_may_be_done_or_not() -> None:
    told = Telling()
    told.call("wechat", "Apply", unknown=True)

    done, not_done = found(told), found(told, links=[], requests=[], entries=[])

    assert (done.ruling, not_done.violations) == (Ruling.GOOD, ())


@pytest.mark.parametrize(
    ("repeated", "is_good"),
    [
        ({"answer": LINKED}, True),
        ({"answer": LINKED | {"link.serial": 2}}, False),
        ({"refused": "PROOF_USED"}, False),
        ({"refused": "PLATFORM_BUSY"}, True),
        ({"asked": {"identity_proof": "proof#2"}, "answer": LINKED}, False),
        ({"asked": {"identity_proof": "proof#2"}, "refused": "REQUEST_ID_REUSED"}, True),
        ({"asked": {"identity_proof": "proof#2"}, "refused": "PROOF_UNKNOWN"}, False),
        ({"unknown": True}, True),
    ],
)
def test_a_request_that_is_repeated_gets_the_same_answer(
    repeated: dict[str, Any], is_good: bool
) -> None:
    told = Telling()
    applied(told, request_id="request-1")
    asked = {"asked": {"identity_proof": "proof#1"}, "request_id": "request-1"}
    told.call("wechat", "Apply", **(asked | repeated))

    assert (found(told).ruling is Ruling.GOOD) is is_good


def test_what_was_refused_plainly_may_be_tried_again_under_the_same_id() -> None:
    told = Telling()
    told.call("wechat", "Apply", {"identity_proof": "proof#0"}, refused="PROOF_USED")
    applied(told, request_id="request-1")

    assert found(told).ruling is Ruling.GOOD


@pytest.mark.parametrize(("reason", "is_good"), [("PASSWORD_WRONG", True), ("", False)])
def test_a_counted_refusal_is_given_again(reason: str, is_good: bool) -> None:
    told = Telling()
    asked = {"challenge_id": "c", "card_password": "password#1"}
    told.call("wechat", "AnswerChallenge", asked, refused="PASSWORD_WRONG")
    about: dict[str, Any] = {"request_id": "request-1", "refused": reason}
    told.call("wechat", "AnswerChallenge", asked, **about)

    assert (found(told, entries=[]).ruling is Ruling.GOOD) is is_good


def test_a_ledger_that_does_not_say_who_asked_is_not_judged() -> None:
    told = Telling()
    applied(told)

    finding = found(told, requests=[rows.AuditRequest(is_accepted=True)])

    assert (finding.ruling, finding.not_judged) == (Ruling.NOT_JUDGED, ("ledger",))


def test_after_a_month_the_ledger_is_not_asked_any_more() -> None:
    told = Telling()
    applied(told)
    told.happened("clock-moved", by_us=31 * DAY)

    finding = found(told, requests=[])

    assert finding.ruling is Ruling.GOOD
    assert "too far for the ledger" in finding.notes[0].en


def test_a_check_a_use_and_an_order_are_looked_for_by_their_ids() -> None:
    told = Telling()
    told.call("hospital", "CheckCode", {}, {"check_number": "check"})
    told.call("clinic", "RedeemTicket", {}, {"use.use_id": "use"})
    told.call("clinic", "CreateOrder", {}, {"order.order_id": "order"})
    told.call("wechat", "Pay", {"order_id": "order"}, {})
    ledger = [line(1, "hospital"), line(2, "clinic"), line(3, "clinic"), line(4)]
    there: dict[str, Any] = {
        "requests": ledger,
        "checks": [rows.AuditCheck(check_number="check")],
        "tickets": [rows.AuditTicket(use_id="use"), rows.AuditTicket()],
        "orders": [rows.AuditOrder(order_id="order", step=1, pay_time=time(3))],
        "entries": [rows.AuditEntry(kind=Record.KIND_ORDER_PAID, channel_id="wechat")],
    }

    good = found(told, **there)
    lost = found(told, **(there | {"checks": [], "tickets": [], "orders": []}))

    assert good.ruling is Ruling.GOOD
    assert [each.calls for each in lost.violations] == [(3,), (1,), (2,), (4,)]


@pytest.mark.parametrize(
    ("at_us", "ruling"), [(at(0) - DAY, Ruling.GOOD), (at(0) - DAY // 2, Ruling.BROKEN)]
)
def test_a_check_is_forgotten_a_day_after_it_was_made(at_us: int, ruling: Ruling) -> None:
    told = Telling()
    told.call("hospital", "CheckCode", {}, {"check_number": "check", "check_time": at_us})

    finding = found(told, requests=[line(1, "hospital")], entries=[], links=[])

    assert finding.ruling is ruling


def test_two_certifications_within_one_term_are_one_too_many() -> None:
    def certification(number: int, day: float) -> rows.AuditCertification:
        return rows.AuditCertification(
            citizen="zhang",
            number=number,
            certify_time=time(day * 86_400),
            expire_time=time((day + 365) * 86_400),
        )

    renewed = found(Telling(), certifications=[certification(1, 0), certification(2, 300)])
    doubled = found(Telling(), certifications=[certification(1, 0), certification(2, 1)])

    texts = [each.text.en for each in doubled.violations]
    assert [each for each in texts if "certified" in each] == [
        "one person was certified twice within one term"
    ]
    assert not any("certified" in each.text.en for each in renewed.violations)


@pytest.mark.rule("R91")
@pytest.mark.parametrize(
    ("requests", "entries", "ruling"),
    [
        ([line(1), line(2)], [ACTIVATED, ACTIVATED], Ruling.GOOD),
        ([line(1)], [ACTIVATED], Ruling.GOOD),
        ([line(1), line(2)], [ACTIVATED], Ruling.BROKEN),
        ([line(1)], [ACTIVATED, ACTIVATED], Ruling.BROKEN),
    ],
    ids=["whole", "absent", "in the ledger only", "in the record only"],
)
def test_what_nobody_heard_the_end_of_is_done_whole_or_not_at_all(
    requests: list[rows.AuditRequest], entries: list[rows.AuditEntry], ruling: Ruling
) -> None:
    told = Telling()
    applied(told)
    told.call("wechat", "Apply", {"identity_proof": "proof#2"}, unknown=True)

    finding = found(told, requests=requests, entries=entries)

    assert finding.ruling is ruling
