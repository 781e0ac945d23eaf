"""Providers, tickets and orders, beside the people of `people`.

A provider is a party with stubs of its services. A till is a citizen who can pay in a channel.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tests.wire.people import CARD_PASSWORD, Caller, Channel, Person, World
from tests.wire.people_life import open_account, raise_level

from essc.admin.v1 import catalogue_admin_service_pb2_grpc, party_pb2
from essc.card.v1 import card_pb2
from essc.directory.v1 import directory_pb2, directory_service_pb2_grpc, ticket_service_pb2_grpc
from essc.directory.v1 import directory_service_pb2 as directory
from essc.directory.v1 import ticket_service_pb2 as tickets
from essc.identity.v1 import identity_pb2
from essc.settlement.v1 import (
    order_pb2,
    order_service_pb2_grpc,
    payment_service_pb2_grpc,
)
from essc.settlement.v1 import order_service_pb2 as orders
from essc.settlement.v1 import payment_service_pb2 as payments
from essc_platform.core.records import CitizenKey
from essc_wire.keys import new_key

PAY = identity_pb2.PURPOSE_PAY
SET_PASSWORD_FREE = identity_pb2.PURPOSE_SET_PASSWORD_FREE
State = order_pb2.Order
NORMAL = 2


class Provider(Caller):
    """A provider of services, with what it does."""

    def __init__(self, world: World, party_id: str) -> None:
        super().__init__(world.address_for(party_id), party_id, new_key())
        self.tickets = ticket_service_pb2_grpc.TicketServiceStub(self.peer.channel)
        self.orders = order_service_pb2_grpc.OrderServiceStub(self.peer.channel)

    async def redeem(self, ticket: str) -> tickets.RedeemTicketResponse:
        request = tickets.RedeemTicketRequest(ticket=ticket)
        answer: tickets.RedeemTicketResponse = await self.do(self.tickets.RedeemTicket, request)
        return answer

    async def order(self, use_id: str, own_fen: int = 3_000, insurance_fen: int = 7_000) -> Any:
        """An order on a use."""
        request = orders.CreateOrderRequest(
            use_id=use_id, own_fen=own_fen, insurance_fen=insurance_fen
        )
        return (await self.do(self.orders.CreateOrder, request)).order

    async def order_checked(self, check_number: str) -> order_pb2.Order:
        """An order on a check number."""
        request = orders.CreateOrderRequest(
            check_number=check_number, own_fen=3_000, insurance_fen=7_000
        )
        answer: orders.CreateOrderResponse = await self.do(self.orders.CreateOrder, request)
        return answer.order

    async def state(self, order: order_pb2.Order) -> int:
        request = orders.GetProviderOrderRequest(order_id=order.order_id)
        return int((await self.do(self.orders.GetProviderOrder, request)).order.state)

    async def refund(self, order: order_pb2.Order) -> order_pb2.Order:
        request = orders.RefundRequest(order_id=order.order_id)
        answer: orders.RefundResponse = await self.do(self.orders.Refund, request)
        return answer.order


class Till:
    """What a citizen does with services and orders in one channel."""

    def __init__(self, channel: Channel, someone: Person, link: card_pb2.Link) -> None:
        self.channel, self.someone, self.link = channel, someone, link
        self.directory = directory_of(channel)
        self.payments = payments_of(channel)

    async def ticket(self, service_id: str = "library", binding_id: str | None = None) -> str:
        request = directory.IssueTicketRequest(
            link_id=self.link.link_id, service_id=service_id, binding_id=binding_id
        )
        answer: directory.IssueTicketResponse = await self.channel.do(
            self.directory.IssueTicket, request
        )
        return answer.ticket

    async def uses(self, page_size: int = 0, page_token: str = "") -> directory.ListUsesResponse:
        request = directory.ListUsesRequest(
            link_id=self.link.link_id, page_size=page_size, page_token=page_token
        )
        answer: directory.ListUsesResponse = await self.channel.do(self.directory.ListUses, request)
        return answer

    async def order(self, provider: Provider, **amounts: int) -> order_pb2.Order:
        """An open order of a provider, on a use of its own."""
        use = (await provider.redeem(await self.ticket())).use
        made: order_pb2.Order = await provider.order(use.use_id, **amounts)
        return made

    async def payment(
        self, order: order_pb2.Order, *, with_password: bool = True
    ) -> payments.PayRequest:
        """What pays an order."""
        return payments.PayRequest(
            link_id=self.link.link_id,
            order_id=order.order_id,
            proof=await self.password_proof(PAY) if with_password else "",
        )

    async def pay(self, order: order_pb2.Order, *, with_password: bool = True) -> order_pb2.Order:
        request = await self.payment(order, with_password=with_password)
        answer: payments.PayResponse = await self.channel.do(self.payments.Pay, request)
        return answer.order

    async def seen(self, order: order_pb2.Order) -> order_pb2.Order:
        """The order as it is now."""
        request = payments.GetOrderRequest(link_id=self.link.link_id, order_id=order.order_id)
        answer: payments.GetOrderResponse = await self.channel.do(self.payments.GetOrder, request)
        return answer.order

    async def settled(self, order: order_pb2.Order, state: int = State.STATE_SETTLED) -> Any:
        """The order, once the bank has said its word."""

        async def is_so() -> bool:
            return bool((await self.seen(order)).state == state)

        await until(is_so)
        return await self.seen(order)

    async def switch(self, *, on: bool) -> payments.SetPasswordFreeResponse:
        request = payments.SetPasswordFreeRequest(
            link_id=self.link.link_id,
            serial=self.link.serial,
            enabled=on,
            proof=await self.password_proof(SET_PASSWORD_FREE) if on else "",
        )
        answer: payments.SetPasswordFreeResponse = await self.channel.do(
            self.payments.SetPasswordFree, request
        )
        return answer

    async def password_proof(self, purpose: "identity_pb2.Purpose.ValueType") -> str:
        link_id = self.link.link_id
        return await self.channel.proof(self.someone, CARD_PASSWORD, purpose, link_id=link_id)


def directory_of(caller: Caller) -> Any:
    return directory_service_pb2_grpc.DirectoryServiceStub(caller.peer.channel)


def payments_of(caller: Caller) -> Any:
    return payment_service_pb2_grpc.PaymentServiceStub(caller.peer.channel)


def catalogue_of(caller: Caller) -> Any:
    return catalogue_admin_service_pb2_grpc.CatalogueAdminServiceStub(caller.peer.channel)


async def a_provider(
    world: World, party_id: str = "clinic", *, verifier_ids: tuple[str, ...] = ()
) -> Provider:
    """A registered provider of the library and of medical settlement."""
    provider = Provider(world, party_id)
    world.callers.append(provider)
    await world.register(
        provider,
        party_pb2.PARTY_KIND_PROVIDER,
        [],
        service_ids=["library", "medical-settlement"],
        verifier_ids=verifier_ids,
    )
    return provider


async def a_till(world: World, channel: Channel, someone: Person) -> Till:
    """A citizen who can pay in a channel, with a password."""
    link = await channel.apply(someone)
    await channel.set_password(someone, link)
    await open_account(world, someone)
    return Till(channel, someone, await raise_level(channel, someone, link))


async def bind(world: World, holder: Person, member: Person, number: int = 77) -> None:
    """Binds a member as a parent, with no questions asked."""
    await world.write(
        "INSERT INTO bindings (bucket, citizen, number, member_bucket, member, relation, add_time)"
        " VALUES (?, ?, ?, ?, ?, 1, 1)",
        *key_of(world, holder),
        number,
        *key_of(world, member),
    )


async def set_status(world: World, someone: Person, status: int) -> None:
    """Every physical card of a person has this status from now on."""
    await world.write(
        "UPDATE physical_cards SET status = ? WHERE bucket = ? AND citizen = ?",
        status,
        *key_of(world, someone),
    )


def key_of(world: World, someone: Person) -> CitizenKey:
    return world.vault.citizen_key(someone.id_number)


async def until(is_so: Callable[[], Awaitable[bool]], patience_s: float = 20.0) -> None:
    """Waits for what another task brings about."""
    async with asyncio.timeout(patience_s):
        while not await is_so():  # noqa: ASYNC110 - another process may bring it about
            await asyncio.sleep(0.01)


def states(uses: directory.ListUsesResponse) -> list[int]:
    """The outcomes of a page of uses."""
    return [use.outcome for use in uses.uses]


def kinds_of(entries: Any) -> list[int]:
    """What stands in a record, oldest first."""
    return [entry.kind for entry in reversed(entries)]


DONE = directory_pb2.Use.OUTCOME_DONE
