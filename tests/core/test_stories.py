"""What no sequence of commands can do: stories that hypothesis tells, played command by command."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.core.people import (
    DAY,
    HOUR,
    SUZHOU,
    ZHANG,
    Store,
)
from tests.core.telling import (
    CHANNELS,
    OF_BUREAU_AND_TIME,
    OPENED,
    PAYING,
    POLICY,
    SEALED,
    STORIES,
    Deed,
    deeds_of,
    links_in,
    play,
    tell,
    worth_in,
    zhang_in,
)

from essc_platform.core import acting
from essc_platform.core.bank_accounts import ActivateBankAccount, CloseBankAccount
from essc_platform.core.cancellations import CancelCitizen
from essc_platform.core.challenges import AnswerChallenge
from essc_platform.core.commands import Command
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.deliveries import DeclineDelivery
from essc_platform.core.holdings import LinkAnswer
from essc_platform.core.issues import IssuePhysicalCard
from essc_platform.core.links import Apply, Unlink
from essc_platform.core.passwords import SetPassword
from essc_platform.core.physical_cards import ChangePhysicalCard, NoteExpiry, Verb
from essc_platform.core.records import (
    Card,
    CardView,
    Challenge,
    Counters,
    Generation,
    Level,
    Link,
    LinkState,
    Password,
    PhysicalCard,
    PhysicalCardStatus,
    Proof,
    Purpose,
)
from essc_platform.core.replacements import ReplacePhysicalCard

LONG = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.rule("R2", "R3", "R5")
@LONG
@given(STORIES)
@example([*SEALED, lambda teller: teller.accept("alipay", 1)])
@example([*OPENED, lambda teller: teller.unlink("wechat", 1)])
def test_no_story_makes_a_usable_link_on_an_unusable_card(deeds: list[Deed]) -> None:
    store = Store(*CHANNELS)
    for command in tell(*deeds):
        before = links_in(store)

        play(store, command)

        for channel, link in links_in(store).items():
            if is_widened(before.get(channel), link):
                zhang = zhang_in(store)
                assert acting.blocked_reason(zhang, link, command.at, POLICY) is None


def is_widened(before: Link | None, link: Link) -> bool:
    """Whether a link may now do something that it could not do before."""
    if before is None or not before.is_active:
        return link.is_active
    return link.is_active and link.level > before.level


@pytest.mark.rule("R26")
@LONG
@given(STORIES)
@example([*PAYING, lambda teller: teller.close_account(1)])
@example(
    [
        *PAYING,
        lambda teller: teller.issue(SUZHOU, Generation.SECOND, True),
        lambda teller: teller.step(Verb.CANCEL, 1),
        lambda teller: teller.apply("wechat", None),
    ]
)
def test_in_every_story_a_link_pays_only_while_there_is_a_bank_account(deeds: list[Deed]) -> None:
    store = Store(*CHANNELS)
    for command in tell(*deeds):
        play(store, command)

        may_pay = [link for link in links_in(store).values() if link.level is Level.PAYMENT]
        for link in may_pay:
            assert not link.is_active or zhang_in(store).bank_account is not None


@pytest.mark.rule("R3")
@LONG
@given(STORIES)
@example(
    [
        *OPENED,
        lambda teller: teller.step(Verb.REPORT_LOSS, 1),
        lambda teller: teller.allow("wechat", 1),
        lambda teller: teller.allow("alipay", 1),
    ]
)
def test_in_every_story_one_link_at_most_is_open_for_a_loss(deeds: list[Deed]) -> None:
    store = Store(*CHANNELS)
    for command in tell(*deeds):
        play(store, command)

        zhang, held = zhang_in(store), links_in(store).values()
        opened = [acting.allow_until(link, zhang, command.at, POLICY) for link in held]
        assert len([until for until in opened if until is not None]) <= 1


@pytest.mark.rule("R1", "R8", "R10", "R12", "R13", "R25")
@LONG
@given(STORIES)
@example(
    [
        *OPENED,
        lambda teller: teller.wait(3653 * DAY),
        lambda teller: teller.apply("wechat", None),
        lambda teller: teller.apply("alipay", None),
    ]
)
def test_in_every_story_the_records_fit_together(deeds: list[Deed]) -> None:
    store = Store(*CHANNELS)
    for command in tell(*deeds):
        before, card_before = links_in(store), store.records.get((Card, ZHANG))

        decision = play(store, command)

        # Only an application that renews the card ends what was signed for the others (R8).
        unsigned = unsigned_in(before)
        if isinstance(command, Apply) and isinstance(decision, Accepted):
            if store.records[Card, ZHANG] != card_before:
                unsigned |= {channel for channel, link in before.items() if link.is_active}
            unsigned -= {command.channel}
        still = {channel for channel, link in links_in(store).items() if link.is_active}
        assert unsigned_in(links_in(store)) == unsigned & still
        physical_cards = [r for r in store.records.values() if isinstance(r, PhysicalCard)]
        living = [c.region for c in physical_cards if c.status is not PhysicalCardStatus.CANCELLED]
        assert len(living) == len(set(living))
        for channel, link in links_in(store).items():
            assert (Card, ZHANG) in store.records
            assert link.is_active or link.licence is None
            assert (link.unlink_time is not None) is (link.state is LinkState.UNLINKED)
            if channel in before:
                assert link.number == before[channel].number
                assert link.serial >= before[channel].serial
        password = store.records.get((Password, ZHANG))
        if isinstance(password, Password):
            assert password.wrong_tries < 6
        counters = store.records.get((Counters, ZHANG))
        if isinstance(counters, Counters):
            assert counters.text_messages <= 10
            assert counters.failed_faces <= 10


def unsigned_in(links: dict[str, Link]) -> set[str]:
    """The channels whose link is active and whose signed card ended."""
    return {each.channel for each in links.values() if each.is_active and each.licence is None}


@pytest.mark.rule("R3", "R16")
@LONG
@given(STORIES)
@example(
    [
        *OPENED,
        lambda teller: teller.wait(3653 * DAY),
        lambda teller: teller.expire(),
        lambda teller: teller.apply("wechat", None),
    ]
)
def test_in_every_story_what_channels_are_told_is_what_the_card_is_worth(
    deeds: list[Deed],
) -> None:
    """A channel that follows its events knows the worth of the card, but for what time changed."""
    store, told = Store(*CHANNELS), dict[str, CardView]()
    for command in tell(*deeds):
        decision = play(store, command)

        assert not isinstance(decision, Accepted) or all(
            event.link == replace(links_in(store)[event.channel], licence=event.link.licence)
            for event in decision.events
            if event.link is not None
        )
        worth = worth_in(store, command.at)
        for event in decision.events if isinstance(decision, Accepted) else ():
            if event.card is not None:
                assert event.card == worth
                told[event.channel] = event.card
        if isinstance(decision, Accepted) and decision.changes:
            check_that_holders_know(store, told, command)


TOLD = (
    Apply,
    ChangePhysicalCard,
    SetPassword,
    NoteExpiry,
    ReplacePhysicalCard,
    ActivateBankAccount,
    CloseBankAccount,
    CancelCitizen,
)


def check_that_holders_know(store: Store, told: dict[str, CardView], command: Command) -> None:
    """Right after what a bureau or a channel changed about the card, all its holders know."""
    worth = worth_in(store, command.at)
    if isinstance(command, TOLD):
        for channel, link in links_in(store).items():
            if link.state is LinkState.UNLINKED or worth is None:
                continue
            known = told[channel]
            if is_told_by_the_sweep(known, worth):
                continue
            # When it was lost is nobody's business; it says whether the own link is open.
            assert replace(known, loss_time=None) == replace(worth, loss_time=None)


def is_told_by_the_sweep(known: CardView, worth: CardView) -> bool:
    """Only time lies between: the sweep tells it."""
    by_time = {PhysicalCardStatus.TEMPORARILY_LOST, PhysicalCardStatus.NORMAL}
    lapsed = {known.status, worth.status} == by_time
    expired = worth.blocked_reason == "CARD_EXPIRED"
    now = replace(
        known,
        status=worth.status,
        blocked_reason=worth.blocked_reason,
        loss_time=worth.loss_time,
    )
    return (lapsed or expired) and now == worth


@pytest.mark.rule("R91")
@LONG
@given(STORIES)
def test_in_every_story_a_refusal_uses_up_nothing_but_tries(deeds: list[Deed]) -> None:
    store = Store(*CHANNELS)
    for command in tell(*deeds):
        decision = play(store, command)

        if isinstance(decision, Rejected):
            assert {type(change) for change in decision.changes} <= {Challenge, Counters, Password}
            assert not decision.changes or isinstance(command, AnswerChallenge)


@pytest.mark.rule("R12")
@LONG
@given(STORIES)
@example([*OPENED, lambda teller: teller.unlink("wechat", 1)])
def test_in_every_story_a_repeated_unlink_answers_the_same_unlink_time(
    deeds: list[Deed],
) -> None:
    store = Store(*CHANNELS)
    for command in tell(*deeds):
        first = play(store, command)

        if isinstance(command, Unlink) and isinstance(first, Accepted):
            again = store.judge(replace(command, at=command.at + HOUR, proof=(*ZHANG, 1)))
            assert again == Accepted(answer=first.answer)
            assert isinstance(first.answer, LinkAnswer)
            assert first.answer.link.unlink_time is not None


# --- R11 -------------------------------------------------------------------------------------


@pytest.mark.rule("R11")
@LONG
@given(STORIES)
def test_in_every_story_an_unlink_changes_only_that_link_that_proof_and_its_own_entry(
    deeds: list[Deed],
) -> None:
    store = Store(*CHANNELS)
    for command in tell(*deeds):
        before, written = dict(store.records), len(store.entries)

        decision = play(store, command)

        if isinstance(command, Unlink | DeclineDelivery):
            touched = {key for key in store.records if store.records[key] != before.get(key)}
            own = {(Link, (*ZHANG, command.channel)), (Proof, command.proof)}
            assert touched in (set(), own)
            entries = store.entries[written:]
            assert [each.channel for each in entries] == ([command.channel] if touched else [])
            events = decision.events if isinstance(decision, Accepted) else ()
            assert [event.channel for event in events] == ([command.channel] if touched else [])


@pytest.mark.rule("R11", "R14")
@LONG
@given(STORIES)
def test_in_every_story_a_channel_changes_no_link_but_its_own(deeds: list[Deed]) -> None:
    store = Store(*CHANNELS)
    for command in tell(*deeds):
        before, zhang = links_in(store), zhang_in(store)

        play(store, command)

        if not isinstance(command, IssuePhysicalCard | ReplacePhysicalCard):
            changed = {c: link for c, link in links_in(store).items() if link != before.get(c)}
            changed.pop(getattr(command, "channel", ""), None)
            # Where the bank account is gone, nationally, every level falls; where the card is
            # issued or mapped anew, what was signed of it ends. Nothing else changes.
            assert not changed or isinstance(command, CloseBankAccount | Apply)
            is_closed = isinstance(command, CloseBankAccount)
            is_fallen = is_closed or zhang_in(store).physical_card != zhang.physical_card
            for name, link in changed.items():
                level = Level.QUERY if is_fallen else before[name].level
                licence = before[name].licence if is_closed else None
                assert link == replace(before[name], level=level, licence=licence)


@pytest.mark.rule("R11")
@LONG
@given(STORIES, st.lists(st.one_of(deeds_of("alipay", "nantong"), OF_BUREAU_AND_TIME), max_size=15))
@example(list(OPENED), [OPENED[3], lambda teller: teller.unlink("alipay", 1)])
def test_after_an_unlink_in_one_channel_every_other_gets_the_answers_it_got_without_it(
    before: list[Deed], after: list[Deed]
) -> None:
    """The challenge stays in both runs: what it counts is the person's own, nationally."""
    start = len(tell(*before))
    with_it = tell(*before, lambda teller: teller.unlink("wechat", 1), *after)
    unlinked, untouched = Store(*CHANNELS), Store(*CHANNELS)
    for command in with_it[:start]:
        play(unlinked, command)
        play(untouched, command)

    for command in with_it[start:]:
        there = play(unlinked, command)
        if isinstance(command, Unlink) and command.channel == "wechat":
            continue
        here = play(untouched, command)

        assert for_others(there) == for_others(here)

    for store in (unlinked, untouched):
        store.records.pop((Link, (*ZHANG, "wechat")), None)
    forget_the_used_proof(unlinked, untouched)
    assert unlinked.records == untouched.records


def for_others(decision: Decision | None) -> Any:
    """All of a decision but what it tells WeChat and saves of WeChat's link."""
    if not isinstance(decision, Accepted):
        return decision
    return replace(
        decision,
        changes=tuple(
            c for c in decision.changes if not (isinstance(c, Link) and c.channel == "wechat")
        ),
        events=tuple(event for event in decision.events if event.channel != "wechat"),
        entries=tuple(entry for entry in decision.entries if entry.channel != "wechat"),
    )


def forget_the_used_proof(unlinked: Store, untouched: Store) -> None:
    """The proof that the unlink used up is WeChat's too."""
    for key in [key for key in unlinked.records if key[0] is Proof]:
        ours, theirs = unlinked.records[key], untouched.records[key]
        assert isinstance(ours, Proof)
        assert isinstance(theirs, Proof)
        if ours.purpose is Purpose.UNLINK and ours.channel == "wechat":
            assert ours in (theirs, replace(theirs, is_used=True))
            untouched.records[key] = ours


def test_the_stories_get_somewhere() -> None:
    store = Store(*CHANNELS)

    decisions = [play(store, command) for command in tell(*OPENED)]

    assert all(isinstance(each, Accepted) for each in decisions)
    assert {channel: link.state for channel, link in links_in(store).items()} == {
        "wechat": LinkState.ACTIVE,
        "alipay": LinkState.ACTIVE,
        "nantong": LinkState.DELIVERED,
    }
