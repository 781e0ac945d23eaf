"""R4: a card is replaced; the electronic card moves to the new one with all that hangs on it."""

from dataclasses import replace
from typing import Any

import pytest
from tests.core.people import (
    EARLIER,
    NANJING,
    NANTONG,
    NOW,
    SUZHOU,
    ZHANG,
    Store,
    Table,
    accepted,
    bank_account,
    by_bureau,
    by_time,
    card,
    citizen,
    delivered_link,
    entry,
    judge_situation,
    link,
    physical_card,
    unlinked_link,
    view,
)

from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.physical_cards import ChangePhysicalCard, PhysicalCardAnswer, Verb
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Card,
    EntryKind,
    Event,
    EventKind,
    Generation,
    Level,
    Link,
    PhysicalCard,
    PhysicalCardStatus,
)
from essc_platform.core.replacements import ReplacementAnswer, ReplacePhysicalCard

S = PhysicalCardStatus
RAISED = link(level=Level.PAYMENT)
IN_ALIPAY = delivered_link(channel="alipay", number=310)
GONE = unlinked_link(channel="citybank", number=330)
HELD = [IN_ALIPAY, GONE, RAISED]
REPLACE = ReplacePhysicalCard(
    at=NOW,
    citizen=ZHANG,
    number=50,
    regions=frozenset({NANTONG}),
    generation=Generation.SECOND,
    new_number=60,
    receivers=(),
)
THIRD = replace(
    REPLACE, generation=Generation.THIRD, receivers=(("alipay", 410), ("citybank", 430))
)
OLD = physical_card(status=S.CANCELLED, status_time=NOW)
SEALED = view(status=S.SEALED, blocked_reason="PHYSICAL_CARD_SEALED")


def new(**changes: Any) -> PhysicalCard:
    made = physical_card(number=60, status=S.SEALED, issue_time=NOW, status_time=NOW)
    return replace(made, **changes)


def answer(issued: PhysicalCard, bank_id: str = "") -> ReplacementAnswer:
    return ReplacementAnswer(
        cancelled=PhysicalCardAnswer(physical_card=OLD, status=S.CANCELLED),
        issued=PhysicalCardAnswer(physical_card=issued, status=S.SEALED, bank_id=bank_id),
    )


def told(of: Link, kind: EventKind, **worth: Any) -> Event:
    return Event(
        channel=of.channel,
        kind=kind,
        at=NOW,
        citizen=ZHANG,
        link=of,
        card=replace(SEALED, **worth),
    )


def replaced() -> Accepted:
    return Accepted(
        answer=answer(new()),
        changes=(OLD, new(), card(physical_card=60)),
        events=tuple(told(of, EventKind.CARD_REPLACED) for of in (IN_ALIPAY, RAISED)),
        entries=(by_bureau(EntryKind.PHYSICAL_CARD_REPLACED),),
    )


def replaced_with_account() -> Accepted:
    """The account goes along, so no level falls and nobody is told of one."""
    return Accepted(
        answer=answer(new(), "citybank"),
        changes=(
            OLD,
            new(),
            bank_account(close_time=NOW),
            bank_account(physical_card=60),
            card(physical_card=60),
        ),
        events=tuple(
            told(of, EventKind.CARD_REPLACED, bank_account_is_open=True)
            for of in (IN_ALIPAY, RAISED)
        ),
        entries=(by_bureau(EntryKind.PHYSICAL_CARD_REPLACED),),
    )


def replaced_and_delivered() -> Accepted:
    issued = new(generation=Generation.THIRD)
    anew = delivered_link(channel="citybank", number=330, serial=2, deliver_time=NOW)
    return Accepted(
        answer=answer(issued),
        changes=(OLD, issued, card(physical_card=60), anew),
        events=(
            *(told(of, EventKind.CARD_REPLACED) for of in (IN_ALIPAY, RAISED)),
            told(anew, EventKind.LINK_DELIVERED),
        ),
        entries=(
            by_bureau(EntryKind.PHYSICAL_CARD_REPLACED),
            entry(EntryKind.LINK_DELIVERED, channel="citybank"),
        ),
    )


REPLACING = Table(
    {
        "command": replace(REPLACE, number=59, regions=frozenset({SUZHOU})),
        "citizen": citizen(cancel_time=NOW),
        "physical_card": physical_card(status=S.CANCELLED),
        "card": card(),
        "links": HELD,
    },
    ({}, Rejected(Reason.PHYSICAL_CARD_NOT_FOUND)),
    (
        {"command": replace(REPLACE, regions=frozenset({SUZHOU}))},
        Rejected(Reason.PHYSICAL_CARD_NOT_FOUND),
    ),
    ({"command": REPLACE}, Rejected(Reason.CITIZEN_CANCELLED)),
    (
        {"citizen": citizen()},
        Rejected(Reason.PHYSICAL_CARD_STATUS_FORBIDS, (("status", "CANCELLED"),)),
    ),
    *(
        ({"physical_card": physical_card(status=status)}, replaced())
        for status in (S.SEALED, S.NORMAL, S.LOST, S.LOCKED)
    ),
    (
        {"physical_card": physical_card(status=S.TEMPORARILY_LOST, lift_time=NOW + 1)},
        replaced(),
    ),
    ({"account": bank_account()}, replaced_with_account()),
    ({"account": bank_account(close_time=EARLIER), "command": THIRD}, replaced_and_delivered()),
)


@pytest.mark.rule("R4", "R16")
@pytest.mark.parametrize(("situation", "decision"), REPLACING.rows, ids=REPLACING.ids)
def test_replacing_a_physical_card(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R4")
def test_when_the_new_card_is_enabled_every_link_recovers_by_itself() -> None:
    store = Store(citizen(), physical_card(), card(), bank_account(), *HELD)
    store.do(REPLACE)
    enable = ChangePhysicalCard(
        at=NOW, verb=Verb.ENABLE, citizen=ZHANG, number=60, regions=frozenset({NANTONG})
    )

    decision = accepted(store.do(enable))

    assert [(each.channel, each.kind, each.card) for each in decision.events] == [
        (of.channel, EventKind.CARD_STATUS_CHANGED, view(bank_account_is_open=True))
        for of in (IN_ALIPAY, RAISED)
    ]
    assert [store.records[Link, each.key] for each in HELD] == HELD


@pytest.mark.rule("R7")
def test_replacing_a_card_that_the_electronic_card_does_not_map_to_tells_nobody() -> None:
    store = Store(
        citizen(), physical_card(), physical_card(number=51, region=NANJING), card(), *HELD
    )
    command = replace(REPLACE, number=51, regions=frozenset({NANJING}))

    decision = accepted(store.do(command))

    assert decision.events == ()
    assert store.records[Card, ZHANG] == card()


@pytest.mark.rule("R5")
def test_replacing_by_a_third_generation_card_makes_the_electronic_card_where_there_is_none() -> (
    None
):
    store = Store(citizen(), physical_card())

    decision = accepted(store.do(THIRD))

    made = store.records[Card, ZHANG]
    assert isinstance(made, Card)
    assert made.physical_card == 60
    assert [(each.channel, each.kind) for each in decision.events] == [
        ("alipay", EventKind.LINK_DELIVERED),
        ("citybank", EventKind.LINK_DELIVERED),
    ]
    assert decision.entries[:2] == (
        by_bureau(EntryKind.PHYSICAL_CARD_REPLACED),
        by_bureau(EntryKind.CARD_ISSUED),
    )


@pytest.mark.rule("R93", "R95")
def test_the_record_says_that_a_loss_had_lifted_itself_before_the_card_was_replaced() -> None:
    lapsed = physical_card(status=S.TEMPORARILY_LOST, lift_time=NOW)

    decision = accepted(Store(citizen(), lapsed).do(REPLACE))

    assert decision.entries == (
        by_time(EntryKind.LOSS_LIFTED),
        by_bureau(EntryKind.PHYSICAL_CARD_REPLACED),
    )
