"""Every flow, walked by a phone through a channel's real wire."""

from typing import Any

import grpc
import pytest
from tests.wire.channels.conftest import (
    PHONE,
    TRACEPARENT,
    WALLET_PASSWORD,
    ZHANG,
    MakeStand,
    Phone,
    Stand,
)
from tests.wire.channels.fake_platform import Holder

from essc.admin.v1 import party_pb2
from essc.channel.v1 import channel_pb2
from essc.event.v1 import event_pb2
from essc.family.v1 import family_pb2
from essc.identity.v1 import identity_pb2
from essc.lab.v1 import lab_service_pb2, lab_service_pb2_grpc
from essc.record.v1 import record_service_pb2
from essc.settlement.v1 import order_pb2
from essc_channels.core.card_errands import Relation
from essc_channels.core.channel_profiles import ChannelClass, Edition, VouchKind
from essc_channels.core.flow_kinds import FlowKind, FlowState, Purpose
from essc_channels.core.lines import ORDER_STATES
from essc_channels.core.panels import PanelState
from essc_channels.core.record_texts import PLACES, RECORDS
from essc_channels.core.records import EventKind
from essc_wire.refusals import reason_of

APPLY = channel_pb2.FLOW_KIND_APPLY
UNLINK = channel_pb2.FLOW_KIND_UNLINK
Panel, Flow = channel_pb2.Panel, channel_pb2.Flow


async def opened(stand: Stand) -> tuple[Holder, Phone]:
    holder = stand.fake.add(*ZHANG)
    await stand.put_account(holder)
    return holder, await stand.signed_in()


async def holding(stand: Stand) -> tuple[Holder, Phone]:
    holder, phone = await opened(stand)
    if stand.config.profile.id == "wechat":
        phone.choice = "TEXT_MESSAGE"
    flow = await phone.walk(APPLY)
    assert flow.state == Flow.STATE_COMPLETED, flow
    return holder, phone


@pytest.mark.rule("R20", "R21")
@pytest.mark.parametrize(
    ("profile", "choice", "vouch_answer", "check"),
    [
        ("wechat", "TEXT_MESSAGE", "", ["choice", "text_code"]),
        ("wechat", "WALLET_PASSWORD", WALLET_PASSWORD, ["choice", "vouch"]),
        ("alipay", "", "yes", ["vouch"]),
        ("nantong", "", "", []),
        ("jiangsu", "", "", []),
        ("portal", "", "", []),
    ],
)
async def test_applying_in_each_channel_by_its_own_check(
    make_stand: MakeStand, profile: str, choice: str, vouch_answer: str, check: list[str]
) -> None:
    stand = await make_stand(profile)
    _, phone = await opened(stand)
    phone.choice, phone.vouch_answer = choice, vouch_answer
    before = await phone.home()

    flow = await phone.walk(APPLY)

    assert before.state == Panel.STATE_NOT_OPENED
    assert before.title.zh == "电子社保卡 待开通"
    assert phone.steps == [*check, "consent", "face", "consent", "consent"]
    assert flow.state == Flow.STATE_COMPLETED
    assert flow.panel.state == Panel.STATE_USABLE
    assert flow.panel.card.masked_name == "张*"
    assert await phone.home() == flow.panel


@pytest.mark.rule("R21")
async def test_the_bank_sends_a_code_to_the_reserved_phone(make_stand: MakeStand) -> None:
    stand = await make_stand("bank-east")
    _, phone = await opened(stand)
    inbox = lab_service_pb2_grpc.PhoneServiceStub(stand.lab().channel)

    flow = await phone.start(APPLY)
    assert flow.step.vouch.masked_phone == "111****0001"
    wrong = await phone.answer(flow, vouch_answer="000000")
    assert (wrong.step.last_reason, wrong.step.tries_left) == ("VOUCHING_FAILED", 4)
    assert wrong.step.step_id == flow.step.step_id
    listed = await inbox.ListMessages(lab_service_pb2.ListMessagesRequest(phone=PHONE), timeout=5)
    code = "".join(filter(str.isdigit, listed.messages[0].text))
    after = await phone.answer(wrong, vouch_answer=code)

    assert after.step.consent.button.zh == "授权领取"
    assert len(listed.messages) == 1


@pytest.mark.rule("R20")
async def test_a_refused_application_ends_the_flow_with_the_reason(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    holder, phone = await opened(stand)
    holder.blocked_reason = "PHYSICAL_CARD_LOST"

    flow = await phone.walk(APPLY)

    assert flow.state == Flow.STATE_FAILED
    assert flow.reason == "PHYSICAL_CARD_LOST"
    assert flow.reason_text.zh == "实体社保卡已挂失。"
    assert flow.panel.state == Panel.STATE_NOT_OPENED


@pytest.mark.rule("R20")
async def test_who_does_not_consent_gets_nothing(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    _, phone = await opened(stand)

    flow = await phone.answer(await phone.start(APPLY), consented=False)

    assert (flow.state, flow.reason) == (Flow.STATE_FAILED, "CONSENT_DECLINED")
    assert stand.fake.asked["Apply"] == 0


@pytest.mark.rule("R20")
async def test_abandoned_after_issuing_the_panel_asks_for_the_display(
    make_stand: MakeStand,
) -> None:
    stand = await make_stand("nantong")
    _, phone = await opened(stand)
    flow = await phone.start(APPLY)
    for _ in range(3):
        flow = await phone.answer(flow)
    assert flow.step.consent.button.zh == "立即授权"

    declined = await phone.answer(flow, consented=False)
    home = await phone.home()
    shown = await phone.walk(channel_pb2.FLOW_KIND_CONSENT_TO_DISPLAY)

    assert declined.reason == "CONSENT_DECLINED"
    assert home.state == Panel.STATE_AWAITING_DISPLAY_CONSENT
    assert not home.HasField("card")
    assert shown.panel.state == Panel.STATE_USABLE


@pytest.mark.rule("R22", "R25")
async def test_wrong_answers_repeat_the_step_until_the_tries_are_gone(
    make_stand: MakeStand,
) -> None:
    stand = await make_stand("nantong")
    _, phone = await opened(stand)
    flow = await phone.answer(await phone.start(APPLY))

    seen = []
    while flow.state == Flow.STATE_OPEN:
        flow = await phone.answer(flow, face_capture=b"somebody else")
        seen.append((flow.step.last_reason, flow.step.tries_left, flow.step.face.digits))

    assert seen[:2] == [("FACE_MISMATCH", 2, "4071"), ("FACE_MISMATCH", 1, "4071")]
    assert (flow.state, flow.reason) == (Flow.STATE_FAILED, "FACE_MISMATCH")


@pytest.mark.rule("R20")
async def test_an_outdated_consent_is_asked_anew_with_the_new_text(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    _, phone = await opened(stand)
    flow = await phone.answer(await phone.answer(await phone.start(APPLY)))
    assert flow.step.consent.version == "2026-01"
    stand.fake.consent_version = "2027-01"

    again = await phone.answer(flow)
    done = await phone.answer(again)

    assert again.step.last_reason == "CONSENT_OUTDATED"
    assert again.step.consent.version == "2027-01"
    assert again.step.step_id != flow.step.step_id
    assert done.step.consent.button.zh == "立即授权"


@pytest.mark.rule("R20")
async def test_the_holder_of_several_cards_chooses_the_region(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    holder, phone = await opened(stand)
    holder.regions = ("320100", "320600")

    flow = await phone.walk(APPLY)

    assert phone.steps == ["consent", "face", "consent", "choice", "consent"]
    assert flow.state == Flow.STATE_COMPLETED


@pytest.mark.rule("R7")
async def test_a_region_is_called_by_its_name_or_else_by_its_code(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    holder, phone = await opened(stand)
    holder.regions = ("320600", "431222", "110100")

    flow = await phone.start(APPLY)
    while flow.step.WhichOneof("kind") != "choice":
        flow = await phone.answer(flow)

    assert [
        (option.choice_id, option.label.zh, option.label.en) for option in flow.step.choice.options
    ] == [
        ("320600", "南通", "Nantong"),
        ("431222", "沅陵", "Yuanling"),
        ("110100", "110100", "110100"),
    ]


@pytest.mark.rule("R10")
async def test_a_card_that_is_held_already_is_found_again(make_stand: MakeStand) -> None:
    stand = await make_stand("wechat")
    holder, _ = await holding(stand)
    await stand.put_account(holder, "zhang-again")
    second = await stand.signed_in("zhang-again")
    second.choice = "TEXT_MESSAGE"
    assert (await second.home()).state == Panel.STATE_NOT_OPENED

    flow = await second.walk(APPLY)

    assert flow.state == Flow.STATE_COMPLETED
    assert flow.panel.state == Panel.STATE_USABLE
    assert holder.link is not None
    assert holder.link.serial == 1


@pytest.mark.rule("R12", "R13")
@pytest.mark.parametrize(("choice", "step"), [("FACE", "face"), ("TEXT_MESSAGE", "text_code")])
async def test_unlinking_and_applying_again(make_stand: MakeStand, choice: str, step: str) -> None:
    stand = await make_stand("wechat")
    holder, phone = await holding(stand)
    phone.choice = choice

    gone = await phone.walk(UNLINK)
    steps = phone.steps
    phone.choice = "TEXT_MESSAGE"
    back = await phone.walk(APPLY)

    assert steps == ["choice", step]
    assert gone.panel.state == Panel.STATE_NOT_OPENED
    assert back.panel.state == Panel.STATE_USABLE
    assert holder.link is not None
    assert holder.link.serial == 2


@pytest.mark.rule("R24")
async def test_the_password_is_set_changed_reset_and_unlinks(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    holder, phone = await holding(stand)
    assert channel_pb2.FLOW_KIND_SET_PASSWORD in (await phone.home()).offered_flows

    await phone.walk(channel_pb2.FLOW_KIND_SET_PASSWORD)
    assert (phone.steps, holder.password) == (["face", "card_password"], "205817")
    phone.new_password = "938271"
    await phone.walk(channel_pb2.FLOW_KIND_CHANGE_PASSWORD)
    assert (phone.steps, holder.password) == (["card_password"] * 2, "938271")
    phone.new_password = "461930"
    await phone.walk(channel_pb2.FLOW_KIND_RESET_PASSWORD)
    assert (phone.steps, holder.password) == (["text_code", "face", "card_password"], "461930")
    phone.choice, phone.old_password = "CARD_PASSWORD", "461930"
    gone = await phone.walk(UNLINK)

    assert phone.steps == ["choice", "card_password"]
    assert gone.panel.state == Panel.STATE_NOT_OPENED


@pytest.mark.rule("R24")
async def test_a_simple_password_repeats_the_step(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    holder, phone = await holding(stand)
    flow = await phone.answer(await phone.start(channel_pb2.FLOW_KIND_SET_PASSWORD))

    again = await phone.answer(flow, card_password="123456")
    done = await phone.answer(again)

    assert again.step.last_reason == "PASSWORD_TOO_SIMPLE"
    assert again.step.card_password.is_new
    assert done.state == Flow.STATE_COMPLETED
    assert holder.password == "205817"


@pytest.mark.rule("R8")
async def test_showing_the_card_gives_the_signed_card(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    _, phone = await holding(stand)

    flow = await phone.start(channel_pb2.FLOW_KIND_SHOW_CARD)
    done = await phone.answer(flow)

    assert flow.step.show_card.signed_card.signature == b"signature"
    assert flow.step.show_card.card.masked_name == "张*"
    assert done.state == Flow.STATE_COMPLETED


@pytest.mark.rule("R93")
async def test_the_own_record_reads_in_words(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    _, phone = await holding(stand)
    from essc.channel.v1 import channel_service_pb2

    request = channel_service_pb2.ListRecordsRequest(page_size=2)
    page = await phone.stub.ListRecords(request, **phone.options())

    first, second = page.entries
    assert (first.kind, first.place.zh) == ("KIND_LINK_ACTIVATED", "本渠道")
    assert first.text.zh == "电子社保卡领取"
    assert (second.text.zh, second.place.zh) == ("其他变更", "其他渠道")
    assert page.next_page_token == "more"


async def test_the_phones_trace_goes_on_to_the_platform(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    _, phone = await opened(stand)

    await phone.home()

    assert TRACEPARENT in stand.fake.traceparents


@pytest.mark.rule("R15")
async def test_a_suspended_channel_says_so(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    _, phone = await holding(stand)
    from essc_wire.refusals import Refusal

    stand.fake.refusing["GetCard"] = Refusal("CHANNEL_NOT_LIVE")

    home = await phone.home()
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await phone.start(UNLINK)

    assert (home.state, home.reason) == (Panel.STATE_UNKNOWN, "CHANNEL_NOT_LIVE")
    assert reason_of(refused.value) == "CHANNEL_NOT_LIVE"


@pytest.mark.rule("R21")
async def test_a_vouch_step_says_how_many_answers_are_left(make_stand: MakeStand) -> None:
    stand = await make_stand("bank-east")
    _, phone = await opened(stand)

    first = await phone.start(APPLY)
    again = await phone.answer(first, vouch_answer="000000")

    assert first.step.WhichOneof("kind") == "vouch"
    assert (first.step.tries_left, again.step.tries_left) == (5, 4)


@pytest.mark.rule("R93")
def test_every_kind_and_place_of_the_record_has_its_words() -> None:
    kinds, places = record_service_pb2.Record.Kind, record_service_pb2.Record.Place

    assert set(RECORDS) == {name for name, number in kinds.items() if number}
    assert set(PLACES) == {name for name, number in places.items() if number}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (FlowKind, channel_pb2.FlowKind),
        (FlowState, channel_pb2.Flow.State),
        (PanelState, channel_pb2.Panel.State),
        (Edition, channel_pb2.Edition),
        (Purpose, identity_pb2.Purpose),
        (VouchKind, identity_pb2.VouchKind),
        (Relation, family_pb2.Relation),
        (EventKind, event_pb2.Event.Kind),
        (ChannelClass, party_pb2.ChannelClass),
    ],
)
def test_the_channels_numbers_are_those_of_the_contract(ours: Any, theirs: Any) -> None:
    numbered = {number: name for name, number in theirs.items() if number}

    assert [member.value for member in ours] == list(numbered)
    for member in ours:
        assert numbered[member.value].endswith(member.name)


def test_what_orders_and_uses_can_be_has_its_words() -> None:
    states = {name for name, number in order_pb2.Order.State.items() if number}

    assert set(ORDER_STATES) == states
