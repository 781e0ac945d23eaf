"""The catalogue, tickets and uses, over the wire."""

import pytest
from tests.wire.people import Channel, World, reason
from tests.wire.people_services import (
    DONE,
    Provider,
    Till,
    a_provider,
    a_till,
    bind,
    catalogue_of,
    directory_of,
    key_of,
    kinds_of,
)

from essc.admin.v1 import catalogue_admin_service_pb2 as catalogue
from essc.card.v1 import card_pb2
from essc.directory.v1 import directory_pb2
from essc.directory.v1 import directory_service_pb2 as directory
from essc.directory.v1 import ticket_service_pb2 as tickets
from essc.record.v1 import record_service_pb2 as records
from essc_platform.wire.members import binding_id

Kind = records.Record
BEIJING = "110100"


async def listed(bank: Channel, page_size: int = 0) -> list[directory_pb2.Service]:
    """The whole catalogue, page by page."""
    found: list[directory_pb2.Service] = []
    token = ""
    while True:
        request = directory.ListServicesRequest(page_size=page_size, page_token=token)
        answer = await bank.do(directory_of(bank).ListServices, request)
        found += answer.services
        token = answer.next_page_token
        if not token:
            return found


async def close(provider: Provider, use_id: str) -> directory_pb2.Use:
    request = tickets.CloseUseRequest(use_id=use_id, outcome=DONE)
    answer: tickets.CloseUseResponse = await provider.do(provider.tickets.CloseUse, request)
    return answer.use


@pytest.mark.rule("R60")
async def test_a_new_platform_has_a_catalogue_that_comes_in_pages(world: World) -> None:
    bank = await world.channel("bank")

    in_fives, at_once = await listed(bank), await listed(bank, page_size=100)

    assert [each.service_id for each in in_fives] == sorted(each.service_id for each in in_fives)
    assert in_fives == at_once
    assert len(in_fives) == 16
    medical = next(each for each in in_fives if each.service_id == "medical-settlement")
    assert list(medical.regions) == ["320100", "320500", "320600", "431222"]
    assert medical.needed_level == card_pb2.LEVEL_PAYMENT
    assert (medical.name_zh, medical.name_en) == ("医保结算", "Medical settlement")


@pytest.mark.rule("R60", "R63")
async def test_an_entry_is_added_opened_and_closed_while_the_platform_runs(world: World) -> None:
    bank, operator = await world.channel("bank"), world.operator
    till = await a_till(world, bank, await world.citizen(1))
    stub = catalogue_of(operator)

    add = catalogue.AddServiceRequest(
        service_id="ferry",
        name_zh="轮渡",
        name_en="Ferry",
        needed_level=card_pb2.LEVEL_QUERY,
        regions=[BEIJING],
    )
    await operator.do(stub.AddService, add)
    elsewhere = await reason(till.ticket("ferry"))
    opening = catalogue.OpenServiceRequest(service_id="ferry", region="320600")
    opened = await operator.do(stub.OpenService, opening)
    ticket = await till.ticket("ferry")
    everywhere = catalogue.CloseServiceRequest(service_id="ferry")
    closed = await operator.do(stub.CloseService, everywhere)

    assert elsewhere == "SERVICE_NOT_OPEN"
    assert list(opened.service.regions) == [BEIJING, "320600"]
    assert len(ticket) == 32
    assert list(closed.service.regions) == []
    assert await reason(till.ticket("ferry")) == "SERVICE_NOT_OPEN"
    assert "ferry" in [each.service_id for each in await listed(bank)]


@pytest.mark.rule("R60")
async def test_pages_go_on_although_an_entry_was_added_before_their_place(world: World) -> None:
    bank, operator = await world.channel("bank"), world.operator
    request = directory.ListServicesRequest(page_size=3)
    first = await bank.do(directory_of(bank).ListServices, request)
    add = catalogue.AddServiceRequest(
        service_id="aaa", name_zh="甲", name_en="A", needed_level=card_pb2.LEVEL_QUERY
    )
    await operator.do(catalogue_of(operator).AddService, add)

    request = directory.ListServicesRequest(page_size=3, page_token=first.next_page_token)
    second = await bank.do(directory_of(bank).ListServices, request)

    names = [each.service_id for each in (*first.services, *second.services)]
    assert names == sorted(set(names))
    assert len(names) == 6


@pytest.mark.rule("R61", "R93")
async def test_a_ticket_becomes_a_use_which_the_holder_sees_with_its_outcome(
    world: World,
) -> None:
    bank, clinic = await world.channel("bank"), await a_provider(world)
    till = await a_till(world, bank, await world.citizen(1))

    ticket = await till.ticket()
    begun = await clinic.redeem(ticket)
    seen_open = (await till.uses()).uses[0]
    closed = await close(clinic, begun.use.use_id)

    assert begun.region == "320600"
    assert begun.masked_name.startswith("张")
    assert "*" in begun.masked_id_number
    assert begun.level == card_pb2.LEVEL_PAYMENT
    assert begun.use.use_id != ticket
    assert seen_open == begun.use
    assert (await till.uses()).uses[0] == closed
    assert closed.outcome == DONE
    record = await bank.record(till.link)
    assert kinds_of(record)[-3:] == [
        Kind.KIND_TICKET_ISSUED,
        Kind.KIND_TICKET_REDEEMED,
        Kind.KIND_USE_CLOSED,
    ]
    assert [line.place for line in record[:3]] == [
        Kind.PLACE_PROVIDER,
        Kind.PLACE_PROVIDER,
        Kind.PLACE_THIS_CHANNEL,
    ]


@pytest.mark.rule("R61")
async def test_uses_come_newest_first_in_pages_and_begin_anew_with_a_new_serial(
    world: World,
) -> None:
    bank, clinic = await world.channel("bank"), await a_provider(world)
    someone = await world.citizen(1)
    till = await a_till(world, bank, someone)
    made = [(await clinic.redeem(await till.ticket())).use.use_id for _ in range(7)]

    first = await till.uses()
    second = await till.uses(page_token=first.next_page_token)
    await bank.unlink(someone, till.link)
    again = Till(bank, someone, await bank.apply(someone))

    assert [use.use_id for use in (*first.uses, *second.uses)] == made[::-1]
    assert (len(first.uses), second.next_page_token) == (5, "")
    assert list((await again.uses()).uses) == []
    assert await reason(again.uses(page_token=first.next_page_token)) == "PAGE_TOKEN_INVALID"


@pytest.mark.rule("R44", "R61")
async def test_a_bound_members_ticket_dies_with_the_binding_and_is_the_holders_to_see(
    world: World,
) -> None:
    bank, clinic = await world.channel("bank"), await a_provider(world)
    holder, member = await world.citizen(1), await world.citizen(2)
    till = await a_till(world, bank, holder)
    await (await world.channel("wechat")).apply(member)
    await bind(world, holder, member)
    named = binding_id(world.vault, "bank", key_of(world, holder), 77)
    first, second = await till.ticket(binding_id=named), await till.ticket(binding_id=named)

    begun = await clinic.redeem(first)
    await world.write("UPDATE bindings SET end_time = 2")

    assert begun.use.is_for_member
    assert begun.level == card_pb2.LEVEL_QUERY
    assert begun.masked_id_number[-2:] == member.id_number[-2:]
    assert await reason(clinic.redeem(second)) == "TICKET_REVOKED"
    assert (await till.uses()).uses[0].is_for_member


@pytest.mark.rule("R11", "R61")
async def test_an_unlink_in_one_channel_leaves_the_tickets_of_another(world: World) -> None:
    bank, wechat = await world.channel("bank"), await world.channel("wechat")
    clinic, someone = await a_provider(world), await world.citizen(1)
    here = await a_till(world, bank, someone)
    there = Till(wechat, someone, await wechat.apply(someone))
    ticket, dead = await here.ticket(), await there.ticket()

    await wechat.unlink(someone, there.link)

    assert (await clinic.redeem(ticket)).use.service_id == "library"
    assert await reason(clinic.redeem(dead)) == "TICKET_REVOKED"


@pytest.mark.rule("R61")
async def test_a_ticket_that_nobody_redeemed_is_unknown_a_day_later(world: World) -> None:
    bank, clinic = await world.channel("bank"), await a_provider(world)
    till = await a_till(world, bank, await world.citizen(1))
    ticket = await till.ticket()
    redeemed = await clinic.redeem(await till.ticket())

    await world.advance(86_400)
    expired = await reason(clinic.redeem(ticket))
    await world.advance(700)

    assert expired == "TICKET_EXPIRED"
    assert await reason(clinic.redeem(ticket)) == "TICKET_NOT_FOUND"
    assert (await till.uses()).uses[0] == redeemed.use
