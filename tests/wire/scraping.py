"""Asking an operations port, as a scraper and a load balancer do."""

import asyncio
import json
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


async def get(address: str | None, path: str) -> tuple[int, str]:
    """Status and body of a GET."""
    assert address is not None
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n".encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return int(head.split(b" ")[1]), body.decode()


async def reasons(address: str | None) -> list[str]:
    """Why a process is not ready; nothing if it is."""
    status, body = await get(address, "/ready")
    told = json.loads(body)
    assert (status == 200) is told["ready"] is (not told["reasons"])
    return [each["reason"] for each in told["reasons"]]


async def reasons_become(address: str | None, wanted: list[str], seconds: float = 8.0) -> None:
    """Waits until a process says just this."""
    async with asyncio.timeout(seconds):
        while await reasons(address) != wanted:  # noqa: ASYNC110 - it belongs to another party
            await asyncio.sleep(0.02)


async def samples(address: str | None) -> dict[str, float]:
    """What a scrape shows, by name and labels as they are written."""
    status, page = await get(address, "/metrics")
    assert status == 200
    lines = [line for line in page.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def family(name: str) -> str:
    """The metric's name without its labels."""
    return name.partition("{")[0]


async def health(address: str) -> Any:
    """What the standard health service says of the whole server."""
    async with grpc.aio.insecure_channel(address) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=5)
        return answer.status
