"""A way to a server that can be cut or frozen, as its process can."""

import asyncio
from typing import Self


class Relay:
    """Passes bytes on between whoever connects and a port of this machine."""

    def __init__(self, port: int) -> None:
        self._behind = port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._passes = asyncio.Event()
        self._passes.set()
        self.address = "127.0.0.1:0"

    async def open(self) -> Self:
        """Listens: at first at a free port, after a cut at the same."""
        host, _, port = self.address.rpartition(":")
        self._server = await asyncio.start_server(self._meet, host, int(port))
        self.address = f"{host}:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def cut(self) -> None:
        """As when the process is killed: nobody listens, and all connections are reset."""
        assert self._server is not None
        self._server.close()
        for writer in tuple(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)
        self._passes.set()

    def freeze(self) -> None:
        """As when the process is stopped: connections are taken and kept, and nothing moves."""
        self._passes.clear()

    def thaw(self) -> None:
        """Everything moves on, what came meanwhile too."""
        self._passes.set()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._behind)
        both = (writer, inner_writer)
        self._writers.update(both)
        try:
            await asyncio.gather(self._pass(reader, inner_writer), self._pass(inner_reader, writer))
        except OSError:
            pass  # one side is gone, and with it the other
        finally:
            for each in both:
                each.transport.abort()
                self._writers.discard(each)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(65536):
            await self._passes.wait()
            writer.write(piece)
            await writer.drain()
        writer.transport.abort()
