"""The books sum to zero, and what lies in clearing is what is at the bank (R62)."""

from collections import defaultdict
from typing import Final

from essc.lab.v1.audit_platform_pb2 import AuditOrder, AuditPosting
from essc.settlement.v1.order_pb2 import Order
from essc_workbench.judges.findings import Evidence, Text
from essc_workbench.judges.national import NationalJudge
from essc_workbench.judges.snapshots import National
from essc_workbench.judges.tallies import Tally

_AT_THE_BANK: Final = frozenset({Order.STATE_SETTLING, Order.STATE_REFUNDING})


class Books(NationalJudge):
    """Money is neither made nor lost."""

    name = "books"
    rules = ("R62",)
    text = Text(
        zh="账簿每次记账合计为零，清算科目等于银行在途金额",
        en="Every booking sums to zero, and clearing holds what is at the bank",
    )

    def look(self, tally: Tally, platform: National, evidence: Evidence) -> None:
        by_order: dict[str, list[AuditPosting]] = defaultdict(list)
        for each in platform.snapshot.postings:
            by_order[each.order_id].append(each)
        orders = {each.order_id: each for each in platform.snapshot.orders}
        for order_id, postings in by_order.items():
            if not tally.holds(order_id in orders):
                tally.broken(zh="有记账而没有订单", en="a booking has no order")
            _judge_bookings(tally, platform, postings)
        for order_id, order in orders.items():
            _judge_order(tally, platform, order, by_order[order_id])


def _judge_bookings(tally: Tally, platform: National, postings: list[AuditPosting]) -> None:
    sums: dict[int, int] = defaultdict(int)
    for each in postings:
        sums[each.step] += each.amount_fen
    for step, total in sums.items():
        if not tally.holds(total == 0):
            tally.broken(
                zh=f"第 {step} 次记账合计 {total} 分，不为零",
                en=f"booking {step} sums to {total} fen, not to zero",
                citizen=platform.alias(postings[0].citizen),
            )


def _judge_order(
    tally: Tally, platform: National, order: AuditOrder, postings: list[AuditPosting]
) -> None:
    """Each step was booked, and the accounts stand as the order's state says."""
    total = order.insurance_fen + order.own_fen
    steps = {each.step for each in postings}
    is_booked = steps == set(range(1, order.step + 1)) or total == 0
    if not tally.holds(is_booked):
        tally.broken(
            zh=f"订单记账 {order.step} 次，账簿中有 {len(steps)} 次",
            en=f"the order was booked {order.step} times, the books have {len(steps)}",
            citizen=platform.alias(order.citizen),
            channel=order.channel_id,
        )
    paid = order.state in _AT_THE_BANK or order.state == Order.STATE_SETTLED
    expected = {
        "holder": -order.own_fen if paid else 0,
        "fund": -order.insurance_fen if paid else 0,
        "clearing": total if order.state in _AT_THE_BANK else 0,
        "provider": total if order.state == Order.STATE_SETTLED else 0,
    }
    stand = dict.fromkeys(expected, 0)
    for each in postings:
        stand[each.account.lower()] = stand.get(each.account.lower(), 0) + each.amount_fen
    wrong = sorted(name for name in stand if stand[name] != expected.get(name, 0))
    if not tally.holds(not wrong):
        names = ", ".join(wrong)
        tally.broken(
            zh=f"订单状态与账簿不符：{names}",
            en=f"the books do not stand as the order's state says: {names}",
            citizen=platform.alias(order.citizen),
            channel=order.channel_id,
        )
