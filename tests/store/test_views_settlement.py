"""The reads of orders: one statement each, by an index."""

from dataclasses import replace

import pytest
from tests.store import services, stories
from tests.store.stories import NOON

from essc_platform.core.records import OrderState
from essc_platform.store import views_settlement as views
from essc_platform.store.sqlite import SqliteConnection
from essc_platform.store.statements import Statement


def plan(connection: SqliteConnection, statement: Statement, count: int) -> str:
    rows = connection.driver.execute(
        f"EXPLAIN QUERY PLAN {statement.sqlite}", (0,) * count
    ).fetchall()
    return "; ".join(row[3] for row in rows)


def test_orders_at_the_bank_come_in_the_order_of_waiting_and_from_behind_a_place() -> None:
    waiting = [
        replace(services.ORDER, number=n, state=state, state_time=NOON - n)
        for n, state in enumerate((OrderState.SETTLING, OrderState.REFUNDING) * 3, start=1)
    ]
    others = [
        replace(services.ORDER, number=90 + state, state=state)
        for state in OrderState
        if state not in (OrderState.SETTLING, OrderState.REFUNDING)
    ]

    with stories.memory([*waiting, *others]) as connection:
        first = views.orders_at_bank(connection, views.FIRST_PLACE, 4)
        rest = views.orders_at_bank(connection, views.place_of(first[-1]), 4)

    assert first + rest == waiting[::-1]


@pytest.mark.parametrize(
    ("statement", "count", "index"),
    [
        (views._AT_BANK, 5, "orders_at_bank"),
        (views._ORDERS, 5, "orders_of_link"),
        (views._ORDERS_BEFORE, 8, "orders_of_link"),
        (views._SUMS_OF_CHANNEL, 3, "orders_of_channel"),
        (views._SUMS_OF_PROVIDER, 3, "orders_of_provider"),
    ],
    ids=["at bank", "of link", "of link, behind", "of channel", "of provider"],
)
def test_a_read_of_orders_finds_its_index(statement: Statement, count: int, index: str) -> None:
    with stories.memory([]) as connection:
        said = plan(connection, statement, count)

    assert f"INDEX {index}" in said
    assert "SCAN" not in said
