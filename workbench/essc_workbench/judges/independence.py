"""R11: unlinking in one channel changes nothing in any other.

Three views of the same sentence. *Events*: no other channel is told anything at the moment of an
unlink. *Endings*: a link that ended was ended by its own channel, or left with it. *Answers*: what
a channel is answered about its own link before and after another one's unlink is the same, where
nothing else happened to that person in between.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain, islice, pairwise
from typing import Final

from essc.card.v1.card_pb2 import Link
from essc.event.v1.event_pb2 import Event
from essc_workbench.history.items import Facts, Outcome
from essc_workbench.history.reading import Call
from essc_workbench.judges.findings import Evidence, Finding, Text
from essc_workbench.judges.requests import Request, named, requests
from essc_workbench.judges.snapshots import PLATFORM, National, micros, moves, national
from essc_workbench.judges.tallies import Tally

ENDINGS: Final = ("Unlink", "DeclineDelivery")
LOOKS: Final = frozenset({"GetCard", "ListMembers", "ListBinders", "GetPlaces"})
"""Reads of an own link that change only when something changes."""
_OF_THE_ANSWER = frozenset({"read_time"})
_NOT_HELD = frozenset({"LINK_NOT_ACTIVE", "LINK_NOT_FOUND"})


class LinkIndependence:
    """Unlinking in one channel leaves every other channel's card working."""

    name = "link-independence"
    rules = ("R11", "R10", "R34")
    text = Text(
        zh="在一个渠道解除关联，不改变其他任何渠道",
        en="Unlinking in one channel changes nothing in any other",
    )

    def judge(self, evidence: Evidence) -> Finding:
        tally = Tally()
        asked = requests(evidence)
        endings = [each for each in named(asked, *ENDINGS) if each.may_be_done]
        _judge_answers(tally, evidence, asked)
        platform = evidence.shared(national)
        if platform is None:
            tally.lacks(PLATFORM)
        else:
            _judge_events(tally, platform)
            _judge_endings(tally, platform, evidence, endings)
        return tally.finding(self)


def _judge_events(tally: Tally, platform: National) -> None:
    """Whatever ends a link tells that link's channel and no other."""
    told: dict[tuple[str, int], list[tuple[str, int]]] = defaultdict(list)
    holders: dict[str, set[str]] = defaultdict(set)
    for each in platform.snapshot.events:
        citizen = platform.owner(each.event.link.link_id)
        if citizen:
            holders[citizen].add(each.channel_id)
            at = (citizen, micros(each.event.event_time))
            told[at].append((each.channel_id, each.event.kind))
    for (citizen, _), tellings in told.items():
        enders = {name for name, kind in tellings if kind == Event.KIND_LINK_UNLINKED}
        if not enders or len(holders[citizen]) < 2:
            continue
        others = sorted({name for name, _ in tellings} - enders)
        if not tally.holds(not others):
            names = ", ".join(others)
            tally.broken(
                zh=f"{min(enders)} 解除关联，却同时通知了 {names}",
                en=f"an unlink in {min(enders)} told {names} too",
                citizen=platform.alias(citizen),
                channel=others[0],
            )


def _judge_endings(
    tally: Tally, platform: National, evidence: Evidence, endings: list[Request]
) -> None:
    """A link that this run has met and that ended was ended by its own channel."""
    met = set(_met(evidence))
    left = {
        str(each.asked.get("channel_id"))
        for each in named(requests(evidence), "ExitChannel")
        if each.may_be_done
    }
    own = {(each.source, each.asked.get("link_id")): each for each in endings}
    for link in platform.snapshot.links:
        if link.link_id not in met:
            continue
        is_own = link.state != Link.STATE_UNLINKED or link.channel_id in left
        if not tally.holds(is_own or (link.channel_id, link.link_id) in own):
            others = [each for each in endings if each.source != link.channel_id]
            tally.broken(
                zh=f"{link.channel_id} 的关联结束了，但该渠道自己没有解除",
                en=f"{link.channel_id}'s link ended, though that channel never unlinked it",
                calls=tuple(number for each in others for number in each.calls),
                citizen=platform.alias(link.citizen),
                channel=link.channel_id,
            )


def _met(evidence: Evidence) -> Iterator[str]:
    """The links that the history names."""
    for event in evidence.history.seen:
        yield event.link_id
    for call in evidence.history.calls:
        facts: list[Facts] = [call.invoked.facts]
        if call.answered is not None:
            facts.append(call.answered.facts)
        for each in facts:
            for path, value in each.items():
                if _is_of_link(path):
                    yield str(value)


@cache
def _is_of_link(path: str) -> bool:
    return path.endswith("link_id")


def _judge_answers(tally: Tally, evidence: Evidence, asked: tuple[Request, ...]) -> None:
    if not any(each.may_be_done for each in named(asked, *ENDINGS)):
        return
    looks: dict[tuple[str, str, tuple[tuple[str, object], ...]], list[Call]] = defaultdict(list)
    for call in evidence.history.calls:
        if call.invoked.target == PLATFORM and call.method in LOOKS and call.end_us is not None:
            question = tuple(sorted(call.invoked.facts.items()))
            looks[(call.invoked.source, call.method, question)].append(call)
    moved = [item.at_us for item in moves(evidence)]
    doings = _Doings(asked)
    for (channel, _, _), calls in looks.items():
        for before, after in pairwise(calls):
            others = _only_unlinks_of_others(channel, doings.between(before, after))
            if not others:
                continue
            if not any(before.invoked.at_us <= at <= (after.end_us or at) for at in moved):
                _compare(tally, channel, before, after, others)


def _only_unlinks_of_others(channel: str, done: Iterable[Request]) -> list[Request]:
    """What was done, if that was nothing but unlinks in other channels; else nothing."""
    others: list[Request] = []
    for each in done:
        if each.method not in ENDINGS or each.source == channel:
            return []
        others.append(each)
    return list(dict.fromkeys(others))


class _Doings:
    """What may have changed what a channel is answered, by whom it is about."""

    def __init__(self, asked: Iterable[Request]) -> None:
        of_anybody: list[Request] = []
        by_citizen: dict[str, list[Request]] = defaultdict(list)
        everything: list[Request] = []
        for each in asked:
            # What a check uses up is counted nationally, and seen in none of these answers.
            if each.method in ("StartChallenge", "AnswerChallenge") or not each.may_be_done:
                continue
            everything.append(each)
            for name in each.citizens:
                by_citizen[name].append(each)
            if not each.citizens:
                of_anybody.append(each)
        self._of_anybody, self._all = _Row(of_anybody), _Row(everything)
        self._by_citizen = {name: _Row(found) for name, found in by_citizen.items()}

    def between(self, before: Call, after: Call) -> Iterator[Request]:
        """Those that may have taken effect between two answers to whom they may be about."""
        names = {*before.invoked.citizens, *after.invoked.citizens}
        if not names:
            return self._all.between(before, after)
        rows = [*(self._by_citizen.get(name, _NOTHING) for name in names), self._of_anybody]
        return chain.from_iterable(row.between(before, after) for row in rows)


class _Row:
    """Requests in the order in which they began, of which a span of time is found at once."""

    def __init__(self, found: Iterable[Request]) -> None:
        self._open: list[Request] = []
        self._over: list[Request] = []
        self._longest_us = 0
        for each in found:
            if each.end_us is None:
                self._open.append(each)
            else:
                self._over.append(each)
                self._longest_us = max(self._longest_us, each.end_us - each.began_us)
        self._begun = [each.began_us for each in self._over]

    def between(self, before: Call, after: Call) -> Iterator[Request]:
        """Those that may have taken effect between two answers."""
        assert after.end_us is not None
        first = bisect_left(self._begun, before.invoked.at_us - self._longest_us)
        last = bisect_left(self._begun, after.end_us)
        found = chain(self._open, islice(self._over, first, last))
        return (each for each in found if _is_between(each, before, after))


_NOTHING = _Row(())


def _is_between(request: Request, before: Call, after: Call) -> bool:
    """Whether a request may have taken effect between two answers."""
    assert after.end_us is not None
    is_over = request.end_us is not None and request.end_us < before.invoked.at_us
    return not is_over and request.began_us < after.end_us


def _compare(tally: Tally, channel: str, before: Call, after: Call, others: list[Request]) -> None:
    if Outcome.UNKNOWN in (before.outcome, after.outcome) or before.outcome is Outcome.REFUSED:
        return
    lost = after.outcome is Outcome.REFUSED and after.reason in _NOT_HELD
    if after.outcome is Outcome.REFUSED and not lost:
        return
    differing = sorted(_said(before).items() ^ _said(after).items(), key=str)
    paths = sorted({path for path, _ in differing})
    if not tally.holds(not lost and not paths):
        what = after.reason if lost else ", ".join(paths)
        elsewhere = ", ".join(sorted({each.source for each in others}))
        tally.broken(
            zh=f"{elsewhere} 解除关联后，{channel} 得到的回答变了：{what}",
            en=f"after an unlink in {elsewhere}, what {channel} is answered changed: {what}",
            calls=(before.number, after.number, *(n for each in others for n in each.calls)),
            citizen=next(iter(after.invoked.citizens), ""),
            channel=channel,
            at_us=after.end_us,
        )


def _said(call: Call) -> Facts:
    assert call.answered is not None
    return {
        path: value for path, value in call.answered.facts.items() if path not in _OF_THE_ANSWER
    }
