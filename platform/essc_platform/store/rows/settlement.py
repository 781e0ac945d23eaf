"""Orders, the double-entry books, password-free payment."""

from essc_platform.core.records import (
    Account,
    CitizenKey,
    Order,
    OrderState,
    PasswordFree,
    Posting,
)
from essc_platform.store import tables
from essc_platform.store.rows.base import Mapping, Row

_STATES = {int(each): each for each in OrderState}
_ACCOUNTS = {each.value: each for each in Account}


def order_from_row(r: Row) -> Order:
    """An order, its columns in the order of the table."""
    return Order(
        citizen=CitizenKey(r[0], r[1]),
        number=r[2],
        provider=r[3],
        channel=r[4],
        serial=r[5],
        insurance_fen=r[6],
        own_fen=r[7],
        create_time=r[8],
        expire_time=r[9],
        state=_STATES[r[10]],
        state_time=r[11],
        step=r[12],
        bank_id=r[13],
        pay_time=r[14],
        settle_time=r[15],
        refund_time=r[16],
        is_password_free=bool(r[17]),
    )


def _order_row(o: Order) -> Row:
    return (
        *o.citizen,
        o.number,
        o.provider,
        o.channel,
        o.serial,
        o.insurance_fen,
        o.own_fen,
        o.create_time,
        o.expire_time,
        o.state,
        o.state_time,
        o.step,
        o.bank_id,
        o.pay_time,
        o.settle_time,
        o.refund_time,
        o.is_password_free,
    )


MAPPINGS = (
    Mapping(Order, tables.orders, _order_row, order_from_row),
    Mapping(
        Posting,
        tables.postings,
        lambda p: (
            *p.citizen,
            p.order,
            p.step,
            p.account.value,
            p.party,
            p.amount_fen,
            p.at,
        ),
        lambda r: Posting(
            citizen=CitizenKey(r[0], r[1]),
            order=r[2],
            step=r[3],
            account=_ACCOUNTS[r[4]],
            party=r[5],
            amount_fen=r[6],
            at=r[7],
        ),
    ),
    Mapping(
        PasswordFree,
        tables.password_free,
        lambda f: (*f.citizen, f.channel, f.serial, f.is_on, f.day, f.spent_fen),
        lambda r: PasswordFree(
            citizen=CitizenKey(r[0], r[1]),
            channel=r[2],
            serial=r[3],
            is_on=bool(r[4]),
            day=r[5],
            spent_fen=r[6],
        ),
    ),
)
