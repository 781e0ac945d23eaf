"""One call of a journey: repeated as the contract allows, and noted as it was."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import grpc
import pytest

from essc.card.v1 import card_service_pb2 as cards
from essc_wire.client import Peer
from essc_wire.refusals import PLATFORM_DOMAIN, Refusal, proto_status
from essc_workbench.drills.journeys.calls import Ask, Ended, Line, Manners
from essc_workbench.drills.notes import Notes
from essc_workbench.drills.reading_notes import read_notes

UNLINK = "essc.card.v1.CardService/Unlink"
GOOD = cards.UnlinkResponse(link={"link_id": "one"}).SerializeToString()  # type: ignore[arg-type]
BUSY = Refusal("PLATFORM_BUSY", retry_after_ms=30)


class Party:
    """Answers with what it was told to, one after the other, and remembers what it was asked."""

    def __init__(self, *answers: bytes | Refusal | grpc.StatusCode) -> None:
        self.answers, self.asked = list(answers), list[tuple[float, bytes]]()

    async def answer(
        self, request: bytes, context: grpc.aio.ServicerContext[bytes, bytes]
    ) -> bytes:
        self.asked.append((time.monotonic(), request))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, bytes):
            return answer
        if isinstance(answer, Refusal):
            status = proto_status(answer, PLATFORM_DOMAIN)
            details = (("grpc-status-details-bin", status.SerializeToString()),)
            code = next(each for each in grpc.StatusCode if each.value[0] == status.code)
            await context.abort(code, status.message, details)
        await context.abort(answer, "")
        raise AssertionError


@asynccontextmanager
async def _asking(
    party: Party, *, notes: Notes | None = None, attempts: int = 3, honours: bool = True
) -> AsyncIterator[Callable[[float], "asyncio.Future[cards.UnlinkResponse]"]]:
    server = grpc.aio.server()
    handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(party.answer)
    service, method = UNLINK.split("/")
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(service, {method: handler}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    opens: Callable[[], Peer] = lambda: Peer(f"127.0.0.1:{port}")  # noqa: E731
    line = Line("wechat", "platform", opens, Manners(attempts, honours), notes=notes)
    ask = Ask(
        line,
        UNLINK,
        cards.UnlinkResponse,
        asked=("link_id",),
        told=("link.link_id",),
        tell=lambda answer: (answer.link.link_id,),
    )

    def send(within_s: float) -> "asyncio.Future[cards.UnlinkResponse]":
        deadline_s = time.monotonic() + within_s
        return asyncio.ensure_future(ask(b"request", "an-id", deadline_s, (5,), ("a-link",)))

    try:
        yield send
    finally:
        await line.close()
        await server.stop(None)


async def test_a_busy_party_is_left_alone_as_long_as_it_asks() -> None:
    party = Party(BUSY, GOOD)

    async with _asking(party) as send:
        answer = await send(5)

    assert answer.link.link_id == "one"
    [(first_s, one), (second_s, other)] = party.asked
    assert one == other == b"request"
    assert second_s - first_s >= 0.03


async def test_one_that_is_busy_to_the_last_sheds_the_journey() -> None:
    party = Party(BUSY)

    async with _asking(party) as send:
        with pytest.raises(Ended) as ended:
            await send(5)

    assert ended.value.played.outcome == "shed"
    assert ended.value.reason == "PLATFORM_BUSY"
    assert len(party.asked) == 3


async def test_a_pause_that_would_outlast_the_deadline_is_not_begun() -> None:
    party = Party(Refusal("PLATFORM_BUSY", retry_after_ms=60_000))

    async with _asking(party) as send:
        began_s = time.monotonic()
        with pytest.raises(Ended) as ended:
            await send(5)

    assert ended.value.played.outcome == "shed"
    assert time.monotonic() - began_s < 4
    assert len(party.asked) == 1


async def test_a_refusal_for_certain_is_not_repeated() -> None:
    party = Party(Refusal("LINK_NOT_ACTIVE"))

    async with _asking(party) as send:
        with pytest.raises(Ended) as ended:
            await send(5)

    assert ended.value.is_refusal
    assert len(party.asked) == 1


@pytest.mark.parametrize(
    ("status", "outcome", "asked"),
    [(grpc.StatusCode.UNAVAILABLE, "unknown", 3), (grpc.StatusCode.INTERNAL, "failed", 1)],
)
async def test_what_is_not_known_is_unknown_and_a_bug_is_a_failure(
    status: grpc.StatusCode, outcome: str, asked: int
) -> None:
    party = Party(status)

    async with _asking(party) as send:
        with pytest.raises(Ended) as ended:
            await send(5)

    assert ended.value.played.outcome == outcome
    assert len(party.asked) == asked


async def test_a_journey_whose_time_is_over_sends_nothing() -> None:
    party = Party(GOOD)

    async with _asking(party) as send:
        with pytest.raises(Ended) as ended:
            await send(-1)

    assert ended.value.played.outcome == "shed"
    assert party.asked == []


async def test_a_share_of_the_calls_goes_through_the_gate() -> None:
    straight, gated = object(), object()
    opened = iter([straight, gated])
    opens: Any = lambda: _FakePeer(next(opened))  # noqa: E731

    line = Line("wechat", "platform", opens, Manners(1, True), gated=opens, share=0.25)

    ways = [peer.way for peer in line.slots]  # type: ignore[attr-defined]
    assert (ways.count(gated), ways.count(straight)) == (5, 15)
    assert ways[3] is ways[7] is gated


class _FakePeer:
    def __init__(self, way: object) -> None:
        self.way = way

    def options(self) -> dict[str, object]:
        return {"metadata": ()}


async def test_each_attempt_is_noted_with_what_came_of_it(tmp_path: Path) -> None:
    party = Party(grpc.StatusCode.UNAVAILABLE, BUSY, GOOD)
    notes = Notes(tmp_path / "notes", key=b"key", origin_ns=time.monotonic_ns())

    with notes:
        async with _asking(party, notes=notes) as send:
            await send(5)

    rows = read_notes(tmp_path / "notes").rows
    assert [(row.outcome, row.reason) for row in rows] == [
        (2, "UNAVAILABLE"),
        (1, "PLATFORM_BUSY"),
        (0, ""),
    ]
    assert {(row.request_id, tuple(row.places), tuple(row.asked)) for row in rows} == {
        ("an-id", (5,), ("a-link",))
    }
    assert rows[0].ended_us is None
    assert list(rows[2].told) == ["one"]


async def test_whoever_does_not_answer_is_asked_ever_more_rarely() -> None:
    party = Party(grpc.StatusCode.UNAVAILABLE)

    async with _asking(party, attempts=4) as send:
        with pytest.raises(Ended):
            await send(5)

    times_s = [at_s for at_s, _ in party.asked]
    pauses_s = [later - before for before, later in pairwise(times_s)]
    assert [pause >= least for pause, least in zip(pauses_s, (0.05, 0.1, 0.2), strict=True)] == [
        True,
        True,
        True,
    ]
