"""What every server of the federation does alike: ports, TLS, health, reflection, draining."""

import asyncio
import ipaddress
import signal
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from essc_wire.guard import TRANSPORT_BYTES_MAX
from essc_wire.tls import server_credentials

DRAIN_S = 5.0
DRAIN_AFTER_S_MAX = 60
# Calls and streams at once on one port. gRPC itself refuses what is beyond, with a bare
# RESOURCE_EXHAUSTED.
RPCS_MAX = 2000
# Between the announcement that a server drains and the moment it takes no more connections, callers
# get a typed refusal instead of a bare status.
_ANNOUNCE_S = 0.1

_OPTIONS = (
    ("grpc.max_receive_message_length", TRANSPORT_BYTES_MAX),
    ("grpc.so_reuseport", 0),
    # gRPC would count a call until its last trace is gone from memory, which is after its answer.
    # A caller with as many calls on their way as it may have would then meet bare refusals.
    ("grpc.http.overload_protection", 0),
    # Callers of several processes ask each once a second whether it is still there (client.py).
    # gRPC would take that for an attack where nothing else comes for a while.
    ("grpc.http2.min_ping_interval_without_data_ms", 200),
)


class _Together(grpc.GenericRpcHandler):
    """The methods of many services behind one look-up.

    gRPC asks its handlers one after the other, on every call: two dozen would be asked in turn.
    """

    def __init__(self, handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        self._handlers = tuple(handlers)
        self._found: dict[str, Any] = {}
        """By path. Only what there is: a caller cannot make it grow."""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """The method of this path; None if there is none."""
        path = handler_call_details.method
        found = self._found.get(path)
        if found is None:
            asked = (each.service(handler_call_details) for each in self._handlers)
            found = next(filter(None, asked), None)
            if found is not None:
                self._found[path] = found
        return found


def is_loopback(address: str) -> bool:
    """Whether HOST:PORT can be reached from this machine only."""
    host = address.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_drain_after(text: str) -> bool:
    """Whether it says for how many seconds a server takes calls after it has announced its end."""
    return text.isascii() and text.isdecimal() and int(text) <= DRAIN_AFTER_S_MAX


class Server:
    """A started gRPC server on one port, with health and reflection."""

    def __init__(
        self, server: grpc.aio.Server, port: int, health_servicer: Any, names: Sequence[str]
    ) -> None:
        self._server, self.port, self._health = server, port, health_servicer
        self._names = names

    async def say_health(self, *, is_serving: bool) -> None:
        """What health answers from now on, for the server and each of its services."""
        said = health_pb2.HealthCheckResponse
        status = said.SERVING if is_serving else said.NOT_SERVING
        for name in self._names:
            await self._health.set(name, status)

    async def announce_draining(self) -> None:
        """Answers NOT_SERVING from now on, whatever is said later."""
        await self._health.enter_graceful_shutdown()

    async def stop(self, grace_s: float) -> None:
        """Takes no new calls, lets running ones finish, ends those that take too long."""
        await self._server.stop(grace_s)


async def start_server(
    address: str,
    handlers: Sequence[grpc.GenericRpcHandler],
    service_names: Sequence[str],
    tls_folder: Path | None = None,
    streams_max: int | None = None,
) -> Server:
    """Starts a server at HOST:PORT; port 0 takes a free one.

    `streams_max`: calls and streams at once on one connection. What is beyond waits at its caller
    and costs this process nothing, while a refusal costs more than an empty call.

    Raises ValueError for plaintext beyond loopback, OSError if the address cannot be had.
    """
    if tls_folder is None and not is_loopback(address):
        message = f"{address}: plaintext is accepted on loopback only; use --tls"
        raise ValueError(message)
    check_free(address)
    options: tuple[tuple[str, int], ...] = _OPTIONS
    if streams_max is not None:
        options = (*options, ("grpc.max_concurrent_streams", streams_max))
    server = grpc.aio.server(options=options, maximum_concurrent_rpcs=RPCS_MAX)
    server.add_generic_rpc_handlers((_Together(handlers),))
    health_servicer = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health_servicer, server)
    names = (*service_names, health.SERVICE_NAME, reflection.SERVICE_NAME)
    reflection.enable_server_reflection(names, server)
    try:
        if tls_folder is None:
            port = server.add_insecure_port(address)
        else:
            port = server.add_secure_port(address, server_credentials(tls_folder))
    except RuntimeError as error:
        message = f"{address}: the address is in use or not this machine's"
        raise OSError(message) from error
    await server.start()
    started = Server(server, port, health_servicer, ("", *service_names))
    await started.say_health(is_serving=True)
    return started


def check_free(address: str) -> None:
    """Raises OSError with one clear line; gRPC would write several of its own."""
    host, _, port = address.rpartition(":")
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
        family, kind, protocol, _, where = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except OSError as error:
        message = f"{address}: the address is in use or not this machine's ({error.strerror})"
        raise OSError(message) from error


async def announce_end(servers: Sequence[Server], wait_s: float) -> None:
    """Says that servers are about to drain, and takes calls for a while yet.

    Whoever spreads calls over several processes then notices before anybody is refused.
    """
    for server in servers:
        await server.announce_draining()
    await asyncio.sleep(wait_s)


async def drain(servers: Sequence[Server], announce: asyncio.Event) -> None:
    """Stops servers as SIGTERM should: announce, refuse new calls, finish running ones."""
    announce.set()
    for server in servers:
        await server.announce_draining()
    await asyncio.sleep(_ANNOUNCE_S)
    await asyncio.gather(*(server.stop(DRAIN_S) for server in servers))


async def wait_for_stop_signal() -> None:
    """Returns at SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
