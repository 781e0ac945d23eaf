"""AuditService.Export: what may be asked for, and what bounds it."""

import asyncio
import tracemalloc
from typing import Any

import grpc
import pytest
from tests.wire import people_services as services
from tests.wire.people import World, refused
from tests.wire.people_audit import export, joined, told
from tests.wire.stores import write_plainly

from essc.lab.v1 import audit_service_pb2 as audit
from essc.lab.v1 import audit_service_pb2_grpc as audit_grpc
from essc_platform.store.audit import AuditStore
from essc_platform.store.connections import Connection
from essc_wire import audits


async def test_lists_are_told_that_are_asked_for_and_no_others(world: World) -> None:
    await world.citizen(1)

    whole = await export(world.lab.peer, "citizens", "accounts")

    assert len(whole.citizens) == whole.row_count == 1
    assert not whole.accounts
    assert not whole.physical_cards


async def test_keys_differ_from_snapshot_to_snapshot(world: World) -> None:
    await world.citizen(1)

    one, other = await export(world.lab.peer), await export(world.lab.peer)

    assert one.citizens[0].citizen != other.citizens[0].citizen


async def test_a_list_that_there_is_not_is_refused(world: World) -> None:
    found = await refused(told(world.lab.peer, "links", "secrets"))

    assert found.reason == "REQUEST_INVALID"
    assert [each.field for each in found.violations] == ["lists[1]"]


async def test_a_message_holds_at_most_five_hundred_rows(world: World) -> None:
    await write_citizens(world, 1_201)

    pages = (await told(world.lab.peer, "citizens"))[1:-1]

    assert [len(each.citizens) for each in pages] == [500, 500, 201]


@pytest.mark.parametrize("people", [20_000, pytest.param(100_000, marks=pytest.mark.soak)])
async def test_any_number_of_people_leaves_in_memory_that_does_not_grow(
    world: World, people: int
) -> None:
    await write_citizens(world, people)
    stub: Any = audit_grpc.AuditServiceStub(world.lab.peer.channel)
    tracemalloc.start()
    peaks: list[int] = []
    count = 0

    async for page in stub.Export(audit.ExportRequest(), timeout=120):
        count += len(page.citizens)
        peaks.append(tracemalloc.get_traced_memory()[1])

    tracemalloc.stop()
    assert count == people
    # The second half needs no more than the first has needed, but for some room.
    assert peaks[-1] < peaks[len(peaks) // 2] + 2_000_000
    assert peaks[-1] < 16_000_000


async def test_two_exports_run_and_a_third_is_told_when_to_come_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.citizen(1)
    stub: Any = audit_grpc.AuditServiceStub(world.lab.peer.channel)
    # Held where they are: what is read waits until it may go on.
    going_on = asyncio.Event()
    loop = asyncio.get_running_loop()
    begun = asyncio.Semaphore(0)
    plain = AuditStore.citizens

    def held(store: AuditStore) -> Any:
        loop.call_soon_threadsafe(begun.release)
        asyncio.run_coroutine_threadsafe(going_on.wait(), loop).result(timeout=20)
        return plain(store)

    monkeypatch.setattr(AuditStore, "citizens", held)
    running = [asyncio.create_task(told(world.lab.peer, "citizens")) for _ in range(2)]
    for _ in running:
        await begun.acquire()

    third = await refused(told(world.lab.peer, "links"))
    # The loop serves on meanwhile, and writes go through.
    await world.citizen(2)
    going_on.set()
    counts = [joined(each).row_count for each in await asyncio.gather(*running)]

    assert third.reason == "PLATFORM_BUSY"
    assert third.retry_after_ms
    assert counts == [1, 1]
    again = [each async for each in stub.Export(audit.ExportRequest(), timeout=5)]
    assert joined(again).row_count


async def test_a_caller_that_goes_away_leaves_room_for_the_next(world: World) -> None:
    await world.citizen(1)
    stub: Any = audit_grpc.AuditServiceStub(world.lab.peer.channel)
    for _ in range(5):
        call = stub.Export(audit.ExportRequest(), timeout=5)
        await anext(call.__aiter__())
        call.cancel()

    async def is_free() -> bool:
        try:
            return bool(await told(world.lab.peer, "links"))
        except grpc.RpcError:
            return False

    await services.until(is_free)


async def test_an_export_that_takes_too_long_is_cut_off(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audits, "SECONDS_MAX", 0.0)

    found = await refused(told(world.lab.peer))

    assert found.reason == "PLATFORM_BUSY"


async def test_a_caller_that_does_not_read_on_holds_no_snapshot_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audits, "SECONDS_MAX", 0.3)
    await write_citizens(world, 20_000)
    closed = asyncio.Event()
    loop = asyncio.get_running_loop()
    plain = AuditStore.close

    def close(store: AuditStore) -> None:
        plain(store)
        loop.call_soon_threadsafe(closed.set)

    monkeypatch.setattr(AuditStore, "close", close)
    stub: Any = audit_grpc.AuditServiceStub(world.lab.peer.channel)
    call = stub.Export(audit.ExportRequest(), timeout=60)
    await anext(call.__aiter__())

    async with asyncio.timeout(20):
        await closed.wait()

    call.cancel()


@pytest.mark.file_store
async def test_a_store_that_cannot_be_read_is_said_so(world: World) -> None:
    (world.folder / "platform.db").rename(world.folder / "elsewhere.db")

    found = await refused(told(world.lab.peer))

    assert found.reason == "STORE_UNAVAILABLE"


async def write_citizens(world: World, count: int) -> None:
    """Many people, whom nobody registered."""
    keys = [(place % 1024, place) for place in range(count)]

    def write(store: Connection) -> None:
        with store.transaction():
            write_plainly(
                store,
                "INSERT INTO citizens (bucket, citizen, id_number, name, phone, register_time)"
                " VALUES (?, ?, 'x', 'y', 'z', 1)",
                keys,
            )

    await world.running.collector.in_writer(write)
