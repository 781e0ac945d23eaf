"""Both sides of a counter: a verifier (用卡机构) scans, a provider (服务机构) bills."""

from collections.abc import Sequence
from typing import TypeVar

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from essc.code.v1 import verification_service_pb2 as codes
from essc.code.v1.code_pb2 import Usage
from essc.code.v1.verification_service_pb2_grpc import VerificationServiceStub
from essc.directory.v1 import ticket_service_pb2 as tickets
from essc.directory.v1.directory_pb2 import Use
from essc.directory.v1.ticket_service_pb2_grpc import TicketServiceStub
from essc.settlement.v1 import order_service_pb2 as orders
from essc.settlement.v1.order_pb2 import Order, Reconciliation
from essc.settlement.v1.order_service_pb2_grpc import OrderServiceStub
from essc_wire.client import Peer
from essc_wire.clock import new_request_id
from essc_workbench.calls import patient

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")


class _Counter:
    """A party that calls the platform; a call without a certain answer is sent again."""

    def __init__(self, platform: Peer) -> None:
        self._platform = platform

    async def _ask(
        self, method: grpc.aio.UnaryUnaryMultiCallable[RequestT, ResponseT], request: RequestT
    ) -> ResponseT:
        return await patient(lambda: method(request, **self._platform.options()))


class Verifier(_Counter):
    """Who scans codes."""

    def __init__(self, platform: Peer) -> None:
        super().__init__(platform)
        self._stub = VerificationServiceStub(platform.channel)

    async def check(
        self, code: str, usage: Usage.ValueType, *, request_id: str = ""
    ) -> codes.CheckCodeResponse:
        """Scans a code: the verdict."""
        request = codes.CheckCodeRequest(
            request_id=request_id or new_request_id(), code=code, usage=usage
        )
        return await self._ask(self._stub.CheckCode, request)

    async def holder(self, check_number: str) -> codes.GetHolderResponse:
        """The second hop: whose code it was."""
        request = codes.GetHolderRequest(check_number=check_number)
        return await self._ask(self._stub.GetHolder, request)


class Provider(_Counter):
    """Who serves, and is paid."""

    def __init__(self, platform: Peer) -> None:
        super().__init__(platform)
        self._tickets = TicketServiceStub(platform.channel)
        self._orders = OrderServiceStub(platform.channel)

    async def redeem(self, ticket: str) -> tickets.RedeemTicketResponse:
        """Begins a use of a service."""
        request = tickets.RedeemTicketRequest(request_id=new_request_id(), ticket=ticket)
        return await self._ask(self._tickets.RedeemTicket, request)

    async def close_use(self, use_id: str, outcome: Use.Outcome.ValueType) -> Use:
        """Ends a use with its outcome."""
        request = tickets.CloseUseRequest(
            request_id=new_request_id(), use_id=use_id, outcome=outcome
        )
        return (await self._ask(self._tickets.CloseUse, request)).use

    async def bill(
        self, check_number: str = "", *, use_id: str = "", insurance_fen: int, own_fen: int
    ) -> Order:
        """Makes an order for the holder of a code that was checked, or of a use."""
        request = orders.CreateOrderRequest(
            request_id=new_request_id(), insurance_fen=insurance_fen, own_fen=own_fen
        )
        if use_id:
            request.use_id = use_id
        else:
            request.check_number = check_number
        return (await self._ask(self._orders.CreateOrder, request)).order

    async def order(self, order_id: str) -> Order:
        """An order as it is now."""
        request = orders.GetProviderOrderRequest(order_id=order_id)
        return (await self._ask(self._orders.GetProviderOrder, request)).order

    async def refund(self, order_id: str) -> Order:
        """Gives an order back, whole."""
        request = orders.RefundRequest(request_id=new_request_id(), order_id=order_id)
        return (await self._ask(self._orders.Refund, request)).order

    async def reconcile(self, since: Timestamp, until: Timestamp) -> Sequence[Reconciliation]:
        """What was paid in each channel."""
        request = orders.ReconcileRequest(from_time=since, until_time=until)
        return (await self._ask(self._orders.Reconcile, request)).lines
