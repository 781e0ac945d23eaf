"""Ids, cursors and page tokens: only the platform reads them, and none harms it."""

import pytest
from tests.wire.people import World, reason

from essc.card.v1 import card_service_pb2 as cards
from essc.event.v1 import event_service_pb2 as events
from essc.record.v1 import record_service_pb2 as records
from essc_platform.core.records import CitizenKey
from essc_platform.vault import Vault

CITIZEN = CitizenKey(5, 77)


@pytest.mark.parametrize("text", ["ab", "00" * 15, "00" * 17, "0" * 30 + "  ", "", "zz"])
def test_what_is_no_whole_block_leaves_later_ids_readable(text: str) -> None:
    vault = Vault("cn-test", b"k" * 32)
    link_id = vault.write_id(CITIZEN, 9)

    assert vault.read_cursor("wechat", text) is None
    with pytest.raises(ValueError, match=r".*"):
        vault.read_id(text)

    assert vault.read_id(link_id) == (CITIZEN, 9)


@pytest.mark.rule("R14")
async def test_a_broken_cursor_or_page_token_of_one_channel_harms_no_other(world: World) -> None:
    bank, wechat = await world.channel("bank"), await world.channel("wechat")
    zhang, li = await world.citizen(1), await world.citizen(2)
    link = await wechat.apply(zhang)
    own = await bank.apply(zhang)
    await bank.apply(li)
    page = await bank.do(bank.cards.ListLinks, cards.ListLinksRequest(page_size=1))
    scope = page.next_page_token.partition(".")[0]

    watch = bank.events.WatchEvents(
        events.WatchEventsRequest(cursor="ab"), **bank.peer.options(timeout_s=None)
    )
    assert await reason(watch.read()) == "REQUEST_INVALID"
    request = cards.ListLinksRequest(page_token=f"{scope}.{'0' * 30}  ")
    assert await reason(bank.do(bank.cards.ListLinks, request)) == "PAGE_TOKEN_INVALID"
    of_record = records.ListRecordsRequest(link_id=own.link_id, page_token="abc0")
    assert await reason(bank.do(bank.records.ListRecords, of_record)) == "PAGE_TOKEN_INVALID"

    answer = await wechat.do(wechat.cards.GetCard, cards.GetCardRequest(link_id=link.link_id))
    assert answer.link.link_id == link.link_id


@pytest.mark.rule("R14")
async def test_page_tokens_of_two_channels_show_no_common_holder(world: World) -> None:
    bank, wechat = await world.channel("bank"), await world.channel("wechat")
    zhang, li = await world.citizen(1), await world.citizen(2)
    tokens = []
    for channel in (bank, wechat):
        await channel.apply(zhang)
        await channel.apply(li)
        request = cards.ListLinksRequest(page_size=1)
        first = await channel.do(channel.cards.ListLinks, request)
        request.page_token = first.next_page_token
        second = await channel.do(channel.cards.ListLinks, request)
        assert first.items[0].link.link_id != second.items[0].link.link_id
        tokens.append(first.next_page_token.split("."))

    (scope, place), (other_scope, other_place) = tokens

    assert scope != other_scope
    assert place != other_place


def test_an_id_that_was_never_written_names_a_place_that_any_store_can_look_at() -> None:
    vault = Vault("cn-test", b"k" * 32)

    read = [vault.read_id(f"{place:032x}") for place in range(256)]

    assert max(citizen.bucket for citizen, _ in read) == 1024  # the first at which nothing is
    assert max(citizen.number for citizen, _ in read) < 1 << 63
    assert max(number for _, number in read) < 1 << 48
