"""The settler of a platform that is killed at every step of a transfer: the money moves once.

The bank is in the test's own process, so that it can stand still before it moves the money, or
after it and before it says so. What it moved is what it remembers.
"""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.parties.test_platform_process import Platform
from tests.wire import people
from tests.wire.made import made
from tests.wire.people import World
from tests.wire.people_services import Provider, State, Till, a_provider, a_till, until

from essc.authority.v1 import authority_service_pb2 as pb
from essc_wire.guard import Call, Guard
from essc_wire.refusals import PLATFORM_DOMAIN
from essc_wire.serving import start_server


class Bank:
    """A bank that moves everything once, and can be told to stand still."""

    def __init__(self) -> None:
        self.moved: dict[str, pb.TransferRequest] = {}
        self.asked: Counter[str] = Counter()
        self.open_before, self.open_after = asyncio.Event(), asyncio.Event()
        self.open_before.set()
        self.open_after.set()

    async def Transfer(
        self, request: pb.TransferRequest, call: Call[object]
    ) -> pb.TransferResponse:
        self.asked[request.transfer_id] += 1
        await self.open_before.wait()
        self.moved[request.transfer_id] = request
        await self.open_after.wait()
        return pb.TransferResponse(moved=True)


class Town:
    """A platform as a process, a bank here, and one citizen who can pay."""

    def __init__(self, platform: Platform, bank: Bank, world: World) -> None:
        self.platform, self.bank, self.world = platform, bank, world
        self.clinic: Provider
        self.till: Till

    async def open(self) -> None:
        await self.world.open()
        self.clinic = await a_provider(self.world)
        channel = await self.world.channel("bank")
        self.till = await a_till(self.world, channel, await self.world.citizen(1))

    async def killed_and_started(self) -> None:
        self.platform.end(signal.SIGKILL)
        self.platform.start()
        await self.world.ready()

    async def is_asked(self) -> bool:
        return bool(self.bank.asked)


@asynccontextmanager
async def a_town(folder: Path) -> AsyncIterator[Town]:
    bank = Bank()
    guard: Guard[object] = Guard(domain=PLATFORM_DOMAIN, authenticate=lambda _m, _d: None)
    service = pb.DESCRIPTOR.services_by_name["SettlementBankService"]
    server = await start_server("127.0.0.1:0", [guard.handler(service, bank)], [])
    key = made(folder / "data", people.PLATFORM_ID)
    platform = Platform(folder / "data", "--bank", f"127.0.0.1:{server.port}")
    platform.start()
    world = World(platform.address, platform.lab_address, folder / "data", key)
    town = Town(platform, bank, world)
    try:
        await town.open()
        yield town
    finally:
        await world.close()
        platform.end(signal.SIGKILL)
        await server.stop(0)


@pytest.mark.rule("R62", "R91")
async def test_a_platform_killed_before_the_bank_moved_the_money_has_it_moved_once(
    tmp_path: Path,
) -> None:
    async with a_town(tmp_path) as town:
        town.bank.open_before.clear()
        order = await town.till.order(town.clinic)
        await town.till.pay(order)
        await until(town.is_asked)

        await town.killed_and_started()
        between = await town.till.seen(order)
        town.bank.open_before.set()
        await town.till.settled(order)

        assert between.state == State.STATE_SETTLING
        assert len(town.bank.moved) == len(town.bank.asked) == 1


@pytest.mark.rule("R62", "R91")
async def test_a_platform_killed_before_it_heard_the_bank_hears_the_same_word_again(
    tmp_path: Path,
) -> None:
    async with a_town(tmp_path) as town:
        town.bank.open_after.clear()
        order = await town.till.order(town.clinic)
        await town.till.pay(order)
        await until(town.is_asked)

        await town.killed_and_started()
        between = await town.till.seen(order)
        town.bank.open_after.set()
        settled = await town.till.settled(order)

        assert between.state == State.STATE_SETTLING
        (transfer,) = town.bank.moved.values()
        assert (transfer.own_fen, transfer.insurance_fen) == (order.own_fen, order.insurance_fen)
        assert settled.HasField("settle_time")


@pytest.mark.rule("R62", "R91")
async def test_a_platform_killed_after_the_bank_was_heard_asks_no_more(tmp_path: Path) -> None:
    async with a_town(tmp_path) as town:
        order = await town.till.order(town.clinic)
        await town.till.pay(order)
        settled = await town.till.settled(order)

        await town.killed_and_started()
        # A whole pass over the store is made at the start, and another one a second later.
        await asyncio.sleep(1.5)

        assert await town.till.seen(order) == settled
        assert list(town.bank.asked.values()) == [1]


@pytest.mark.rule("R62", "R91")
async def test_what_is_given_back_survives_a_kill_too_and_is_another_transfer(
    tmp_path: Path,
) -> None:
    async with a_town(tmp_path) as town:
        order = await town.till.order(town.clinic)
        await town.till.pay(order)
        await town.till.settled(order)
        town.bank.asked.clear()
        town.bank.open_after.clear()
        await town.clinic.refund(order)
        await until(town.is_asked)

        await town.killed_and_started()
        town.bank.open_after.set()
        await town.till.settled(order, State.STATE_REFUNDED)

        directions = [each.direction for each in town.bank.moved.values()]
        assert directions == [
            pb.TransferRequest.DIRECTION_COLLECT,
            pb.TransferRequest.DIRECTION_GIVE_BACK,
        ]


@pytest.mark.rule("R62", "R91")
async def test_a_platform_that_is_asked_to_stop_waits_for_the_bank(tmp_path: Path) -> None:
    async with a_town(tmp_path) as town:
        town.bank.open_after.clear()
        order = await town.till.order(town.clinic)
        await town.till.pay(order)
        await until(town.is_asked)

        ending = asyncio.create_task(asyncio.to_thread(town.platform.end, signal.SIGTERM))
        await asyncio.sleep(0.2)
        town.bank.open_after.set()
        status = await ending
        town.platform.start()
        await town.world.ready()

        assert status == 0
        assert (await town.till.seen(order)).state == State.STATE_SETTLED
        assert list(town.bank.asked.values()) == [1]


@pytest.mark.rule("R62")
async def test_a_bank_that_was_away_is_found_when_it_is_there_again(tmp_path: Path) -> None:
    async with a_town(tmp_path) as town:
        town.bank.open_before.clear()
        order = await town.till.order(town.clinic)
        await town.till.pay(order)
        await until(town.is_asked)
        # Longer than the platform waits for one answer.
        await asyncio.sleep(3.5)
        town.bank.open_before.set()
        await town.till.settled(order)

        assert len(town.bank.moved) == 1
