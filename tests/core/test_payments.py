from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.core.people import (
    DAY,
    LI,
    NOW,
    ZHANG,
    Store,
    Table,
    card,
    citizen,
    delivered_link,
    entry,
    judge,
    judge_situation,
    link,
    physical_card,
    proof,
    unlinked_link,
)
from tests.core.people_services import (
    TODAY,
    account,
    at_provider,
    booked,
    card_steps,
    free,
    order,
    paying_link,
    settling,
)
from tests.core.proof_steps import proof_steps

from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.orders import OrderAnswer, Refund
from essc_platform.core.payments import (
    NoteTransfer,
    PasswordFreeAnswer,
    Pay,
    SetPasswordFree,
)
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Account,
    Change,
    EntryKind,
    Method,
    Order,
    OrderState,
    Posting,
    Proof,
    Purpose,
)

S = OrderState

# --- paying ----------------------------------------------------------------------------------

PROOF = proof(number=903, method=Method.CARD_PASSWORD, purpose=Purpose.PAY)
PAY = Pay(
    at=NOW,
    channel="wechat",
    citizen=ZHANG,
    link_number=300,
    order=order().key,
    proof=PROOF.key,
)
WITHOUT_PASSWORD = replace(PAY, proof=None)


def paid(after: Order, spent: Change) -> Accepted:
    return Accepted(
        answer=OrderAnswer(order=after, state=S.SETTLING),
        changes=(after, spent, *booked(after.step, holder=-3_000, fund=-7_000, clearing=10_000)),
        entries=(entry(EntryKind.ORDER_PAID),),
    )


PAYING = Table(
    {
        "command": PAY,
        "link": None,
        "order": None,
        "proof": None,
        "account": None,
        **card_steps()[0][0],
    },
    ({}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": link(number=301)}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": delivered_link()}, Rejected(Reason.LINK_NOT_ACTIVE)),
    ({"link": link()}, Rejected(Reason.PROOF_UNKNOWN)),
    *proof_steps(PAY, PROOF),
    ({"command": PAY, "proof": PROOF}, Rejected(Reason.CITIZEN_CANCELLED)),
    *card_steps()[1:],
    ({"card": card()}, Rejected(Reason.ORDER_NOT_FOUND)),
    ({"order": settling(channel="alipay")}, Rejected(Reason.ORDER_NOT_FOUND)),
    (
        {
            "command": replace(PAY, order=order(citizen=LI).key),
            "order": settling(citizen=LI),
        },
        Rejected(Reason.ORDER_NOT_FOUND),
    ),
    ({"command": PAY, "order": settling()}, Rejected(Reason.ORDER_SETTLING)),
    ({"order": order(state=S.SETTLED)}, Rejected(Reason.ORDER_STATE_FORBIDS)),
    ({"order": order(expire_time=NOW)}, Rejected(Reason.ORDER_STATE_FORBIDS)),
    ({"order": order(serial=2)}, Rejected(Reason.ORDER_STATE_FORBIDS)),
    ({"order": order()}, Rejected(Reason.LEVEL_TOO_LOW)),
    ({"link": paying_link()}, Rejected(Reason.BANK_ACCOUNT_NOT_OPEN)),
    ({"account": account(close_time=NOW)}, Rejected(Reason.BANK_ACCOUNT_NOT_OPEN)),
    (
        {"account": account(), "command": WITHOUT_PASSWORD, "proof": None},
        Rejected(Reason.PASSWORD_NEEDED),
    ),
    ({"free": free(is_on=False)}, Rejected(Reason.PASSWORD_NEEDED)),
    ({"free": free(serial=2)}, Rejected(Reason.PASSWORD_NEEDED)),
    ({"free": free(spent_fen=97_001)}, Rejected(Reason.PASSWORD_NEEDED)),
    (
        {"free": free(spent_fen=97_000)},
        paid(settling(is_password_free=True), free(spent_fen=100_000)),
    ),
    # Another day's account is another one.
    (
        {"free": free(spent_fen=99_000, day=TODAY - 1)},
        paid(settling(is_password_free=True), free(spent_fen=3_000)),
    ),
    (
        {"command": PAY, "proof": PROOF},
        paid(settling(), replace(PROOF, is_used=True)),
    ),
    # The bank refused once before.
    (
        {"order": settling(state=S.UNPAID, step=2, settle_time=NOW - DAY)},
        paid(settling(step=3), replace(PROOF, is_used=True)),
    ),
)


@pytest.mark.rule("R3", "R23", "R26", "R62")
@pytest.mark.parametrize(("situation", "decision"), PAYING.rows, ids=PAYING.ids)
def test_paying_an_order(situation: Mapping[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


GOOD = (citizen(), physical_card(), card(), paying_link(), account())


@pytest.mark.rule("R62")
@pytest.mark.parametrize(("own_fen", "is_free"), [(20_000, True), (20_001, False)])
def test_two_hundred_yuan_are_the_most_that_go_without_the_password(
    own_fen: int, is_free: bool
) -> None:
    decision = judge(WITHOUT_PASSWORD, order(own_fen=own_fen), free(), *GOOD)

    assert isinstance(decision, Accepted) == is_free


@pytest.mark.rule("R62")
def test_the_fund_pays_alone_where_the_holder_has_no_part() -> None:
    decision = judge(WITHOUT_PASSWORD, order(own_fen=0), free(), *GOOD)

    lines = {each.account: each.amount_fen for each in postings(decision)}
    assert lines == {Account.FUND: -7_000, Account.CLEARING: 7_000}


def postings(decision: Decision) -> list[Posting]:
    return [each for each in decision.changes if isinstance(each, Posting)]


# --- password-free payment -------------------------------------------------------------------

FREE_PROOF = proof(number=904, method=Method.CARD_PASSWORD, purpose=Purpose.SET_PASSWORD_FREE)
SWITCH_ON = SetPasswordFree(
    at=NOW,
    channel="wechat",
    citizen=ZHANG,
    link_number=300,
    serial=1,
    is_on=True,
    proof=FREE_PROOF.key,
)
SWITCH_OFF = replace(SWITCH_ON, is_on=False, proof=(0, 0, 0))


def switched(*, on: bool, spent_fen: int, spent: tuple[Proof, ...] = ()) -> Accepted:
    kind = EntryKind.PASSWORD_FREE_ON if on else EntryKind.PASSWORD_FREE_OFF
    return Accepted(
        answer=PasswordFreeAnswer(is_on=on, one_max_fen=20_000, day_max_fen=100_000),
        changes=(free(is_on=on, spent_fen=spent_fen), *spent),
        entries=(entry(kind),),
    )


USED = (replace(FREE_PROOF, is_used=True),)

SWITCHING = Table(
    {
        "command": SWITCH_ON,
        "link": None,
        "proof": None,
        "account": None,
        "free": None,
        **card_steps()[0][0],
    },
    ({}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": unlinked_link(number=301)}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": unlinked_link(serial=2)}, Rejected(Reason.LINK_SERIAL_OLD)),
    ({"link": unlinked_link()}, Rejected(Reason.LINK_NOT_ACTIVE)),
    ({"link": paying_link()}, Rejected(Reason.PROOF_UNKNOWN)),
    *proof_steps(SWITCH_ON, FREE_PROOF),
    ({"command": SWITCH_ON, "proof": FREE_PROOF}, Rejected(Reason.CITIZEN_CANCELLED)),
    *card_steps()[1:],
    ({"card": card()}, Rejected(Reason.LEVEL_TOO_LOW)),
    ({"link": link(), "account": account()}, Rejected(Reason.LEVEL_TOO_LOW)),
    ({"link": paying_link()}, switched(on=True, spent_fen=0, spent=USED)),
    # What the day has taken stays counted, on and off and over an unlink.
    ({"free": free(serial=9)}, switched(on=True, spent_fen=50_000, spent=USED)),
    ({"free": free(day=TODAY - 1)}, switched(on=True, spent_fen=0, spent=USED)),
)


@pytest.mark.rule("R23", "R62")
@pytest.mark.parametrize(("situation", "decision"), SWITCHING.rows, ids=SWITCHING.ids)
def test_switching_password_free_payment_on(
    situation: Mapping[str, Any], decision: Decision
) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R62")
def test_it_is_switched_off_without_a_proof_whatever_the_card_is_worth() -> None:
    blocked = card_steps()[0][0]

    decision = judge_situation({"command": SWITCH_OFF, "link": link(), "free": free(), **blocked})

    assert decision == switched(on=False, spent_fen=50_000)


# --- the bank's word -------------------------------------------------------------------------

MOVED = NoteTransfer(at=NOW, citizen=ZHANG, order_number=800, step=1, is_moved=True)
REFUSED = replace(MOVED, is_moved=False)
AFTER = settling(step=2, settle_time=NOW)
GIVEN_BACK = replace(MOVED, step=3)
REFUNDING = settling(state=S.REFUNDING, step=3, settle_time=NOW)


def told(after: Order, kind: EntryKind, **amounts: int) -> Accepted:
    return Accepted(
        answer=OrderAnswer(order=after, state=after.state),
        changes=(after, *booked(after.step, **amounts)),
        entries=(at_provider(kind),),
    )


@pytest.mark.rule("R62")
@pytest.mark.parametrize(
    ("command", "before", "decision"),
    [
        (
            MOVED,
            settling(),
            told(
                replace(AFTER, state=S.SETTLED),
                EntryKind.ORDER_SETTLED,
                clearing=-10_000,
                provider=10_000,
            ),
        ),
        (
            REFUSED,
            settling(),
            told(
                replace(AFTER, state=S.UNPAID),
                EntryKind.ORDER_UNPAID,
                holder=3_000,
                fund=7_000,
                clearing=-10_000,
            ),
        ),
        (
            GIVEN_BACK,
            REFUNDING,
            told(
                replace(REFUNDING, state=S.REFUNDED, step=4, refund_time=NOW),
                EntryKind.ORDER_REFUNDED,
                holder=3_000,
                fund=7_000,
                clearing=-10_000,
            ),
        ),
        (
            replace(GIVEN_BACK, is_moved=False),
            REFUNDING,
            told(
                replace(REFUNDING, state=S.SETTLED, step=4),
                EntryKind.ORDER_SETTLED,
                clearing=-10_000,
                provider=10_000,
            ),
        ),
    ],
    ids=["settled", "unpaid", "refunded", "kept"],
)
def test_the_banks_word_moves_an_order_on(
    command: NoteTransfer, before: Order, decision: Decision
) -> None:
    assert judge(command, before) == decision


@pytest.mark.rule("R62")
@pytest.mark.parametrize(
    "known",
    [settling(state=S.SETTLED, step=2), settling(state=S.SETTLED, step=1), settling(step=3)],
    ids=["settled", "no longer at the bank", "asked anew since"],
)
def test_the_banks_word_is_taken_once_and_for_the_step_it_is_about(known: Order) -> None:
    decision = judge(MOVED, known)

    assert decision == Accepted(answer=OrderAnswer(order=known, state=known.state))


@pytest.mark.rule("R62")
def test_a_payment_that_is_refused_paid_again_and_given_back_leaves_nothing_in_the_books() -> None:
    second = replace(PROOF, number=905)
    store = Store(order(), PROOF, second, *GOOD)

    for command in (
        PAY,
        REFUSED,
        replace(PAY, proof=second.key),
        replace(MOVED, step=3),
        Refund(at=NOW, provider="clinic", citizen=ZHANG, order_number=800),
        replace(MOVED, step=5),
    ):
        assert isinstance(store.do(command), Accepted)

    lines = [each for each in store.records.values() if isinstance(each, Posting)]
    sums = {of: sum(each.amount_fen for each in lines if each.account is of) for of in Account}
    assert set(sums.values()) == {0}
    assert len({each.step for each in lines}) == 6
    final = store.records[Order, order().key]
    assert isinstance(final, Order)
    assert final.state is S.REFUNDED
    assert [each.kind for each in store.entries] == [
        EntryKind.ORDER_PAID,
        EntryKind.ORDER_UNPAID,
        EntryKind.ORDER_PAID,
        EntryKind.ORDER_SETTLED,
        EntryKind.ORDER_REFUNDING,
        EntryKind.ORDER_REFUNDED,
    ]
