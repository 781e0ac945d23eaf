"""The judge of feeds sees an event that is missing, doubled, or out of order."""

from typing import Any

import pytest
from tests.judges.telling import Telling, applied, at, channel, event, link, platform, time

from essc.card.v1.card_pb2 import Link
from essc.event.v1.event_pb2 import Event
from essc_workbench.judges.feeds import Feeds
from essc_workbench.judges.findings import Finding, Ruling

ACTIVATED, UNLINKED = Event.KIND_LINK_ACTIVATED, Event.KIND_LINK_UNLINKED
FEED = [
    event("wechat", ACTIVATED, 1),
    event("wechat", Event.KIND_PASSWORD_CHANGED, 2),
    event("wechat", UNLINKED, 3),
]
GONE = link("wechat", state=Link.STATE_UNLINKED, unlink_time=time(3))


def found(
    told: Telling | None = None, applying: Any = (0, 1, 2), *, settled: bool = True, **lists: Any
) -> Finding:
    values: dict[str, Any] = {"links": [GONE], "events": FEED}
    exports = {"platform": platform(**(values | lists))}
    if applying is not None:
        done = [applied(number, FEED[place]) for number, place in enumerate(applying)]
        exports["wechat"] = channel("wechat", applied_events=done)
    told = told or Telling()
    return Feeds().judge(told.evidence(exports, channels=("wechat",), settled=settled))


@pytest.mark.rule("R16")
def test_a_feed_that_was_applied_once_and_in_order_is_good() -> None:
    told = Telling()
    for each in FEED:
        told.seen("wechat", each.cursor)

    assert found(told).ruling is Ruling.GOOD


@pytest.mark.parametrize(
    ("applying", "said"),
    [
        ((0, 2), "wechat: 1 events were skipped"),
        ((0, 2, 1), "wechat: 1 events were skipped"),
        ((0, 1, 1, 2), "wechat: 1 events applied twice"),
        ((0, 1), "wechat: the feed's ends were not applied"),
        ((1, 2), "wechat: the feed's ends were not applied"),
    ],
)
def test_an_event_that_was_skipped_doubled_or_turned_round_by_a_channel_is_seen(
    applying: tuple[int, ...], said: str
) -> None:
    assert said in [each.text.en for each in found(applying=applying).violations]


def test_events_that_were_applied_out_of_order_are_seen() -> None:
    finding = found(applying=(0, 2, 1))

    assert "wechat: events were applied out of order" in [
        each.text.en for each in finding.violations
    ]


def test_an_event_that_came_to_a_channel_again_is_allowed_but_not_out_of_order() -> None:
    again, turned = Telling(), Telling()
    for place in (0, 1, 0, 1, 2):
        again.seen("wechat", FEED[place].cursor)
    for place in (1, 0, 2):
        turned.seen("wechat", FEED[place].cursor)

    assert found(again).ruling is Ruling.GOOD
    assert found(turned).ruling is Ruling.BROKEN


def test_an_event_that_is_not_in_the_feed_is_seen() -> None:
    told = Telling()
    told.seen("wechat", "invented")

    assert found(told).ruling is Ruling.BROKEN


def test_an_acknowledged_change_that_the_feed_does_not_tell_is_seen() -> None:
    told = Telling()
    answer = {"link.link_id": "link-wechat-zhang", "link.serial": 1, "link.unlink_time": at(3)}
    call = told.call("wechat", "Unlink", {}, answer)

    good, broken = found(told), found(told, (0, 1), links=[], events=FEED[:2])

    assert good.ruling is Ruling.GOOD
    assert [each.calls for each in broken.violations] == [(call,)]


def test_a_link_of_which_the_feed_does_not_tell_is_seen() -> None:
    finding = found(applying=(), events=[])

    assert [each.text.en for each in finding.violations] == [
        "wechat's feed has no event of KIND_LINK_UNLINKED"
    ]


def test_what_is_older_than_the_feed_keeps_need_not_be_in_it() -> None:
    old = link("wechat", activate_time=time(-100 * 86_400))

    assert found(applying=(), events=[], links=[old]).violations == ()


def test_the_same_part_of_a_links_life_does_not_come_twice() -> None:
    doubled = event("wechat", ACTIVATED, 1.5)

    finding = found(applying=None, events=[FEED[0], doubled, *FEED[1:]])

    assert [each.text.en for each in finding.violations] == [
        "the events of one link of wechat are doubled or out of order"
    ]


def test_a_channel_that_listed_its_links_anew_may_have_skipped_events() -> None:
    told = Telling()
    told.call("wechat", "ListLinks", request_id="")

    assert found(told, (0, 2)).ruling is Ruling.GOOD


def test_what_is_on_its_way_is_unknown_and_a_channel_without_a_snapshot_is_not_judged() -> None:
    assert found(applying=(0, 1), settled=False).ruling is Ruling.UNKNOWN
    assert found(applying=None).not_judged == ("wechat",)
