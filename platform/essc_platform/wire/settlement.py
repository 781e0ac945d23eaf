"""PaymentService and OrderService: orders, as holders pay them and as providers make them."""

from google.protobuf.timestamp_pb2 import Timestamp

from essc.settlement.v1 import order_pb2
from essc.settlement.v1 import order_service_pb2 as order_pb
from essc.settlement.v1 import payment_service_pb2 as pb
from essc_platform.clock import random_number
from essc_platform.core.orders import OrderAnswer, OrderCheck, OrderUse, Refund, seen_state
from essc_platform.core.payments import PasswordFreeAnswer, Pay, SetPasswordFree
from essc_platform.core.records import CitizenKey, Code, Instant
from essc_platform.core.snapshot import one
from essc_platform.core.times import DAY
from essc_platform.store.gateway import load
from essc_platform.store.views import Held, held
from essc_platform.store.views_settlement import (
    SeenOrder,
    order_seen,
    orders_before,
    sums_of_channel,
    sums_of_provider,
)
from essc_platform.wire import convert_settlement as convert
from essc_platform.wire.directory import ticket_at
from essc_platform.wire.front import Front, PlatformCall, invalid
from essc_wire.refusals import Refusal
from essc_wire.times import to_instant

PAGE = 5
PAGE_MAX = 100
REPORT_DAYS = 31


class PaymentServicer:
    """essc.settlement.v1.PaymentService."""

    def __init__(self, front: Front) -> None:
        self._front, self._vault = front, front.vault

    async def GetOrder(
        self, request: pb.GetOrderRequest, call: PlatformCall
    ) -> pb.GetOrderResponse | Refusal:
        citizen, found = await self._link(request.link_id, call)
        if isinstance(found, Refusal):
            return found
        owner, number = self._vault.read_id(request.order_id)
        seen = await self._front.read(order_seen, (*owner, number))
        if seen is None or (owner, seen.order.channel) != (citizen, call.caller.party_id):
            return Refusal("ORDER_NOT_FOUND")
        return pb.GetOrderResponse(order=_seen(self._front, seen))

    async def ListOrders(
        self, request: pb.ListOrdersRequest, call: PlatformCall
    ) -> pb.ListOrdersResponse | Refusal:
        citizen, found = await self._link(request.link_id, call)
        if isinstance(found, Refusal):
            return found
        channel = call.caller.party_id
        scope = f"orders:{channel}:{request.link_id}:{found.serial}"
        before = None
        if request.page_token:
            before = self._vault.read_cursor(scope, request.page_token)
            if before is None:
                return Refusal("PAGE_TOKEN_INVALID")
        size = min(request.page_size or PAGE, PAGE_MAX)
        # One more than asked for tells whether there is another page.
        ahead = await self._front.read(
            orders_before, citizen, channel, found.serial, before, size + 1
        )
        page = ahead[:size]
        token = self._vault.write_cursor(scope, page[-1].order.number) if len(ahead) > size else ""
        return pb.ListOrdersResponse(
            orders=[_seen(self._front, each) for each in page], next_page_token=token
        )

    async def Pay(self, request: pb.PayRequest, call: PlatformCall) -> bytes | Refusal:
        citizen, number = self._vault.read_id(request.link_id)
        owner, order_number = self._vault.read_id(request.order_id)
        command = Pay(
            at=self._front.clock.now(),
            channel=call.caller.party_id,
            citizen=citizen,
            link_number=number,
            order=(*owner, order_number),
            proof=self._front.proof_key(request.proof) if request.proof else None,
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda answer: pb.PayResponse(order=_shown(self._front, answer)),
        )

    async def SetPasswordFree(
        self, request: pb.SetPasswordFreeRequest, call: PlatformCall
    ) -> bytes | Refusal:
        citizen, number = self._vault.read_id(request.link_id)
        command = SetPasswordFree(
            at=self._front.clock.now(),
            channel=call.caller.party_id,
            citizen=citizen,
            link_number=number,
            serial=request.serial,
            is_on=request.enabled,
            proof=self._front.proof_key(request.proof),
        )
        return await self._front.change(call, request.request_id, command, _set)

    async def ReconcileChannel(
        self, request: pb.ReconcileChannelRequest, call: PlatformCall
    ) -> pb.ReconcileChannelResponse | Refusal:
        span = _span(request.from_time, request.until_time)
        if isinstance(span, Refusal):
            return span
        sums = await self._front.read(sums_of_channel, call.caller.party_id, *span)
        return pb.ReconcileChannelResponse(lines=map(convert.reconciliation, sums))

    async def _link(self, link_id: str, call: PlatformCall) -> tuple[CitizenKey, Held | Refusal]:
        """Whose the link is, and the link if it is an own active one."""
        citizen, number = self._vault.read_id(link_id)
        found = await self._front.read(held, citizen, call.caller.party_id)
        if found is None or found.number != number:
            return citizen, Refusal("LINK_NOT_FOUND")
        if not found.is_active:
            return citizen, Refusal("LINK_NOT_ACTIVE")
        return citizen, found


class OrderServicer:
    """essc.settlement.v1.OrderService."""

    def __init__(self, front: Front) -> None:
        self._front, self._vault = front, front.vault

    async def CreateOrder(
        self, request: order_pb.CreateOrderRequest, call: PlatformCall
    ) -> bytes | Refusal:
        if not request.insurance_fen + request.own_fen:
            return invalid("own_fen", "the two parts together are more than zero")
        return await self._front.change(
            call,
            request.request_id,
            await self._ordering(request, call),
            lambda answer: order_pb.CreateOrderResponse(order=_shown(self._front, answer)),
        )

    async def _ordering(
        self, request: order_pb.CreateOrderRequest, call: PlatformCall
    ) -> OrderUse | OrderCheck:
        """The command, by what the order stands on; the channel of that never changes."""
        if request.HasField("use_id"):
            citizen, number = self._vault.read_use_id(request.use_id)
            ticket = await ticket_at(self._front, citizen, number)
            return OrderUse(
                at=self._front.clock.now(),
                provider=call.caller.party_id,
                citizen=citizen,
                use_number=number,
                channel="" if ticket is None else ticket.channel,
                insurance_fen=request.insurance_fen,
                own_fen=request.own_fen,
                new_number=random_number(),
            )
        citizen, number = self._vault.read_check_number(request.check_number)
        reads = frozenset({one(Code, (*citizen, number))})
        code = (await self._front.read(load, reads)).view(reads).one(Code, (*citizen, number))
        return OrderCheck(
            at=self._front.clock.now(),
            provider=call.caller.party_id,
            citizen=citizen,
            code_number=number,
            channel="" if code is None else code.channel,
            insurance_fen=request.insurance_fen,
            own_fen=request.own_fen,
            new_number=random_number(),
        )

    async def GetProviderOrder(
        self, request: order_pb.GetProviderOrderRequest, call: PlatformCall
    ) -> order_pb.GetProviderOrderResponse | Refusal:
        citizen, number = self._vault.read_id(request.order_id)
        seen = await self._front.read(order_seen, (*citizen, number))
        if seen is None or seen.order.provider != call.caller.party_id:
            return Refusal("ORDER_NOT_FOUND")
        return order_pb.GetProviderOrderResponse(order=_seen(self._front, seen))

    async def Refund(self, request: order_pb.RefundRequest, call: PlatformCall) -> bytes | Refusal:
        citizen, number = self._vault.read_id(request.order_id)
        command = Refund(
            at=self._front.clock.now(),
            provider=call.caller.party_id,
            citizen=citizen,
            order_number=number,
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda answer: order_pb.RefundResponse(order=_shown(self._front, answer)),
        )

    async def Reconcile(
        self, request: order_pb.ReconcileRequest, call: PlatformCall
    ) -> order_pb.ReconcileResponse | Refusal:
        span = _span(request.from_time, request.until_time)
        if isinstance(span, Refusal):
            return span
        sums = await self._front.read(sums_of_provider, call.caller.party_id, *span)
        return order_pb.ReconcileResponse(lines=map(convert.reconciliation, sums))


def _shown(front: Front, answer: OrderAnswer) -> order_pb2.Order:
    provider = front.directory.caller(answer.order.provider)
    assert provider is not None, "a provider stays registered"
    return convert.order(answer.order, answer.state, provider.display_name, front.vault)


def _seen(front: Front, seen: SeenOrder) -> order_pb2.Order:
    state = seen_state(seen.order, front.clock.now(), is_linked=seen.is_linked)
    return convert.order(seen.order, state, seen.provider_name, front.vault)


def _set(answer: PasswordFreeAnswer) -> pb.SetPasswordFreeResponse:
    return pb.SetPasswordFreeResponse(
        enabled=answer.is_on, one_max_fen=answer.one_max_fen, day_max_fen=answer.day_max_fen
    )


def _span(from_time: Timestamp, until_time: Timestamp) -> tuple[Instant, Instant] | Refusal:
    """What a report is about."""
    since, until = to_instant(from_time), to_instant(until_time)
    if not since <= until <= since + REPORT_DAYS * DAY:
        return invalid("until_time", f"not before from_time, and at most {REPORT_DAYS} days later")
    return since, until
