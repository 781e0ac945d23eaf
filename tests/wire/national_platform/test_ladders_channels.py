"""Ladders of the channels' registration and life, and of the record that they show."""

from typing import Any

import pytest
from tests.wire import people
from tests.wire.ladders import UNKNOWN, Ladder, ask_of, climbs
from tests.wire.people import FACE, FIND_LINK, TEXT_MESSAGE, WALLET, World, new_id
from tests.wire.people_channels import ACCOUNT, VIEW_RECORDS

from essc.admin.v1 import channel_admin_service_pb2 as pb
from essc.admin.v1 import party_pb2
from essc.record.v1 import record_service_pb2 as records
from essc_wire.keys import new_key

CHANNELS, RECORDS = "essc.admin.v1.ChannelAdminService.", "essc.record.v1.RecordService."

STEPS: list[tuple[str, type[Any], dict[str, Any]]] = [
    ("PassTest", pb.PassTestRequest, {"test": 2}),
    ("GoLive", pb.GoLiveRequest, {}),
    ("SuspendChannel", pb.SuspendChannelRequest, {}),
    ("ResumeChannel", pb.ResumeChannelRequest, {}),
    ("ExitChannel", pb.ExitChannelRequest, {}),
]


def registration(**changes: Any) -> pb.RegisterChannelRequest:
    key = new_key()
    values: dict[str, Any] = {
        "request_id": new_id(),
        "channel_id": "pond",
        "display_name": "池塘",
        "channel_class": party_pb2.CHANNEL_CLASS_SOCIAL,
        "key": party_pb2.PartyKey(key_id="k1", public_key=key.public_bytes),
    }
    return pb.RegisterChannelRequest(**(values | changes))


@climbs(CHANNELS + "RegisterChannel")
@pytest.mark.rule("R15")
async def test_registering(world: World) -> None:
    operator, used = world.operator, new_id()
    stub = operator.channels
    await operator.do(stub.RegisterChannel, registration(request_id=used, vouch_kinds=[WALLET]))
    ladder = Ladder(CHANNELS + "RegisterChannel", ask_of(operator, stub.RegisterChannel))

    under = {"tier": 2, "parent_channel_id": "nowhere", "shows_all_channels": True}
    await ladder.step("REQUEST_INVALID", registration(vouch_kinds=[1, 1], **under))
    await ladder.step("REQUEST_ID_REUSED", registration(request_id=used, **under))
    await ladder.step("PARTY_EXISTS", registration(channel_id="bureau", **under))
    await ladder.step("CHANNEL_PARENT_FORBIDS", registration(channel_id="puddle", **under))
    ladder.top()


@pytest.mark.rule("R15")
@pytest.mark.parametrize(
    "wrong",
    [{"tier": 2}, {"parent_channel_id": "pond"}, {"tier": 1, "parent_channel_id": "pond"}],
    ids=["no parent", "no tier", "tier 1"],
)
async def test_a_parent_goes_with_tier_2_and_with_no_other(
    world: World, wrong: dict[str, Any]
) -> None:
    register = world.operator.channels.RegisterChannel

    refused = await people.refused(world.operator.do(register, registration(**wrong)))

    assert refused.reason == "REQUEST_INVALID"
    assert [each.field for each in refused.violations] == ["parent_channel_id"]


@pytest.mark.rule("R15")
async def test_a_channel_of_tier_2_may_do_no_more_than_its_parent(world: World) -> None:
    operator = world.operator
    stub = operator.channels
    await operator.do(stub.RegisterChannel, registration(vouch_kinds=[WALLET]))

    async def forbidden(**changes: Any) -> str:
        under = {"channel_id": "drop", "tier": 2, "parent_channel_id": "pond"}
        request = registration(**(under | changes))
        refused = await people.refused(operator.do(stub.RegisterChannel, request))
        assert refused.reason == "CHANNEL_PARENT_FORBIDS"
        return refused.details["forbidden"]

    assert await forbidden(parent_channel_id="bureau") == "parent_channel_id"
    assert await forbidden(vouch_kinds=[WALLET, ACCOUNT]) == "vouch_kinds"
    assert await forbidden(receives_new_cards=True) == "receives_new_cards"
    assert await forbidden(shows_all_channels=True) == "shows_all_channels"
    below = registration(
        channel_id="puddle", tier=2, parent_channel_id="pond", vouch_kinds=[WALLET]
    )
    answer = await operator.do(stub.RegisterChannel, below)
    assert (answer.channel.tier, answer.channel.parent_channel_id) == (2, "pond")
    assert await forbidden(parent_channel_id="puddle") == "parent_channel_id"
    await operator.do(stub.ExitChannel, pb.ExitChannelRequest(channel_id="pond"))
    assert await forbidden() == "parent_channel_id"


@climbs(
    CHANNELS + "ListChannels",
    CHANNELS + "GetChannel",
    *(CHANNELS + name for name, _, _ in STEPS),
)
@pytest.mark.rule("R15")
async def test_leading_and_listing(world: World) -> None:
    operator, used = world.operator, new_id()
    stub = operator.channels
    await operator.do(stub.RegisterChannel, registration(request_id=used))

    for name, message, more in STEPS:
        if name == "ExitChannel":
            await operator.do(stub.ExitChannel, pb.ExitChannelRequest(channel_id="pond"))
        ladder = Ladder(CHANNELS + name, ask_of(operator, getattr(stub, name)))
        await ladder.step("REQUEST_INVALID", message(request_id=new_id(), **more))
        reused = message(request_id=used, channel_id="bureau", **more)
        await ladder.step("REQUEST_ID_REUSED", reused)
        no_channel = message(request_id=new_id(), channel_id="bureau", **more)
        await ladder.step("PARTY_NOT_FOUND", no_channel)
        too_early = message(request_id=new_id(), channel_id="pond", **more)
        await ladder.step("CHANNEL_STATE_FORBIDS", too_early)
        ladder.top()

    ladder = Ladder(CHANNELS + "ListChannels", ask_of(operator, stub.ListChannels))
    await ladder.step("REQUEST_INVALID", pb.ListChannelsRequest(page_size=-1))
    await ladder.step("PAGE_TOKEN_INVALID", pb.ListChannelsRequest(page_token="1"))
    ladder.top()
    ladder = Ladder(CHANNELS + "GetChannel", ask_of(operator, stub.GetChannel))
    await ladder.step("REQUEST_INVALID", pb.GetChannelRequest())
    await ladder.step("PARTY_NOT_FOUND", pb.GetChannelRequest(channel_id="bureau"))
    ladder.top()


@climbs(RECORDS + "ListRecords")
@pytest.mark.rule("R14", "R23", "R93")
async def test_listing_records(world: World) -> None:
    portal = await world.channel("portal", shows_all_channels=True)
    bank = await world.channel("bank")
    zhang, li = await world.citizen(1), await world.citizen(2)
    application = await portal.application(zhang)
    used = application.identity_proof
    link = (await portal.do(portal.cards.Apply, application)).link
    in_bank = await bank.apply(zhang)
    ended = await portal.unlink(li, await portal.apply(li))
    of_other_link = await portal.apply(await world.citizen(3))
    first = await portal.do(
        portal.records.ListRecords, records.ListRecordsRequest(link_id=link.link_id, page_size=1)
    )
    ladder = Ladder(RECORDS + "ListRecords", ask_of(portal, portal.records.ListRecords))

    def list_(link_id: str, proof: str = UNKNOWN) -> records.ListRecordsRequest:
        return records.ListRecordsRequest(
            link_id=link_id, page_token=first.next_page_token, face_proof=proof
        )

    async def with_proof(wanted: str, proof: str) -> None:
        await ladder.step(wanted, list_(of_other_link.link_id, proof))

    await ladder.step("REQUEST_INVALID", list_("1"))
    await ladder.step("LINK_NOT_FOUND", list_(UNKNOWN))
    await ladder.step("LINK_NOT_ACTIVE", list_(ended.link_id))
    in_bank_request = list_(in_bank.link_id)
    ladder.note(
        "CALLER_NOT_ALLOWED",
        await people.refused(bank.do(bank.records.ListRecords, in_bank_request)),
    )
    await with_proof("PROOF_UNKNOWN", await bank.proof(zhang, FACE, VIEW_RECORDS))
    await with_proof("PROOF_USED", used)
    old = await portal.proof(zhang, FACE, VIEW_RECORDS)
    await world.advance(10 * people.MINUTE)
    await with_proof("PROOF_EXPIRED", old)
    proof = await portal.proof(li, TEXT_MESSAGE, FIND_LINK)
    await with_proof("PROOF_FOR_OTHER_PURPOSE", proof)
    proof = await portal.proof(li, TEXT_MESSAGE, VIEW_RECORDS)
    await with_proof("PROOF_OF_OTHER_METHOD", proof)
    await with_proof("PROOF_FOR_OTHER_PERSON", await portal.proof(li, FACE, VIEW_RECORDS))
    await with_proof("PAGE_TOKEN_INVALID", await portal.proof(people.person(3), FACE, VIEW_RECORDS))
    ladder.top()
