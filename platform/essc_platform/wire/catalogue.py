"""CatalogueAdminService: operators keep the catalogue."""

from essc.admin.v1 import catalogue_admin_service_pb2 as pb
from essc_platform.core.catalogue import AddService, CloseService, OpenService
from essc_platform.core.records import Level
from essc_platform.wire import convert_directory as convert
from essc_platform.wire.front import Front, PlatformCall, invalid
from essc_wire.refusals import Refusal


class CatalogueAdminServicer:
    """essc.admin.v1.CatalogueAdminService."""

    def __init__(self, front: Front) -> None:
        self._front = front

    async def AddService(
        self, request: pb.AddServiceRequest, call: PlatformCall
    ) -> bytes | Refusal:
        command = AddService(
            at=self._front.clock.now(),
            service_id=request.service_id,
            name_zh=request.name_zh,
            name_en=request.name_en,
            needed_level=Level(request.needed_level),
            regions=tuple(request.regions),
            is_everywhere=request.everywhere,
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda answer: pb.AddServiceResponse(service=convert.service(answer.service)),
        )

    async def OpenService(
        self, request: pb.OpenServiceRequest, call: PlatformCall
    ) -> bytes | Refusal:
        command = OpenService(
            at=self._front.clock.now(), service_id=request.service_id, region=request.region
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda answer: pb.OpenServiceResponse(service=convert.service(answer.service)),
        )

    async def CloseService(
        self, request: pb.CloseServiceRequest, call: PlatformCall
    ) -> bytes | Refusal:
        command = CloseService(
            at=self._front.clock.now(), service_id=request.service_id, region=request.region
        )
        answer = await self._front.change(
            call,
            request.request_id,
            command,
            lambda answer: pb.CloseServiceResponse(service=convert.service(answer.service)),
        )
        if isinstance(answer, Refusal) and answer.reason == "REQUEST_INVALID":
            return invalid("region", "empty while the entry is open in the whole country")
        return answer
