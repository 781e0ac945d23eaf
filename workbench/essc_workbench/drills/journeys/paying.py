"""A provider bills for a use of a service, and the person pays a fen without the password (R62)."""

from collections.abc import Mapping
from typing import Any, Final

from essc.directory.v1 import directory_service_pb2 as directory
from essc.directory.v1 import ticket_service_pb2 as tickets
from essc.settlement.v1 import order_service_pb2 as orders
from essc.settlement.v1 import payment_service_pb2 as payments
from essc_wire.times import to_instant
from essc_workbench.drills.journeys.calls import Ask, Line, mixed_up
from essc_workbench.drills.journeys.circles import Taking
from essc_workbench.drills.journeys.desk import Desk
from essc_workbench.drills.journeys.turns import Acted, RequestIds, Turn

SERVICE_ID: Final = "social-insurance-query"
"""A service that is open everywhere, and may be used by whoever may only query."""
OWN_FEN: Final = 1
"""A link takes 100,000 fen a day without the password."""
_ORDER: Final = ("order.order_id", "order.state", "order.own_fen", "order.insurance_fen")


class Pay(Acted):
    """A ticket, a use, an order, and its payment; settling goes on without them."""

    def __init__(
        self,
        ids: RequestIds,
        desks: Mapping[str, Desk],
        circle: Taking,
        lines: Mapping[str, Line],
        provider: Line,
    ) -> None:
        super().__init__(ids)
        self._desks, self._circle = desks, circle
        self._issue = {channel: _issue(line, desks[channel]) for channel, line in lines.items()}
        self._pay = {channel: _pay(line) for channel, line in lines.items()}
        self._redeem = Ask(
            provider,
            "essc.directory.v1.TicketService/RedeemTicket",
            tickets.RedeemTicketResponse,
            asked=("ticket",),
            told=("use.use_id", "use.service_id", "use.redeem_time"),
            tell=_used,
        )
        self._biller = Biller(provider)

    async def act(self, place: int, channel: str, turn: Turn) -> None:
        with self._circle.taken(place) as found:
            use_id = await self._use(turn, channel, found)
            order_id = await self._biller.bill(turn, found, use_id=use_id)
            link_id, request_id = self._desks[channel].links.id_of(found), turn.request_id()
            pay = payments.PayRequest(request_id=request_id, link_id=link_id, order_id=order_id)
            answer = await self._pay[channel](
                pay.SerializeToString(),
                request_id,
                turn.deadline_s,
                (found,),
                (link_id, order_id),
            )
            if answer.order.order_id != order_id:
                raise mixed_up()

    async def _use(self, turn: Turn, channel: str, place: int) -> str:
        desk = self._desks[channel]
        link_id, request_id = desk.links.id_of(place), turn.request_id()
        issue = directory.IssueTicketRequest(
            request_id=request_id, link_id=link_id, service_id=SERVICE_ID
        ).SerializeToString()
        answer = await self._issue[channel](
            issue, request_id, turn.deadline_s, (place,), (link_id, SERVICE_ID)
        )
        ticket, request_id = answer.ticket, turn.request_id()
        redeem = tickets.RedeemTicketRequest(request_id=request_id, ticket=ticket)
        answer = await self._redeem(
            redeem.SerializeToString(),
            request_id,
            turn.deadline_s,
            (place,),
            (desk.digest("ticket", ticket),),
        )
        looks = desk.people.looks(place)
        if (answer.masked_name, answer.masked_id_number) != looks:
            raise mixed_up()
        use_id: str = answer.use.use_id
        return use_id


class Biller:
    """The provider's line, for orders of one fen."""

    def __init__(self, provider: Line) -> None:
        self._create = Ask(
            provider,
            "essc.settlement.v1.OrderService/CreateOrder",
            orders.CreateOrderResponse,
            asked=("use_id", "check_number", "own_fen"),
            told=_ORDER,
            tell=_ordered,
        )

    async def bill(
        self, turn: Turn, place: int, *, use_id: str = "", check_number: str = ""
    ) -> str:
        """An order for the holder of a use, or of a code that was checked. Its id."""
        request_id = turn.request_id()
        request = orders.CreateOrderRequest(request_id=request_id, own_fen=OWN_FEN)
        if use_id:
            request.use_id = use_id
        else:
            request.check_number = check_number
        answer = await self._create(
            request.SerializeToString(),
            request_id,
            turn.deadline_s,
            (place,),
            (use_id, check_number, OWN_FEN),
        )
        order_id: str = answer.order.order_id
        return order_id


def _issue(line: Line, desk: Desk) -> Ask:
    def tell(answer: directory.IssueTicketResponse) -> tuple[Any, ...]:
        return (desk.digest("ticket", answer.ticket), to_instant(answer.expire_time))

    return Ask(
        line,
        "essc.directory.v1.DirectoryService/IssueTicket",
        directory.IssueTicketResponse,
        asked=("link_id", "service_id"),
        told=("ticket", "expire_time"),
        tell=tell,
    )


def _pay(line: Line) -> Ask:
    return Ask(
        line,
        "essc.settlement.v1.PaymentService/Pay",
        payments.PayResponse,
        asked=("link_id", "order_id"),
        told=(*_ORDER, "order.pay_time"),
        tell=lambda answer: (*_ordered(answer), to_instant(answer.order.pay_time)),
    )


def _used(answer: tickets.RedeemTicketResponse) -> tuple[Any, ...]:
    use = answer.use
    return (use.use_id, use.service_id, to_instant(use.redeem_time))


def _ordered(answer: orders.CreateOrderResponse | payments.PayResponse) -> tuple[Any, ...]:
    order = answer.order
    return (order.order_id, order.state, order.own_fen, order.insurance_fen)
