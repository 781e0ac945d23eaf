"""`essc clock`: the parties' own times, and moving one of them forward."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import grpc
from rich.console import Console
from rich.table import Table

from essc.lab.v1 import lab_service_pb2 as lab
from essc.lab.v1.lab_service_pb2_grpc import ClockServiceStub
from essc_wire.client import Peer
from essc_wire.clock import new_request_id
from essc_wire.times import to_duration, to_instant, to_span_us
from essc_workbench.calls import patient
from essc_workbench.connections import Connections
from essc_workbench.failures import GOOD, UsageError, told
from essc_workbench.folders import DataFolder
from essc_workbench.routes import PLATFORM

_UNITS_MS = {
    "ms": 1,
    "s": 1000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 604_800_000,
}
_SPAN = re.compile(r"([0-9]{1,9})(ms|[smhdw])")
_SPAN_MAX_MS = 631_152_000_000
"""What the contract lets a clock advance by at once: 20 years of 365.25 days."""


def span_us(text: str) -> int:
    """A span like 90s, 10m, 2d, 1d12h or 200ms, in microseconds."""
    if not text or _SPAN.sub("", text):
        raise UsageError(f"{text!r} is no span of time: write 90s, 10m, 36h, 2d, 1w or 1d12h")
    millis = sum(int(count) * _UNITS_MS[unit] for count, unit in _SPAN.findall(text))
    if not 0 < millis <= _SPAN_MAX_MS:
        raise UsageError(f"{text}: a span is more than nothing and at most 20 years")
    return millis * 1000


def span_words(span_us: int) -> str:
    """A span as people write it: 5m, 1h30m, 1m1s, 200ms. Parts of a millisecond are left out."""
    millis, words = span_us // 1000, ""
    for unit in ("d", "h", "m", "s", "ms"):
        count, millis = divmod(millis, _UNITS_MS[unit])
        words += f"{count}{unit}" if count else ""
    return words or "0s"


async def advance_by(party_lab: Peer, by_us: int) -> int:
    """Moves a party's clock forward, once. Answers its time, microseconds since 1970."""
    request = lab.AdvanceRequest(request_id=new_request_id(), by=to_duration(by_us))
    stub = ClockServiceStub(party_lab.channel)
    answer = await patient(lambda: stub.Advance(request, **party_lab.options()))
    return to_instant(answer.time)


async def time_of(party_lab: Peer) -> datetime:
    """A party's own time."""
    stub = ClockServiceStub(party_lab.channel)
    answer = await patient(lambda: stub.GetTime(lab.GetTimeRequest(), **party_lab.options()))
    return datetime.fromtimestamp(to_instant(answer.time) / 1e6, UTC)


async def show(console: Console, folder: DataFolder) -> int:
    """Prints every party's time."""
    async with Connections(folder, folder.load()) as connections:
        labs = {name: connections.lab(name) for name in (PLATFORM, *connections.channel_ids())}
        rows = await asyncio.gather(*(_row(name, peer) for name, peer in labs.items()))
    table = Table("party", "time (UTC)", "ahead of wall time by")
    for row in rows:
        table.add_row(*row)
    console.print(table)
    return GOOD


async def _row(name: str, peer: Peer) -> tuple[str, str, str]:
    stub = ClockServiceStub(peer.channel)
    try:
        answer = await stub.GetTime(lab.GetTimeRequest(), **peer.options())
    except grpc.RpcError as error:
        return (name, f"not reached ({told(error)[:60]})", "")
    at = datetime.fromtimestamp(to_instant(answer.time) / 1e6, UTC)
    return (name, f"{at:%Y-%m-%d %H:%M:%S}", str(timedelta(microseconds=to_span_us(answer.offset))))


async def advance(console: Console, folder: DataFolder, text: str, party: str) -> int:
    """Moves a party's clock forward."""
    by_us = span_us(text)
    async with Connections(folder, folder.load()) as connections:
        now_us = await advance_by(connections.lab(party), by_us)
    at = datetime.fromtimestamp(now_us / 1e6, UTC)
    console.print(f"{party}: {at:%Y-%m-%d %H:%M:%S} UTC", highlight=False)
    return GOOD
