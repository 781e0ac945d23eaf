"""Reads of orders and of the books: exactly what an answer shows, one statement each."""

from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    text,
    tuple_,
)

from essc_platform.core.records import (
    Account,
    CitizenKey,
    Instant,
    LinkState,
    Order,
    OrderState,
)
from essc_platform.store import tables
from essc_platform.store.connections import Connection
from essc_platform.store.rows.settlement import order_from_row
from essc_platform.store.statements import compiled
from essc_platform.store.tables.settlement import AT_BANK


class SeenOrder(NamedTuple):
    """An order, what its provider is called, and whether its link is still the one it is of."""

    order: Order
    provider_name: str
    is_linked: bool


class Sums(NamedTuple):
    """What the books say of one provider's orders in one channel, of some time of payment."""

    channel: str
    provider: str
    settled_count: int
    settled_own_fen: int
    settled_insurance_fen: int
    refunded_count: int
    refunded_own_fen: int
    refunded_insurance_fen: int
    clearing_count: int
    clearing_fen: int


class Place(NamedTuple):
    """Where an order stands in the line before the bank."""

    state_time: Instant
    bucket: int
    citizen: int
    number: int


FIRST_PLACE = Place(-1, -1, -1, -1)


def order_seen(connection: Connection, key: tuple[int, int, int]) -> SeenOrder | None:
    """One order."""
    row = connection.execute(_ORDER, key).fetchone()
    return None if row is None else _seen(row)


def orders_before(
    connection: Connection,
    citizen: CitizenKey,
    channel: str,
    serial: int,
    before: int | None,
    limit: int,
) -> list[SeenOrder]:
    """The orders of a link under a serial, newest first; from behind the order of a number."""
    of_link = (*citizen, channel, serial)
    if before is None:
        rows = connection.execute(_ORDERS, (*of_link, limit))
    else:
        rows = connection.execute(_ORDERS_BEFORE, (*of_link, *citizen, before, limit))
    return [_seen(row) for row in rows]


def orders_at_bank(connection: Connection, after: Place, limit: int) -> list[Order]:
    """Orders that wait for the bank's word, the longest waiting first."""
    return [order_from_row(row) for row in connection.execute(_AT_BANK, (*after, limit))]


def place_of(order: Order) -> Place:
    """Where an order stands in that line."""
    return Place(order.state_time, *order.key)


def sums_of_channel(
    connection: Connection, channel: str, since: Instant, until: Instant
) -> list[Sums]:
    """What was paid in a channel, one line for each provider, by id."""
    rows = connection.execute(_SUMS_OF_CHANNEL, (channel, since, until))
    return [Sums._make(row) for row in rows]


def sums_of_provider(
    connection: Connection, provider: str, since: Instant, until: Instant
) -> list[Sums]:
    """What was paid to a provider, one line for each channel, by id."""
    rows = connection.execute(_SUMS_OF_PROVIDER, (provider, since, until))
    return [Sums._make(row) for row in rows]


def _seen(row: tuple[object, ...]) -> SeenOrder:
    return SeenOrder(order_from_row(row[:-2]), str(row[-2]), bool(row[-1]))


def _fixed(value: int | str) -> ColumnElement[Any]:
    """A value that stands in the statement: what is bound comes from the caller."""
    return literal_column(f"'{value}'" if isinstance(value, str) else str(int(value)))


_O, _L, _P, _B = (
    tables.orders.c,
    tables.links.c,
    tables.parties.c,
    tables.orders.alias("before").c,
)
_SEEN = (
    select(
        tables.orders,
        _P.display_name,
        and_(_L.state == _fixed(LinkState.ACTIVE), _L.serial == _O.serial),
    )
    .join(tables.parties, _P.party == _O.provider)
    .join(
        tables.links,
        and_(_L.bucket == _O.bucket, _L.citizen == _O.citizen, _L.channel == _O.channel),
    )
)
_ORDER = compiled(
    _SEEN.where(
        _O.bucket == bindparam("bucket"),
        _O.citizen == bindparam("citizen"),
        _O.number == bindparam("number"),
    )
)
_OF_LINK = _SEEN.where(
    _O.bucket == bindparam("bucket"),
    _O.citizen == bindparam("citizen"),
    _O.channel == bindparam("channel"),
    _O.serial == bindparam("serial"),
)
_PLACE = (
    select(_B.create_time, _B.number)
    .where(
        _B.bucket == bindparam("before_bucket"),
        _B.citizen == bindparam("before_citizen"),
        _B.number == bindparam("before"),
    )
    .scalar_subquery()
)
_NEWEST = (_O.create_time.desc(), _O.number.desc())
_ORDERS = compiled(_OF_LINK.order_by(*_NEWEST).limit(bindparam("rows")))
_ORDERS_BEFORE = compiled(
    _OF_LINK.where(tuple_(_O.create_time, _O.number) < _PLACE)
    .order_by(*_NEWEST)
    .limit(bindparam("rows"))
)
_AT_BANK = compiled(
    select(tables.orders)
    .where(
        # As its index says it: otherwise the engine does not see that the index fits.
        text(AT_BANK),
        tuple_(_O.state_time, _O.bucket, _O.citizen, _O.number)
        > tuple_(
            bindparam("state_time"),
            bindparam("after_bucket"),
            bindparam("after_citizen"),
            bindparam("after_number"),
        ),
    )
    .order_by(_O.state_time, _O.bucket, _O.citizen, _O.number)
    .limit(bindparam("rows"))
)


# --- the books: one line of an order's last step, and all lines of its clearing, tell where it is

_Q = tables.postings.c


def _sum(amounts: ColumnElement[int]) -> ColumnElement[int]:
    """Whole, as the amounts are: PostgreSQL's own sum of such is a decimal."""
    return cast(func.sum(amounts), BigInteger)


def _booked(
    account: Account, *, state: OrderState | None = None, is_last: bool = False
) -> ColumnElement[int]:
    """What orders of a state booked to an account: altogether, or with their last step."""
    conditions = [_Q.account == _fixed(account.value)]
    if state is not None:
        conditions.append(_O.state == _fixed(state))
    if is_last:
        conditions.append(_Q.step == _O.step)
    return _sum(case((and_(*conditions), _Q.amount_fen), else_=_fixed(0)))


def _count(*states: OrderState) -> ColumnElement[int]:
    """How many orders: every step books once to clearing."""
    is_one = and_(
        _Q.account == _fixed(Account.CLEARING.value),
        _Q.step == _O.step,
        or_(*(_O.state == _fixed(state) for state in states)),
    )
    return _sum(case((is_one, _fixed(1)), else_=_fixed(0)))


_SUMS = (
    select(
        _O.channel,
        _O.provider,
        _count(OrderState.SETTLED),
        -_booked(Account.HOLDER, state=OrderState.SETTLED),
        -_booked(Account.FUND, state=OrderState.SETTLED),
        _count(OrderState.REFUNDED),
        _booked(Account.HOLDER, state=OrderState.REFUNDED, is_last=True),
        _booked(Account.FUND, state=OrderState.REFUNDED, is_last=True),
        _count(OrderState.SETTLING, OrderState.REFUNDING),
        _booked(Account.CLEARING),
    )
    .join(
        tables.postings,
        and_(_Q.bucket == _O.bucket, _Q.citizen == _O.citizen, _Q.order_number == _O.number),
    )
    .group_by(_O.channel, _O.provider)
    .order_by(_O.channel, _O.provider)
)
_SUMS_OF_CHANNEL, _SUMS_OF_PROVIDER = (
    compiled(
        _SUMS.where(
            party == bindparam("party"),
            _O.pay_time >= bindparam("since"),
            _O.pay_time < bindparam("until"),
        )
    )
    for party in (_O.channel, _O.provider)
)
