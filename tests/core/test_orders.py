from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.core.people import (
    DAY,
    LI,
    MINUTE,
    NOW,
    ZHANG,
    Table,
    judge,
    judge_situation,
    link,
    unlinked_link,
)
from tests.core.people_services import at_provider, booked, order, provider, settling, ticket, use

from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.orders import OrderAnswer, OrderCheck, OrderUse, Refund, state_at
from essc_platform.core.reasons import Reason
from essc_platform.core.records import Code, EntryKind, OrderState, Usage

S = OrderState

# --- making ----------------------------------------------------------------------------------

ORDER = OrderUse(
    at=NOW,
    provider="clinic",
    citizen=ZHANG,
    use_number=700,
    channel="wechat",
    insurance_fen=7_000,
    own_fen=3_000,
    new_number=800,
)
MADE = order(create_time=NOW, state_time=NOW, expire_time=NOW + DAY)
LIS_USE = use(binding=(600, LI))
MADE_ONE = Accepted(
    answer=OrderAnswer(order=MADE, state=S.OPEN),
    changes=(MADE,),
    entries=(at_provider(EntryKind.ORDER_CREATED),),
)

CODE = Code(
    citizen=ZHANG,
    number=750,
    channel="wechat",
    serial=1,
    binding=None,
    member=None,
    issue_time=NOW - 11 * MINUTE,
    expire_time=NOW - 10 * MINUTE,
    use_time=NOW - 10 * MINUTE + 1,
    verifier="till",
    usage=Usage.PAYMENT,
)
ORDER_CHECK = OrderCheck(
    at=NOW,
    provider="clinic",
    citizen=ZHANG,
    code_number=750,
    channel="wechat",
    insurance_fen=7_000,
    own_fen=3_000,
    new_number=800,
)
WORST = replace(CODE, usage=Usage.QUERY, use_time=NOW - 10 * MINUTE, binding=600, member=LI)

ORDERING = Table(
    {
        "command": ORDER,
        "use": None,
        "code": None,
        "provider": None,
        "link": unlinked_link(),
    },
    ({}, Rejected(Reason.USE_NOT_FOUND)),
    ({"use": ticket()}, Rejected(Reason.USE_NOT_FOUND)),
    ({"use": replace(LIS_USE, provider="museum")}, Rejected(Reason.USE_NOT_FOUND)),
    # The same on a check number.
    ({"command": ORDER_CHECK}, Rejected(Reason.CHECK_NOT_FOUND)),
    ({"code": replace(CODE, use_time=None)}, Rejected(Reason.CHECK_NOT_FOUND)),
    ({"code": WORST}, Rejected(Reason.CHECK_NOT_FOUND)),
    ({"code": replace(WORST, use_time=CODE.use_time)}, Rejected(Reason.CHECK_NOT_FOUND)),
    ({"provider": provider(verifier_ids=("gate",))}, Rejected(Reason.CHECK_NOT_FOUND)),
    ({"provider": provider(verifier_ids=("gate", "till"))}, Rejected(Reason.CHECK_NOT_FOUND)),
    (
        {"code": replace(CODE, usage=Usage.CROSS_REGION_MEDICAL, binding=600, member=LI)},
        Rejected(Reason.MEMBER_CANNOT_PAY),
    ),
    ({"code": CODE}, Rejected(Reason.ORDER_BASIS_ENDED)),
    ({"link": link()}, MADE_ONE),
    # And again on a use.
    ({"command": ORDER, "use": LIS_USE}, Rejected(Reason.MEMBER_CANNOT_PAY)),
    ({"use": use(close_time=NOW), "link": link(serial=2)}, Rejected(Reason.ORDER_BASIS_ENDED)),
    ({"link": link()}, MADE_ONE),
)


CHECKED = next(situation for situation, decision in ORDERING.rows if decision == MADE_ONE)
"""An order that stands on a check number."""


@pytest.mark.rule("R44", "R62")
@pytest.mark.parametrize(("situation", "decision"), ORDERING.rows, ids=ORDERING.ids)
def test_making_an_order(situation: Mapping[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


# --- giving back -----------------------------------------------------------------------------

REFUND = Refund(at=NOW, provider="clinic", citizen=ZHANG, order_number=800)
SETTLED = settling(state=S.SETTLED, step=2, settle_time=NOW)
REFUNDING = replace(SETTLED, state=S.REFUNDING, step=3)

GIVING_BACK = Table(
    {"command": REFUND, "order": None},
    ({}, Rejected(Reason.ORDER_NOT_FOUND)),
    ({"order": order(provider="museum")}, Rejected(Reason.ORDER_NOT_FOUND)),
    *(
        ({"order": replace(SETTLED, state=state)}, Rejected(Reason.ORDER_STATE_FORBIDS))
        for state in S
        if state is not S.SETTLED
    ),
    (
        {"order": SETTLED},
        Accepted(
            answer=OrderAnswer(order=REFUNDING, state=S.REFUNDING),
            changes=(REFUNDING, *booked(3, clearing=10_000, provider=-10_000)),
            entries=(at_provider(EntryKind.ORDER_REFUNDING),),
        ),
    ),
)


@pytest.mark.rule("R62")
@pytest.mark.parametrize(("situation", "decision"), GIVING_BACK.rows, ids=GIVING_BACK.ids)
def test_giving_an_order_back(situation: Mapping[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


# --- what an order is at a moment ------------------------------------------------------------


@pytest.mark.rule("R11", "R62")
@pytest.mark.parametrize("state", [S.OPEN, S.UNPAID])
def test_an_order_that_can_be_paid_ends_with_its_link_and_with_its_time(state: OrderState) -> None:
    waiting = order(state=state)
    last = waiting.expire_time - 1

    assert state_at(waiting, link(), last) is state
    assert state_at(waiting, link(), last + 1) is S.ENDED
    assert state_at(waiting, link(serial=2), NOW) is S.ENDED
    assert state_at(waiting, unlinked_link(), NOW) is S.ENDED
    assert state_at(waiting, None, NOW) is S.ENDED


@pytest.mark.rule("R3", "R62")
@pytest.mark.parametrize("state", [S.SETTLING, S.SETTLED, S.REFUNDING, S.REFUNDED])
def test_what_is_at_the_bank_or_past_it_never_ends(state: OrderState) -> None:
    assert state_at(order(state=state), None, NOW + 400 * DAY) is state


def test_several_orders_may_stand_on_one_use() -> None:
    second = judge(replace(ORDER, new_number=801), use(), link(), order())

    assert isinstance(second, Accepted)
