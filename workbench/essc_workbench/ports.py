"""Free loopback ports that stay free until their party listens, and while it is killed and back.

A socket that is bound but never listens keeps a port from being handed to anybody by chance, and a
server that sets SO_REUSEADDR, as gRPC does, may still listen on it. So all addresses are known
before the first process starts, all processes start at once, and a restarted party finds its own
address free.

Two workbenches could reserve the same wanted port that way. So each reservation also has a name,
which one process at a time can hold and which goes with it.
"""

import socket
import sys
from contextlib import suppress

HOST = "127.0.0.1"


class PortReservations:
    """The ports of one federation."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []

    def reserve(self, wanted: str = "", host: str = HOST) -> str:
        """An address HOST:PORT: the wanted one if its port is free, else another.

        Raises OSError for a host that is not this machine.
        """
        holder = None
        if wanted:
            with suppress(OSError):
                holder = self._hold(int(wanted.rpartition(":")[2]), host)
        holder = holder or self._hold(0, host)
        return f"{host}:{holder.getsockname()[1]}"

    def release(self) -> None:
        """Gives all ports back."""
        for holder in self._sockets:
            holder.close()
        self._sockets.clear()

    def _hold(self, port: int, host: str) -> socket.socket:
        """Holds a port, or a free one for 0. Raises OSError if somebody else has it."""
        holder = socket.socket()
        try:
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind((host, port))
            self._name(holder.getsockname()[1])
        except OSError:
            holder.close()
            raise
        self._sockets.append(holder)
        return holder

    def _name(self, port: int) -> None:
        if sys.platform != "linux":
            return  # no names without a file there; a meeting of two is then told by the servers
        name = socket.socket(socket.AF_UNIX)
        try:
            name.bind(f"\0essc-port-{port}")
        except OSError:
            name.close()
            raise
        self._sockets.append(name)
