"""The judge of one status sees whom nobody told, and whose copy says something else."""

from typing import Any

import pytest
from tests.judges.telling import (
    LOST,
    NORMAL,
    TEMPORARILY_LOST,
    Telling,
    at,
    channel,
    event,
    link,
    platform,
    shadow,
    time,
)

from essc.card.v1.card_pb2 import Card
from essc.event.v1.event_pb2 import Event
from essc.lab.v1 import audit_platform_pb2 as rows
from essc_workbench.judges.findings import Finding, Ruling
from essc_workbench.judges.statuses import OneStatus

ACTIVATED, CHANGED = Event.KIND_LINK_ACTIVATED, Event.KIND_CARD_STATUS_CHANGED
LINKED = [event("wechat", ACTIVATED, 1), event("alipay", ACTIVATED, 2)]
TOLD = [event("wechat", CHANGED, 20), event("alipay", CHANGED, 20)]
BLOCKED = {"card_state": Card.STATE_BLOCKED, "physical_card_status": LOST}
USABLE = {"card_state": Card.STATE_USABLE, "physical_card_status": NORMAL}


def lost(told: Telling) -> int:
    answer = {
        "physical_card.status": "PHYSICAL_CARD_STATUS_LOST",
        "physical_card.status_time": at(20),
    }
    asked = {"physical_card_id": "card"}
    return told.call("bureau", "ReportLoss", asked, answer, citizens=("zhang",))


def found(
    told: Telling,
    copies: tuple[Any, Any] = (BLOCKED, BLOCKED),
    *,
    settled: bool = True,
    **lists: Any,
) -> Finding:
    values: dict[str, Any] = {
        "physical_cards": [
            rows.AuditPhysicalCard(citizen="zhang", physical_card_id="card", status=LOST)
        ],
        "cards": [
            rows.AuditCard(citizen="zhang", physical_card_id="card", expire_time=time(9_999))
        ],
        "links": [link("wechat"), link("alipay")],
        "events": [*LINKED, *TOLD],
    }
    exports = {"platform": platform(**(values | lists))}
    for name, copy in zip(("wechat", "alipay"), copies, strict=True):
        if copy is not None:
            exports[name] = channel(name, shadows=[shadow(name, **copy)])
    return OneStatus().judge(told.evidence(exports, settled=settled))


@pytest.mark.rule("R3", "R16")
def test_a_loss_that_every_channel_was_told_of_is_good_and_each_lag_is_noted() -> None:
    told = Telling()
    lost(told)
    told.seen("wechat", "w1", event_kind="CARD_STATUS_CHANGED", event_us=at(20))
    told.seen("alipay", "a1", event_kind="CARD_STATUS_CHANGED", event_us=at(20))

    finding = found(told)

    assert finding.ruling is Ruling.GOOD
    assert [note.en for note in finding.notes] == [
        "alipay: 1 changes, lag 20.0 ms in the middle, 20.0 ms at most",
        "wechat: 1 changes, lag 10.0 ms in the middle, 10.0 ms at most",
    ]


def test_a_channel_that_held_the_card_and_was_not_told_is_named() -> None:
    told = Telling()
    call = lost(told)

    finding = found(told, events=[*LINKED, TOLD[0]])

    (violation,) = finding.violations
    assert violation.text.en == "alipay held the card and was not told: CARD_STATUS_CHANGED"
    assert (violation.channel, violation.calls) == ("alipay", (call,))


def test_a_channel_that_unlinked_at_the_same_time_may_not_have_been_told() -> None:
    told = Telling()
    unlink = told.begin("alipay", "Unlink", {"link_id": "link-alipay-zhang"})
    lost(told)
    told.end(unlink)

    assert found(told, events=[*LINKED, TOLD[0]]).ruling is Ruling.GOOD


def test_a_channel_that_linked_afterwards_need_not_be_told() -> None:
    told = Telling()
    lost(told)

    finding = found(told, events=[LINKED[0], TOLD[0], event("alipay", ACTIVATED, 30)])

    assert finding.ruling is Ruling.GOOD


def test_a_channel_that_has_left_need_not_be_told() -> None:
    told, late = Telling(), Telling()
    told.call("operator", "ExitChannel", {"channel_id": "alipay"})
    lost(told)
    lost(late)
    late.call("operator", "ExitChannel", {"channel_id": "alipay"})

    rulings = [found(each, events=[*LINKED, TOLD[0]]).ruling for each in (told, late)]

    assert rulings == [Ruling.GOOD, Ruling.BROKEN]


def test_a_copy_that_says_something_else_once_all_has_arrived_is_broken() -> None:
    finding = found(Telling(), copies=(BLOCKED, USABLE))

    assert [each.text.en for each in finding.violations] == [
        "alipay's copy says NORMAL, while it is LOST"
    ]


def test_copies_cannot_be_compared_while_something_is_on_its_way() -> None:
    assert found(Telling(), copies=(BLOCKED, USABLE), settled=False).ruling is Ruling.UNKNOWN


def test_a_channel_that_shows_no_copy_is_not_judged() -> None:
    finding = found(Telling(), copies=(BLOCKED, None))

    assert (finding.ruling, finding.not_judged) == (Ruling.NOT_JUDGED, ("alipay",))


@pytest.mark.parametrize(("seen", "ruling"), [("LOST", Ruling.GOOD), ("NORMAL", Ruling.BROKEN)])
def test_a_card_that_is_looked_at_after_an_acknowledged_change_shows_it(
    seen: str, ruling: Ruling
) -> None:
    told = Telling()
    lost(told)
    answer = {"card.physical_card_status": f"PHYSICAL_CARD_STATUS_{seen}"}
    told.call("wechat", "GetCard", {}, answer, request_id="", citizens=("zhang",))

    assert found(told).ruling is ruling


def test_whose_card_is_looked_at_is_known_by_its_link_too() -> None:
    told = Telling()
    answer = {"physical_card.status": "PHYSICAL_CARD_STATUS_LOST"}
    told.call("bureau", "ReportLoss", {"physical_card_id": "card"}, answer)
    stale = {"card.physical_card_status": "PHYSICAL_CARD_STATUS_NORMAL"}
    told.call("wechat", "GetCard", {"link_id": "link-wechat-zhang"}, stale, request_id="")

    (violation,) = found(told).violations

    assert (violation.citizen, violation.calls) == ("zhang", (1, 2))


def test_a_link_says_whose_card_is_looked_at_whatever_the_call_was_noted_with() -> None:
    told = Telling()
    lost(told)
    fine = {"card.physical_card_status": "PHYSICAL_CARD_STATUS_NORMAL"}
    asked = {"link_id": "link-wechat-li"}
    told.call("wechat", "GetCard", asked, fine, request_id="", citizens=("zhang",))

    finding = found(told, links=[link("wechat"), link("alipay"), link("wechat", "li")])

    assert finding.ruling is Ruling.GOOD


def test_a_loss_that_lapsed_is_none() -> None:
    lapsed = rows.AuditPhysicalCard(
        citizen="zhang", physical_card_id="card", status=TEMPORARILY_LOST, lift_time=time(50)
    )

    finding = found(Telling(), copies=(USABLE, USABLE), physical_cards=[lapsed])

    assert finding.ruling is Ruling.GOOD
