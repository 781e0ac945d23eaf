"""Snapshots of parties, as they export them: each joined into one message."""

import asyncio
from collections.abc import Iterable

import grpc

from essc.lab.v1.audit_service_pb2 import ExportRequest, ExportResponse
from essc.lab.v1.audit_service_pb2_grpc import AuditServiceStub
from essc_wire.client import Peer
from essc_workbench.connections import Connections
from essc_workbench.failures import told
from essc_workbench.history.journal import Journal
from essc_workbench.routes import PLATFORM

WITHIN_S = 60.0


async def snapshots(
    connections: Connections, parties: Iterable[str], journal: Journal
) -> dict[str, ExportResponse]:
    """The snapshots of parties. One that does not export is not in it, and noted as skipped."""
    names = tuple(parties)
    peers = [
        connections.platform_lab() if name == PLATFORM else connections.channel_lab(name)
        for name in names
    ]
    found = await asyncio.gather(*map(_snapshot, peers))
    kept: dict[str, ExportResponse] = {}
    for name, each in zip(names, found, strict=True):
        if isinstance(each, ExportResponse):
            kept[name] = each
            journal.happened("snapshot", party=name, rows=each.row_count)
        else:
            journal.happened("skipped", party=name, power="export", why=each)
    return kept


async def _snapshot(peer: Peer) -> ExportResponse | str:
    """A party's snapshot, or why there is none."""
    joined = ExportResponse()
    stub = AuditServiceStub(peer.channel)
    try:
        async for part in stub.Export(ExportRequest(), **peer.options(timeout_s=WITHIN_S)):
            joined.MergeFrom(part)
    except grpc.RpcError as error:
        return told(error)
    return joined if joined.HasField("row_count") else "it ended before its end"
