"""One status in all channels (R3, R16): who holds the card is told, and soon says the same.

*Told*: whatever happened to a card stands in the feed of every channel that held it then. *Same*:
once all has arrived, each channel's copy says what the physical card is. *Answers*: a card that is
looked at after a change was acknowledged, and before the next one began, has the changed status.
The lag of each channel is how long after the call that made a change its event had come.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Final

from essc.card.v1.card_pb2 import Card, Link
from essc.event.v1.event_pb2 import Event
from essc.registry.v1 import physical_card_pb2
from essc_workbench.judges import card_readings
from essc_workbench.judges.findings import Evidence, Text
from essc_workbench.judges.national import NationalJudge
from essc_workbench.judges.requests import Request, named, requests, word
from essc_workbench.judges.snapshots import (
    EVENTS_KEPT_US,
    National,
    channel_snapshots,
    micros,
    status_at,
)
from essc_workbench.judges.tallies import Tally

NATIONAL: Final = frozenset(
    {
        Event.KIND_CARD_STATUS_CHANGED,
        Event.KIND_CARD_REPLACED,
        Event.KIND_PASSWORD_CHANGED,
        Event.KIND_FAMILY_CHANGED,
        Event.KIND_CERTIFIED,
    }
)
"""What every channel that holds the card is told."""
LINKING: Final = ("Apply", "AcceptDelivery", "DeclineDelivery", "Unlink", "ExitChannel")
_MARGIN_US = 2_000_000
"""So close together the order of two events cannot be told from their times."""


class OneStatus(NationalJudge):
    """A card has one status, in all channels."""

    name = "one-status"
    rules = ("R3", "R4", "R16")
    text = Text(
        zh="卡的状态在所有渠道一致，变化告知每个持有该卡的渠道",
        en="A card has one status in all channels, and each channel that holds it is told",
    )

    def look(self, tally: Tally, platform: National, evidence: Evidence) -> None:
        asked = requests(evidence)
        causes = _by_time(asked)
        card_readings.judge(tally, evidence, platform, asked)
        _judge_told(tally, platform, asked, causes)
        _judge_copies(tally, evidence, platform)
        _note_lags(tally, evidence, causes)


@dataclass(slots=True)
class _Feed:
    """What one channel was told of one citizen."""

    at: set[int]
    begun: list[int]
    ended: list[int]

    def held(self, at_us: int) -> bool | None:
        """Whether the channel held the card then; None if that is too close to tell."""
        if any(abs(each - at_us) < _MARGIN_US for each in (*self.begun, *self.ended)):
            return None
        return self.is_open(at_us)

    def is_open(self, at_us: int) -> bool:
        begun = max((each for each in self.begun if each < at_us), default=0)
        return begun > max((each for each in self.ended if each < at_us), default=0)


def _judge_told(
    tally: Tally, platform: National, asked: tuple[Request, ...], causes: dict[int, Request]
) -> None:
    feeds, happened = _feeds(platform)
    linking = _Linking(asked)
    for (citizen, at), kind in happened.items():
        cause = causes.get(at)
        for channel, feed in feeds[citizen].items():
            if at in feed.at:
                tally.holds(True)
            elif _held(feed, channel, at, cause, linking) and not tally.holds(False):
                name = word(Event.Kind.Name(kind))  # type: ignore[arg-type]
                tally.broken(
                    zh=f"{channel} 持有该卡，却没有得到通知：{name}",
                    en=f"{channel} held the card and was not told: {name}",
                    calls=cause.calls if cause is not None else (),
                    citizen=platform.alias(citizen),
                    channel=channel,
                    at_us=cause.end_us if cause is not None else None,
                )


def _feeds(
    platform: National,
) -> tuple[dict[str, dict[str, _Feed]], dict[tuple[str, int], int]]:
    """By citizen and channel what was told; and what happened nationally to whom and when."""
    feeds: dict[str, dict[str, _Feed]] = defaultdict(dict)
    happened: dict[tuple[str, int], int] = {}
    for each in platform.snapshot.events:
        citizen, at = platform.owner(each.event.link.link_id), micros(each.event.event_time)
        if not citizen or not platform.is_kept(at, EVENTS_KEPT_US):
            continue
        feed = feeds[citizen].setdefault(each.channel_id, _Feed(set(), [], []))
        feed.at.add(at)
        if each.event.kind in (Event.KIND_LINK_DELIVERED, Event.KIND_LINK_ACTIVATED):
            feed.begun.append(at)
        elif each.event.kind == Event.KIND_LINK_UNLINKED:
            feed.ended.append(at)
        elif each.event.kind in NATIONAL:
            happened[(citizen, at)] = each.event.kind
    return feeds, happened


class _Linking:
    """What may have begun or ended links, by the channel whose links they are."""

    def __init__(self, asked: tuple[Request, ...]) -> None:
        self.own: dict[str, list[Request]] = defaultdict(list)
        self.exits: dict[str, list[Request]] = defaultdict(list)
        for each in named(asked, *LINKING):
            if each.may_be_done and each.method == "ExitChannel":
                self.exits[str(each.asked.get("channel_id"))].append(each)
            elif each.may_be_done:
                self.own[each.source].append(each)


def _held(feed: _Feed, channel: str, at_us: int, cause: Request | None, linking: _Linking) -> bool:
    """Whether a channel surely held the card when something happened to it."""
    exits = linking.exits[channel]
    if cause is None:
        return not exits and bool(feed.held(at_us))
    if not feed.is_open(at_us) or any(_overlap(each, cause) for each in linking.own[channel]):
        return False
    return all(cause.is_before(each) for each in exits)


def _by_time(asked: tuple[Request, ...]) -> dict[int, Request]:
    """Requests by the platform's time at which they were done, as their answers tell it."""
    found: dict[int, Request] = {}
    for each in asked:
        for path, value in each.answer.items():
            if _is_time(path) and isinstance(value, int):
                found.setdefault(value, each)  # others tell of it later
    return found


@cache
def _is_time(path: str) -> bool:
    return path.endswith("_time")


def _overlap(one: Request, other: Request) -> bool:
    return not one.is_before(other) and not other.is_before(one)


def _judge_copies(tally: Tally, evidence: Evidence, platform: National) -> None:
    if not evidence.settled:
        tally.undecided(
            zh="事件尚未全部到达，渠道副本的状态无法比较",
            en="not everything had arrived: the copies' statuses cannot be compared",
        )
        return
    truth = _truth(platform)
    for channel, snapshot in channel_snapshots(evidence):
        if snapshot is None:
            tally.lacks(channel)
            continue
        for shadow in snapshot.shadows:
            link = platform.links.get(shadow.link_id)
            is_held = link is not None and link.state != Link.STATE_UNLINKED
            if link is None or not is_held or link.citizen not in truth or not shadow.card_state:
                continue
            status, state = truth[link.citizen]
            seen = (shadow.physical_card_status, shadow.card_state)
            if not tally.holds(seen == (status, state)):
                _say_copy(tally, platform, link.citizen, channel, status, seen[0])


def _say_copy(
    tally: Tally, platform: National, citizen: str, channel: str, status: int, seen: int
) -> None:
    name = physical_card_pb2.PhysicalCardStatus.Name
    true, shown = (word(name(each)) for each in (status, seen))  # type: ignore[arg-type]
    tally.broken(
        zh=f"{channel} 的副本写着 {shown}，实际是 {true}",
        en=f"{channel}'s copy says {shown}, while it is {true}",
        citizen=platform.alias(citizen),
        channel=channel,
    )


def _truth(platform: National) -> dict[str, tuple[int, int]]:
    """By citizen: the physical card's status, and what the card is worth."""
    cards = {each.physical_card_id: each for each in platform.snapshot.physical_cards}
    gone = {each.citizen for each in platform.snapshot.citizens if each.HasField("cancel_time")}
    found: dict[str, tuple[int, int]] = {}
    for card in platform.snapshot.cards:
        if card.physical_card_id not in cards:
            continue
        status = status_at(cards[card.physical_card_id], platform.now_us)
        is_normal = status == physical_card_pb2.PHYSICAL_CARD_STATUS_NORMAL
        is_good = is_normal and platform.now_us < micros(card.expire_time)
        state = Card.STATE_USABLE if is_good else Card.STATE_BLOCKED
        found[card.citizen] = (status, Card.STATE_ENDED if card.citizen in gone else state)
    return found


def _note_lags(tally: Tally, evidence: Evidence, causes: dict[int, Request]) -> None:
    lags = defaultdict[str, list[int]](list)
    names = {word(Event.Kind.Name(kind)) for kind in NATIONAL}
    met = set()
    for event in evidence.history.seen:
        cause = causes.get(event.event_us)
        if cause is None or cause.end_us is None or (event.channel, event.cursor) in met:
            continue
        if word(event.event_kind) in names:
            met.add((event.channel, event.cursor))
            lags[event.channel].append(max(0, event.at_us - cause.end_us))
    for channel, found in sorted(lags.items()):
        median, most = sorted(found)[len(found) // 2] / 1000, max(found) / 1000
        tally.note(
            zh=f"{channel}：{len(found)} 次变化，滞后中位数 {median:.1f}、最长 {most:.1f} 毫秒",
            en=f"{channel}: {len(found)} changes, lag {median:.1f} ms in the middle, "
            f"{most:.1f} ms at most",
        )
