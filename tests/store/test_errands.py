"""What holds for every command there is: the law of the batch, and what no sequence can do."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.people import Store
from tests.store import stories
from tests.store.errands import ALL, POLICY, Errand, command_of
from tests.store.stories import LI, NOON, ZHANG
from tests.store.test_batch_law import CONTENTS, cut, is_bug
from tests.store.towns import everything

from essc_platform.batch import Answer, Submission
from essc_platform.core import acting, cards
from essc_platform.core.cancellations import CancelCitizen
from essc_platform.core.certifications import Certify
from essc_platform.core.challenges import AnswerChallenge
from essc_platform.core.checks import CheckAnswer, CheckCode
from essc_platform.core.codes import IssueCode
from essc_platform.core.commands import Command
from essc_platform.core.decisions import Accepted, Decision
from essc_platform.core.deliveries import AcceptDelivery
from essc_platform.core.family import LeaveBinder, RemoveMember
from essc_platform.core.holdings import with_licence
from essc_platform.core.joining import AddMember
from essc_platform.core.levels import RaiseLevel
from essc_platform.core.links import Apply, Unlink
from essc_platform.core.orders import OrderUse, Refund
from essc_platform.core.payments import NoteTransfer, Pay
from essc_platform.core.physical_cards import ChangePhysicalCard
from essc_platform.core.records import (
    Account,
    Binding,
    Card,
    Challenge,
    Change,
    Citizen,
    CitizenKey,
    Code,
    Link,
    Order,
    OrderState,
    PhysicalCard,
    Posting,
    Proof,
    Verdict,
)
from essc_platform.core.replacements import ReplacePhysicalCard
from essc_platform.core.tickets import CloseUse, IssueTicket, RedeemTicket
from essc_platform.core.times import DAY, MINUTE, SECOND

Records: TypeAlias = dict[tuple[type[Change], Any], Change]

# Most of it happens in the bank, where there is something of everything.
PLACES = ("bank", "bank", "bank", "alipay", "wechat")
PAUSES = (0, 0, 0, 1, 20 * SECOND, MINUTE, DAY)


def errands_of(kinds: Sequence[type[Command]]) -> st.SearchStrategy[Errand]:
    return st.builds(
        Errand,
        kind=st.sampled_from(kinds),
        citizen=st.sampled_from((ZHANG, LI)),
        channel=st.sampled_from(PLACES),
        variant=st.integers(0, 3),
        pause=st.sampled_from(PAUSES),
    )


errands = errands_of(ALL)
EDGE = replace(stories.EDGE, policy=POLICY)
TEMPLATE = stories.template(everything())
QUICK = settings(
    max_examples=300,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def commands_of(told: Sequence[Errand]) -> Iterator[Command]:
    at = NOON
    for place, errand in enumerate(told):
        at += errand.pause
        yield command_of(errand, place, at)


@st.composite
def stories_told(draw: st.DrawFn) -> tuple[list[Submission], list[int]]:
    """Errands as they arrive, some of them again, and where to cut them."""
    told = []
    for command in commands_of(draw(st.lists(errands, min_size=1, max_size=24))):
        request = draw(st.sampled_from(("", "", *"abcdef")))
        told.append(stories.submission(command, request, draw(st.sampled_from(CONTENTS))))
    return told, sorted(draw(st.sets(st.integers(0, len(told)), max_size=6)))


@given(stories_told())
@QUICK
def test_a_batch_of_any_commands_answers_as_any_split_of_it(
    story: tuple[list[Submission], list[int]],
) -> None:
    told, places = story
    seen: list[tuple[tuple[Answer, ...], stories.Rows]] = []

    for batches in ([told], [[each] for each in told], cut(told, places)):
        with stories.copy_of(TEMPLATE) as connection:
            answers = stories.run_all(connection, batches, EDGE)
            seen.append((answers, stories.without_batches(stories.dump(connection))))

    assert not [a for a in seen[0][0] if is_bug(a)]
    assert seen[1] == seen[0]
    assert seen[2] == seen[0]


class Town:
    """What a batch does, one command at a time, with all that was true before each."""

    def __init__(self) -> None:
        self.store = Store(*everything())

    def do(self, command: Command) -> tuple[Decision, Records]:
        """What came of a command, and the records before it."""
        before = dict(self.store.records)
        decision = self.store.judge(command, POLICY)
        if isinstance(decision, Accepted) and decision.to_sign is not None:
            decision = with_licence(decision, stories.sign(decision.to_sign))
        self.store.save(decision.changes)
        return decision, before

    def all(self, kind: type[Any]) -> list[Any]:
        return [record for record in self.store.records.values() if isinstance(record, kind)]


def test_the_errands_reach_both_answers_of_every_command() -> None:
    """Else the laws would be about refusals only."""
    chance = random.Random(7)
    accepted, rejected = set[str](), set[str]()
    for _ in range(150):
        town = Town()
        told = [
            Errand(
                kind=chance.choice(ALL),
                citizen=chance.choice((ZHANG, LI)),
                channel=chance.choice(PLACES),
                variant=chance.randrange(4),
                pause=chance.choice(PAUSES[:-1]),
            )
            for _ in range(40)
        ]
        for command in commands_of(told):
            decision, _ = town.do(command)
            found = accepted if isinstance(decision, Accepted) else rejected
            found.add(type(command).__name__)

    every = {kind.__name__ for kind in ALL}
    # What time or another party brings about is taken as it comes.
    always = {"NoteExpiry", "NoteTransfer", "CheckCode", "SignAnew", "EndExitedLink"}
    assert accepted == every
    assert rejected == every - always


def stories_of(*kinds: type[Command]) -> st.SearchStrategy[list[Errand]]:
    """Half of the errands are of these kinds, and the rest of any."""
    either = errands if not kinds else st.one_of(errands_of(kinds), errands)
    return st.lists(either, min_size=4, max_size=40)


@pytest.mark.rule("R40")
@given(stories_of(AddMember, RemoveMember, LeaveBinder))
@QUICK
def test_no_story_gives_a_used_place_back(told: list[Errand]) -> None:
    town = Town()
    used = places(town)

    for command in commands_of(told):
        town.do(command)
        now = places(town)
        assert not used - now
        assert all(count <= 4 for count in now.values())
        used = now


def places(town: Town) -> Counter[Any]:
    """How many places of each relation each holder has used."""
    return Counter((binding.holder, binding.relation) for binding in town.all(Binding))


@pytest.mark.rule("R62")
@given(stories_of(Pay, NoteTransfer, Refund, OrderUse))
@QUICK
def test_in_every_story_the_books_sum_to_zero_at_every_commit(told: list[Errand]) -> None:
    town = Town()
    for command in commands_of(told):
        town.do(command)

        sums, lying = Counter[Any](), Counter[Any]()
        for posting in town.all(Posting):
            sums[posting.citizen, posting.order, posting.step] += posting.amount_fen
            lying[posting.citizen, posting.order, posting.account] += posting.amount_fen
        assert set(sums.values()) == {0}
        for order in (each for each in town.all(Order) if each.key not in WITHOUT_BOOKS):
            where = [lying[order.citizen, order.number, account] for account in ACCOUNTS]
            assert where == money_of(order), order


# Seeds of the stories: orders as they stand, of which nothing was booked.
WITHOUT_BOOKS = {each.key for each in stories.seeds() if isinstance(each, Order)}
ACCOUNTS = (Account.HOLDER, Account.FUND, Account.CLEARING, Account.PROVIDER)


def money_of(order: Order) -> list[int]:
    """Where an order's money lies by its state: with the people, at the bank, or paid."""
    if order.state in (OrderState.SETTLING, OrderState.REFUNDING):
        return [-order.own_fen, -order.insurance_fen, order.total_fen, 0]
    if order.state is OrderState.SETTLED:
        return [-order.own_fen, -order.insurance_fen, 0, order.total_fen]
    return [0, 0, 0, 0]


@pytest.mark.rule("R23", "R30", "R31", "R61")
@given(stories_of(RedeemTicket, CloseUse, CheckCode, AnswerChallenge, Unlink, Apply))
@QUICK
def test_in_no_story_is_a_proof_a_code_a_ticket_or_a_challenge_good_twice(
    told: list[Errand],
) -> None:
    town, used = Town(), Counter[Any]()
    for command in commands_of(told):
        decision, before = town.do(command)

        for change in decision.changes:
            old = before.get((type(change), change.key))
            assert was_unused(old, change), command
        if isinstance(command, CheckCode) and isinstance(decision, Accepted):
            assert isinstance(decision.answer, CheckAnswer)
            if decision.answer.verdict is Verdict.VALID:
                used[CheckCode, command.code] += 1
        if isinstance(command, RedeemTicket | CloseUse) and isinstance(decision, Accepted):
            used[type(command), command.citizen, command.number] += 1
    assert set(used.values()) <= {1}


def was_unused(old: Change | None, new: Change) -> bool:
    """Whether what a change uses up was not used up before."""
    match old, new:
        case Proof(), Proof():
            return not old.is_used
        case Challenge(), Challenge():
            return not old.is_answered
        case Code(), Code():
            return old.use_time is None
        case _:
            return True


# R3: what may not be done while the card is not normal.
CLOSED = (AddMember, Certify, IssueCode, IssueTicket, Pay, RaiseLevel)
BUREAUS = (CancelCitizen, ChangePhysicalCard, ReplacePhysicalCard)


@pytest.mark.rule("R3")
@given(stories_of(*CLOSED, *BUREAUS))
@QUICK
def test_in_no_story_is_a_card_used_that_is_not_usable(told: list[Errand]) -> None:
    town = Town()
    for command in commands_of(told):
        decision, before = town.do(command)

        if isinstance(decision, Accepted) and decision.changes and isinstance(command, CLOSED):
            assert is_usable(before, command), command


def is_usable(before: Records, command: Any) -> bool:
    """Whether the holder's card is good, or its link was opened for a loss."""
    person, physical_card = before[Citizen, command.citizen], card_of(before, command.citizen)
    link, card = before[Link, (*command.citizen, command.channel)], before[Card, command.citizen]
    assert isinstance(person, Citizen)
    assert isinstance(link, Link)
    assert isinstance(card, Card)
    if not blocked(before, command.citizen, command.at):
        return True
    holder = acting.Person(citizen=person, physical_cards=(physical_card,), card=card)
    return acting.allow_until(link, holder, command.at, POLICY) is not None


def blocked(records: Records, key: CitizenKey, at: int) -> str:
    """Why a person's card may not be used; empty if it may."""
    person, card = records[Citizen, key], records[Card, key]
    assert isinstance(person, Citizen)
    assert isinstance(card, Card)
    found = card_of(records, key)
    worth = cards.worth(found.status, found.lift_time, person.cancel_time, card.expire_time, at)
    return worth.blocked_reason


def card_of(records: Records, key: CitizenKey) -> PhysicalCard:
    card = records[Card, key]
    assert isinstance(card, Card)
    found = records[PhysicalCard, (*key, card.physical_card)]
    assert isinstance(found, PhysicalCard)
    return found


@pytest.mark.rule("R2", "R3", "R5")
@given(stories_of(Apply, AcceptDelivery, Unlink, *BUREAUS))
@QUICK
def test_no_story_makes_a_link_active_on_a_card_that_is_not_usable(told: list[Errand]) -> None:
    town = Town()
    for command in commands_of(told):
        decision, before = town.do(command)

        for change in decision.changes:
            if isinstance(change, Link) and change.is_active:
                old = before.get((Link, change.key))
                if not (isinstance(old, Link) and old.is_active and old.serial == change.serial):
                    assert not blocked(town.store.records, change.citizen, command.at)
