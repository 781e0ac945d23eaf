"""The judge of R11 sees an unlink that reaches further than its own channel."""

from typing import Any

import pytest
from tests.judges.telling import Telling, at, event, link, platform, time

from essc.card.v1.card_pb2 import Link
from essc.event.v1.event_pb2 import Event
from essc_workbench.judges.findings import Finding, Ruling
from essc_workbench.judges.independence import LinkIndependence

ACTIVATED, UNLINKED = Event.KIND_LINK_ACTIVATED, Event.KIND_LINK_UNLINKED
GONE: dict[str, Any] = {"state": Link.STATE_UNLINKED, "unlink_time": time(10)}
LINKED = [event("wechat", ACTIVATED, 1), event("alipay", ACTIVATED, 2)]
ACTIVE = {"link.link_id": "link-alipay-zhang", "link.state": "STATE_ACTIVE"}


def unlinked(told: Telling, channel: str = "wechat") -> int:
    asked = {"link_id": f"link-{channel}-zhang", "serial": 1}
    answer = {"link.link_id": asked["link_id"], "link.unlink_time": at(10)}
    return told.call(channel, "Unlink", asked, answer, citizens=("zhang",))


def look(told: Telling, answer: Any = ACTIVE, refused: str = "") -> int:
    asked = {"link_id": "link-alipay-zhang"}
    about: dict[str, Any] = {"request_id": "", "citizens": ("zhang",), "refused": refused}
    return told.call("alipay", "GetCard", asked, answer, **about)


def found(told: Telling, **lists: Any) -> Finding:
    values: dict[str, Any] = {
        "links": [link("wechat", **GONE), link("alipay")],
        "events": [*LINKED, event("wechat", UNLINKED, 10)],
    }
    return LinkIndependence().judge(told.evidence({"platform": platform(**(values | lists))}))


@pytest.mark.rule("R11")
def test_an_unlink_that_stays_in_its_channel_is_good() -> None:
    told = Telling()
    look(told, ACTIVE | {"read_time": 1})
    unlinked(told)
    look(told, ACTIVE | {"read_time": 2})

    finding = found(told)

    assert (finding.ruling, finding.checks) == (Ruling.GOOD, 4)


def test_an_unlink_that_is_told_to_another_channel_is_broken() -> None:
    told = Telling()
    unlinked(told)
    changed = event("alipay", Event.KIND_CARD_STATUS_CHANGED, 10)

    finding = found(told, events=[*LINKED, event("wechat", UNLINKED, 10), changed])

    assert [each.text.en for each in finding.violations] == ["an unlink in wechat told alipay too"]


def test_a_link_that_ended_without_its_channel_is_broken_and_points_at_the_unlink() -> None:
    told = Telling()
    look(told)
    call = unlinked(told)

    finding = found(told, links=[link("wechat", **GONE), link("alipay", **GONE)])

    (violation,) = finding.violations
    assert (violation.channel, violation.citizen, violation.calls) == ("alipay", "zhang", (call,))


def test_a_link_that_ended_with_its_channel_is_good() -> None:
    told = Telling()
    look(told)
    told.call("operator", "ExitChannel", {"channel_id": "alipay"})

    finding = found(told, links=[link("alipay", **GONE)], events=[])

    assert finding.ruling is Ruling.GOOD


@pytest.mark.parametrize(
    ("after", "refused"),
    [(ACTIVE | {"card.state": "STATE_BLOCKED"}, ""), ({}, "LINK_NOT_ACTIVE")],
)
def test_an_answer_that_changed_with_an_unlink_elsewhere_is_broken(
    after: dict[str, Any], refused: str
) -> None:
    told = Telling()
    calls = (look(told), unlinked(told), look(told, after, refused))

    finding = found(told)

    assert [each.calls for each in finding.violations] == [calls]


def test_an_answer_is_not_compared_where_something_else_happened_in_between() -> None:
    told = Telling()
    look(told)
    unlinked(told)
    told.call("bureau", "ReportLoss", {"physical_card_id": "card"}, citizens=("zhang",))
    look(told, ACTIVE | {"card.state": "STATE_BLOCKED"})

    assert found(told).ruling is Ruling.GOOD


def test_an_unlink_whose_answer_was_lost_may_be_why_a_link_ended() -> None:
    told = Telling()
    told.call("wechat", "Unlink", {"link_id": "link-wechat-zhang", "serial": 1}, unknown=True)

    assert found(told).ruling is Ruling.GOOD
