from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from tests.core.people import (
    DAY,
    HOUR,
    NANJING,
    NANTONG,
    NOW,
    SUZHOU,
    ZHANG,
    Store,
    Table,
    accepted,
    by_bureau,
    by_time,
    card,
    china,
    citizen,
    delivered_link,
    entry,
    judge,
    judge_situation,
    link,
    physical_card,
    unlinked_link,
    view,
)

from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.issues import IssuePhysicalCard
from essc_platform.core.physical_cards import (
    LIFECYCLE,
    ChangePhysicalCard,
    NoteExpiry,
    PhysicalCardAnswer,
    Verb,
)
from essc_platform.core.policy import Policy
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Card,
    CardView,
    EntryKind,
    Event,
    EventKind,
    Generation,
    Link,
    PhysicalCard,
    PhysicalCardStatus,
)

S = PhysicalCardStatus
IN_TEN_YEARS = NOW + 3652 * DAY + 12 * HOUR
IN_ALIPAY = link(channel="alipay", number=310)
IN_NANTONG = delivered_link(channel="nantong", number=320)
GONE = unlinked_link(channel="citybank", number=330)
HELD = [GONE, IN_ALIPAY, IN_NANTONG, link()]
HOLDING = [IN_ALIPAY, IN_NANTONG, link()]

# --- issuing ---------------------------------------------------------------------------------

ISSUE = IssuePhysicalCard(
    at=NOW,
    citizen=ZHANG,
    region=NANTONG,
    generation=Generation.THIRD,
    is_enabled=False,
    new_number=60,
    receivers=(("alipay", 410), ("nantong", 420), ("citybank", 430), ("wechat", 440)),
)
SECOND = replace(ISSUE, generation=Generation.SECOND)


def issued(**changes: Any) -> PhysicalCard:
    made = PhysicalCard(
        citizen=ZHANG,
        number=60,
        region=NANTONG,
        generation=Generation.THIRD,
        status=S.SEALED,
        issue_time=NOW,
        status_time=NOW,
    )
    return replace(made, **changes)


def delivery(of: Link, worth: CardView) -> Event:
    return Event(
        channel=of.channel,
        kind=EventKind.LINK_DELIVERED,
        at=NOW,
        citizen=ZHANG,
        link=of,
        card=worth,
    )


def issued_and_delivered() -> Accepted:
    """The first card of a person, still sealed, delivered to all four."""
    made = card(physical_card=60, issue_time=NOW, expire_time=IN_TEN_YEARS)
    numbers = {"alipay": 410, "nantong": 420, "citybank": 430, "wechat": 440}
    fresh = [
        delivered_link(channel=channel, number=number, deliver_time=NOW)
        for channel, number in numbers.items()
    ]
    worth = view(
        status=S.SEALED,
        blocked_reason="PHYSICAL_CARD_SEALED",
        issue_time=NOW,
        expire_time=IN_TEN_YEARS,
    )
    return Accepted(
        answer=PhysicalCardAnswer(physical_card=issued(), status=S.SEALED),
        changes=(issued(), made, *fresh),
        events=tuple(delivery(of, worth) for of in fresh),
        entries=(
            by_bureau(EntryKind.PHYSICAL_CARD_ISSUED),
            by_bureau(EntryKind.CARD_ISSUED),
            *(entry(EntryKind.LINK_DELIVERED, channel=channel) for channel in numbers),
        ),
    )


def delivered_again() -> Accepted:
    """Beside a normal card elsewhere: the electronic card stays what it is; one link is new."""
    anew = delivered_link(channel="citybank", number=330, serial=2, deliver_time=NOW)
    return Accepted(
        answer=PhysicalCardAnswer(physical_card=issued(), status=S.SEALED),
        changes=(issued(), anew),
        events=(delivery(anew, view(region=NANJING)),),
        entries=(
            by_bureau(EntryKind.PHYSICAL_CARD_ISSUED),
            entry(EntryKind.LINK_DELIVERED, channel="citybank"),
        ),
    )


ISSUING = Table(
    {"command": ISSUE, "citizen": None, "physical_cards": physical_card(), "card": None},
    ({}, Rejected(Reason.CITIZEN_NOT_FOUND)),
    ({"citizen": citizen(cancel_time=NOW)}, Rejected(Reason.CITIZEN_CANCELLED)),
    ({"citizen": citizen()}, Rejected(Reason.PHYSICAL_CARD_EXISTS)),
    ({"physical_cards": physical_card(status=S.SEALED)}, Rejected(Reason.PHYSICAL_CARD_EXISTS)),
    ({"physical_cards": None}, issued_and_delivered()),
    (
        {"physical_cards": physical_card(region=NANJING), "card": card(), "links": HELD},
        delivered_again(),
    ),
    (
        {"command": SECOND, "physical_cards": physical_card(status=S.CANCELLED)},
        Accepted(
            answer=PhysicalCardAnswer(
                physical_card=issued(generation=Generation.SECOND), status=S.SEALED
            ),
            changes=(issued(generation=Generation.SECOND),),
            entries=(by_bureau(EntryKind.PHYSICAL_CARD_ISSUED),),
        ),
    ),
    (
        {"command": replace(SECOND, is_enabled=True)},
        Accepted(
            answer=PhysicalCardAnswer(
                physical_card=issued(generation=Generation.SECOND, status=S.NORMAL),
                status=S.NORMAL,
            ),
            changes=(issued(generation=Generation.SECOND, status=S.NORMAL),),
            entries=(by_bureau(EntryKind.PHYSICAL_CARD_ISSUED),),
        ),
    ),
)


@pytest.mark.rule("R1", "R5", "R10")
@pytest.mark.parametrize(("situation", "decision"), ISSUING.rows, ids=ISSUING.ids)
def test_issuing_a_physical_card(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R5")
def test_where_no_channel_receives_new_cards_none_is_delivered() -> None:
    decision = accepted(judge(replace(ISSUE, receivers=()), citizen()))

    assert [type(change) for change in decision.changes] == [PhysicalCard, Card]
    assert decision.events == ()


# --- changing --------------------------------------------------------------------------------

MAPPED = {"citizen": citizen(), "card": card(), "links": HELD}
AT_24 = china("2026-03-18 00:00")  # 24:00 of the 15th day after 2 March


def change(verb: Verb, **changes: Any) -> ChangePhysicalCard:
    command = ChangePhysicalCard(
        at=NOW, verb=verb, citizen=ZHANG, number=50, regions=frozenset({NANTONG})
    )
    return replace(command, **changes)


def told(worth: CardView) -> tuple[Event, ...]:
    return tuple(
        Event(
            channel=of.channel,
            kind=EventKind.CARD_STATUS_CHANGED,
            at=NOW,
            citizen=ZHANG,
            link=of,
            card=worth,
        )
        for of in HOLDING
    )


def loss_time(of: PhysicalCard) -> int | None:
    return of.status_time if of.status in (S.LOST, S.TEMPORARILY_LOST) else None


def moved(after: PhysicalCard, reason: str, kind: EntryKind) -> Accepted:
    return Accepted(
        answer=PhysicalCardAnswer(physical_card=after, status=after.status),
        changes=(after,),
        events=told(view(status=after.status, blocked_reason=reason, loss_time=loss_time(after))),
        entries=(by_bureau(kind),),
    )


def at(status: PhysicalCardStatus, **changes: Any) -> PhysicalCard:
    return physical_card(status=status, status_time=NOW, **changes)


def changing(
    verb: Verb, forbidden: PhysicalCardStatus, allowed: PhysicalCardStatus, done: Accepted
) -> Table:
    """The same ladder for every verb of the bureau."""
    return Table(
        {**MAPPED, "command": change(verb, number=59, regions=frozenset({SUZHOU}))},
        ({"physical_cards": None}, Rejected(Reason.PHYSICAL_CARD_NOT_FOUND)),
        (
            {"physical_cards": physical_card(status=forbidden)},
            Rejected(Reason.PHYSICAL_CARD_NOT_FOUND),
        ),
        (
            {"command": change(verb, regions=frozenset({SUZHOU}))},
            Rejected(Reason.PHYSICAL_CARD_NOT_FOUND),
        ),
        (
            {"command": change(verb, regions=frozenset({SUZHOU, NANTONG}))},
            Rejected(Reason.PHYSICAL_CARD_STATUS_FORBIDS, (("status", forbidden.name),)),
        ),
        ({"physical_cards": physical_card(status=allowed)}, done),
    )


ENABLING = changing(
    Verb.ENABLE,
    S.NORMAL,
    S.SEALED,
    moved(at(S.NORMAL), "", EntryKind.PHYSICAL_CARD_ENABLED),
)
REPORTING_TEMPORARILY = changing(
    Verb.REPORT_TEMPORARY_LOSS,
    S.LOST,
    S.NORMAL,
    moved(
        at(S.TEMPORARILY_LOST, lift_time=AT_24),
        "PHYSICAL_CARD_TEMPORARILY_LOST",
        EntryKind.LOSS_REPORTED_TEMPORARILY,
    ),
)
REPORTING = changing(
    Verb.REPORT_LOSS,
    S.LOCKED,
    S.TEMPORARILY_LOST,
    moved(at(S.LOST), "PHYSICAL_CARD_LOST", EntryKind.LOSS_REPORTED),
)
LIFTING = changing(Verb.LIFT_LOSS, S.SEALED, S.LOST, moved(at(S.NORMAL), "", EntryKind.LOSS_LIFTED))
LOCKING = changing(
    Verb.LOCK,
    S.LOST,
    S.NORMAL,
    moved(at(S.LOCKED), "PHYSICAL_CARD_LOCKED", EntryKind.PHYSICAL_CARD_LOCKED),
)
UNLOCKING = changing(
    Verb.UNLOCK,
    S.NORMAL,
    S.LOCKED,
    moved(at(S.NORMAL), "", EntryKind.PHYSICAL_CARD_UNLOCKED),
)
CANCELLING = changing(
    Verb.CANCEL,
    S.CANCELLED,
    S.SEALED,
    moved(at(S.CANCELLED), "PHYSICAL_CARD_CANCELLED", EntryKind.PHYSICAL_CARD_CANCELLED),
)
CHANGING = [
    ENABLING,
    REPORTING_TEMPORARILY,
    REPORTING,
    LIFTING,
    LOCKING,
    UNLOCKING,
    CANCELLING,
]
CHANGES = [row for table in CHANGING for row in table.rows]


@pytest.mark.rule("R2", "R3", "R16")
@pytest.mark.parametrize(
    ("situation", "decision"),
    CHANGES,
    ids=[f"{row['command'].verb.name}-{number}" for number, (row, _) in enumerate(CHANGES)],
)
def test_changing_a_physical_card(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


STEPS = {
    (S.SEALED, Verb.ENABLE): S.NORMAL,
    (S.SEALED, Verb.CANCEL): S.CANCELLED,
    (S.NORMAL, Verb.REPORT_TEMPORARY_LOSS): S.TEMPORARILY_LOST,
    (S.NORMAL, Verb.REPORT_LOSS): S.LOST,
    (S.NORMAL, Verb.LOCK): S.LOCKED,
    (S.NORMAL, Verb.CANCEL): S.CANCELLED,
    (S.TEMPORARILY_LOST, Verb.REPORT_LOSS): S.LOST,
    (S.TEMPORARILY_LOST, Verb.LIFT_LOSS): S.NORMAL,
    (S.TEMPORARILY_LOST, Verb.CANCEL): S.CANCELLED,
    (S.LOST, Verb.LIFT_LOSS): S.NORMAL,
    (S.LOST, Verb.CANCEL): S.CANCELLED,
    (S.LOCKED, Verb.UNLOCK): S.NORMAL,
    (S.LOCKED, Verb.CANCEL): S.CANCELLED,
}


@pytest.mark.rule("R2")
@pytest.mark.parametrize(("status", "verb"), list(product(S, Verb)), ids=str)
def test_every_step_that_the_lifecycle_has_is_taken_and_every_other_refused(
    status: PhysicalCardStatus, verb: Verb
) -> None:
    before = physical_card(
        status=status, lift_time=NOW + 1 if status is S.TEMPORARILY_LOST else None
    )

    decision = judge(change(verb), citizen(), before)

    after = STEPS.get((status, verb))
    if after is None:
        assert decision == Rejected(Reason.PHYSICAL_CARD_STATUS_FORBIDS, (("status", status.name),))
    else:
        answer = accepted(decision).answer
        assert isinstance(answer, PhysicalCardAnswer)
        assert answer.physical_card.status is answer.status is after
    assert LIFECYCLE.get((status, verb)) is after


@pytest.mark.rule("R3")
def test_a_card_that_the_electronic_card_does_not_map_to_tells_nobody() -> None:
    other = physical_card(number=51)

    decision = judge(change(Verb.LOCK, number=51), citizen(), physical_card(), other, card(), *HELD)

    assert accepted(decision).events == ()


def test_a_card_of_a_person_without_an_electronic_card_tells_nobody() -> None:
    decision = judge(change(Verb.LOCK), citizen(), physical_card())

    assert accepted(decision).events == ()


def physical_card_in(decision: Decision) -> PhysicalCard:
    answer = accepted(decision).answer
    assert isinstance(answer, PhysicalCardAnswer)
    return answer.physical_card


# --- a temporary loss ------------------------------------------------------------------------


@pytest.mark.rule("R6", "R90")
@pytest.mark.parametrize(
    ("region", "reported", "lift"),
    [
        (NANTONG, "2026-03-02 00:00", "2026-03-18 00:00"),
        (NANTONG, "2026-03-02 23:59", "2026-03-18 00:00"),
        (NANTONG, "2026-03-03 00:00", "2026-03-19 00:00"),
        (NANJING, "2026-03-02 12:00", "2026-03-13 00:00"),
        (SUZHOU, "2026-03-02 12:00", "2026-03-10 00:00"),
    ],
)
def test_a_temporary_loss_lifts_itself_at_24_00_after_the_days_of_its_region(
    region: str, reported: str, lift: str
) -> None:
    command = change(Verb.REPORT_TEMPORARY_LOSS, at=china(reported), regions=frozenset({region}))

    decision = judge(command, citizen(), physical_card(region=region))

    assert physical_card_in(decision).lift_time == china(lift)


@pytest.mark.rule("R90")
def test_another_policy_gives_other_days() -> None:
    policy = Policy(temporary_loss_days=1, temporary_loss_days_by_region=((SUZHOU, 0),))
    verb = Verb.REPORT_TEMPORARY_LOSS
    here, there = change(verb), change(verb, regions=frozenset({SUZHOU}))

    decisions = [
        judge(here, citizen(), physical_card(), policy=policy),
        judge(there, citizen(), physical_card(region=SUZHOU), policy=policy),
    ]

    lifts = [physical_card_in(each).lift_time for each in decisions]
    assert lifts == [china("2026-03-04 00:00"), china("2026-03-03 00:00")]


LAPSED = physical_card(status=S.TEMPORARILY_LOST, lift_time=NOW)
LAPSE = change(Verb.LAPSE, regions=None)


@pytest.mark.rule("R6", "R16", "R95")
def test_a_loss_that_lifted_itself_is_written_down_and_told_once() -> None:
    store = Store(*HELD, citizen(), card(), LAPSED)

    first, second = store.do(LAPSE), store.do(LAPSE)

    assert first == Accepted(
        answer=PhysicalCardAnswer(physical_card=at(S.NORMAL), status=S.NORMAL),
        changes=(at(S.NORMAL),),
        events=told(view()),
        entries=(by_time(EntryKind.LOSS_LIFTED),),
    )
    assert second == Rejected(Reason.PHYSICAL_CARD_STATUS_FORBIDS, (("status", "NORMAL"),))


@pytest.mark.rule("R6")
def test_a_microsecond_before_24_00_the_loss_still_stands() -> None:
    decision = judge(LAPSE, citizen(), replace(LAPSED, lift_time=NOW + 1))

    assert decision == Rejected(
        Reason.PHYSICAL_CARD_STATUS_FORBIDS, (("status", "TEMPORARILY_LOST"),)
    )


@pytest.mark.rule("R6", "R95")
def test_a_loss_that_lifted_itself_is_over_for_the_bureau_before_anyone_noted_it() -> None:
    decision = judge(change(Verb.LIFT_LOSS), citizen(), LAPSED)

    assert decision == Rejected(Reason.PHYSICAL_CARD_STATUS_FORBIDS, (("status", "NORMAL"),))


@pytest.mark.rule("R93", "R95")
def test_the_record_says_that_a_loss_lifted_itself_even_if_the_bureau_is_faster() -> None:
    decision = accepted(judge(change(Verb.LOCK), citizen(), LAPSED))

    assert decision.changes == (at(S.LOCKED),)
    assert decision.entries == (
        by_time(EntryKind.LOSS_LIFTED),
        by_bureau(EntryKind.PHYSICAL_CARD_LOCKED),
    )


@pytest.mark.rule("R6")
def test_reporting_a_loss_formally_stops_it_from_lifting_itself() -> None:
    temporarily = physical_card(status=S.TEMPORARILY_LOST, lift_time=NOW + 1)

    decision = accepted(judge(change(Verb.REPORT_LOSS), citizen(), temporarily))

    assert decision.changes == (at(S.LOST, lift_time=None),)


# --- the end of the electronic card ----------------------------------------------------------

NOTE = NoteExpiry(at=NOW, citizen=ZHANG)


@pytest.mark.rule("R8", "R16", "R95")
def test_the_end_of_a_card_is_written_down_and_told_once() -> None:
    ended = card(expire_time=NOW)
    store = Store(citizen(), physical_card(), ended, *HELD)

    first, second = store.do(NOTE), store.do(NOTE)

    assert first == Accepted(
        answer=None,
        changes=(card(expire_time=NOW, is_expiry_noted=True),),
        events=told(view(expire_time=NOW, blocked_reason="CARD_EXPIRED")),
        entries=(by_time(EntryKind.CARD_EXPIRED),),
    )
    assert second == Accepted(answer=None)


@pytest.mark.rule("R8")
def test_a_card_that_is_still_good_has_no_end_to_note() -> None:
    decision = judge(NOTE, citizen(), physical_card(), card(expire_time=NOW + 1))

    assert decision == Accepted(answer=None)
