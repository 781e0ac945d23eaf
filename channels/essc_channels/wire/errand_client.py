"""The national platform, as errands ask it: codes, certifications, services, payments."""

from typing import Final

from essc.certification.v1 import certification_service_pb2 as certification
from essc.certification.v1 import certification_service_pb2_grpc
from essc.code.v1 import code_service_pb2, code_service_pb2_grpc
from essc.directory.v1 import directory_service_pb2 as directory
from essc.directory.v1 import directory_service_pb2_grpc
from essc.settlement.v1 import payment_service_pb2 as payment
from essc.settlement.v1 import payment_service_pb2_grpc
from essc_channels.core.card_errands import Certification, Code, Order, Service
from essc_channels.core.records import Words
from essc_channels.ports import Ask, Bound, CertificationPage, OrderPage, UsePage
from essc_channels.wire import convert_errands as convert
from essc_channels.wire.calls import Caller
from essc_channels.wire.platform_client import AWAY
from essc_wire.client import Peer
from essc_wire.refusals import Refusal
from essc_wire.times import to_instant

_PAGE_SIZE: Final = 20
_CATALOGUE_PAGE_SIZE: Final = 100
_CATALOGUE_PAGES_MAX: Final = 2
"""As many services as one step can offer."""


class ErrandClient:
    """Implements `Errands` over the contract."""

    def __init__(self, peer: Peer, timeout_s: float) -> None:
        self._caller = Caller(peer, timeout_s, AWAY)
        self._codes = code_service_pb2_grpc.CodeServiceStub(peer.channel)
        self._certifications = certification_service_pb2_grpc.CertificationServiceStub(peer.channel)
        self._directory = directory_service_pb2_grpc.DirectoryServiceStub(peer.channel)
        self._payments = payment_service_pb2_grpc.PaymentServiceStub(peer.channel)

    async def issue_code(
        self, request_id: str, whose: Bound, device: str, proof: str, ask: Ask
    ) -> Code | Refusal:
        request = code_service_pb2.IssueCodeRequest(
            request_id=request_id,
            link_id=whose.link_id,
            binding_id=whose.binding_id or None,
            device_id=device,
            proof=proof,
        )
        response = await self._caller.call(
            lambda options: self._codes.IssueCode(request, **options), ask
        )
        if isinstance(response, Refusal):
            return response
        code = response.code
        return Code(text=code.code, expire_time=to_instant(code.expire_time), for_whom=whose.name)

    async def certify(
        self, request_id: str, whose: Bound, proof: str, ask: Ask
    ) -> tuple[Certification, bool] | Refusal:
        request = certification.CertifyRequest(
            request_id=request_id,
            link_id=whose.link_id,
            binding_id=whose.binding_id or None,
            face_proof=proof,
        )
        response = await self._caller.call(
            lambda options: self._certifications.Certify(request, **options), ask
        )
        if isinstance(response, Refusal):
            return response
        return convert.certification(response.certification), response.is_new

    async def list_certifications(
        self, whose: Bound, page_token: str, ask: Ask
    ) -> CertificationPage | Refusal:
        request = certification.ListCertificationsRequest(
            link_id=whose.link_id,
            binding_id=whose.binding_id or None,
            page_size=_PAGE_SIZE,
            page_token=page_token,
        )
        response = await self._caller.call(
            lambda options: self._certifications.ListCertifications(request, **options), ask
        )
        if isinstance(response, Refusal):
            return response
        return CertificationPage(
            certifications=tuple(map(convert.certification, response.certifications)),
            next_page_token=response.next_page_token,
        )

    async def list_services(self, ask: Ask) -> tuple[Service, ...] | Refusal:
        found: list[Service] = []
        page_token = ""
        for _ in range(_CATALOGUE_PAGES_MAX):
            request = directory.ListServicesRequest(
                page_size=_CATALOGUE_PAGE_SIZE, page_token=page_token
            )
            page = await self._caller.call(
                lambda options: self._directory.ListServices(request, **options),  # noqa: B023 - awaited within the turn
                ask,
            )
            if isinstance(page, Refusal):
                return page
            found.extend(map(convert.service, page.services))
            page_token = page.next_page_token
            if not page_token:
                break
        return tuple(found)

    async def issue_ticket(
        self, request_id: str, whose: Bound, service_id: str, service: Words, ask: Ask
    ) -> Code | Refusal:
        request = directory.IssueTicketRequest(
            request_id=request_id,
            link_id=whose.link_id,
            binding_id=whose.binding_id or None,
            service_id=service_id,
        )
        response = await self._caller.call(
            lambda options: self._directory.IssueTicket(request, **options), ask
        )
        if isinstance(response, Refusal):
            return response
        return Code(
            text=response.ticket,
            expire_time=to_instant(response.expire_time),
            for_whom=whose.name,
            what_for=service,
        )

    async def list_uses(self, link_id: str, page_token: str, ask: Ask) -> UsePage | Refusal:
        request = directory.ListUsesRequest(
            link_id=link_id, page_size=_PAGE_SIZE, page_token=page_token
        )
        response = await self._caller.call(
            lambda options: self._directory.ListUses(request, **options), ask
        )
        if isinstance(response, Refusal):
            return response
        return UsePage(
            uses=tuple(map(convert.use, response.uses)), next_page_token=response.next_page_token
        )

    async def list_orders(self, link_id: str, page_token: str, ask: Ask) -> OrderPage | Refusal:
        request = payment.ListOrdersRequest(
            link_id=link_id, page_size=_PAGE_SIZE, page_token=page_token
        )
        response = await self._caller.call(
            lambda options: self._payments.ListOrders(request, **options), ask
        )
        if isinstance(response, Refusal):
            return response
        return OrderPage(
            orders=tuple(map(convert.order, response.orders)),
            next_page_token=response.next_page_token,
        )

    async def pay(
        self, request_id: str, link_id: str, order_id: str, proof: str, ask: Ask
    ) -> Order | Refusal:
        request = payment.PayRequest(
            request_id=request_id, link_id=link_id, order_id=order_id, proof=proof
        )
        response = await self._caller.call(
            lambda options: self._payments.Pay(request, **options), ask
        )
        return response if isinstance(response, Refusal) else convert.order(response.order)

    async def set_password_free(
        self, request_id: str, link: tuple[str, int], proof: str, ask: Ask, *, enabled: bool
    ) -> Refusal | None:
        request = payment.SetPasswordFreeRequest(
            request_id=request_id, link_id=link[0], serial=link[1], enabled=enabled, proof=proof
        )
        response = await self._caller.call(
            lambda options: self._payments.SetPasswordFree(request, **options), ask
        )
        return response if isinstance(response, Refusal) else None
