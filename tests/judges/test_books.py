"""The judge of the books sees a posting that is missing."""

from typing import Any

import pytest
from tests.judges.telling import Telling, platform

from essc.lab.v1 import audit_platform_pb2 as rows
from essc.settlement.v1.order_pb2 import Order
from essc_workbench.judges.books import Books
from essc_workbench.judges.findings import Finding, Ruling

PAID = [(1, "holder", -3), (1, "fund", -7), (1, "clearing", 10)]
SETTLED = [(2, "clearing", -10), (2, "provider", 10)]


def found(state: Any, step: int, booked: list[tuple[int, str, int]]) -> Finding:
    order = rows.AuditOrder(
        citizen="zhang", order_id="o", state=state, step=step, insurance_fen=7, own_fen=3
    )
    postings = [
        rows.AuditPosting(citizen="zhang", order_id="o", step=n, account=name, amount_fen=fen)
        for n, name, fen in booked
    ]
    exports = {"platform": platform(orders=[order], postings=postings)}
    return Books().judge(Telling().evidence(exports))


@pytest.mark.rule("R62")
@pytest.mark.parametrize(
    ("state", "step", "booked"),
    [
        (Order.STATE_OPEN, 0, []),
        (Order.STATE_SETTLING, 1, PAID),
        (Order.STATE_SETTLED, 2, PAID + SETTLED),
    ],
)
def test_books_that_stand_as_the_order_says_are_good(
    state: Any, step: int, booked: list[tuple[int, str, int]]
) -> None:
    assert found(state, step, booked).ruling is Ruling.GOOD


@pytest.mark.parametrize("missing", range(5))
def test_any_posting_that_is_missing_is_seen(missing: int) -> None:
    booked = PAID + SETTLED
    del booked[missing]

    finding = found(Order.STATE_SETTLED, 2, booked)

    assert "sums to" in finding.violations[0].text.en
    assert {each.citizen for each in finding.violations} == {"zhang"}


def test_a_whole_booking_that_is_missing_is_seen_though_all_sums_to_zero() -> None:
    finding = found(Order.STATE_SETTLED, 2, PAID)

    assert [each.text.en for each in finding.violations] == [
        "the order was booked 2 times, the books have 1",
        "the books do not stand as the order's state says: clearing, provider",
    ]


def test_money_that_went_to_another_account_is_seen() -> None:
    booked = [(1, "holder", -10), (1, "clearing", 10)]

    finding = found(Order.STATE_SETTLING, 1, booked)

    assert [each.text.en for each in finding.violations] == [
        "the books do not stand as the order's state says: fund, holder"
    ]


def test_a_booking_without_an_order_is_seen() -> None:
    posting = rows.AuditPosting(order_id="o", step=1, account="holder")
    exports = {"platform": platform(postings=[posting])}

    assert Books().judge(Telling().evidence(exports)).ruling is Ruling.BROKEN
