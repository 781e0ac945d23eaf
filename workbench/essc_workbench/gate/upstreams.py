"""Sending bytes on to the party behind a door, in all four arities."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import grpc

from essc_wire.client import Options, connect
from essc_wire.guard import TRANSPORT_BYTES_MAX
from essc_wire.tls import authority
from essc_workbench.gate.replies import Metadata, Reply, failed, kept

_OPTIONS: Final[Options] = (
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", TRANSPORT_BYTES_MAX),
    # Each door has a connection of its own: what one has found closed the next one tries anew.
    ("grpc.use_local_subchannel_pool", 1),
    # Who knocks at a party that is down hears so at once; when it is back, within a moment.
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 1000),  # how long one attempt may take
    ("grpc.max_reconnect_backoff_ms", 250),
)


_BROKEN: Final = (
    grpc.ChannelConnectivity.TRANSIENT_FAILURE,
    grpc.ChannelConnectivity.CONNECTING,
)


class Stream:
    """A call whose answers are many: the items first, then how it ended."""

    def __init__(self, call: Any) -> None:
        self._call = call
        self.end = Reply(grpc.StatusCode.CANCELLED)
        """How it ended, once all items were read."""

    async def items(self) -> AsyncGenerator[bytes, None]:
        """The answers as they come."""
        try:
            async for raw in self._call:
                yield raw
            self.end = Reply(
                await self._call.code(),
                await self._call.details() or "",
                trailing=kept(await self._call.trailing_metadata()),
            )
        except grpc.aio.AioRpcError as error:
            self.end = failed(error)
        finally:
            self._call.cancel()  # where it has not ended, nobody listens any more

    async def initial(self) -> Metadata:
        """The metadata that came before the first item; waits for it."""
        return kept(await self._call.initial_metadata())


class Upstream:
    """A connection to the party behind a door, or to all its processes: then the door takes turns
    for its caller, who sees one address.
    """

    def __init__(self, address: str, tls_folder: Path | None) -> None:
        trusted = authority(tls_folder) if tls_folder else None
        self._channel = connect(address, trusted, options=_OPTIONS)

    async def recovered(self, within_s: float) -> None:
        """Waits until it is up again, if its party was not there when it was first called."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while (state := self._channel.get_state()) in _BROKEN:
                    await self._channel.wait_for_state_change(state)

    async def close(self) -> None:
        """Closes it; calls that are under way are cancelled."""
        await self._channel.close()

    async def unary(
        self, path: str, raw: bytes, *, timeout_s: float | None, metadata: Metadata
    ) -> Reply:
        """One request, one answer."""
        call: Any = self._channel.unary_unary(f"/{path}")
        return await _reply(call(raw, timeout=timeout_s, metadata=metadata))

    async def collected(
        self, path: str, items: AsyncIterable[bytes], *, timeout_s: float | None, metadata: Metadata
    ) -> Reply:
        """Many requests, one answer."""
        call: Any = self._channel.stream_unary(f"/{path}")
        return await _reply(call(items, timeout=timeout_s, metadata=metadata))

    def watched(
        self, path: str, raw: bytes, *, timeout_s: float | None, metadata: Metadata
    ) -> Stream:
        """One request, many answers."""
        call: Any = self._channel.unary_stream(f"/{path}")
        return Stream(call(raw, timeout=timeout_s, metadata=metadata))

    def conversed(
        self, path: str, items: AsyncIterable[bytes], *, timeout_s: float | None, metadata: Metadata
    ) -> Stream:
        """Many requests, many answers; fits any method that nothing is known of."""
        call: Any = self._channel.stream_stream(f"/{path}")
        return Stream(call(items, timeout=timeout_s, metadata=metadata))


async def _reply(call: Any) -> Reply:
    try:
        raw = await call
    except grpc.aio.AioRpcError as error:
        return failed(error)
    return Reply(
        grpc.StatusCode.OK,
        raw=raw,
        initial=kept(await call.initial_metadata()),
        trailing=kept(await call.trailing_metadata()),
    )
