"""R26: the bank account of a physical card is opened and closed, and levels fall with it."""

from dataclasses import replace
from typing import Any

import pytest
from tests.core.people import (
    NANTONG,
    NOW,
    SUZHOU,
    ZHANG,
    Table,
    accepted,
    bank_account,
    by_bureau,
    card,
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

from essc_platform.core.bank_accounts import ActivateBankAccount, CloseBankAccount
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.physical_cards import ChangePhysicalCard, PhysicalCardAnswer, Verb
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    EntryKind,
    Event,
    EventKind,
    Level,
    Link,
    PhysicalCardStatus,
)

S = PhysicalCardStatus
RAISED = link(level=Level.PAYMENT)
IN_ALIPAY = link(channel="alipay", number=310)
IN_NANTONG = delivered_link(channel="nantong", number=320)
GONE = unlinked_link(channel="citybank", number=330, level=Level.PAYMENT)
HELD = [IN_ALIPAY, GONE, IN_NANTONG, RAISED]
NANTONG_ONLY = frozenset({NANTONG})
ACTIVATE = ActivateBankAccount(
    at=NOW,
    citizen=ZHANG,
    number=50,
    regions=NANTONG_ONLY,
    bank_id="citybank",
    reserved_phone="11100009999",
)
CLOSE = CloseBankAccount(at=NOW, citizen=ZHANG, number=50, regions=NANTONG_ONLY)
OPENED = bank_account(open_time=NOW)


def told(of: Link, kind: EventKind, *, is_open: bool) -> Event:
    return Event(
        channel=of.channel,
        kind=kind,
        at=NOW,
        citizen=ZHANG,
        link=of,
        card=view(bank_account_is_open=is_open),
    )


def answer(bank_id: str) -> PhysicalCardAnswer:
    return PhysicalCardAnswer(physical_card=physical_card(), status=S.NORMAL, bank_id=bank_id)


START = {
    "citizen": citizen(),
    "card": card(),
    "links": HELD,
    "physical_card": physical_card(status=S.LOCKED),
}
ACTIVATING = Table(
    {
        **START,
        "command": replace(ACTIVATE, number=59, regions=frozenset({SUZHOU})),
        "account": bank_account(),
    },
    ({}, Rejected(Reason.PHYSICAL_CARD_NOT_FOUND)),
    (
        {"command": replace(ACTIVATE, regions=frozenset({SUZHOU}))},
        Rejected(Reason.PHYSICAL_CARD_NOT_FOUND),
    ),
    *(
        (
            {"command": ACTIVATE, "physical_card": physical_card(status=status)},
            Rejected(Reason.PHYSICAL_CARD_STATUS_FORBIDS, (("status", status.name),)),
        )
        for status in (S.SEALED, S.TEMPORARILY_LOST, S.LOST, S.LOCKED, S.CANCELLED)
    ),
    ({"physical_card": physical_card()}, Rejected(Reason.BANK_ACCOUNT_OPEN_ALREADY)),
    *(
        (
            {"account": account},
            Accepted(
                answer=answer("citybank"),
                changes=(OPENED,),
                events=tuple(
                    told(of, EventKind.CARD_STATUS_CHANGED, is_open=True)
                    for of in (IN_ALIPAY, IN_NANTONG, RAISED)
                ),
                entries=(by_bureau(EntryKind.BANK_ACCOUNT_ACTIVATED),),
            ),
        )
        for account in (bank_account(bank_id="otherbank", close_time=NOW), None)
    ),
)


@pytest.mark.rule("R16", "R26")
@pytest.mark.parametrize(("situation", "decision"), ACTIVATING.rows, ids=ACTIVATING.ids)
def test_opening_a_bank_account(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


CLOSING = Table(
    {
        **START,
        "physical_card": physical_card(),
        "command": replace(CLOSE, number=59, regions=frozenset({SUZHOU})),
        "account": None,
    },
    ({}, Rejected(Reason.PHYSICAL_CARD_NOT_FOUND)),
    (
        {"command": replace(CLOSE, regions=frozenset({SUZHOU}))},
        Rejected(Reason.PHYSICAL_CARD_NOT_FOUND),
    ),
    ({"command": CLOSE}, Rejected(Reason.BANK_ACCOUNT_NOT_OPEN)),
    ({"account": bank_account(close_time=NOW - 1)}, Rejected(Reason.BANK_ACCOUNT_NOT_OPEN)),
    (
        {"account": bank_account()},
        Accepted(
            answer=answer(""),
            changes=(bank_account(close_time=NOW), link()),
            events=(
                told(link(), EventKind.LEVEL_CHANGED, is_open=False),
                told(IN_ALIPAY, EventKind.CARD_STATUS_CHANGED, is_open=False),
                told(IN_NANTONG, EventKind.CARD_STATUS_CHANGED, is_open=False),
            ),
            entries=(
                by_bureau(EntryKind.BANK_ACCOUNT_CLOSED),
                entry(EntryKind.LEVEL_LOWERED),
            ),
        ),
    ),
)


@pytest.mark.rule("R16", "R26")
@pytest.mark.parametrize(("situation", "decision"), CLOSING.rows, ids=CLOSING.ids)
def test_closing_a_bank_account(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R7", "R26")
@pytest.mark.parametrize("command", [replace(ACTIVATE, number=51), replace(CLOSE, number=51)])
def test_the_account_of_another_physical_card_touches_no_link(
    command: ActivateBankAccount | CloseBankAccount,
) -> None:
    other = physical_card(number=51)
    account = bank_account(physical_card=51) if isinstance(command, CloseBankAccount) else None
    records = (citizen(), physical_card(), other, card(), bank_account(), account, *HELD)

    decision = accepted(judge(command, *records))

    assert decision.events == ()
    assert len(decision.changes) == 1


@pytest.mark.rule("R26")
def test_a_bureau_sees_the_bank_of_a_cards_open_account_in_every_answer() -> None:
    lock = ChangePhysicalCard(
        at=NOW, verb=Verb.LOCK, citizen=ZHANG, number=50, regions=NANTONG_ONLY
    )

    decision = accepted(judge(lock, citizen(), physical_card(), bank_account()))

    assert isinstance(decision.answer, PhysicalCardAnswer)
    assert decision.answer.bank_id == "citybank"


@pytest.mark.rule("R92")
def test_the_reserved_phone_is_not_in_what_is_printed() -> None:
    assert "11100009999" not in repr(ACTIVATE)
    assert "11100009999" not in repr(OPENED)
