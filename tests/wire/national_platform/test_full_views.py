"""The record of a person with the names of all channels (R93)."""

import pytest
from tests.wire.people import FACE, MINUTE, World, reason
from tests.wire.people_channels import VIEW_RECORDS

from essc.record.v1 import record_service_pb2 as records

Record = records.Record


@pytest.mark.rule("R14", "R93")
async def test_a_channel_that_may_shows_all_names_after_a_face_check(world: World) -> None:
    portal = await world.channel("portal", shows_all_channels=True, display_name="国家平台")
    bank = await world.channel("bank", display_name="江海银行")
    zhang = await world.citizen(1)
    await bank.apply(zhang)
    link = await portal.apply(zhang)
    proof = await portal.proof(zhang, FACE, VIEW_RECORDS, link_id=link.link_id)

    async def full(token: str = "") -> records.ListRecordsResponse:
        request = records.ListRecordsRequest(
            link_id=link.link_id, page_size=2, page_token=token, face_proof=proof
        )
        answer: records.ListRecordsResponse = await portal.do(portal.records.ListRecords, request)
        return answer

    # The proof stays good for further pages.
    first = await full()
    second = await full(first.next_page_token)
    third = await full(second.next_page_token)

    seen = [
        (line.kind, line.place, line.channel_name)
        for page in (first, second, third)
        for line in page.records
    ]
    assert seen == [
        (Record.KIND_LINK_ACTIVATED, Record.PLACE_THIS_CHANNEL, "国家平台"),
        (Record.KIND_LINK_ACTIVATED, Record.PLACE_ANOTHER_CHANNEL, "江海银行"),
        (Record.KIND_CARD_ISSUED, Record.PLACE_ANOTHER_CHANNEL, "江海银行"),
        (Record.KIND_PHYSICAL_CARD_ISSUED, Record.PLACE_BUREAU, ""),
        (Record.KIND_CITIZEN_REGISTERED, Record.PLACE_BUREAU, ""),
    ]
    assert third.next_page_token == ""
    await world.advance(10 * MINUTE)
    assert await reason(full()) == "PROOF_EXPIRED"


@pytest.mark.rule("R14", "R93")
async def test_without_a_proof_nobody_sees_a_name(world: World) -> None:
    portal = await world.channel("portal", shows_all_channels=True)
    bank = await world.channel("bank")
    zhang = await world.citizen(1)
    links = [(channel, await channel.apply(zhang)) for channel in (portal, bank)]

    for channel, link in links:
        assert {line.channel_name for line in await channel.record(link)} == {""}


@pytest.mark.rule("R93")
async def test_a_channel_that_may_not_show_all_names_is_refused_whatever_the_proof(
    world: World,
) -> None:
    bank = await world.channel("bank")
    zhang = await world.citizen(1)
    link = await bank.apply(zhang)
    proof = await bank.proof(zhang, FACE, VIEW_RECORDS)

    request = records.ListRecordsRequest(link_id=link.link_id, face_proof=proof)

    assert await reason(bank.do(bank.records.ListRecords, request)) == "CALLER_NOT_ALLOWED"
