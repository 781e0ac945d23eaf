"""What no sequence of commands can do: stories that hypothesis tells, played command by command."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.core import people
from tests.core.people import (
    DAY,
    HOUR,
    MINUTE,
    NANTONG,
    NOW,
    SUZHOU,
    ZHANG,
    Store,
    citizen,
    licence,
)

from essc_platform.core import acting, cards
from essc_platform.core.bank_accounts import ActivateBankAccount, CloseBankAccount
from essc_platform.core.cancellations import CancelCitizen
from essc_platform.core.cards import Person
from essc_platform.core.challenges import AnswerChallenge, Finding, StartChallenge
from essc_platform.core.citizens import RegisterCitizen
from essc_platform.core.commands import Command
from essc_platform.core.deciding.common import person, person_of
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.deliveries import AcceptDelivery, DeclineDelivery
from essc_platform.core.holdings import LinkAnswer, with_licence
from essc_platform.core.issues import IssuePhysicalCard
from essc_platform.core.levels import LowerLevel, RaiseLevel
from essc_platform.core.links import Apply, Unlink
from essc_platform.core.losses import AllowWhileLost
from essc_platform.core.passwords import ChangePassword, ResetPassword, SetPassword
from essc_platform.core.physical_cards import ChangePhysicalCard, NoteExpiry, Verb
from essc_platform.core.policy import HOLDER_CONSENT, Policy
from essc_platform.core.records import (
    CancelCause,
    Card,
    CardView,
    Challenge,
    Counters,
    Generation,
    Level,
    Link,
    LinkState,
    Method,
    Password,
    PhysicalCard,
    PhysicalCardStatus,
    Proof,
    Purpose,
)
from essc_platform.core.replacements import ReplacePhysicalCard

LINK_NUMBERS = {"wechat": 300, "alipay": 310, "nantong": 320}
REGIONS = (NANTONG, SUZHOU)
# The reading of a loss in which more can happen.
POLICY = Policy(loss=HOLDER_CONSENT)
CHANNELS = [people.channel(key=name) for name in LINK_NUMBERS]
WAITS = (0, 0, MINUTE, 11 * MINUTE, DAY, 17 * DAY, 3653 * DAY)


class Teller:
    """Turns deeds into commands. What they say depends on the story alone, not on what came of it.

    So the same story can be told without one of its commands, and the answers compared.
    """

    def __init__(self) -> None:
        person = citizen()
        self.at = NOW
        self.number = 1000
        self.physical_cards = 50
        self.commands: list[Command] = [
            RegisterCitizen(
                at=NOW,
                citizen=ZHANG,
                id_number=person.id_number,
                name=person.name,
                phone=person.phone,
            )
        ]

    def new(self) -> int:
        self.number += 1
        return self.number

    def check(
        self, channel: str, method: Method, purpose: Purpose, finding: Finding = Finding.RIGHT
    ) -> tuple[int, int, int]:
        """Starts and answers a challenge; the key of the proof that a right answer gives."""
        person, challenge, proof = citizen(), self.new(), self.new()
        start = StartChallenge(
            at=self.at,
            channel=channel,
            citizen=ZHANG,
            link_number=None,
            name=person.name,
            id_number=person.id_number,
            phone=None,
            method=method,
            purpose=purpose,
            new_number=challenge,
        )
        answer = AnswerChallenge(
            at=self.at,
            channel=channel,
            citizen=ZHANG,
            number=challenge,
            finding=finding,
            password_version=None,
            new_proof_number=proof,
        )
        self.commands += [start, answer]
        return (*ZHANG, proof)

    def apply(self, channel: str, region: str | None) -> None:
        identity = self.check(channel, Method.VOUCHED, Purpose.APPLY)
        face = self.check(channel, Method.FACE, Purpose.APPLY)
        self.commands.append(
            Apply(
                at=self.at,
                channel=channel,
                citizen=ZHANG,
                identity_proof=identity,
                face_proof=face,
                consent_version="2026-01",
                region=region,
                new_link_number=LINK_NUMBERS[channel],
                new_licence_number=self.new(),
            )
        )

    def accept(self, channel: str, serial: int) -> None:
        proof = self.check(channel, Method.TEXT_MESSAGE, Purpose.ACCEPT_DELIVERY)
        self.commands.append(
            AcceptDelivery(
                at=self.at,
                channel=channel,
                citizen=ZHANG,
                link_number=LINK_NUMBERS[channel],
                serial=serial,
                proof=proof,
                consent_version="2026-01",
                new_licence_number=self.new(),
            )
        )

    def decline(self, channel: str, serial: int) -> None:
        proof = self.check(channel, Method.VOUCHED, Purpose.ACCEPT_DELIVERY)
        self.commands.append(
            DeclineDelivery(
                at=self.at,
                channel=channel,
                citizen=ZHANG,
                link_number=LINK_NUMBERS[channel],
                serial=serial,
                proof=proof,
            )
        )

    def unlink(self, channel: str, serial: int) -> None:
        proof = self.check(channel, Method.FACE, Purpose.UNLINK)
        self.commands.append(
            Unlink(
                at=self.at,
                channel=channel,
                citizen=ZHANG,
                link_number=LINK_NUMBERS[channel],
                serial=serial,
                proof=proof,
            )
        )

    def renew_password(
        self, channel: str, kind: type[SetPassword | ChangePassword | ResetPassword]
    ) -> None:
        common: dict[str, Any] = {
            "at": self.at,
            "channel": channel,
            "citizen": ZHANG,
            "link_number": LINK_NUMBERS[channel],
            "digits": "135246",
            "hash": "hash",
        }
        if kind is ResetPassword:
            text = self.check(channel, Method.TEXT_MESSAGE, Purpose.RESET_PASSWORD)
            face = self.check(channel, Method.FACE, Purpose.RESET_PASSWORD)
            self.commands.append(ResetPassword(**common, text_proof=text, face_proof=face))
        elif kind is SetPassword:
            proof = self.check(channel, Method.FACE, Purpose.SET_PASSWORD)
            self.commands.append(SetPassword(**common, proof=proof))
        else:
            proof = self.check(channel, Method.CARD_PASSWORD, Purpose.CHANGE_PASSWORD)
            self.commands.append(ChangePassword(**common, proof=proof))

    def fail(self, channel: str, method: Method, finding: Finding, times: int) -> None:
        for _ in range(times):
            self.check(channel, method, Purpose.UNLINK, finding)

    def issue(self, region: str, generation: Generation, enabled: bool) -> None:
        self.physical_cards += 1
        self.commands.append(
            IssuePhysicalCard(
                at=self.at,
                citizen=ZHANG,
                region=region,
                generation=generation,
                is_enabled=enabled,
                new_number=self.physical_cards,
                receivers=(("alipay", 310), ("nantong", 320)),
            )
        )

    def step(self, verb: Verb, which: int) -> None:
        regions = None if verb is Verb.LAPSE else frozenset(REGIONS)
        self.commands.append(
            ChangePhysicalCard(
                at=self.at, verb=verb, citizen=ZHANG, number=50 + which, regions=regions
            )
        )

    def replace_card(self, which: int, generation: Generation) -> None:
        self.physical_cards += 1
        self.commands.append(
            ReplacePhysicalCard(
                at=self.at,
                citizen=ZHANG,
                number=50 + which,
                regions=frozenset(REGIONS),
                generation=generation,
                new_number=self.physical_cards,
                receivers=(("alipay", 310), ("nantong", 320)),
            )
        )

    def open_account(self, which: int) -> None:
        self.commands.append(
            ActivateBankAccount(
                at=self.at,
                citizen=ZHANG,
                number=50 + which,
                regions=frozenset(REGIONS),
                bank_id="citybank",
                reserved_phone="11100009999",
            )
        )

    def close_account(self, which: int) -> None:
        self.commands.append(
            CloseBankAccount(
                at=self.at, citizen=ZHANG, number=50 + which, regions=frozenset(REGIONS)
            )
        )

    def die(self) -> None:
        self.commands.append(
            CancelCitizen(
                at=self.at,
                citizen=ZHANG,
                id_number=citizen().id_number,
                cause=CancelCause.DEATH,
            )
        )

    def raise_level(self, channel: str, serial: int) -> None:
        proof = self.check(channel, Method.RESERVED_PHONE, Purpose.RAISE_LEVEL)
        self.commands.append(RaiseLevel(**self.in_link(channel, serial), proof=proof))

    def lower_level(self, channel: str, serial: int) -> None:
        self.commands.append(LowerLevel(**self.in_link(channel, serial)))

    def allow(self, channel: str, serial: int) -> None:
        proof = self.check(channel, Method.FACE, Purpose.ALLOW_WHILE_LOST)
        self.commands.append(AllowWhileLost(**self.in_link(channel, serial), proof=proof))

    def in_link(self, channel: str, serial: int) -> dict[str, Any]:
        return {
            "at": self.at,
            "channel": channel,
            "citizen": ZHANG,
            "link_number": LINK_NUMBERS[channel],
            "serial": serial,
        }

    def expire(self) -> None:
        self.commands.append(NoteExpiry(at=self.at, citizen=ZHANG))

    def wait(self, span: int) -> None:
        self.at += span


Deed = Callable[[Teller], None]


def deed(method: Callable[..., None], *arguments: st.SearchStrategy[Any]) -> Any:
    return st.tuples(*arguments).map(lambda drawn: lambda teller: method(teller, *drawn))


def deeds_of(*channels: str) -> st.SearchStrategy[Deed]:
    channel, serial = st.sampled_from(channels), st.sampled_from((1, 1, 2, 3))
    failures = st.sampled_from(
        (
            (Method.CARD_PASSWORD, Finding.WRONG_PASSWORD),
            (Method.FACE, Finding.NOT_LIVE),
            (Method.TEXT_MESSAGE, Finding.WRONG_CODE),
        )
    )
    return st.one_of(
        deed(Teller.apply, channel, st.sampled_from((None, None, *REGIONS))),
        deed(Teller.accept, channel, serial),
        deed(Teller.decline, channel, serial),
        deed(Teller.raise_level, channel, serial),
        deed(Teller.lower_level, channel, serial),
        deed(Teller.allow, channel, serial),
        deed(
            Teller.renew_password,
            channel,
            st.sampled_from((SetPassword, ChangePassword, ResetPassword)),
        ),
        deed(
            lambda teller, at, how, times: teller.fail(at, *how, times),
            channel,
            failures,
            st.sampled_from((1, 5, 6, 11)),
        ),
    )


WHICH = st.sampled_from((1, 1, 2, 3))
OF_BUREAU_AND_TIME: st.SearchStrategy[Deed] = st.one_of(
    deed(Teller.issue, st.sampled_from(REGIONS), st.sampled_from(Generation), st.booleans()),
    deed(Teller.step, st.sampled_from(Verb), WHICH),
    deed(Teller.replace_card, WHICH, st.sampled_from(Generation)),
    deed(Teller.open_account, WHICH),
    deed(Teller.close_account, WHICH),
    deed(Teller.die),
    deed(Teller.expire),
    deed(Teller.wait, st.sampled_from(WAITS)),
)
UNLINKS = deed(Teller.unlink, st.sampled_from(list(LINK_NUMBERS)), st.sampled_from((1, 1, 2, 3)))
DEEDS = st.one_of(deeds_of(*LINK_NUMBERS), UNLINKS, OF_BUREAU_AND_TIME)
# Where the card is open in WeChat and Alipay, delivered in Nantong, and has a password.
OPENED: Sequence[Deed] = (
    lambda teller: teller.issue(NANTONG, Generation.THIRD, True),
    lambda teller: teller.apply("wechat", None),
    lambda teller: teller.accept("alipay", 1),
    lambda teller: teller.renew_password("alipay", SetPassword),
)
# The same, and WeChat and Alipay may pay.
PAYING: Sequence[Deed] = (
    *OPENED,
    lambda teller: teller.open_account(1),
    lambda teller: teller.raise_level("wechat", 1),
    lambda teller: teller.raise_level("alipay", 1),
)

SEALED: Sequence[Deed] = (lambda teller: teller.issue(NANTONG, Generation.THIRD, False),)

STORIES = st.tuples(
    st.sampled_from(((), SEALED, OPENED, PAYING)), st.lists(DEEDS, max_size=20)
).map(lambda drawn: [*drawn[0], *drawn[1]])


def tell(*deeds: Deed) -> list[Command]:
    teller = Teller()
    for each in deeds:
        each(teller)
    return teller.commands


def play(store: Store, command: Command) -> Decision | None:
    """Does what the edge does around a command: looks at the password, signs, saves."""
    if isinstance(command, AnswerChallenge):
        password = store.records.get((Password, ZHANG))
        version = password.version if isinstance(password, Password) else None
        command = replace(command, password_version=version)
    if isinstance(command, NoteExpiry) and (Card, ZHANG) not in store.records:
        return None  # the sweep finds no card
    decision = store.judge(command, POLICY)
    if isinstance(decision, Accepted) and decision.to_sign is not None:
        decision = with_licence(decision, licence())
    store.save(decision.changes)
    store.entries += decision.entries
    return decision


def zhang_in(store: Store) -> Person:
    read = person_of(ZHANG)
    return person(store.snapshot_of(read).view(read), ZHANG)


def worth_in(store: Store, at: int) -> CardView | None:
    zhang = zhang_in(store)
    password = store.records.get((Password, ZHANG))
    assert password is None or isinstance(password, Password)
    return None if zhang.card is None else cards.view(zhang, password, at)


def links_in(store: Store) -> dict[str, Link]:
    return {each.channel: each for each in store.records.values() if isinstance(each, Link)}


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


@pytest.mark.rule("R1", "R10", "R12", "R13", "R25")
@LONG
@given(STORIES)
def test_in_every_story_the_records_fit_together(deeds: list[Deed]) -> None:
    store = Store(*CHANNELS)
    for command in tell(*deeds):
        before = links_in(store)

        play(store, command)

        physical_cards = [r for r in store.records.values() if isinstance(r, PhysicalCard)]
        living = [c.region for c in physical_cards if c.status is not PhysicalCardStatus.CANCELLED]
        assert len(living) == len(set(living))
        for channel, link in links_in(store).items():
            assert (Card, ZHANG) in store.records
            assert (link.licence is not None) is link.is_active
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
        before = links_in(store)

        play(store, command)

        if not isinstance(command, IssuePhysicalCard | ReplacePhysicalCard):
            changed = {c: link for c, link in links_in(store).items() if link != before.get(c)}
            changed.pop(getattr(command, "channel", ""), None)
            # Where the bank account is gone, nationally, every level falls, and nothing else does.
            assert not changed or isinstance(command, CloseBankAccount | Apply)
            for name, link in changed.items():
                assert link == replace(before[name], level=Level.QUERY)


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
