"""What the guard counts and writes of a call, however it ends."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from structlog.testing import capture_logs

from essc.event.v1 import event_service_pb2
from essc_wire.guard import Call, Guard
from essc_wire.logs import _with_trace
from essc_wire.meters import CallMeters, MethodMeter
from essc_wire.refusals import Refusal
from essc_wire.traces import TraceSource, is_traceparent, trace_in, traceparent_of

GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
HEAD = "essc.event.v1.EventService.GetHead"
WATCH = "essc.event.v1.EventService.WatchEvents"
EventService = event_service_pb2.DESCRIPTOR.services_by_name["EventService"]


class Context:
    """What grpc gives a handler, as far as the guard asks for it."""

    def __init__(self, traceparent: str = "") -> None:
        self._metadata = (("traceparent", traceparent),) if traceparent else ()

    def time_remaining(self) -> float:
        return 5.0

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        return self._metadata

    async def abort_with_status(self, status: grpc.Status) -> None:
        raise Aborted(status.details)


class Aborted(Exception):  # noqa: N818 - how a call ends, not an error
    """The call was answered with a status."""


class Events:
    """A service whose methods do as they are told."""

    def __init__(self) -> None:
        self.does: Any = None
        self.traces: list[str] = []

    async def GetHead(self, request: Any, call: Call[str]) -> Any:
        self.traces.append(call.trace)
        return await self.does()

    async def WatchEvents(self, request: Any, call: Call[str]) -> AsyncIterator[Any]:
        yield event_service_pb2.WatchEventsResponse()
        yield await self.does()


class Guarded:
    """The service behind a guard."""

    def __init__(self) -> None:
        self.events, self.meters, self.doubts = Events(), CallMeters(), 0
        self.guard: Guard[str] = Guard(
            domain="essc.platform",
            authenticate=lambda _method, _metadata: "bank",
            meters=self.meters,
            doubt=self._doubt,
        )
        self._handler = self.guard.handler(EventService, self.events)

    def _doubt(self) -> None:
        self.doubts += 1

    def found(self, method: str) -> Any:
        path = "/" + method.replace(".EventService.", ".EventService/")
        details: Any = type("Details", (), {"method": path, "invocation_metadata": ()})
        return self._handler.service(details)

    async def head(self, does: Any, traceparent: str = "") -> Any:
        self.events.does = does
        return await self.found(HEAD).unary_unary(b"", Context(traceparent))

    def of(self, method: str) -> MethodMeter:
        return self.meters.of(method)


async def good() -> Any:
    return event_service_pb2.GetHeadResponse()


async def refused() -> Refusal:
    return Refusal("STORE_UNAVAILABLE")


async def faulty() -> Any:
    nothing: dict[str, Any] = {}
    return nothing["what is not there"]


async def endless() -> Any:
    await asyncio.Event().wait()


async def test_each_way_to_end_is_counted_once_and_timed() -> None:
    guarded = Guarded()

    await guarded.head(good)
    with pytest.raises(Aborted):
        await guarded.head(refused)
    with pytest.raises(Aborted):
        await guarded.head(faulty)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await guarded.head(endless)

    assert guarded.of(HEAD).outcomes == {
        "": 1,
        "STORE_UNAVAILABLE": 1,
        "INTERNAL_FAULT": 1,
        "GONE": 1,
    }
    assert sum(guarded.of(HEAD).seconds.counts) == 4
    assert guarded.doubts == 1


async def test_a_stream_counts_what_it_sends_and_how_it_ends() -> None:
    guarded = Guarded()
    guarded.events.does = refused
    watch = guarded.found(WATCH).unary_stream(b"", Context())

    await anext(watch)
    with pytest.raises(Aborted):
        await anext(watch)
    left = guarded.found(WATCH).unary_stream(b"", Context())
    await anext(left)
    await left.aclose()

    assert guarded.of(WATCH).sent == 2
    assert guarded.of(WATCH).outcomes == {"STORE_UNAVAILABLE": 1, "GONE": 1}
    assert sum(guarded.of(WATCH).seconds.counts) == 0


async def test_every_line_of_a_call_bears_its_trace() -> None:
    guarded = Guarded()
    guarded.guard._says_all = True

    with capture_logs() as lines:
        await guarded.head(good, GIVEN)
        with pytest.raises(Aborted):
            await guarded.head(refused, GIVEN)
        with pytest.raises(Aborted):
            await guarded.head(faulty, GIVEN)

    told = [(line["event"], line["trace"]) for line in lines]
    trace = "0af7651916cd43dd8448eb211c80319c"
    assert told == [("answered", trace), ("refused", trace), ("bug", trace), ("refused", trace)]
    assert guarded.events.traces == [trace] * 3


async def test_a_line_written_far_below_bears_the_trace_of_the_call_and_no_other_does() -> None:
    guarded, lines = Guarded(), []

    async def writing() -> Any:
        lines.append(_with_trace(None, "error", {"event": "store unavailable"}))
        return await good()

    for traceparent in (GIVEN, GIVEN.replace("0af7", "1bf8")):
        # As grpc does: each call in a task of its own.
        await asyncio.create_task(guarded.head(writing, traceparent))
    lines.append(_with_trace(None, "error", {"event": "the sweep failed"}))

    assert [line.get("trace", "")[:4] for line in lines] == ["0af7", "1bf8", ""]


async def test_a_call_without_a_trace_gets_one_of_its_own() -> None:
    guarded = Guarded()

    await guarded.head(good)
    await guarded.head(good, "张三 was here: not a traceparent, fifty-five characters")

    one, two = guarded.events.traces
    assert one != two
    assert trace_in(traceparent_of(one)) == one
    assert is_traceparent(traceparent_of(one))


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (GIVEN, True),
        (GIVEN.upper(), False),
        (GIVEN[:-1], False),
        (GIVEN + "0", False),
        ("ff" + GIVEN[2:], False),
        ("", False),
    ],
)
def test_only_what_is_well_formed_is_a_traceparent(text: str, is_one: bool) -> None:
    assert is_traceparent(text) is is_one


def test_no_two_traces_of_one_process_are_alike() -> None:
    source = TraceSource()

    assert len({source.new() for _ in range(1000)}) == 1000
