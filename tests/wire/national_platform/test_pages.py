"""A list's last page says that it is the last, however full it is; and an id has one meaning."""

import pytest
from tests.wire.people import World, copy, reason

from essc.card.v1 import card_service_pb2 as cards
from essc.record.v1 import record_service_pb2 as records


@pytest.mark.parametrize(("size", "pages"), [(1, [1, 1, 1]), (2, [2, 1]), (3, [3]), (4, [3])])
async def test_a_page_that_is_just_full_promises_no_other(
    world: World, size: int, pages: list[int]
) -> None:
    bank = await world.channel("bank")
    for place in (1, 2, 3):
        await bank.apply(await world.citizen(place))

    found, token = [], ""
    while True:
        request = cards.ListLinksRequest(page_size=size, page_token=token)
        answer = await bank.do(bank.cards.ListLinks, request)
        found.append(len(answer.items))
        token = answer.next_page_token
        if not token:
            break

    assert found == pages


async def test_a_full_page_of_the_record_promises_no_other(world: World) -> None:
    bank = await world.channel("bank")
    link = await bank.apply(await world.citizen(1))
    count = len(await bank.record(link))

    request = records.ListRecordsRequest(link_id=link.link_id, page_size=count)
    answer = await bank.do(bank.records.ListRecords, request)

    assert len(answer.records) == count
    assert answer.next_page_token == ""


@pytest.mark.rule("R91")
async def test_a_request_id_is_the_same_in_upper_case(world: World) -> None:
    bank = await world.channel("bank")
    zhang = await world.citizen(1)
    link = await bank.apply(zhang)
    request = await bank.unlinking(zhang, link)
    upper = copy(request, request_id=request.request_id.upper())

    first = await bank.do(bank.cards.Unlink, request)

    assert await bank.do(bank.cards.Unlink, upper) == first
    other = copy(upper, serial=link.serial + 1)
    assert await reason(bank.do(bank.cards.Unlink, other)) == "REQUEST_ID_REUSED"
