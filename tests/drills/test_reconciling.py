"""The totals: what callers were told against what the ledger has as done, request by request."""

import pytest
from tests.judges.telling import Telling, platform

from essc.lab.v1 import audit_platform_pb2 as rows
from essc_workbench.drills.reconciling import Totals
from essc_workbench.judges.findings import Finding, Ruling

DONE = ("request-1", "request-2")


def ledger(*ids: str, caller: str = "wechat", accepted: bool = True) -> list[rows.AuditRequest]:
    return [
        rows.AuditRequest(caller_id=caller, request_id=each, is_accepted=accepted) for each in ids
    ]


def told() -> Telling:
    """Two that were done, one that was refused, one of which nobody heard."""
    story = Telling()
    story.call("wechat", "Unlink", {"serial": 1})
    story.call("wechat", "IssueTicket")
    story.call("wechat", "Apply", refused="LINK_EXISTS")
    story.call("wechat", "Unlink", {"serial": 2}, unknown=True)
    return story


def found(story: Telling, requests: list[rows.AuditRequest]) -> Finding:
    return Totals().judge(story.evidence({"platform": platform(requests=requests)}))


@pytest.mark.rule("R91")
@pytest.mark.parametrize("unknown", [(), ("request-4",)], ids=["absent", "whole"])
def test_what_was_acknowledged_is_there_and_what_is_unknown_may_be(
    unknown: tuple[str, ...],
) -> None:
    refused = ledger("request-3", accepted=False)

    finding = found(told(), [*ledger(*DONE, *unknown), *refused])

    assert finding.ruling is Ruling.GOOD
    assert finding.notes[0].en == (
        f"wechat: 2 acknowledged, 1 unknown ({len(unknown)} done), 1 refused; "
        f"{2 + len(unknown)} done in the ledger"
    )


@pytest.mark.rule("R91")
@pytest.mark.parametrize(
    ("kept", "what"),
    [
        (("request-1",), "1 acknowledged requests are not in the ledger"),
        ((*DONE, "request-3"), "1 refused requests are done in the ledger"),
        ((*DONE, "request-9"), "the ledger has 1 requests that nobody made"),
    ],
)
def test_one_too_few_or_too_many_is_found(kept: tuple[str, ...], what: str) -> None:
    finding = found(told(), ledger(*kept))

    assert finding.ruling is Ruling.BROKEN
    assert [each.text.en for each in finding.violations] == [f"wechat: {what}"]


def test_what_the_bureau_did_besides_is_its_own_business() -> None:
    story = Telling()
    story.call("bureau", "ReportLoss")

    finding = found(story, ledger("request-1", "import-7", caller="bureau"))

    assert finding.ruling is Ruling.GOOD


def test_of_two_requests_under_one_id_the_one_that_was_done_counts() -> None:
    story = Telling()
    story.call("wechat", "Unlink", request_id="same")
    story.call("wechat", "Apply", request_id="same", refused="REQUEST_ID_REUSED")

    finding = found(story, ledger("same"))

    assert finding.ruling is Ruling.GOOD


def test_a_platform_without_a_ledger_is_not_judged() -> None:
    finding = found(told(), [])

    assert finding.ruling is Ruling.NOT_JUDGED
    assert finding.not_judged == ("ledger",)
