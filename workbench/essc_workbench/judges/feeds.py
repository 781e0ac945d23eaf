"""The feed is complete and in order (R16): nothing skipped, each effect once.

*Feed*: what became of a link, by answers and by the snapshot, stands in its channel's feed, in the
order of a link's life and not twice. *Seen*: what reached a channel is what its feed has; again is
allowed, out of order the first time is not. *Applied*: a channel applied each event of its feed
once, in the feed's order, without a gap, unless it listed its links anew.
"""

from collections import defaultdict
from itertools import pairwise
from typing import Final

from essc.card.v1.card_pb2 import Link
from essc.event.v1.event_pb2 import Event
from essc.lab.v1.audit_channel_pb2 import AuditAppliedEvent
from essc.lab.v1.audit_platform_pb2 import AuditEvent
from essc.lab.v1.audit_service_pb2 import ExportResponse
from essc_workbench.history.items import Outcome
from essc_workbench.judges.findings import Evidence, Text
from essc_workbench.judges.national import NationalJudge
from essc_workbench.judges.requests import named, requests
from essc_workbench.judges.snapshots import (
    EVENTS_KEPT_US,
    National,
    channel_snapshots,
    micros,
    moves,
)
from essc_workbench.judges.tallies import Tally

TELLS: Final = {
    "Apply": Event.KIND_LINK_ACTIVATED,
    "AcceptDelivery": Event.KIND_LINK_ACTIVATED,
    "Unlink": Event.KIND_LINK_UNLINKED,
    "DeclineDelivery": Event.KIND_LINK_UNLINKED,
}
"""What the feed says of an acknowledged change."""
LIFE: Final = {
    Event.KIND_LINK_DELIVERED: 1,
    Event.KIND_LINK_ACTIVATED: 2,
    Event.KIND_LINK_UNLINKED: 3,
}
_OF_STATE: Final = {
    Link.STATE_DELIVERED: Event.KIND_LINK_DELIVERED,
    Link.STATE_ACTIVE: Event.KIND_LINK_ACTIVATED,
    Link.STATE_UNLINKED: Event.KIND_LINK_UNLINKED,
}


class Feeds(NationalJudge):
    """No channel misses an event, and none takes effect twice."""

    name = "feeds"
    rules = ("R16", "R13")
    text = Text(
        zh="事件流完整有序，每个事件生效一次",
        en="The feed is complete and in order, and each event takes effect once",
    )

    def look(self, tally: Tally, platform: National, evidence: Evidence) -> None:
        feeds = platform.feeds()
        _judge_content(tally, platform, feeds, evidence)
        for channel, snapshot in channel_snapshots(evidence):
            feed = feeds.get(channel, [])
            _judge_life(tally, platform, channel, feed)
            _judge_seen(tally, evidence, channel, feed)
            if snapshot is None:
                tally.lacks(channel)
            else:
                _judge_applied(tally, evidence, channel, feed, snapshot)


def _judge_content(
    tally: Tally, platform: National, feeds: dict[str, list[AuditEvent]], evidence: Evidence
) -> None:
    told = {
        (channel, each.event.link.link_id, each.event.link.serial, each.event.kind)
        for channel, feed in feeds.items()
        for each in feed
    }
    asked = requests(evidence)
    left = {each.asked.get("channel_id") for each in named(asked, "ExitChannel")}
    for each in named(asked, *TELLS):
        link_id, serial = each.answer.get("link.link_id"), each.answer.get("link.serial")
        at = each.answer.get("link.unlink_time", each.answer.get("link.activate_time"))
        if not each.is_done or not isinstance(at, int) or not platform.is_kept(at, EVENTS_KEPT_US):
            continue
        if each.source not in left and not tally.holds(
            (each.source, link_id, serial, TELLS[each.method]) in told
        ):
            _say_missing(tally, each.source, each.method, each.calls, each.citizen)
    for link in platform.snapshot.links:
        times = (link.unlink_time, link.activate_time, link.deliver_time)
        at = max(map(micros, times))
        if link.channel_id in left or not platform.is_kept(at, EVENTS_KEPT_US):
            continue
        kind = _OF_STATE.get(link.state, Event.KIND_UNSPECIFIED)
        if not tally.holds((link.channel_id, link.link_id, link.serial, kind) in told):
            what = Event.Kind.Name(kind)
            _say_missing(tally, link.channel_id, what, (), platform.alias(link.citizen))


def _say_missing(
    tally: Tally, channel: str, what: str, calls: tuple[int, ...], citizen: str
) -> None:
    tally.broken(
        zh=f"{channel} 的事件流里缺少 {what} 的事件",
        en=f"{channel}'s feed has no event of {what}",
        calls=calls,
        citizen=citizen,
        channel=channel,
    )


def _judge_life(tally: Tally, platform: National, channel: str, feed: list[AuditEvent]) -> None:
    """Of one link: serials grow, and within one each part of its life comes once, in order.

    Who applies again in a channel because the card was cancelled or has expired (R4, R8) has the
    same link activated anew: by another request.
    """
    lives: dict[str, list[Event]] = defaultdict(list)
    for each in feed:
        if each.event.kind in LIFE:
            lives[each.event.link.link_id].append(each.event)
    for link_id, life in lives.items():
        if not tally.holds(all(_follows(one, other) for one, other in pairwise(life))):
            tally.broken(
                zh=f"{channel} 的一个关联的事件重复或颠倒",
                en=f"the events of one link of {channel} are doubled or out of order",
                citizen=platform.alias(platform.owner(link_id)),
                channel=channel,
            )


def _follows(one: Event, other: Event) -> bool:
    """Whether an event of a link may come after another one of its life."""
    places = [(each.link.serial, LIFE[each.kind]) for each in (one, other)]
    is_anew = (
        places[0] == places[1]
        and other.kind == Event.KIND_LINK_ACTIVATED
        and "" != one.request_id != other.request_id != ""
    )
    return is_anew or places[0] < places[1]


def _judge_seen(tally: Tally, evidence: Evidence, channel: str, feed: list[AuditEvent]) -> None:
    places = {each.cursor: place for place, each in enumerate(feed)}
    has_moved = bool(moves(evidence))
    last, met = -1, set()
    for event in evidence.history.seen:
        if event.channel != channel or event.cursor in met:
            continue
        met.add(event.cursor)
        place = places.get(event.cursor)
        if place is None:
            is_good = has_moved  # what is old is not kept
        else:
            is_good = place > last
            last = max(last, place)
        if not tally.holds(is_good):
            tally.broken(
                zh=f"{channel} 看到的事件不在其事件流中，或次序颠倒",
                en=f"{channel} saw an event that is not in its feed, or out of order",
                channel=channel,
                at_us=event.at_us,
            )


def _judge_applied(
    tally: Tally,
    evidence: Evidence,
    channel: str,
    feed: list[AuditEvent],
    snapshot: ExportResponse,
) -> None:
    places = {each.cursor: place for place, each in enumerate(feed)}
    applied = sorted(snapshot.applied_events, key=lambda each: each.number)
    known = [each for each in applied if each.cursor in places]
    doubled = len(applied) - len({each.cursor for each in applied})
    if applied and not tally.holds(doubled == 0):
        _say_applied(tally, channel, f"{doubled} 个事件生效两次", f"{doubled} events applied twice")
    for each in known:
        if not tally.holds(_is_same(each, feed[places[each.cursor]])):
            _say_applied(tally, channel, "生效的事件内容不同", "an applied event is another one")
    for one, other in pairwise(known):
        step = places[other.cursor] - places[one.cursor]
        if not tally.holds(step >= 1 or doubled > 0):
            _say_applied(tally, channel, "事件次序颠倒", "events were applied out of order")
        elif not tally.holds(step <= 1 or _has_listed(evidence, channel)):
            _say_applied(
                tally, channel, f"跳过了 {step - 1} 个事件", f"{step - 1} events were skipped"
            )
    _judge_end(tally, evidence, channel, feed, known)


def _judge_end(
    tally: Tally,
    evidence: Evidence,
    channel: str,
    feed: list[AuditEvent],
    known: list[AuditAppliedEvent],
) -> None:
    """Once all has arrived, a channel has applied its feed from the first event to the last."""
    if not feed or _has_listed(evidence, channel):
        return
    if not evidence.settled:
        tally.undecided(
            zh=f"{channel} 的事件尚未全部到达",
            en=f"not everything had reached {channel}",
        )
        return
    applied = {each.cursor for each in known}
    ends = feed[-1:] if moves(evidence, channel) else [feed[0], feed[-1]]
    missing = [each for each in ends if each.cursor not in applied]
    left = any(
        each.asked.get("channel_id") == channel for each in named(requests(evidence), "ExitChannel")
    )
    if not left and not tally.holds(not missing):
        _say_applied(tally, channel, "事件流的首尾没有生效", "the feed's ends were not applied")


def _has_listed(evidence: Evidence, channel: str) -> bool:
    """Whether the channel listed its links anew: then its copy does not come from events alone."""
    return any(
        call.invoked.source == channel
        and call.method == "ListLinks"
        and call.outcome is not Outcome.REFUSED
        for call in evidence.history.calls
    )


def _is_same(applied: AuditAppliedEvent, event: AuditEvent) -> bool:
    told = event.event
    return (applied.kind, applied.link_id, applied.serial, micros(applied.event_time)) == (
        told.kind,
        told.link.link_id,
        told.link.serial,
        micros(told.event_time),
    )


def _say_applied(tally: Tally, channel: str, zh: str, en: str) -> None:
    tally.broken(zh=f"{channel}：{zh}", en=f"{channel}: {en}", channel=channel)
