"""Orders, payment, the settler and the books, over the wire."""

import asyncio
import time
from collections.abc import Awaitable
from typing import Any

import pytest
from tests.wire.people import DAY, FACE, HOUR, UNLINK, Channel, World, person, reason
from tests.wire.people_codes import PAYMENT, QUERY, a_verifier, scan, show
from tests.wire.people_life import raise_level
from tests.wire.people_services import (
    Provider,
    State,
    Till,
    a_provider,
    a_till,
    kinds_of,
    payments_of,
    until,
)
from tests.wire.stores import read_plainly

from essc.card.v1 import card_service_pb2 as cards
from essc.record.v1 import record_service_pb2 as records
from essc.settlement.v1 import order_service_pb2 as orders
from essc.settlement.v1 import payment_service_pb2 as payments
from essc_platform.lab import magic
from essc_wire.times import to_timestamp

Kind = records.Record
HOUR_US = 3_600_000_000
HEAD_START_S = 0.05
REFUSED = 900
"""The place of the person whose money the simulated bank does not move."""


class Shop:
    """One citizen who can pay in the bank's app, and one clinic."""

    def __init__(self, bank: Channel, clinic: Provider, till: Till) -> None:
        self.bank, self.clinic, self.till = bank, clinic, till


async def a_shop(world: World, place: int = 1) -> Shop:
    bank, clinic = await world.channel("bank"), await a_provider(world)
    return Shop(bank, clinic, await a_till(world, bank, await world.citizen(place)))


def seconds_until_two_in_china(now: float) -> float:
    return (2 * HOUR - (now + 8 * HOUR)) % DAY


def books(world: World) -> dict[str, int]:
    """What lies in each account."""
    rows = read_plainly(
        world.running, "SELECT account, sum(amount_fen) FROM postings GROUP BY account"
    )
    return {account: int(amount_fen) for account, amount_fen in rows}


@pytest.mark.rule("R62", "R93")
async def test_an_order_is_paid_settled_given_back_and_leaves_nothing_in_the_books(
    world: World,
) -> None:
    shop = await a_shop(world)
    till, clinic = shop.till, shop.clinic
    order = await till.order(clinic)

    paid = await till.pay(order)
    settled = await till.settled(order)
    between = books(world)
    refunding = await clinic.refund(order)
    refunded = await till.settled(order, State.STATE_REFUNDED)

    assert (order.state, order.provider_name) == (State.STATE_OPEN, "clinic")
    assert (paid.state, paid.HasField("settle_time")) == (State.STATE_SETTLING, False)
    assert settled.settle_time.ToMicroseconds() >= settled.pay_time.ToMicroseconds()
    assert between == {"clearing": 0, "fund": -7_000, "holder": -3_000, "provider": 10_000}
    assert refunding.state == State.STATE_REFUNDING
    assert refunded.HasField("refund_time")
    assert set(books(world).values()) == {0}
    assert kinds_of(await shop.bank.record(till.link))[-5:] == [
        Kind.KIND_ORDER_CREATED,
        Kind.KIND_ORDER_PAID,
        Kind.KIND_ORDER_SETTLED,
        Kind.KIND_ORDER_REFUNDING,
        Kind.KIND_ORDER_REFUNDED,
    ]


@pytest.mark.rule("R62")
async def test_what_the_bank_refuses_is_unpaid_and_can_be_paid_again(world: World) -> None:
    shop = await a_shop(world, REFUSED)
    order = await shop.till.order(shop.clinic)

    await shop.till.pay(order)
    unpaid = await shop.till.settled(order, State.STATE_UNPAID)
    again = await shop.till.pay(order)
    await shop.till.settled(order, State.STATE_UNPAID)

    assert unpaid.HasField("settle_time")
    assert again.state == State.STATE_SETTLING
    assert set(books(world).values()) == {0}
    assert await reason(shop.clinic.refund(order)) == "ORDER_STATE_FORBIDS"


@pytest.mark.rule("R62")
async def test_small_sums_go_without_the_password_until_the_days_limit(world: World) -> None:
    # A day ends at midnight in China; whatever the time is now, 23 hours from two are tomorrow.
    await world.advance(seconds_until_two_in_china(time.time()))
    shop = await a_shop(world)
    till = shop.till
    before = await till.order(shop.clinic, own_fen=20_000)
    refused = await reason(till.pay(before, with_password=False))

    limits = await till.switch(on=True)
    for _ in range(5):
        order = await till.order(shop.clinic, own_fen=20_000)
        paid = await till.pay(order, with_password=False)
        assert paid.is_password_free
    sixth = await till.order(shop.clinic, own_fen=1)
    over = await reason(till.pay(sixth, with_password=False))
    large = await till.order(shop.clinic, own_fen=20_001)
    await world.advance(DAY - HOUR)
    tomorrow = await reason(till.pay(large, with_password=False))
    await till.pay(sixth, with_password=False)
    off = await till.switch(on=False)
    last = await till.order(shop.clinic, own_fen=1)

    assert refused == over == tomorrow == "PASSWORD_NEEDED"
    assert (limits.enabled, limits.one_max_fen, limits.day_max_fen) == (True, 20_000, 100_000)
    assert not off.enabled
    assert await reason(till.pay(last, with_password=False)) == "PASSWORD_NEEDED"


@pytest.mark.rule("R11", "R13", "R62")
async def test_unlinking_ends_orders_that_are_not_yet_settling_and_password_free_payment(
    world: World,
) -> None:
    shop = await a_shop(world)
    till, someone, bank = shop.till, shop.till.someone, shop.bank
    await till.switch(on=True)
    waiting, paid = await till.order(shop.clinic), await till.order(shop.clinic)
    await till.pay(paid)

    await bank.unlink(someone, till.link)
    till.link = await raise_level(bank, someone, await bank.apply(someone))
    fresh = await till.order(shop.clinic)

    assert await shop.clinic.state(waiting) == State.STATE_ENDED
    assert (await till.seen(waiting)).state == State.STATE_ENDED
    assert await reason(till.pay(waiting)) == "ORDER_STATE_FORBIDS"
    assert (await till.settled(paid)).state == State.STATE_SETTLED
    assert await reason(till.pay(fresh, with_password=False)) == "PASSWORD_NEEDED"


@pytest.mark.rule("R62")
async def test_an_order_waits_a_day(world: World) -> None:
    shop = await a_shop(world)
    order = await shop.till.order(shop.clinic)

    await world.advance(DAY - 60)
    waiting = await shop.till.seen(order)
    await world.advance(60)

    assert waiting.state == State.STATE_OPEN
    assert (await shop.till.seen(order)).state == State.STATE_ENDED
    assert await reason(shop.till.pay(order)) == "ORDER_STATE_FORBIDS"


@pytest.mark.rule("R62")
async def test_orders_come_newest_first_in_pages(world: World) -> None:
    shop = await a_shop(world)
    made = [(await shop.till.order(shop.clinic)).order_id for _ in range(7)]
    stub, link_id = payments_of(shop.bank), shop.till.link.link_id

    first = await shop.bank.do(stub.ListOrders, payments.ListOrdersRequest(link_id=link_id))
    request = payments.ListOrdersRequest(link_id=link_id, page_token=first.next_page_token)
    second = await shop.bank.do(stub.ListOrders, request)

    assert [order.order_id for order in (*first.orders, *second.orders)] == made[::-1]
    assert (len(first.orders), second.next_page_token) == (5, "")


@pytest.mark.rule("R62")
async def test_both_sides_read_the_same_from_the_books(world: World) -> None:
    """Two settled, one given back, one refused by the bank, one in clearing."""
    shop = await a_shop(world)
    till, clinic = shop.till, shop.clinic
    settled = [await till.order(clinic, own_fen=own) for own in (1_000, 200)]
    back = await till.order(clinic, own_fen=30, insurance_fen=4)
    for order in (*settled, back):
        await till.pay(order)
        await till.settled(order)
    await clinic.refund(back)
    await till.settled(back, State.STATE_REFUNDED)
    refused = await a_till(world, shop.bank, await world.citizen(REFUSED))
    unpaid = await refused.order(clinic)
    await refused.pay(unpaid)
    await refused.settled(unpaid, State.STATE_UNPAID)
    await world.running.settler.stop()
    stuck = await till.order(clinic, own_fen=5, insurance_fen=0)
    await till.pay(stuck)

    now = stuck.create_time.ToMicroseconds()
    since, until_time = to_timestamp(now - HOUR_US), to_timestamp(now + HOUR_US)
    ours = await clinic.do(
        clinic.orders.Reconcile, orders.ReconcileRequest(from_time=since, until_time=until_time)
    )
    theirs = await shop.bank.do(
        payments_of(shop.bank).ReconcileChannel,
        payments.ReconcileChannelRequest(from_time=since, until_time=until_time),
    )
    long_ago = orders.ReconcileRequest(from_time=to_timestamp(0), until_time=to_timestamp(HOUR_US))
    nothing = await clinic.do(clinic.orders.Reconcile, long_ago)

    (line,) = ours.lines
    assert list(theirs.lines) == [line]
    assert (line.channel_id, line.provider_id) == ("bank", "clinic")
    assert (line.settled_count, line.settled_own_fen, line.settled_insurance_fen) == (
        2,
        1_200,
        14_000,
    )
    assert (line.refunded_count, line.refunded_own_fen, line.refunded_insurance_fen) == (1, 30, 4)
    assert (line.clearing_count, line.clearing_fen) == (1, 5)
    assert list(nothing.lines) == []
    assert sum(books(world).values()) == 0


@pytest.mark.rule("R62")
async def test_a_bank_that_is_away_delays_an_order_and_loses_none(world: World) -> None:
    """What was asked in vain is asked again, by itself."""
    shop = await a_shop(world)
    settler, answers = world.running.settler, [None, None, True]
    asked: list[str] = []

    async def ask(transfer: Any) -> bool | None:
        asked.append(transfer.transfer_id)
        return answers.pop(0)

    settler._ask = ask
    order = await shop.till.order(shop.clinic)
    await shop.till.pay(order)
    await shop.till.settled(order)

    assert len(asked) == 3
    assert len(set(asked)) == 1


@pytest.mark.rule("R62")
async def test_the_bank_moves_the_money_of_a_transfer_once(world: World) -> None:
    shop = await a_shop(world)
    order = await shop.till.order(shop.clinic)
    await shop.till.pay(order)
    await shop.till.settled(order)

    ledger = world.running.bank._connection.execute("SELECT own_fen, is_moved FROM transfers")

    assert ledger.fetchall() == [(3_000, 1)]


# --- races -----------------------------------------------------------------------------------


@pytest.mark.rule("R62")
async def test_of_two_payments_of_one_order_one_settles_it(world: World) -> None:
    shop = await a_shop(world)
    till = shop.till
    for _ in range(25):
        order = await till.order(shop.clinic)
        requests = [await till.payment(order), await till.payment(order)]

        outcomes = await asyncio.gather(
            *(shop.bank.do(till.payments.Pay, each) for each in requests), return_exceptions=True
        )

        refused = [each for each in outcomes if isinstance(each, BaseException)]
        assert len(refused) == 1
        assert await reason(_raised(refused[0])) in ("ORDER_SETTLING", "ORDER_STATE_FORBIDS")
        await till.settled(order)
    moved = world.running.bank._connection.execute("SELECT count(*) FROM transfers").fetchone()
    assert moved == (25,)
    assert books(world)["provider"] == 25 * 10_000


@pytest.mark.rule("R11", "R62")
async def test_a_payment_and_an_unlink_at_the_same_moment_have_one_outcome(world: World) -> None:
    shop = await a_shop(world)
    till, bank = shop.till, shop.bank
    seen = set()
    for place in range(25):
        order = await till.order(shop.clinic)
        request = await till.payment(order)
        both: dict[str, Any] = {"link_id": till.link.link_id, "serial": till.link.serial}
        proof = await bank.proof(till.someone, FACE, UNLINK, link_id=till.link.link_id)
        # One of them goes well ahead, or both at once; then the platform says which is first.
        ahead = (HEAD_START_S, 0, 0, -HEAD_START_S)[place % 4]

        outcomes: Any = await asyncio.gather(
            after(-ahead, bank.do(till.payments.Pay, request)),
            after(ahead, bank.do(bank.cards.Unlink, cards.UnlinkRequest(**both, proof=proof))),
            return_exceptions=True,
        )

        async def is_over() -> bool:
            return await shop.clinic.state(order) != State.STATE_SETTLING  # noqa: B023

        await until(is_over)
        state = await shop.clinic.state(order)
        was_paid = not isinstance(outcomes[0], BaseException)
        assert not isinstance(outcomes[1], BaseException)
        assert state == (State.STATE_SETTLED if was_paid else State.STATE_ENDED)
        seen.add(was_paid)
        again = await bank.apply(till.someone)
        # The way back to the payment level takes a text message, of which a day has ten.
        await world.write("UPDATE links SET level = 2")
        till.link = again
        assert (await till.seen(order)).state == state
    assert seen == {True, False}, "the order was always the same: the test showed nothing"
    assert sum(books(world).values()) == 0


async def after(delay_s: float, call: Awaitable[Any]) -> Any:
    """Awaits a call, not before this."""
    if delay_s > 0:
        await asyncio.sleep(delay_s)
    return await call


async def _raised(error: BaseException) -> None:
    raise error


def test_the_person_whose_bank_refuses_is_the_labs() -> None:
    assert magic.provokes(person(REFUSED).id_number, "ORDER_UNPAID")


@pytest.mark.rule("R32", "R62")
async def test_an_order_stands_on_a_code_that_was_checked_for_payment_by_the_own_verifier(
    world: World,
) -> None:
    bank, someone = await world.channel("bank"), await world.citizen(1)
    till = await a_till(world, bank, someone)
    verifier = await a_verifier(world, "counter")
    clinic = await a_provider(world, verifier_ids=("counter",))
    museum = await a_provider(world, "museum")

    async def check(usage: Any) -> str:
        code = await show(bank, someone, till.link, is_known=False)
        return str((await scan(verifier, code.code, usage)).check_number)

    number, for_a_look = await check(PAYMENT), await check(QUERY)
    made = await clinic.order_checked(number)
    await till.pay(made)
    await till.settled(made)
    await world.advance(600)

    assert await reason(museum.order_checked(number)) == "CHECK_NOT_FOUND"
    assert await reason(clinic.order_checked(for_a_look)) == "CHECK_NOT_FOUND"
    assert await reason(clinic.order_checked(number)) == "CHECK_NOT_FOUND"


@pytest.mark.rule("R3", "R62")
async def test_what_is_settling_finishes_and_is_given_back_although_the_card_is_lost(
    world: World,
) -> None:
    shop = await a_shop(world)
    till, asked, word = shop.till, asyncio.Event(), asyncio.Event()

    async def ask(transfer: Any) -> bool | None:
        asked.set()
        await word.wait()
        return True

    world.running.settler._ask = ask
    order, waiting = await till.order(shop.clinic), await till.order(shop.clinic)
    await till.pay(order)
    await asked.wait()
    await world.report_loss((await world.bureau_view(till.someone))[0])
    word.set()
    settled = await till.settled(order)
    await shop.clinic.refund(order)
    refunded = await till.settled(order, State.STATE_REFUNDED)

    assert settled.state == State.STATE_SETTLED
    assert refunded.HasField("refund_time")
    assert await reason(till.pay(waiting, with_password=False)) == "PHYSICAL_CARD_LOST"


@pytest.mark.rule("R62")
async def test_a_settler_that_stops_hears_what_it_asked_also_in_a_pass_over_the_store(
    world: World,
) -> None:
    shop = await a_shop(world)
    till, settler, word = shop.till, world.running.settler, asyncio.Event()
    asked: list[str] = []

    async def ask(transfer: Any) -> bool | None:
        asked.append(transfer.transfer_id)
        await word.wait()
        return True

    settler._ask = ask
    order = await till.order(shop.clinic)
    await till.pay(order)
    # The pass of the next second waits for what is being asked.
    await asyncio.sleep(1.5)
    stopping = asyncio.create_task(settler.stop())
    await asyncio.sleep(0.05)
    word.set()
    await stopping

    assert (await till.seen(order)).state == State.STATE_SETTLED
    assert len(asked) == 1
