"""Whoever reads a party's snapshot."""

from typing import Any

from essc.lab.v1 import audit_service_pb2 as audit
from essc.lab.v1 import audit_service_pb2_grpc as audit_grpc
from essc_wire.client import Peer


async def told(peer: Peer, *lists: str) -> list[audit.ExportResponse]:
    """The messages of a snapshot, as they come."""
    stub: Any = audit_grpc.AuditServiceStub(peer.channel)
    request = audit.ExportRequest(lists=lists)
    return [each async for each in stub.Export(request, **peer.options(timeout_s=60))]


def joined(messages: list[audit.ExportResponse]) -> audit.ExportResponse:
    """All of them as one."""
    whole = audit.ExportResponse()
    for message in messages:
        whole.MergeFrom(message)
    return whole


async def export(peer: Peer, *lists: str) -> audit.ExportResponse:
    """A whole snapshot."""
    return joined(await told(peer, *lists))


def rows_of(whole: audit.ExportResponse) -> int:
    """How many rows there are in all lists."""
    return sum(
        len(getattr(whole, field.name)) for field in whole.DESCRIPTOR.fields if field.is_repeated
    )
