"""A small real party behind doors, and the calls that tests make through them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from essc.card.v1 import card_service_pb2 as cards
from essc.card.v1.card_pb2 import Link
from essc.card.v1.card_service_pb2_grpc import CardServiceStub
from essc.event.v1 import event_service_pb2 as events
from essc.event.v1.event_pb2 import Event
from essc.event.v1.event_service_pb2_grpc import EventServiceStub
from essc.lab.v1.fault_pb2 import Fault
from essc_wire.refusals import PLATFORM_DOMAIN, Refusal, status_of
from essc_wire.serving import Server, start_server
from essc_workbench.gate.doors import Door
from essc_workbench.gate.faults import FaultBook
from essc_workbench.gate.gate import Gate
from essc_workbench.history.facts import People
from essc_workbench.history.items import Answered, Happened, Invoked, Seen
from essc_workbench.history.journal import Journal
from essc_workbench.history.reading import History, read_history
from essc_workbench.trace import TracedPeer, Traces

ZHANG, LI = "ab" * 16, "cd" * 16
"""Link ids."""


class Powers:
    """A federation that only writes down what is done to it."""

    def __init__(self) -> None:
        self.targets = self.processes = ("platform", "wechat", "alipay", "authorities")
        self.sources = ("phone", "wechat", "alipay", "platform", "bureau")
        self.done: list[str] = []
        self.foreign: set[str] = set()
        self.hindrance: Exception | None = None

    def cannot(self, effect: str, party: str) -> str:
        return f"{party} is somebody else's program" if party in self.foreign else ""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        async def act(*what: object) -> None:
            await asyncio.sleep(0)
            if self.hindrance is not None:
                raise self.hindrance
            self.done.append(" ".join(map(str, (name, *what))))

        return act


class Party:
    """Serves `Unlink`, `ImportCitizens`, `WatchEvents` and a talk that no contract knows."""

    def __init__(self) -> None:
        self.unlinked: list[str] = []
        """The request ids that arrived, in their order."""
        self.metadata: dict[str, str | bytes] = {}
        self.time_left: float | None = None
        self.refusal: Refusal | None = None
        self.answers = asyncio.Event()
        """While it is not set no answer comes."""
        self.answers.set()
        self.cancelled = 0
        self.feed: asyncio.Queue[events.WatchEventsResponse | None] = asyncio.Queue()
        self.watchers = 0
        self.server: Server | None = None

    async def start(self, address: str = "127.0.0.1:0", tls: Path | None = None) -> str:
        """Listens; answers where."""
        handlers = [
            grpc.method_handlers_generic_handler(
                "essc.card.v1.CardService",
                {"Unlink": grpc.unary_unary_rpc_method_handler(self._unlink)},
            ),
            grpc.method_handlers_generic_handler(
                "essc.registry.v1.RegistryService",
                {"ImportCitizens": grpc.stream_unary_rpc_method_handler(self._import)},
            ),
            grpc.method_handlers_generic_handler(
                "essc.event.v1.EventService",
                {"WatchEvents": grpc.unary_stream_rpc_method_handler(self._watch)},
            ),
            grpc.method_handlers_generic_handler(
                "strange.Talk", {"Echo": grpc.stream_stream_rpc_method_handler(self._echo)}
            ),
        ]
        self.server = await start_server(address, handlers, ["essc.card.v1.CardService"], tls)
        return f"127.0.0.1:{self.server.port}"

    async def stop(self) -> None:
        if self.server is not None:
            await self.server.stop(0)

    async def _unlink(self, raw: bytes, context: Any) -> bytes:
        request = cards.UnlinkRequest.FromString(raw)
        self.unlinked.append(request.request_id)
        self.metadata = dict(context.invocation_metadata())
        self.time_left = context.time_remaining()
        try:
            await self.answers.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.refusal is not None:
            await context.abort_with_status(status_of(self.refusal, PLATFORM_DOMAIN))
        await context.send_initial_metadata((("first", "1"),))
        context.set_trailing_metadata((("last-bin", b"\x00\xff"),))
        link = Link(link_id=request.link_id, state=Link.STATE_UNLINKED, serial=request.serial)
        return cards.UnlinkResponse(link=link).SerializeToString()

    async def _import(self, items: AsyncIterator[bytes], context: Any) -> bytes:
        count = 0
        async for _ in items:
            count += 1
        self.unlinked.append(f"imported {count}")
        return b""

    async def _watch(self, raw: bytes, context: Any) -> AsyncIterator[bytes]:
        self.watchers += 1
        try:
            while (item := await self.feed.get()) is not None:
                yield item.SerializeToString()
            await context.abort_with_status(status_of(Refusal("PLATFORM_BUSY"), PLATFORM_DOMAIN))
        finally:
            self.watchers -= 1

    async def _echo(self, items: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
        async for item in items:
            yield item[::-1]


@dataclass
class Street:
    """A party, the gate before it, and who calls."""

    party: Party
    gate: Gate
    faults: FaultBook
    powers: Powers
    traces: Traces
    journal: Journal
    address: str
    upstream: str
    tls: Path | None = None
    peers: dict[str, TracedPeer] = field(default_factory=dict)

    async def peer(self, source: str = "wechat", target: str = "platform") -> TracedPeer:
        """A caller, at its own door."""
        if source not in self.peers:
            address = await self.gate.door(source, target, self.upstream)
            authority = (self.tls / "ca.pem").read_bytes() if self.tls else None
            self.peers[source] = TracedPeer(address, authority=authority, traces=self.traces)
        return self.peers[source]

    async def unlink(
        self,
        request_id: str = "one",
        *,
        source: str = "wechat",
        link_id: str = ZHANG,
        timeout_s: float | None = 5.0,
    ) -> cards.UnlinkResponse:
        peer = await self.peer(source)
        request = cards.UnlinkRequest(
            request_id=request_id, link_id=link_id, serial=1, proof="a proof"
        )
        stub = CardServiceStub(peer.channel)
        return await stub.Unlink(request, **peer.options(timeout_s=timeout_s))

    async def watch(self, source: str = "wechat") -> Any:
        """A feed, as its channel reads it."""
        peer = await self.peer(source)
        stub = EventServiceStub(peer.channel)
        return stub.WatchEvents(events.WatchEventsRequest(), **peer.options(timeout_s=None))

    async def watched(
        self, source: str = "wechat"
    ) -> tuple[list[events.WatchEventsResponse], grpc.aio.AioRpcError]:
        """Reads a feed until it breaks: what came, and why it ended."""
        got: list[events.WatchEventsResponse] = []
        try:
            async for item in await self.watch(source):
                got.append(item)  # noqa: PERF401 - what came before the end counts
        except grpc.aio.AioRpcError as error:
            return got, error
        raise AssertionError("a feed has no end of its own")

    async def add(self, fault_id: str = "f", *, lease_s: float = 30.0, **values: Any) -> None:
        """Adds a fault that must be possible."""
        status = await self.faults.add(fault(fault_id, lease_s=lease_s, **values))
        assert not isinstance(status, Refusal), status

    def history(self) -> History:
        return read_history(self.journal.path)

    def invoked(self) -> list[Invoked]:
        return [item for item in self.history().items if isinstance(item, Invoked)]

    def answered(self) -> list[Answered]:
        return [item for item in self.history().items if isinstance(item, Answered)]

    def seen(self) -> list[Seen]:
        return [item for item in self.history().items if isinstance(item, Seen)]

    def happened(self, what: str) -> list[Happened]:
        return list(self.history().happened(what))


def fault(fault_id: str = "f", *, lease_s: float = 30.0, **values: Any) -> Fault:
    made = Fault(fault_id=fault_id, **values)
    made.lease.FromMicroseconds(round(lease_s * 1e6))
    return made


async def until(condition: Callable[[], object], within_s: float = 5.0) -> None:
    """Waits until something is so."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - a party in another task sets no event of ours
            await asyncio.sleep(0.005)


def event(number: int, link_id: str = ZHANG) -> events.WatchEventsResponse:
    """An event of a feed."""
    happened = Event(cursor=f"{number:04}", kind=Event.KIND_LINK_UNLINKED)
    happened.link.link_id, happened.link.serial = link_id, number
    happened.event_time.FromSeconds(1_800_000_000)
    return events.WatchEventsResponse(event=happened)


def heartbeat(number: int) -> events.WatchEventsResponse:
    beat = events.WatchEventsResponse.Heartbeat(cursor=f"{number:04}")
    return events.WatchEventsResponse(heartbeat=beat)


@asynccontextmanager
async def a_street(
    folder: Path, *, tls: Path | None = None, seed: str = "7", people: People | None = None
) -> AsyncIterator[Street]:
    """A party with a gate before it."""
    party, powers, traces = Party(), Powers(), Traces()
    upstream = await party.start(tls=tls)
    with Journal(folder / "history.jsonl") as journal:
        faults = FaultBook(journal, powers, seed=seed)
        gate = Gate(journal, faults, traces, people=people or People(), tls_folder=tls)
        address = await gate.open(Door(source="wechat", target="platform", upstream=upstream))
        street = Street(party, gate, faults, powers, traces, journal, address, upstream, tls)
        try:
            yield street
        finally:
            for peer in street.peers.values():
                await peer.close()
            await faults.end_all()
            await gate.close()
            await party.stop()
