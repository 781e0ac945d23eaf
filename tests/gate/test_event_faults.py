"""What faults do to events: later, again, or not on this stream."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from tests.gate.parties import LI, ZHANG, Street, a_street, event, heartbeat, until

from essc.lab.v1 import fault_pb2 as pb
from essc_wire.refusals import Refusal, refusal_of
from essc_workbench.history.items import Outcome


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    async with a_street(tmp_path) as street:
        yield street


def cursors(items: object) -> list[str]:
    return [item.event.cursor or item.heartbeat.cursor for item in items]  # type: ignore[attr-defined]


def told(street: Street, *items: object) -> None:
    """Lets the platform say these, and then break the stream."""
    for item in (*items, None):
        street.party.feed.put_nowait(item)  # type: ignore[arg-type]


async def test_delayed_events_come_later_in_their_order_and_each_by_no_more_than_its_delay(
    street: Street,
) -> None:
    delay = pb.DelayEventsFault()
    delay.by.FromMilliseconds(300)
    await street.add(delay_events=delay)
    told(street, *(event(number) for number in range(1, 31)), heartbeat(31), event(32))

    began = time.monotonic()
    got, _ = await street.watched()
    took_s = time.monotonic() - began

    assert cursors(got) == [f"{number:04}" for number in range(1, 33)]
    assert 0.3 <= took_s < 31 * 0.3  # one after the other they would take so long, or longer
    assert street.faults.list()[0].hits == 31


async def test_delayed_events_come_when_the_faults_that_hold_them_have_ended(
    street: Street,
) -> None:
    delay = pb.DelayEventsFault()
    delay.by.FromSeconds(60)
    await street.add("one", delay_events=delay)
    await street.add("two", delay_events=delay)
    told(street, event(1), event(2))

    watched = asyncio.ensure_future(street.watched())
    await until(lambda: all(each.hits == 2 for each in street.faults.list()))
    await street.faults.remove("one")
    got_early = [item.cursor for item in street.seen()]
    await street.faults.remove("two")
    got, _ = await asyncio.wait_for(watched, 10)

    assert got_early == []
    assert cursors(got) == ["0001", "0002"]


async def test_repeated_events_come_again_and_signs_of_life_do_not(street: Street) -> None:
    await street.add(repeat_events=pb.RepeatEventsFault(times=2), match=pb.FaultMatch(count=1))
    told(street, event(1), heartbeat(2), event(3))

    got, _ = await street.watched()

    assert cursors(got) == ["0001", "0001", "0001", "0002", "0003"]
    assert [item.cursor for item in street.seen()] == ["0001", "0001", "0001", "0003"]
    assert street.faults.list()[0].hits == 1


async def test_an_interrupted_stream_breaks_after_so_many_events(street: Street) -> None:
    await street.add(interrupt_events=pb.InterruptEventsFault(after=2))
    told(street, event(1), event(2), event(3))

    got, end = await street.watched()

    assert cursors(got) == ["0001", "0002"]
    assert end.code() is grpc.StatusCode.UNAVAILABLE
    assert street.answered()[0].facts == {"fault": "f"}


async def test_a_stream_that_was_interrupted_as_often_as_wanted_runs_on(street: Street) -> None:
    await street.add(
        interrupt_events=pb.InterruptEventsFault(after=0), match=pb.FaultMatch(count=1)
    )
    street.party.feed.put_nowait(event(1))

    first, _ = await street.watched()
    # Until the platform knows that the first stream is over, it would say the next item there.
    await until(lambda: not street.party.watchers)
    told(street, event(2))
    second, _ = await street.watched()

    assert cursors(first) == []
    assert cursors(second) == ["0002"]


async def test_only_the_events_of_one_citizen_are_met(street: Street) -> None:
    with street.traces.during(citizens=("li-si",)):
        await street.unlink("one", link_id=LI)
    await street.add(
        repeat_events=pb.RepeatEventsFault(times=1), match=pb.FaultMatch(citizen="li-si")
    )
    told(street, event(1, ZHANG), event(2, LI))

    got, _ = await street.watched()

    assert cursors(got) == ["0001", "0002", "0002"]


@pytest.mark.parametrize("from_call", [0, 1])
async def test_a_cut_keeps_the_events_of_an_open_stream_and_breaks_it_when_it_ends(
    street: Street, from_call: int
) -> None:
    street.party.feed.put_nowait(event(1))
    feed = await street.watch()
    before = await feed.read()
    match = pb.FaultMatch(sources=["wechat"], from_call=from_call)
    await street.add(cut=pb.CutFault(), match=match)
    street.party.feed.put_nowait(event(2))
    reading = asyncio.ensure_future(feed.read())
    await until(lambda: street.happened("fault-hit"))
    is_kept = not reading.done()

    await street.faults.remove("f")
    with pytest.raises(grpc.aio.AioRpcError) as end:
        await reading

    assert before.event.cursor == "0001"
    assert is_kept
    assert end.value.code() is grpc.StatusCode.UNAVAILABLE
    assert [item.cursor for item in street.seen()] == ["0001"]


async def test_a_feed_that_is_refused_does_not_begin(street: Street) -> None:
    refuse = pb.RefuseFault(reason="CURSOR_EXPIRED")
    await street.add(refuse=refuse, match=pb.FaultMatch(method="WatchEvents"))

    got, end = await street.watched()

    assert got == []
    assert refusal_of(end) == Refusal("CURSOR_EXPIRED")
    assert street.party.watchers == 0
    assert street.answered()[0].outcome is Outcome.REFUSED


async def test_a_cut_of_requests_leaves_an_open_stream_alone(street: Street) -> None:
    street.party.feed.put_nowait(event(1))
    feed = await street.watch()
    await feed.read()
    await street.add(cut=pb.CutFault(direction=pb.CutFault.DIRECTION_REQUESTS))
    street.party.feed.put_nowait(event(2))

    second = await feed.read()

    assert second.event.cursor == "0002"


async def test_a_fault_of_calls_without_an_event_in_sight_leaves_the_feed_alone(
    street: Street,
) -> None:
    delay = pb.DelayFault()
    delay.by.FromSeconds(20)
    await street.add("a", delay=delay)
    await street.add("b", deliver_twice=pb.DeliverTwiceFault())
    await street.add("c", lose_answer=pb.LoseAnswerFault())
    told(street, event(1))

    got, _ = await street.watched()

    assert cursors(got) == ["0001"]
    assert [status.hits for status in street.faults.list()] == [0, 0, 0]
