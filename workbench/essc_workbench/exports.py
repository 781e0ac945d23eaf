"""A party's whole state in one message, as its lab port exports it."""

from pathlib import Path
from typing import Any, Final

import grpc

from essc.lab.v1.audit_service_pb2 import ExportRequest, ExportResponse
from essc.lab.v1.audit_service_pb2_grpc import AuditServiceStub
from essc_wire.client import Peer
from essc_workbench.failures import WorkbenchError

TIMEOUT_S = 60.0
TO_FILE_TIMEOUT_S: Final = 600.0
"""As long as a party lets an export last."""
_EXPORT: Final = "/essc.lab.v1.AuditService/Export"


async def exported(lab_port: Peer, *lists: str) -> ExportResponse:
    """The snapshot with these lists, or all. Raises RpcError, or WorkbenchError if not whole."""
    request, whole = ExportRequest(lists=lists), ExportResponse()
    stub = AuditServiceStub(lab_port.channel)
    async for part in stub.Export(request, **lab_port.options(timeout_s=TIMEOUT_S)):
        whole.MergeFrom(part)
    if not whole.HasField("row_count"):
        raise WorkbenchError("the snapshot ended before it was whole")
    return whole


async def exported_if_there(lab_port: Peer, *lists: str) -> ExportResponse | None:
    """The same; None from a party that exports nothing."""
    try:
        return await exported(lab_port, *lists)
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.UNIMPLEMENTED:
            return None
        raise


async def export_to(path: Path, lab_port: Peer, lists: tuple[str, ...]) -> None:
    """Writes a snapshot to a file as it comes, in bounded memory. Raises RpcError or OSError.

    The parts of a message, one behind the other, are the whole message: read it as one.
    """
    request = ExportRequest(lists=lists).SerializeToString()
    export: Any = lab_port.channel.unary_stream(_EXPORT)
    with path.open("wb") as file:
        async for part in export(request, **lab_port.options(timeout_s=TO_FILE_TIMEOUT_S)):
            file.write(part)
