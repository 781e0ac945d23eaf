"""The judge of what admits once sees a second admission."""

from typing import Any

import pytest
from tests.judges.telling import Telling, platform, time

from essc.lab.v1 import audit_platform_pb2 as rows
from essc_workbench.judges.findings import Finding, Ruling
from essc_workbench.judges.once import Once

VALID, USED = {"verdict": "VERDICT_VALID"}, {"verdict": "VERDICT_ALREADY_USED"}


def found(told: Telling, **lists: Any) -> Finding:
    return Once().judge(told.evidence({"platform": platform(**lists)}))


@pytest.mark.rule("R30", "R31")
@pytest.mark.parametrize(("second", "ruling"), [(USED, Ruling.GOOD), (VALID, Ruling.BROKEN)])
def test_a_code_is_valid_once(second: dict[str, str], ruling: Ruling) -> None:
    told = Telling()
    told.call("hospital", "CheckCode", {"code": "code#1"}, VALID)
    told.call("library", "CheckCode", {"code": "code#1"}, second)

    assert found(told).ruling is ruling


def test_a_code_that_is_valid_twice_in_one_batch_is_seen() -> None:
    told = Telling()
    asked = {"requests.0.code": "code#1", "requests.1.code": "code#1"}
    answer = {
        "results.0.check.verdict": "VERDICT_VALID",
        "results.1.check.verdict": "VERDICT_VALID",
    }
    call = told.call("hospital", "BatchCheckCodes", asked, answer)

    finding = found(told)

    assert [each.calls for each in finding.violations] == [(call,)]


def test_the_same_request_again_is_no_second_use() -> None:
    told = Telling()
    for _ in range(2):
        told.call("hospital", "CheckCode", {"code": "code#1"}, VALID, request_id="again")

    assert found(told).ruling is Ruling.GOOD


@pytest.mark.rule("R23")
def test_a_proof_is_accepted_once_in_whatever_field() -> None:
    told = Telling()
    told.call("wechat", "SetPassword", {"link_id": "l", "proof": "proof#1"})
    good = found(told)
    told.call("wechat", "Apply", {"identity_proof": "proof#2", "face_proof": "proof#1"})

    broken = found(told)

    assert good.ruling is Ruling.GOOD
    assert [each.text.en for each in broken.violations] == [
        "one proof (proof#1) was accepted 2 times"
    ]
    assert broken.violations[0].calls == (1, 2)


def test_looking_at_a_proof_or_being_refused_uses_nothing_up() -> None:
    told = Telling()
    told.call("wechat", "FindLink", {"identity_proof": "proof#1"}, request_id="")
    told.call("wechat", "Apply", {"identity_proof": "proof#1"}, refused="CONSENT_OUTDATED")
    told.call("wechat", "Apply", {"identity_proof": "proof#1"})

    assert found(told).ruling is Ruling.GOOD


def test_a_link_that_is_unlinked_already_answers_so_before_any_proof_is_looked_at() -> None:
    told = Telling()
    for _ in range(2):
        told.call("wechat", "Unlink", {"link_id": "l", "serial": 1, "proof": "proof#1"})

    assert found(told).ruling is Ruling.GOOD


@pytest.mark.rule("R61")
def test_a_ticket_is_redeemed_once() -> None:
    told = Telling()
    told.call("library", "RedeemTicket", {"ticket": "ticket#1"})
    told.call("library", "RedeemTicket", {"ticket": "ticket#1"}, refused="TICKET_REDEEMED")
    good = found(told)
    told.call("library", "RedeemTicket", {"ticket": "ticket#1"})

    assert (good.ruling, found(told).ruling) == (Ruling.GOOD, Ruling.BROKEN)


@pytest.mark.parametrize(
    ("checks", "is_used", "ruling"),
    [(1, True, Ruling.GOOD), (2, True, Ruling.BROKEN), (1, False, Ruling.BROKEN)],
)
def test_at_the_platform_a_code_has_one_check_and_is_used_up(
    checks: int, is_used: bool, ruling: Ruling
) -> None:
    code = rows.AuditCode(code_key="c", use_time=time(3) if is_used else None)

    finding = found(Telling(), codes=[code], checks=[rows.AuditCheck(code_key="c")] * checks)

    assert finding.ruling is ruling


def test_without_a_snapshot_the_history_is_still_judged() -> None:
    told = Telling()
    for verifier in ("hospital", "library"):
        told.call(verifier, "CheckCode", {"code": "code#1"}, VALID)

    finding = Once().judge(told.evidence())

    assert (finding.ruling, finding.not_judged) == (Ruling.BROKEN, ("platform",))
