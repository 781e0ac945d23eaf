"""Codes in random stories of one holder: shown, scanned, unlinked, lost, and time going by."""

from dataclasses import dataclass, replace
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.people import (
    NANTONG,
    NOW,
    SECOND,
    ZHANG,
    Store,
    card,
    citizen,
    link,
    physical_card,
    proof,
    rejected,
)

from essc_platform.core.checks import CheckAnswer, CheckCode
from essc_platform.core.codes import CodeAnswer, CodeName, IssueCode
from essc_platform.core.decisions import Accepted, Rejected
from essc_platform.core.links import Unlink
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Link,
    LinkCodes,
    LinkState,
    Method,
    PhysicalCardStatus,
    Purpose,
    Usage,
    Verdict,
)

CHANNELS = ("alipay", "wechat")
SPANS = (0, 1, 30 * SECOND, 60 * SECOND - 1, 60 * SECOND)
DEVICES = ("d1", "d2")


@dataclass(frozen=True)
class Show:
    channel: str
    device: str


@dataclass(frozen=True)
class Scan:
    which: int
    """Which of the codes that were shown so far, the newest first."""


@dataclass(frozen=True)
class End:
    channel: str


@dataclass(frozen=True)
class Again:
    channel: str


@dataclass(frozen=True)
class Lose:
    is_lost: bool


@dataclass(frozen=True)
class Wait:
    span: int


Deed: TypeAlias = Show | Scan | End | Again | Lose | Wait
STORIES = st.lists(
    st.one_of(
        st.builds(Show, st.sampled_from(CHANNELS), st.sampled_from(DEVICES)),
        st.builds(Scan, st.integers(0, 4)),
        st.builds(End, st.sampled_from(CHANNELS)),
        st.builds(Again, st.sampled_from(CHANNELS)),
        st.builds(Lose, st.booleans()),
        st.builds(Wait, st.sampled_from(SPANS)),
    ),
    max_size=30,
)
SETTINGS = settings(max_examples=150, deadline=None, database=None)


class Story:
    """One holder with two links, and what was said of every code."""

    def __init__(self) -> None:
        self.store = Store(citizen(), physical_card(), card())
        for place, channel in enumerate(CHANNELS):
            self.store.save((link(channel=channel, number=300 + place),))
        self.at, self.drawn = NOW, 1000
        self.shown: list[tuple[CodeName, int]] = []
        """With the moment of its end."""
        self.verdicts: list[tuple[CodeName, Verdict]] = []

    def new(self) -> int:
        self.drawn += 1
        return self.drawn

    def link_of(self, channel: str) -> Link:
        found = self.store.records[Link, (*ZHANG, channel)]
        assert isinstance(found, Link)
        return found

    def tell(self, deed: Deed) -> None:
        match deed:
            case Show():
                self.show(deed.channel, deed.device)
            case Scan():
                self.scan(deed.which)
            case End():
                self.end(deed.channel)
            case Again():
                self.again(deed.channel)
            case Lose():
                status = PhysicalCardStatus.LOST if deed.is_lost else PhysicalCardStatus.NORMAL
                self.store.save((physical_card(status=status, status_time=self.at),))
            case Wait():
                self.at += deed.span

    def show(self, channel: str, device: str) -> None:
        earned = proof(
            number=self.new(),
            channel=channel,
            purpose=Purpose.NEW_DEVICE,
            method=Method.TEXT_MESSAGE,
            expire_time=self.at + 1,
        )
        self.store.save((earned,))
        command = IssueCode(
            at=self.at,
            channel=channel,
            citizen=ZHANG,
            link_number=self.link_of(channel).number,
            binding=None,
            device=device,
            proof=earned.key,
            new_number=self.new(),
        )
        decision = self.store.do(command)
        if isinstance(decision, Accepted):
            assert isinstance(decision.answer, CodeAnswer)
            name = CodeName(ZHANG, command.new_number, channel, None)
            self.shown.insert(0, (name, decision.answer.code.expire_time))
        else:
            allowed = {Reason.LINK_NOT_ACTIVE, Reason.PHYSICAL_CARD_LOST}
            assert rejected(decision).reason in allowed

    def scan(self, which: int) -> None:
        name = self.shown[which][0] if which < len(self.shown) else None
        decision = self.store.do(
            CheckCode(
                at=self.at,
                verifier="hospital",
                region=NANTONG,
                code=name,
                usage=Usage.QUERY,
            )
        )
        assert isinstance(decision, Accepted)
        assert isinstance(decision.answer, CheckAnswer)
        assert bool(decision.changes) == (decision.answer.verdict is Verdict.VALID)
        if name is None:
            assert decision.answer.verdict is Verdict.FORGED
        else:
            self.verdicts.append((name, decision.answer.verdict))

    def end(self, channel: str) -> None:
        earned = proof(
            number=self.new(),
            channel=channel,
            purpose=Purpose.UNLINK,
            method=Method.FACE,
            expire_time=self.at + 1,
        )
        self.store.save((earned,))
        now = self.link_of(channel)
        command = Unlink(
            at=self.at,
            channel=channel,
            citizen=ZHANG,
            link_number=now.number,
            serial=now.serial,
            proof=earned.key,
        )
        assert not isinstance(self.store.do(command), Rejected)

    def again(self, channel: str) -> None:
        now = self.link_of(channel)
        if not now.is_active:
            again = replace(now, state=LinkState.ACTIVE, serial=now.serial + 1, unlink_time=None)
            self.store.save((again,))


@pytest.mark.rule("R30", "R31")
@SETTINGS
@given(STORIES)
def test_in_no_story_is_a_code_accepted_twice_or_late(deeds: list[Deed]) -> None:
    story = Story()
    accepted: set[CodeName] = set()

    for deed in deeds:
        told = len(story.verdicts)
        story.tell(deed)
        for name, verdict in story.verdicts[told:]:
            end = dict(story.shown)[name]
            newest = next(each for each, _ in story.shown if each.channel == name.channel)
            if verdict is Verdict.VALID:
                assert name not in accepted
                assert story.at < end
                assert name == newest
                assert story.link_of(name.channel).is_active
                accepted.add(name)


@pytest.mark.rule("R33")
@SETTINGS
@given(STORIES)
def test_in_every_story_a_link_remembers_each_device_once(deeds: list[Deed]) -> None:
    story = Story()

    for deed in deeds:
        story.tell(deed)
        for record in story.store.records.values():
            if isinstance(record, LinkCodes):
                assert len(set(record.devices)) == len(record.devices) <= 5
                assert record.devices


@pytest.mark.rule("R11", "R34")
@SETTINGS
@given(STORIES)
def test_what_one_channel_does_changes_no_verdict_on_the_codes_of_another(
    deeds: list[Deed],
) -> None:
    """With what happens in Alipay and without it, the codes of WeChat are worth the same."""
    whole, without = Story(), Story()

    for deed in deeds:
        scan_of_wechat(whole, deed)
        if getattr(deed, "channel", "wechat") == "wechat":
            scan_of_wechat(without, deed)

    assert [verdict for _, verdict in whole.verdicts] == [
        verdict for _, verdict in without.verdicts
    ]


def scan_of_wechat(story: Story, deed: Deed) -> None:
    """Tells a deed; a scan is one of WeChat's codes only."""
    if not isinstance(deed, Scan):
        story.tell(deed)
        return
    own = [place for place, (name, _) in enumerate(story.shown) if name.channel == "wechat"]
    if deed.which < len(own):
        story.scan(own[deed.which])
