"""Every refusal of the services' methods, in the order of their comments."""

from pathlib import Path
from typing import Any

import pytest
from tests.wire.ladders import UNKNOWN, Ladder, ask_of, climbs
from tests.wire.national_platform.test_reasons import Stage
from tests.wire.people import (
    CARD_PASSWORD,
    DAY,
    FACE,
    MINUTE,
    NANTONG,
    World,
    a_world,
    copy,
    new_id,
    person,
    refused,
)
from tests.wire.people_life import lower_level, open_account, raise_level
from tests.wire.people_services import (
    NORMAL,
    PAY,
    SET_PASSWORD_FREE,
    Till,
    a_provider,
    bind,
    catalogue_of,
    directory_of,
    key_of,
    payments_of,
    set_status,
)

from essc.admin.v1 import catalogue_admin_service_pb2 as catalogue
from essc.authority.v1 import authority_service_pb2 as authority
from essc.authority.v1 import authority_service_pb2_grpc as authority_grpc
from essc.card.v1 import card_pb2
from essc.directory.v1 import directory_pb2
from essc.directory.v1 import directory_service_pb2 as directory
from essc.directory.v1 import ticket_service_pb2 as tickets
from essc.settlement.v1 import order_service_pb2 as orders
from essc.settlement.v1 import payment_service_pb2 as payments
from essc_platform.wire.members import binding_id
from essc_wire.refusals import Refusal

CATALOGUE = "essc.admin.v1.CatalogueAdminService."
DIRECTORY, TICKETS = "essc.directory.v1.DirectoryService.", "essc.directory.v1.TicketService."
PAYMENTS, ORDERS = "essc.settlement.v1.PaymentService.", "essc.settlement.v1.OrderService."

STATUSES = {
    "PHYSICAL_CARD_SEALED": 1,
    "PHYSICAL_CARD_TEMPORARILY_LOST": 3,
    "PHYSICAL_CARD_LOST": 4,
    "PHYSICAL_CARD_LOCKED": 5,
    "PHYSICAL_CARD_CANCELLED": 6,
}


class Scene(Stage):
    """The stage, and a clinic; Zhang has a password and has bound Li."""

    async def open(self) -> None:
        await super().open()
        self.clinic = await a_provider(self.world, verifier_ids=("till",))
        self.museum = await a_provider(self.world, "museum")
        await self.bank.set_password(self.zhang, self.link)
        await bind(self.world, self.zhang, self.li)
        self.till = Till(self.bank, self.zhang, self.link)

    @property
    def binding_id(self) -> str:
        return binding_id(self.world.vault, "bank", key_of(self.world, self.zhang), 77)

    async def climb_card(self, ladder: Ladder, request: Any) -> None:
        """R3: the ladder of the holder's card; it is good again at the end."""
        world, key = self.world, key_of(self.world, self.zhang)
        of_zhang = "WHERE bucket = ? AND citizen = ?"
        await world.write(f"UPDATE citizens SET cancel_time = 1 {of_zhang}", *key)
        await ladder.step("CITIZEN_CANCELLED", request)
        await world.write(f"UPDATE citizens SET cancel_time = NULL {of_zhang}", *key)
        for name, status in STATUSES.items():
            await set_status(world, self.zhang, status)
            await ladder.step(name, request)
        await set_status(world, self.zhang, NORMAL)
        await world.write(f"UPDATE cards SET expire_time = -expire_time {of_zhang}", *key)
        await ladder.step("CARD_EXPIRED", request)
        await world.write(f"UPDATE cards SET expire_time = -expire_time {of_zhang}", *key)

    async def unlinked(self) -> str:
        """The id of a link that has been unlinked, in WeChat."""
        link = await self.wechat.apply(self.zhang)
        await self.wechat.unlink(self.zhang, link)
        return str(link.link_id)

    async def password_for_li(self) -> None:
        link = await self.bank.apply(self.li)
        await self.bank.set_password(self.li, link)


@pytest.fixture
async def scene(world: World) -> Scene:
    scene = Scene(world)
    await scene.open()
    return scene


# --- the catalogue ---------------------------------------------------------------------------


@climbs(CATALOGUE + "AddService", CATALOGUE + "OpenService", CATALOGUE + "CloseService")
@pytest.mark.rule("R60")
async def test_keeping_the_catalogue(world: World) -> None:
    operator, stub = world.operator, catalogue_of(world.operator)
    used = new_id()
    add = catalogue.AddServiceRequest(
        service_id="ferry", name_zh="轮渡", name_en="Ferry", needed_level=card_pb2.LEVEL_QUERY
    )
    await operator.do(stub.AddService, copy(add, request_id=used))

    ladder = Ladder(CATALOGUE + "AddService", ask_of(operator, stub.AddService))
    await ladder.step("REQUEST_INVALID", copy(add, name_zh=""))
    await ladder.step("REQUEST_ID_REUSED", copy(add, request_id=used, name_zh="渡"))
    await ladder.step("SERVICE_EXISTS", copy(add))
    ladder.top()

    unknown = catalogue.OpenServiceRequest(service_id="balloon", region=NANTONG)
    ladder = Ladder(CATALOGUE + "OpenService", ask_of(operator, stub.OpenService))
    await ladder.step("REQUEST_INVALID", copy(unknown, region="here"))
    await ladder.step("REQUEST_ID_REUSED", copy(unknown, request_id=used))
    await ladder.step("SERVICE_NOT_FOUND", copy(unknown))
    ladder.top()

    close = catalogue.CloseServiceRequest(service_id="balloon", region=NANTONG)
    ladder = Ladder(CATALOGUE + "CloseService", ask_of(operator, stub.CloseService))
    # The library is open in the whole country.
    await ladder.step("REQUEST_INVALID", copy(close, service_id="library"))
    await ladder.step("REQUEST_ID_REUSED", copy(close, request_id=used))
    await ladder.step("SERVICE_NOT_FOUND", copy(close))
    ladder.top()


# --- tickets ---------------------------------------------------------------------------------


@climbs(DIRECTORY + "ListServices", DIRECTORY + "ListUses")
@pytest.mark.rule("R60", "R61")
async def test_listing_services_and_uses(scene: Scene) -> None:
    bank, stub = scene.bank, directory_of(scene.bank)
    ladder = Ladder(DIRECTORY + "ListServices", ask_of(bank, stub.ListServices))
    await ladder.step("REQUEST_INVALID", directory.ListServicesRequest(page_size=-1))
    await ladder.step("PAGE_TOKEN_INVALID", directory.ListServicesRequest(page_token=UNKNOWN))
    ladder.top()

    link_id = scene.link.link_id
    ladder = Ladder(DIRECTORY + "ListUses", ask_of(bank, stub.ListUses))
    await ladder.step("REQUEST_INVALID", directory.ListUsesRequest(link_id="mine"))
    wechats = await scene.unlinked()
    await ladder.step("LINK_NOT_FOUND", directory.ListUsesRequest(link_id=wechats))
    ladder.note("LINK_NOT_ACTIVE", await refused_to(scene, wechats))
    other = directory.ListUsesRequest(link_id=link_id, page_token=UNKNOWN)
    await ladder.step("PAGE_TOKEN_INVALID", other)
    ladder.top()


async def refused_to(scene: Scene, link_id: str) -> Refusal:
    wechat = scene.wechat
    request = directory.ListUsesRequest(link_id=link_id)
    return await refused(wechat.do(directory_of(wechat).ListUses, request))


@climbs(DIRECTORY + "IssueTicket")
@pytest.mark.rule("R3", "R44", "R61", "R63")
async def test_issuing_a_ticket(scene: Scene) -> None:
    world, bank, link = scene.world, scene.bank, scene.link
    stub = directory_of(bank)
    ladder = Ladder(DIRECTORY + "IssueTicket", ask_of(bank, stub.IssueTicket))
    await set_status(world, scene.li, STATUSES["PHYSICAL_CARD_LOST"])
    wanted = directory.IssueTicketRequest(
        link_id=link.link_id, binding_id=scene.binding_id, service_id="balloon"
    )

    await ladder.step("REQUEST_INVALID", copy(wanted, service_id="Balloon"))
    await ladder.step("REQUEST_ID_REUSED", copy(wanted, request_id=scene.used_id))
    await ladder.step("LINK_NOT_FOUND", copy(wanted, link_id=UNKNOWN))
    delivered = await world.enrol(person(30))
    await world.issue(delivered, generation=3)
    item = next(i for i in await bank.links() if i.link.state == card_pb2.Link.STATE_DELIVERED)
    await ladder.step("LINK_NOT_ACTIVE", copy(wanted, link_id=item.link.link_id))
    await ladder.step("BINDING_NOT_FOUND", copy(wanted, binding_id=UNKNOWN))
    await scene.climb_card(ladder, wanted)
    await ladder.step("MEMBER_CARD_NOT_NORMAL", copy(wanted))
    await set_status(world, scene.li, NORMAL)
    await bank.apply(scene.li)
    await ladder.step("SERVICE_NOT_FOUND", copy(wanted))
    await open_nowhere(world, "shopping")
    await ladder.step("SERVICE_NOT_OPEN", copy(wanted, service_id="shopping"))
    await ladder.step("MEMBER_CANNOT_PAY", copy(wanted, service_id="tourism"))
    own = directory.IssueTicketRequest(link_id=link.link_id, service_id="tourism")
    await ladder.step("LEVEL_TOO_LOW", own)
    ladder.top()


async def open_nowhere(world: World, service_id: str) -> None:
    request = catalogue.CloseServiceRequest(service_id=service_id)
    await world.operator.do(catalogue_of(world.operator).CloseService, request)


@climbs(TICKETS + "RedeemTicket", TICKETS + "CloseUse")
@pytest.mark.rule("R11", "R61")
async def test_redeeming_tickets_and_closing_uses(scene: Scene) -> None:
    clinic, till = scene.clinic, scene.till
    used = new_id()
    first = await till.ticket()
    begun = tickets.RedeemTicketRequest(request_id=used, ticket=first)
    use = (await clinic.do(clinic.tickets.RedeemTicket, begun)).use

    ladder = Ladder(TICKETS + "RedeemTicket", ask_of(clinic, clinic.tickets.RedeemTicket))

    def redeem(ticket: str, request_id: str = "") -> tickets.RedeemTicketRequest:
        return tickets.RedeemTicketRequest(request_id=request_id, ticket=ticket)

    await ladder.step("REQUEST_INVALID", redeem("a ticket"))
    await ladder.step("REQUEST_ID_REUSED", redeem(UNKNOWN, used))
    await ladder.step("TICKET_NOT_FOUND", redeem(await till.ticket("archive-query")))
    await ladder.step("TICKET_REDEEMED", redeem(first))
    late = await till.ticket()
    await scene.world.advance(10 * MINUTE)
    await scene.bank.unlink(scene.zhang, scene.link)
    await ladder.step("TICKET_EXPIRED", redeem(late))
    scene.till.link = await scene.bank.apply(scene.zhang)
    dead = await till.ticket()
    await scene.bank.unlink(scene.zhang, till.link)
    await ladder.step("TICKET_REVOKED", redeem(dead))
    ladder.top()

    def close(use_id: str, request_id: str = "") -> tickets.CloseUseRequest:
        done = directory_pb2.Use.OUTCOME_DONE
        return tickets.CloseUseRequest(request_id=request_id, use_id=use_id, outcome=done)

    ladder = Ladder(TICKETS + "CloseUse", ask_of(clinic, clinic.tickets.CloseUse))
    await ladder.step("REQUEST_INVALID", tickets.CloseUseRequest(use_id=use.use_id))
    await ladder.step("REQUEST_ID_REUSED", close(use.use_id, used))
    # The ticket's own id is none of a use.
    await ladder.step("USE_NOT_FOUND", close(first))
    await clinic.do(clinic.tickets.CloseUse, close(use.use_id))
    await ladder.step("USE_CLOSED", close(use.use_id))
    ladder.top()


# --- orders ----------------------------------------------------------------------------------


@climbs(
    ORDERS + "CreateOrder",
    ORDERS + "GetProviderOrder",
    ORDERS + "Refund",
    ORDERS + "Reconcile",
)
@pytest.mark.rule("R44", "R62")
async def test_what_a_provider_does_with_orders(scene: Scene) -> None:
    clinic, till, used = scene.clinic, scene.till, new_id()
    use = (await clinic.redeem(await till.ticket())).use
    await scene.wechat.apply(scene.li)
    for_li = (await clinic.redeem(await till.ticket(binding_id=scene.binding_id))).use
    made = orders.CreateOrderRequest(request_id=used, use_id=use.use_id, own_fen=1)
    order = (await clinic.do(clinic.orders.CreateOrder, made)).order

    ladder = Ladder(ORDERS + "CreateOrder", ask_of(clinic, clinic.orders.CreateOrder))
    wanted = orders.CreateOrderRequest(use_id=use.use_id, own_fen=1)
    await ladder.step("REQUEST_INVALID", copy(wanted, own_fen=0))
    await ladder.step("REQUEST_ID_REUSED", copy(wanted, request_id=used, own_fen=2))
    await ladder.step("USE_NOT_FOUND", copy(wanted, use_id=UNKNOWN))
    by_check = orders.CreateOrderRequest(check_number=UNKNOWN, own_fen=1)
    await ladder.step("CHECK_NOT_FOUND", by_check)
    await ladder.step("MEMBER_CANNOT_PAY", copy(wanted, use_id=for_li.use_id))
    await scene.bank.unlink(scene.zhang, scene.link)
    await ladder.step("ORDER_BASIS_ENDED", copy(wanted))
    ladder.top()

    museum = scene.museum
    ladder = Ladder(ORDERS + "GetProviderOrder", ask_of(museum, museum.orders.GetProviderOrder))
    await ladder.step("REQUEST_INVALID", orders.GetProviderOrderRequest(order_id="mine"))
    seen = orders.GetProviderOrderRequest(order_id=order.order_id)
    await ladder.step("ORDER_NOT_FOUND", seen)
    ladder.top()

    ladder = Ladder(ORDERS + "Refund", ask_of(clinic, clinic.orders.Refund))
    back = orders.RefundRequest(order_id=order.order_id)
    await ladder.step("REQUEST_INVALID", copy(back, order_id="mine"))
    await ladder.step("REQUEST_ID_REUSED", copy(back, request_id=used))
    await ladder.step("ORDER_NOT_FOUND", copy(back, order_id=UNKNOWN))
    await ladder.step("ORDER_STATE_FORBIDS", copy(back))
    ladder.top()

    ladder = Ladder(ORDERS + "Reconcile", ask_of(clinic, clinic.orders.Reconcile))
    await ladder.step("REQUEST_INVALID", report(orders.ReconcileRequest(), 0, 32 * DAY))
    ladder.top()


def report(request: Any, since: int, until: int) -> Any:
    request.from_time.FromSeconds(since)
    request.until_time.FromSeconds(until)
    return request


@climbs(PAYMENTS + "GetOrder", PAYMENTS + "ListOrders", PAYMENTS + "ReconcileChannel")
@pytest.mark.rule("R14", "R62")
async def test_looking_at_orders_in_a_channel(scene: Scene) -> None:
    bank, wechat, stub = scene.bank, scene.wechat, payments_of(scene.bank)
    order = await scene.till.order(scene.clinic)
    link_id, wechats = scene.link.link_id, await scene.unlinked()
    theirs = ask_of(wechat, payments_of(wechat).GetOrder)

    ladder = Ladder(PAYMENTS + "GetOrder", ask_of(bank, stub.GetOrder))
    seen = payments.GetOrderRequest(link_id=link_id, order_id=order.order_id)
    await ladder.step("REQUEST_INVALID", copy(seen, order_id="mine"))
    await ladder.step("LINK_NOT_FOUND", copy(seen, link_id=wechats))
    ladder.note("LINK_NOT_ACTIVE", await refused(theirs(copy(seen, link_id=wechats))))
    await ladder.step("ORDER_NOT_FOUND", copy(seen, order_id=UNKNOWN))
    ladder.top()

    # The same person's order in another channel is unknown there (R14).
    again = await wechat.apply(scene.zhang)
    foreign = await refused(theirs(copy(seen, link_id=again.link_id)))
    assert foreign.reason == "ORDER_NOT_FOUND"
    await wechat.unlink(scene.zhang, again)

    ladder = Ladder(PAYMENTS + "ListOrders", ask_of(bank, stub.ListOrders))
    listed = payments.ListOrdersRequest(link_id=link_id)
    await ladder.step("REQUEST_INVALID", copy(listed, page_size=-1))
    await ladder.step("LINK_NOT_FOUND", copy(listed, link_id=wechats))
    theirs = ask_of(wechat, payments_of(wechat).ListOrders)
    ladder.note("LINK_NOT_ACTIVE", await refused(theirs(copy(listed, link_id=wechats))))
    await ladder.step("PAGE_TOKEN_INVALID", copy(listed, page_token=UNKNOWN))
    ladder.top()

    ladder = Ladder(PAYMENTS + "ReconcileChannel", ask_of(bank, stub.ReconcileChannel))
    await ladder.step("REQUEST_INVALID", report(payments.ReconcileChannelRequest(), 1, 0))
    ladder.top()


@climbs(PAYMENTS + "Pay")
@pytest.mark.rule("R3", "R23", "R26", "R62")
async def test_paying(tmp_path: Path) -> None:
    # Its bank does not answer, so that what is settling stays so.
    async with a_world(tmp_path / "away", bank="127.0.0.1:1") as world:
        scene = Scene(world)
        await scene.open()
        bank, zhang, stub = scene.bank, scene.zhang, payments_of(scene.bank)
        await scene.password_for_li()
        order = await scene.till.order(scene.clinic)
        ladder = Ladder(PAYMENTS + "Pay", ask_of(bank, stub.Pay))
        wanted = payments.PayRequest(link_id=scene.link.link_id, order_id=UNKNOWN, proof=UNKNOWN)

        await ladder.step("REQUEST_INVALID", copy(wanted, proof="135790"))
        await ladder.step("REQUEST_ID_REUSED", copy(wanted, request_id=scene.used_id))
        await ladder.step("LINK_NOT_FOUND", copy(wanted, link_id=UNKNOWN))
        delivered = await world.enrol(person(30))
        await world.issue(delivered, generation=3)
        item = next(i for i in await bank.links() if i.link.state == card_pb2.Link.STATE_DELIVERED)
        await ladder.step("LINK_NOT_ACTIVE", copy(wanted, link_id=item.link.link_id))
        await scene.climb_proofs(
            ladder, lambda proof: copy(wanted, proof=proof), PAY, CARD_PASSWORD, FACE
        )
        wanted = payments.PayRequest(link_id=scene.link.link_id, order_id=UNKNOWN)
        await scene.climb_card(ladder, wanted)
        await ladder.step("ORDER_NOT_FOUND", copy(wanted))
        paid = await scene.till.order(scene.clinic)
        await open_account(world, zhang)
        await raise_level(bank, zhang, scene.link)
        await scene.till.pay(paid)
        await ladder.step("ORDER_SETTLING", copy(wanted, order_id=paid.order_id))
        await world.write("UPDATE orders SET state = 3 WHERE state = 2")
        await ladder.step("ORDER_STATE_FORBIDS", copy(wanted, order_id=paid.order_id))
        wanted = copy(wanted, order_id=order.order_id)
        await lower_level(bank, scene.link)
        await ladder.step("LEVEL_TOO_LOW", copy(wanted))
        await raise_level(bank, zhang, scene.link)
        await world.write("UPDATE bank_accounts SET close_time = 2")
        await ladder.step("BANK_ACCOUNT_NOT_OPEN", copy(wanted))
        await world.write("UPDATE bank_accounts SET close_time = NULL")
        await ladder.step("PASSWORD_NEEDED", copy(wanted))
        ladder.top()


@climbs(PAYMENTS + "SetPasswordFree")
@pytest.mark.rule("R23", "R26", "R62")
async def test_switching_password_free_payment_on(scene: Scene) -> None:
    bank, stub = scene.bank, payments_of(scene.bank)
    await scene.password_for_li()
    ladder = Ladder(PAYMENTS + "SetPasswordFree", ask_of(bank, stub.SetPasswordFree))
    old = scene.link
    await bank.unlink(scene.zhang, old)
    wanted = payments.SetPasswordFreeRequest(link_id=old.link_id, serial=1, enabled=True)

    await ladder.step("REQUEST_INVALID", copy(wanted, serial=0))
    await ladder.step("REQUEST_ID_REUSED", copy(wanted, request_id=scene.used_id))
    await ladder.step("LINK_NOT_FOUND", copy(wanted, link_id=UNKNOWN))
    await ladder.step("LINK_SERIAL_OLD", copy(wanted, serial=2))
    await ladder.step("LINK_NOT_ACTIVE", copy(wanted))
    await bank.apply(scene.zhang)
    wanted = copy(wanted, serial=2)
    await scene.climb_proofs(
        ladder, lambda proof: copy(wanted, proof=proof), SET_PASSWORD_FREE, CARD_PASSWORD, FACE
    )
    proof = await scene.till.password_proof(SET_PASSWORD_FREE)
    wanted = copy(wanted, proof=proof)
    await scene.climb_card(ladder, wanted)
    await ladder.step("LEVEL_TOO_LOW", copy(wanted))
    ladder.top()


# --- the bank --------------------------------------------------------------------------------


@climbs("essc.authority.v1.SettlementBankService.Transfer")
async def test_the_bank(world: World) -> None:
    stub = authority_grpc.SettlementBankServiceStub(world.lab.peer.channel)
    ask = ask_of(world.lab, stub.Transfer)
    ladder = Ladder("essc.authority.v1.SettlementBankService.Transfer", ask)
    await ladder.step("REQUEST_INVALID", authority.TransferRequest())
    ladder.top()
