"""Free loopback ports that stay free until their party listens, and while it is killed and back.

A socket that is bound but never listens keeps a port from being handed to anybody by chance, and a
server that sets SO_REUSEADDR, as gRPC does, may still listen on it. So all addresses are known
before the first process starts, all processes start at once, and a restarted party finds its own
address free.
"""

import socket

HOST = "127.0.0.1"


class PortReservations:
    """The ports of one federation."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []

    def reserve(self, wanted: str = "") -> str:
        """An address HOST:PORT: the wanted one if its port is free, else another."""
        port = int(wanted.rpartition(":")[2]) if wanted else 0
        holder = socket.socket()
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            holder.bind((HOST, port))
        except OSError:
            holder.bind((HOST, 0))
        self._sockets.append(holder)
        return f"{HOST}:{holder.getsockname()[1]}"

    def release(self) -> None:
        """Gives all ports back."""
        for holder in self._sockets:
            holder.close()
        self._sockets.clear()
