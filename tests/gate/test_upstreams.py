"""A door whose party was not there yet."""

import socket

import grpc

from essc_workbench.gate.upstreams import Upstream


def free_address() -> str:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{found.getsockname()[1]}"


async def asked(upstream: Upstream) -> grpc.StatusCode:
    reply = await upstream.unary("no.Service/Method", b"", timeout_s=5, metadata=())
    return reply.code


async def test_who_waits_for_a_door_meets_no_closed_connection() -> None:
    address = free_address()
    upstream = Upstream(address, None)
    server = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
    try:
        before = [await asked(upstream) for _ in range(5)]
        server.add_insecure_port(address)
        await server.start()

        await upstream.recovered(within_s=10)
        after = await asked(upstream)
    finally:
        await upstream.close()
        await server.stop(0)

    assert set(before) == {grpc.StatusCode.UNAVAILABLE}
    assert after is grpc.StatusCode.UNIMPLEMENTED


async def test_what_one_door_has_found_closed_the_next_one_tries_anew() -> None:
    address = free_address()
    first, second = Upstream(address, None), Upstream(address, None)
    server = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
    try:
        before = [await asked(first) for _ in range(8)]
        server.add_insecure_port(address)
        await server.start()

        after = await asked(second)
    finally:
        await first.close()
        await second.close()
        await server.stop(0)

    assert set(before) == {grpc.StatusCode.UNAVAILABLE}
    assert after is grpc.StatusCode.UNIMPLEMENTED


async def test_a_door_whose_party_stays_away_is_waited_for_no_longer_than_that() -> None:
    upstream = Upstream(free_address(), None)
    await asked(upstream)

    await upstream.recovered(within_s=0.2)

    assert await asked(upstream) is grpc.StatusCode.UNAVAILABLE
    await upstream.close()
