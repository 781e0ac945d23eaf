"""`lab.FaultService`: faults while a federation runs, on a port of the workbench's own."""

from essc.lab.v1 import fault_service_pb2 as pb
from essc_wire.guard import Call, Guard
from essc_wire.refusals import PLATFORM_DOMAIN, Refusal
from essc_wire.serving import Server, start_server
from essc_workbench.gate.faults import FaultBook


class FaultServicer:
    """Serves the book of faults. Whoever reaches the port may call."""

    def __init__(self, faults: FaultBook) -> None:
        self._faults = faults

    async def AddFault(
        self, request: pb.AddFaultRequest, call: Call[object]
    ) -> pb.AddFaultResponse | Refusal:
        status = await self._faults.add(request.fault)
        return status if isinstance(status, Refusal) else pb.AddFaultResponse(status=status)

    async def ListFaults(
        self, request: pb.ListFaultsRequest, call: Call[object]
    ) -> pb.ListFaultsResponse:
        return pb.ListFaultsResponse(faults=self._faults.list())

    async def RemoveFault(
        self, request: pb.RemoveFaultRequest, call: Call[object]
    ) -> pb.RemoveFaultResponse | Refusal:
        status = await self._faults.remove(request.fault_id)
        return status if isinstance(status, Refusal) else pb.RemoveFaultResponse(status=status)


async def serve_faults(faults: FaultBook, address: str) -> Server:
    """Serves the faults at an address of loopback. Raises OSError if it cannot be had."""
    guard: Guard[object] = Guard(
        domain=PLATFORM_DOMAIN, authenticate=lambda _method, _metadata: None
    )
    service = pb.DESCRIPTOR.services_by_name["FaultService"]
    handler = guard.handler(service, FaultServicer(faults))
    return await start_server(address, [handler], [service.full_name])
