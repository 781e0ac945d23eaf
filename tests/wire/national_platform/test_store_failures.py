"""A store that takes no changes now: said in one clear way, nothing lost, and well again after."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.wire.people import DAY, FACE, UNLINK, World, new_id, reason
from tests.wire.stores import sqlite_of

from essc.card.v1 import card_service_pb2 as cards
from essc.event.v1 import event_service_pb2 as events
from essc.lab.v1 import lab_service_pb2 as lab

pytestmark = [pytest.mark.rule("R91"), pytest.mark.file_store]


@contextmanager
def unwritable(world: World) -> Iterator[None]:
    """Somebody else holds the store; the platform does not wait for it."""
    sqlite_of(world.running).writer.driver.execute("PRAGMA busy_timeout=0")
    other = sqlite3.connect(world.folder / "platform.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


async def test_a_change_is_refused_and_good_when_it_is_repeated(world: World) -> None:
    bank = await world.channel("bank")
    zhang = await world.citizen(1)
    link = await bank.apply(zhang)
    request = cards.UnlinkRequest(
        request_id=new_id(),
        link_id=link.link_id,
        serial=1,
        proof=await bank.proof(zhang, FACE, UNLINK),
    )
    before = world.dump()

    with unwritable(world):
        assert await reason(bank.do(bank.cards.Unlink, request)) == "STORE_UNAVAILABLE"
        # What only reads goes on.
        assert (await bank.get(link)).link == link
        assert len(await bank.feed()) == 1

    assert world.dump() == before
    await bank.do(bank.cards.Unlink, request)
    assert await reason(bank.get(link)) == "LINK_NOT_ACTIVE"


@pytest.mark.rule("R95")
async def test_the_clock_stays_where_it_was_stored(world: World) -> None:
    request = lab.AdvanceRequest(request_id=new_id())
    request.by.FromSeconds(DAY)

    with unwritable(world):
        call = world.lab.do(world.lab.clock.Advance, request)
        assert await reason(call) == "STORE_UNAVAILABLE"
        answer = await world.lab.do(world.lab.clock.GetTime, lab.GetTimeRequest())
        assert answer.offset.ToSeconds() == 0

    answer = await world.lab.do(world.lab.clock.Advance, request)
    assert answer.offset.ToSeconds() == DAY


@pytest.mark.rule("R95")
async def test_the_sweep_tries_again_later_instead_of_again_and_again(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    bank = await world.channel("bank")
    zhang = await world.citizen(1)
    await bank.apply(zhang)
    (card_id,) = await world.bureau_view(zhang)
    await world.report_loss(card_id, formal=False)
    await world.write("UPDATE physical_cards SET lift_time = 1")
    capfd.readouterr()

    with unwritable(world):
        until = time.monotonic() + 2.5
        while time.monotonic() < until:
            await bank.do(bank.events.GetHead, events.GetHeadRequest())
        told = capfd.readouterr().out.count("the store failed")

    # Once a second, and not as fast as it can.
    assert 1 <= told <= 8
    async with bank.watching() as watch:
        found = [(await watch.next()).event for _ in range(3)]
    assert found[-1].card.blocked_reason == ""
