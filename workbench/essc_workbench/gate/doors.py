"""A door: a gRPC server that hands every call on, byte for byte, to the party behind it.

Nothing is parsed and written again on the way, so whatever a caller sends arrives, and whatever
comes back is what the party said: answers, refusals with their details, deadlines, cancellation,
metadata. Each call of the contract is in the history before it is handed on, and again at its end.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import grpc

from essc_wire.guard import TRANSPORT_BYTES_MAX
from essc_wire.serving import RPCS_MAX
from essc_wire.tls import server_credentials
from essc_workbench.gate.effects import Hit, bend, dead_line, keeps_request, kept_back
from essc_workbench.gate.faults import FaultBook
from essc_workbench.gate.feeds import Feed
from essc_workbench.gate.recorder import Passing, Recorder, claimed
from essc_workbench.gate.replies import Reply, kept
from essc_workbench.gate.upstreams import Stream, Upstream
from essc_workbench.history.methods import WATCH, methods
from essc_workbench.ports import HOST
from essc_workbench.routes import NOBODY

_OPTIONS: Final = (
    ("grpc.max_receive_message_length", TRANSPORT_BYTES_MAX),
    ("grpc.so_reuseport", 0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """From whom, to whom."""

    source: str
    target: str
    upstream: str
    """Where the target listens, HOST:PORT."""
    listen: str = ""
    """Where the door listens; any free port of loopback if empty."""


class Manners(Protocol):
    """How a gate treats the calls that pass it."""

    def meet(self, passing: Passing) -> tuple[Hit, ...]:
        """The faults that meet a call."""
        ...

    def passing(self, target: str) -> AbstractAsyncContextManager[None]:
        """What a call to a party goes through; it may have to wait there."""
        ...


class OpenDoor(grpc.GenericRpcHandler):
    """One door while it is open."""

    def __init__(
        self,
        door: Door,
        faults: FaultBook,
        recorder: Recorder,
        manners: Manners,
        tls_folder: Path | None,
    ) -> None:
        self.door = door
        self._faults, self._recorder, self._manners = faults, recorder, manners
        # Whoever is first of the federation makes its authority.
        self._credentials = server_credentials(tls_folder) if tls_folder else None
        self._upstream = Upstream(door.upstream, tls_folder)
        self._server = grpc.aio.server(options=_OPTIONS, maximum_concurrent_rpcs=RPCS_MAX)
        self._server.add_generic_rpc_handlers((self,))
        self.address = ""

    async def open(self) -> None:
        """Begins to listen. Raises OSError if the address cannot be had."""
        listen = self.door.listen or f"{HOST}:0"
        try:
            if self._credentials is None:
                port = self._server.add_insecure_port(listen)
            else:
                port = self._server.add_secure_port(listen, self._credentials)
        except RuntimeError as error:
            message = f"{listen}: the address is in use or not this machine's"
            raise OSError(message) from error
        await self._server.start()
        self.address = f"{listen.rpartition(':')[0]}:{port}"

    async def recovered(self, within_s: float) -> None:
        """Waits until the party behind it can be called, if it was called before it was there."""
        await self._upstream.recovered(within_s)

    async def close(self) -> None:
        """Ends the calls that are under way."""
        await self._server.stop(0)
        await self._upstream.close()

    def service(self, handler_call_details: Any) -> Any:
        """How a call is handed on, by what the contract says of its method."""
        path = handler_call_details.method.removeprefix("/")
        method = methods().get(path)
        if method is None or (method.is_client_streaming and method.is_server_streaming):
            return grpc.stream_stream_rpc_method_handler(self._conversed(path))
        if method.is_client_streaming:
            return grpc.stream_unary_rpc_method_handler(self._collected(path))
        if method.is_server_streaming:
            return grpc.unary_stream_rpc_method_handler(self._watched(path))
        return grpc.unary_unary_rpc_method_handler(self._unary(path))

    def _unary(self, path: str) -> Callable[[bytes, Any], Awaitable[bytes]]:
        async def unary(raw: bytes, context: Any) -> bytes:
            passing = self._invoked(path, raw, context)

            async def send() -> Reply:
                return await self._upstream.unary(
                    path, raw, timeout_s=context.time_remaining(), metadata=passing.metadata
                )

            return await self._answered(passing, send, context)

        return unary

    def _collected(self, path: str) -> Callable[[AsyncIterator[bytes], Any], Awaitable[bytes]]:
        async def collected(items: AsyncIterator[bytes], context: Any) -> bytes:
            passing = self._invoked(path, b"", context)

            async def send() -> Reply:
                return await self._upstream.collected(
                    path, items, timeout_s=context.time_remaining(), metadata=passing.metadata
                )

            return await self._answered(passing, send, context)

        return collected

    def _watched(self, path: str) -> Callable[[bytes, Any], Awaitable[None]]:
        async def watched(raw: bytes, context: Any) -> None:
            passing = self._invoked(path, raw, context)

            def begin() -> Stream:
                return self._upstream.watched(
                    path, raw, timeout_s=context.time_remaining(), metadata=passing.metadata
                )

            await self._streamed(passing, begin, context)

        return watched

    def _conversed(self, path: str) -> Callable[[AsyncIterator[bytes], Any], Awaitable[None]]:
        async def conversed(items: AsyncIterator[bytes], context: Any) -> None:
            passing = self._invoked(path, b"", context)

            def begin() -> Stream:
                return self._upstream.conversed(
                    path, items, timeout_s=context.time_remaining(), metadata=passing.metadata
                )

            await self._streamed(passing, begin, context)

        return conversed

    def _invoked(self, path: str, raw: bytes, context: Any) -> Passing:
        metadata = kept(context.invocation_metadata())
        passing = Passing(
            source=self.door.source or claimed(metadata) or NOBODY,
            target=self.door.target,
            path=path,
            method=methods().get(path),
            request=raw,
            metadata=metadata,
        )
        self._recorder.invoked(passing)
        return passing

    def _hits(self, passing: Passing) -> tuple[Hit, ...]:
        hits = self._manners.meet(passing)
        for hit in hits:
            self._recorder.hit(passing, hit.fault_id, hit.effect)
        return hits

    async def _answered(
        self, passing: Passing, send: Callable[[], Awaitable[Reply]], context: Any
    ) -> bytes:
        """Carries out a call with one answer, and gives it."""
        try:
            async with self._manners.passing(passing.target):
                hits = self._hits(passing)
                reply = await bend(hits, passing.target, send, context.time_remaining)
                reply = await self._over_the_line(passing, reply, context)
        except BaseException as error:
            self._recorder.lost(passing, _why(error, context))
            raise
        self._recorder.answered(passing, reply)
        if reply.initial:
            await context.send_initial_metadata(reply.initial)
        if not reply.is_good or reply.raw is None:
            await _abort(reply, context)
        context.set_trailing_metadata(reply.trailing)
        assert reply.raw is not None
        return reply.raw

    async def _over_the_line(self, passing: Passing, reply: Reply, context: Any) -> Reply:
        """The reply, unless the line was cut while the call was under way."""
        hit = None if reply.fault_id else self._faults.cutting(passing)
        if hit is None:
            return reply
        self._recorder.hit(passing, hit.fault_id, hit.effect)
        return await dead_line(hit, context.time_remaining)

    async def _streamed(self, passing: Passing, begin: Callable[[], Stream], context: Any) -> None:
        """Carries out a call with many answers, and gives them."""
        try:
            async with self._manners.passing(passing.target):
                hits = self._hits(passing)
            if hits and keeps_request(hits[-1]):
                end = await kept_back(hits[-1], passing.target, context.time_remaining)
            else:
                end = await self._handed_on(passing, begin(), context)
        except BaseException as error:
            self._recorder.lost(passing, _why(error, context))
            raise
        self._recorder.answered(passing, end)
        if not end.is_good:
            await _abort(end, context)
        context.set_trailing_metadata(end.trailing)

    async def _handed_on(self, passing: Passing, stream: Stream, context: Any) -> Reply:
        """Gives all answers of a stream. Answers how it ended."""
        source: Stream | Feed = stream
        if passing.path == WATCH:
            source = Feed(stream, passing, self._faults, self._recorder)
        is_first = True
        async with aclosing(source.items()) as items:
            async for raw in items:
                if is_first and (initial := await stream.initial()):
                    await context.send_initial_metadata(initial)
                is_first = False
                await context.write(raw)
        return source.end


async def _abort(reply: Reply, context: Any) -> None:
    await context.abort(reply.code, reply.text, reply.trailing)


def _why(error: BaseException, context: Any) -> str:
    """Why there is no answer: the caller is gone, or the workbench has a bug, which is raised."""
    if not isinstance(error, asyncio.CancelledError):
        return "WORKBENCH_FAILED"
    left_s = context.time_remaining()
    return "DEADLINE_EXCEEDED" if left_s is not None and left_s <= 0 else "CANCELLED"
