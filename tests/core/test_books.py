"""The law of the books: whatever happens to an order, its lines sum to zero and say where it is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.people import MINUTE, NOW, ZHANG, Store, card, citizen, physical_card, proof
from tests.core.people_services import account, booked, free, order, paying_link

from essc_platform.core import books
from essc_platform.core.commands import Command
from essc_platform.core.decisions import Accepted, Rejected
from essc_platform.core.links import Unlink
from essc_platform.core.orders import Refund
from essc_platform.core.payments import NoteTransfer, Pay
from essc_platform.core.reasons import Reason
from essc_platform.core.records import Account, Method, Order, OrderState, Posting, Purpose

S = OrderState
PAY_PROOF = proof(
    number=903, method=Method.CARD_PASSWORD, purpose=Purpose.PAY, expire_time=NOW + 60 * MINUTE
)
UNLINK_PROOF = replace(PAY_PROOF, number=904, purpose=Purpose.UNLINK)


def command_of(kind: str, at: int, step: int) -> Command:
    match kind:
        case "pay" | "pay without password":
            key = PAY_PROOF.key if kind == "pay" else None
            return Pay(
                at=at,
                channel="wechat",
                citizen=ZHANG,
                link_number=300,
                order=order().key,
                proof=key,
            )
        case "moved" | "refused":
            return NoteTransfer(
                at=at, citizen=ZHANG, order_number=800, step=step, is_moved=kind == "moved"
            )
        case "refund":
            return Refund(at=at, provider="clinic", citizen=ZHANG, order_number=800)
        case _:
            return Unlink(
                at=at,
                channel="wechat",
                citizen=ZHANG,
                link_number=300,
                serial=1,
                proof=UNLINK_PROOF.key,
            )


KINDS = st.sampled_from(
    ("pay", "pay without password", "moved", "moved", "refused", "refund", "unlink")
)
STEPS = st.lists(st.tuples(KINDS, st.integers(0, 1)), max_size=12)


@pytest.mark.rule("R62")
@given(story=STEPS, insurance_fen=st.integers(0, 5_000), own_fen=st.integers(1, 5_000))
def test_the_books_balance_at_every_step_and_say_where_the_money_is(
    story: list[tuple[str, int]], insurance_fen: int, own_fen: int
) -> None:
    store = Store(
        order(insurance_fen=insurance_fen, own_fen=own_fen),
        *(citizen(), physical_card(), card(), paying_link(), account(), free()),
        *(PAY_PROOF, UNLINK_PROOF),
    )

    for place, (kind, behind) in enumerate(story):
        now = store.records[Order, order().key]
        assert isinstance(now, Order)
        store.do(command_of(kind, NOW + place, now.step - behind))

        after = store.records[Order, order().key]
        assert isinstance(after, Order)
        sums = dict.fromkeys(Account, 0)
        for line in store.records.values():
            if isinstance(line, Posting):
                sums[line.account] += line.amount_fen
        is_out = after.is_at_bank or after.state is S.SETTLED
        assert sum(sums.values()) == 0
        assert sums[Account.CLEARING] == (after.total_fen if after.is_at_bank else 0)
        assert sums[Account.PROVIDER] == (after.total_fen if after.state is S.SETTLED else 0)
        assert sums[Account.HOLDER] == (-own_fen if is_out else 0)
        assert sums[Account.FUND] == (-insurance_fen if is_out else 0)


@pytest.mark.rule("R62")
def test_a_decision_that_makes_money_is_a_bug() -> None:
    whole = booked(1, holder=-3_000, clearing=3_000)
    even = Accepted(answer=None, changes=(order(), *whole))
    odd = Accepted(answer=None, changes=whole[:1])

    assert books.balanced(even) is even
    assert books.balanced(Rejected(Reason.ORDER_NOT_FOUND)).changes == ()
    with pytest.raises(AssertionError, match="balance"):
        books.balanced(odd)
