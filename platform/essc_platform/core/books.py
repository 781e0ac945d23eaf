"""The double-entry books: every step of an order moves its money between four accounts.

    pay       holder, fund -> clearing        settled   clearing -> provider
    unpaid    clearing -> holder, fund
    refund    provider -> clearing            refunded  clearing -> holder, fund
    kept      clearing -> provider            (the bank does not give back)

What is in clearing is at the bank. The law: what one decision books sums to zero, so the books do
at every commit.
"""

from essc_platform.core.decisions import Decision
from essc_platform.core.records import Account, Instant, Order, Posting

_SIGNS = {
    "pay": (-1, 0),
    "unpaid": (1, 0),
    "settled": (0, 1),
    "refund": (0, -1),
    "kept": (0, 1),
    "refunded": (1, 0),
}


def postings(order: Order, movement: str, at: Instant) -> tuple[Posting, ...]:
    """What the step that an order is now at books; nothing for a part of nothing."""
    people, provider = _SIGNS[movement]
    amounts = {
        Account.HOLDER: people * order.own_fen,
        Account.FUND: people * order.insurance_fen,
        Account.CLEARING: -(people + provider) * order.total_fen,
        Account.PROVIDER: provider * order.total_fen,
    }
    return tuple(
        Posting(
            citizen=order.citizen,
            order=order.number,
            step=order.step,
            account=account,
            party=order.provider if account is Account.PROVIDER else order.bank_id,
            amount_fen=amount,
            at=at,
        )
        for account, amount in amounts.items()
        if amount
    )


def balanced(decision: Decision) -> Decision:
    """R62: the decision, unless it makes or loses money; that is a bug."""
    booked = sum(change.amount_fen for change in decision.changes if isinstance(change, Posting))
    assert booked == 0, "the books do not balance"
    return decision
