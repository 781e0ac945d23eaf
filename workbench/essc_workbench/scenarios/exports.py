"""The snapshots of a run's parties, taken at the same time; who does not export is noted."""

import asyncio
from collections.abc import Iterable

import grpc

from essc.lab.v1.audit_service_pb2 import ExportResponse
from essc_workbench.connections import Connections
from essc_workbench.exports import exported
from essc_workbench.failures import WorkbenchError, told
from essc_workbench.scenarios.powers import Powers


async def snapshots(
    connections: Connections, parties: Iterable[str], powers: Powers
) -> dict[str, ExportResponse]:
    """The snapshots by party. One that does not export is not in it."""

    async def taken(name: str) -> ExportResponse | None:
        if not connections.has_lab(name):
            powers.note_skipped(name, "export", "it has no lab port here")
            return None
        try:
            return await exported(connections.lab(name))
        except (grpc.RpcError, WorkbenchError) as error:
            why = told(error) if isinstance(error, grpc.RpcError) else str(error)
            powers.note_skipped(name, "export", why)
            return None

    names = tuple(parties)
    found = await asyncio.gather(*map(taken, names))
    return {name: each for name, each in zip(names, found, strict=True) if each is not None}
