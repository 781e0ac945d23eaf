"""What is done with a card, walked by a phone: codes, levels, family, services, orders."""

import grpc
import pytest
from sqlalchemy import text
from tests.wire.channels.conftest import GRANDMOTHER, PHONE, ZHANG, MakeStand, Phone, Stand
from tests.wire.channels.fake_errands import CARD_PHOTO, Binding
from tests.wire.channels.fake_platform import FACE, PASSWORD, Holder

from essc.card.v1 import card_pb2
from essc.channel.v1 import channel_pb2 as channel
from essc.family.v1 import family_pb2
from essc.settlement.v1 import order_pb2
from essc_wire.clock import new_request_id
from essc_wire.refusals import Refusal, reason_of

Flow, Panel = channel.Flow, channel.Panel


async def holding(make_stand: MakeStand, profile: str = "nantong") -> tuple[Stand, Holder, Phone]:
    """A holder with a card password whose card is shown in the channel."""
    stand = await make_stand(profile)
    holder = stand.fake.add(*ZHANG)
    await stand.put_account(holder)
    phone = await stand.signed_in()
    phone.choice = "TEXT_MESSAGE"
    flow = await phone.walk(channel.FLOW_KIND_APPLY)
    assert flow.state == Flow.STATE_COMPLETED, flow
    holder.password = PASSWORD
    phone.choice = ""
    return stand, holder, phone


async def with_grandmother(make_stand: MakeStand) -> tuple[Stand, Holder, Phone]:
    """The same, with a member."""
    stand, holder, phone = await holding(make_stand)
    stand.fake.add(*GRANDMOTHER)
    flow = await phone.walk(channel.FLOW_KIND_ADD_MEMBER)
    assert flow.state == Flow.STATE_COMPLETED, flow
    return stand, holder, phone


def notes(step: channel.Step) -> list[tuple[str, str]]:
    return [(line.text.zh, line.note.zh) for line in step.lines.lines]


# --- codes ---


@pytest.mark.rule("R30", "R33")
async def test_the_first_code_on_a_device_needs_a_text_message_and_the_next_does_not(
    make_stand: MakeStand,
) -> None:
    _, _, phone = await holding(make_stand)

    first = await phone.walk(channel.FLOW_KIND_SHOW_CODE)
    steps = phone.steps
    second = await phone.start(channel.FLOW_KIND_SHOW_CODE)

    assert first.state == Flow.STATE_COMPLETED
    assert steps == ["text_code", "code"]
    assert second.step.WhichOneof("kind") == "code"
    assert len(second.step.code.code) == 32
    assert second.step.code.picture_svg.startswith("<svg")
    assert second.step.code.for_whom.zh == "本人"
    assert second.step.HasField("expire_time")


@pytest.mark.rule("R33", "R14")
async def test_the_platform_learns_of_a_device_by_a_digest(make_stand: MakeStand) -> None:
    stand, _, phone = await holding(make_stand)

    await phone.walk(channel.FLOW_KIND_SHOW_CODE)

    ((_, device),) = stand.fake.errands.devices
    assert "phone-1" not in device
    assert len(device) == 32


@pytest.mark.rule("R33")
async def test_a_wrong_code_of_the_text_message_is_asked_again(make_stand: MakeStand) -> None:
    _, _, phone = await holding(make_stand)

    flow = await phone.start(channel.FLOW_KIND_SHOW_CODE)
    again = await phone.answer(flow, text_code="000000")

    assert flow.step.last_reason == ""
    assert again.step.last_reason == "TEXT_CODE_WRONG"
    assert again.step.tries_left == 2


@pytest.mark.rule("R91", "R92")
async def test_a_repeat_shows_the_same_code_again_and_no_table_holds_it(
    make_stand: MakeStand,
) -> None:
    stand, _, phone = await holding(make_stand)
    await phone.walk(channel.FLOW_KIND_SHOW_CODE)
    start_id = new_request_id()

    shown = await phone.start(channel.FLOW_KIND_SHOW_CODE, start_id)
    again = await phone.start(channel.FLOW_KIND_SHOW_CODE, start_id)
    tables = everything_in(stand)
    await phone.answer(shown)
    with pytest.raises(grpc.aio.AioRpcError) as too_late:
        await phone.start(channel.FLOW_KIND_SHOW_CODE, start_id)

    assert again == shown
    assert shown.step.code.code.encode() not in tables
    assert reason_of(too_late.value) == "FLOW_ENDED"


# --- levels and losses ---


@pytest.mark.rule("R26")
@pytest.mark.parametrize(
    ("profile", "steps"), [("nantong", ["text_code"]), ("bank-east", ["vouch"])]
)
async def test_a_level_is_raised_by_the_banks_phone_and_lowered_by_a_word(
    make_stand: MakeStand, profile: str, steps: list[str]
) -> None:
    stand, phone = await raised(make_stand, profile)
    raised_by = phone.steps
    home = await phone.home()

    lowered = await phone.walk(channel.FLOW_KIND_LOWER_LEVEL)

    assert raised_by == steps
    assert home.level == card_pb2.LEVEL_PAYMENT
    assert channel.FLOW_KIND_PAY in home.offered_flows
    assert lowered.panel.level == card_pb2.LEVEL_QUERY
    assert channel.FLOW_KIND_PAY not in lowered.panel.offered_flows
    assert stand.fake.asked["LowerLevel"] == 1


async def raised(make_stand: MakeStand, profile: str) -> tuple[Stand, Phone]:
    """A holder with the payment level, by whichever phone the channel's bank or ours asks."""
    if profile != "bank-east":
        stand, _, phone = await holding(make_stand, profile)
        assert (await phone.walk(channel.FLOW_KIND_RAISE_LEVEL)).state == Flow.STATE_COMPLETED
        return stand, phone
    stand = await make_stand(profile)
    holder = stand.fake.add(*ZHANG)
    await stand.put_account(holder)
    phone = await stand.signed_in()
    for kind in (channel.FLOW_KIND_APPLY, channel.FLOW_KIND_RAISE_LEVEL):
        flow = await phone.start(kind)
        phone.steps = [flow.step.WhichOneof("kind") or ""]
        phone.vouch_answer = await stand.newest_code(PHONE)
        while flow.state == Flow.STATE_OPEN:
            flow = await phone.answer(flow)
        assert flow.state == Flow.STATE_COMPLETED, flow
    return stand, phone


@pytest.mark.rule("R26")
async def test_a_wrong_code_of_the_banks_phone_is_asked_again(make_stand: MakeStand) -> None:
    _, _, phone = await holding(make_stand)

    flow = await phone.start(channel.FLOW_KIND_RAISE_LEVEL)
    again = await phone.answer(flow, text_code="000000")

    assert flow.step.text_code.masked_phone == "111****0002"
    assert again.step.last_reason == "TEXT_CODE_WRONG"


@pytest.mark.rule("R26")
async def test_a_level_that_the_platform_does_not_raise_ends_the_flow_with_the_reason(
    make_stand: MakeStand,
) -> None:
    stand, _, phone = await holding(make_stand)
    stand.fake.refusing["RaiseLevel"] = Refusal("BANK_DIFFERS")

    flow = await phone.walk(channel.FLOW_KIND_RAISE_LEVEL)

    assert (flow.state, flow.reason) == (Flow.STATE_FAILED, "BANK_DIFFERS")


@pytest.mark.rule("R3")
@pytest.mark.parametrize(("policy", "is_offered"), [("block", False), ("holder_consent", True)])
async def test_a_lost_card_can_be_opened_where_the_national_policy_says_so(
    make_stand: MakeStand, policy: str, is_offered: bool
) -> None:
    stand, holder, phone = await holding(make_stand)
    stand.fake.errands.loss_policy = policy
    stand.fake.block(holder, "PHYSICAL_CARD_LOST")

    home = await phone.home()

    assert home.state == Panel.STATE_BLOCKED
    assert (channel.FLOW_KIND_ALLOW_WHILE_LOST in home.offered_flows) is is_offered
    assert channel.FLOW_KIND_SHOW_CODE not in home.offered_flows
    assert channel.FLOW_KIND_VIEW_FAMILY in home.offered_flows
    if not is_offered:
        return
    flow = await phone.start(channel.FLOW_KIND_ALLOW_WHILE_LOST)
    again = await phone.answer(flow, face_capture=b"somebody else")
    opened = await phone.answer(again)
    assert again.step.last_reason == "FACE_MISMATCH"
    assert opened.panel.state == Panel.STATE_USABLE
    assert opened.panel.HasField("allow_until_time")
    assert opened.panel.card.blocked_reason == "PHYSICAL_CARD_LOST"
    assert channel.FLOW_KIND_SHOW_CODE in opened.panel.offered_flows


@pytest.mark.rule("R3", "R9")
async def test_an_ended_card_leaves_open_what_needs_no_good_card(make_stand: MakeStand) -> None:
    stand, holder, phone = await holding(make_stand, "portal")
    stand.fake.add(*GRANDMOTHER)
    await phone.walk(channel.FLOW_KIND_ADD_MEMBER)
    stand.fake.cancel(holder)

    home = await phone.home()
    removed = await phone.walk(channel.FLOW_KIND_REMOVE_MEMBER)
    records = await phone.walk(channel.FLOW_KIND_VIEW_RECORDS)
    certified = await phone.start(channel.FLOW_KIND_VIEW_CERTIFICATIONS)
    password = await phone.start(channel.FLOW_KIND_CHANGE_PASSWORD)

    assert (home.state, len(home.members)) == (Panel.STATE_ENDED, 1)
    assert channel.FLOW_KIND_SHOW_CODE not in home.offered_flows
    assert removed.state == records.state == Flow.STATE_COMPLETED
    assert certified.step.WhichOneof("kind") == "lines"
    assert password.step.WhichOneof("kind") == "card_password"


# --- family ---


@pytest.mark.rule("R41", "R43")
async def test_a_grown_member_is_added_in_the_order_of_the_source(make_stand: MakeStand) -> None:
    stand, holder, phone = await holding(make_stand)
    stand.fake.add(*GRANDMOTHER)
    phone.choice = "父母"

    flow = await phone.walk(channel.FLOW_KIND_ADD_MEMBER)

    assert phone.steps == [
        "card_password",
        "consent",
        "choice",
        "form",
        "photo",
        "consent",
        "face",
    ]
    (card,) = flow.panel.members
    assert (card.masked_name, card.relation_text.zh) == ("王*", "父母")
    assert card.card.state == card_pb2.Card.STATE_USABLE
    assert (await phone.home()).members == flow.panel.members
    assert len(stand.fake.errands.bindings[holder.id_number]) == 1


@pytest.mark.rule("R41")
async def test_a_child_shows_a_photo_of_the_face_instead_of_the_living_face(
    make_stand: MakeStand,
) -> None:
    from datetime import date

    from essc_wire.id_numbers import synthetic

    stand, _, phone = await holding(make_stand)
    child = ("张小宝", synthetic(date(2020, 6, 1), 3))
    stand.fake.add(*child)
    stand.fake.errands.children.add(child[1])
    phone.member, phone.choice = child, "子女"

    flow = await phone.walk(channel.FLOW_KIND_ADD_MEMBER)

    assert phone.steps[3:] == ["form", "photo", "photo", "consent"]
    assert flow.panel.members[0].relation_text.zh == "子女"


@pytest.mark.rule("R41")
async def test_where_the_platform_counts_the_years_otherwise_it_is_followed(
    make_stand: MakeStand,
) -> None:
    stand, _, phone = await holding(make_stand)
    stand.fake.add(*GRANDMOTHER)
    stand.fake.errands.children.add(GRANDMOTHER[1])  # a platform in another year

    flow = await phone.walk(channel.FLOW_KIND_ADD_MEMBER)

    assert flow.state == Flow.STATE_COMPLETED
    assert phone.steps[-4:] == ["consent", "face", "photo", "consent"]


@pytest.mark.rule("R41", "R45")
async def test_wrong_answers_about_a_member_are_asked_again_with_the_reason(
    make_stand: MakeStand,
) -> None:
    stand, _, phone = await holding(make_stand)
    stand.fake.add(*GRANDMOTHER)

    flow = await phone.start(channel.FLOW_KIND_ADD_MEMBER)
    wrong_password = await phone.answer(flow, card_password="111222")
    form = await phone.answer(await phone.answer(await phone.answer(wrong_password)))
    typed = channel.FormAnswer(values={"name": "王", "id_number": "1"})
    faulty = await phone.answer(form, form=typed)
    photo = await phone.answer(faulty)
    face = await phone.answer(await phone.answer(photo, photo=b"a cat"))
    wrong_face = await phone.answer(face, face_capture=b"somebody else")
    unreadable = await phone.answer(wrong_face, face_capture=FACE)
    done = unreadable
    while done.state == Flow.STATE_OPEN:
        done = await phone.answer(done)

    assert wrong_password.step.last_reason == "PASSWORD_WRONG"
    assert faulty.step.last_reason == "REQUEST_INVALID"
    assert [field.HasField("fault") for field in faulty.step.form.fields] == [True, True]
    assert not any(field.HasField("fault") for field in form.step.form.fields)
    assert face.step.face.is_of_member
    assert wrong_face.step.last_reason == "FACE_MISMATCH"
    assert unreadable.step.last_reason == "PHOTO_UNREADABLE"
    assert unreadable.step.WhichOneof("kind") == "photo"
    assert done.state == Flow.STATE_COMPLETED


@pytest.mark.rule("R41")
async def test_a_form_with_fields_that_nobody_asked_for_does_not_fit(make_stand: MakeStand) -> None:
    _, _, phone = await holding(make_stand)
    flow = await phone.start(channel.FLOW_KIND_ADD_MEMBER)
    for _ in range(3):
        flow = await phone.answer(flow)

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await phone.answer(flow, form=channel.FormAnswer(values={"phone": "1"}))

    assert reason_of(refused.value) == "ANSWER_NOT_FITTING"


@pytest.mark.rule("R41")
@pytest.mark.parametrize("reason", ["MEMBER_IS_HOLDER", "IDENTITY_MISMATCH"])
async def test_whoever_keeps_typing_the_wrong_person_is_told_so_in_the_end(
    make_stand: MakeStand, reason: str
) -> None:
    stand, _, phone = await holding(make_stand)
    stand.fake.add(*GRANDMOTHER)
    stand.fake.refusing["AddMember"] = Refusal(reason)

    flow = await phone.walk(channel.FLOW_KIND_ADD_MEMBER)

    assert (flow.state, flow.reason) == (Flow.STATE_FAILED, reason)
    assert stand.fake.asked["AddMember"] == 6


@pytest.mark.rule("R41")
async def test_an_outdated_notice_is_shown_anew(make_stand: MakeStand) -> None:
    stand, _, phone = await holding(make_stand)
    stand.fake.add(*GRANDMOTHER)
    flow = await phone.start(channel.FLOW_KIND_ADD_MEMBER)
    while flow.step.WhichOneof("kind") != "face":
        flow = await phone.answer(flow)
    stand.fake.errands.notice_version = "notice-2"

    again = await phone.answer(flow)
    done = again
    while done.state == Flow.STATE_OPEN:
        done = await phone.answer(done)

    assert (again.step.last_reason, again.step.consent.version) == ("NOTICE_OUTDATED", "notice-2")
    assert done.state == Flow.STATE_COMPLETED


@pytest.mark.rule("R40", "R45")
async def test_only_relations_with_a_place_left_are_offered(make_stand: MakeStand) -> None:
    stand, holder, phone = await with_grandmother(make_stand)
    for sequence in range(4):
        stand.fake.errands.bindings[holder.id_number][0:0] = [
            type(stand.fake.errands.bindings[holder.id_number][0])(str(sequence), holder, 1, True)
        ]

    flow = await phone.start(channel.FLOW_KIND_ADD_MEMBER)
    choice = await phone.answer(await phone.answer(flow))

    labels = [option.label.zh for option in choice.step.choice.options]
    assert labels == ["子女（剩 3）", "配偶（剩 1）", "其他（剩 2）"]


@pytest.mark.rule("R41", "R92")
async def test_what_is_typed_survives_a_restart_and_stands_nowhere_in_the_clear(
    make_stand: MakeStand, capsys: pytest.CaptureFixture[str]
) -> None:
    stand, _, phone = await holding(make_stand)
    stand.fake.add(*GRANDMOTHER)
    flow = await phone.start(channel.FLOW_KIND_ADD_MEMBER)
    while flow.step.WhichOneof("kind") != "face":
        flow = await phone.answer(flow)

    waiting = everything_in(stand)
    await stand.restart_channel()
    session, phone = phone.session, stand.phone()
    phone.session = session
    done = await phone.answer(flow)
    after = everything_in(stand)

    assert done.state == Flow.STATE_COMPLETED
    assert done.panel.members[0].masked_name == "王*"
    for secret in (*GRANDMOTHER, CARD_PHOTO.decode()):
        assert secret.encode() not in waiting
        assert secret not in "".join(capsys.readouterr())
    assert "王*".encode() not in after


@pytest.mark.rule("R40", "R43")
async def test_the_holder_removes_a_member_by_any_authentication(make_stand: MakeStand) -> None:
    stand, _, phone = await with_grandmother(make_stand)
    phone.choice = "CARD_PASSWORD"

    flow = await phone.start(channel.FLOW_KIND_REMOVE_MEMBER)
    done = await phone.walk(channel.FLOW_KIND_REMOVE_MEMBER)
    family = await phone.start(channel.FLOW_KIND_VIEW_FAMILY)

    assert "王*（父母）" in flow.step.consent.text.zh
    assert phone.steps == ["consent", "choice", "card_password"]
    assert not done.panel.members
    assert ("王*（父母）", "已解除") in notes(family.step)
    assert ("父母名额 4 个，剩余 3 个", "") in notes(family.step)
    assert stand.fake.asked["RemoveMember"] == 1


@pytest.mark.rule("R40")
async def test_without_a_member_there_is_nobody_to_remove(make_stand: MakeStand) -> None:
    _, _, phone = await holding(make_stand)

    flow = await phone.start(channel.FLOW_KIND_REMOVE_MEMBER)

    assert (flow.state, flow.reason) == (Flow.STATE_FAILED, "BINDING_NOT_FOUND")


@pytest.mark.rule("R44")
async def test_a_member_leaves_from_the_own_channel_with_the_own_face(
    make_stand: MakeStand,
) -> None:
    stand, _, _ = await with_grandmother(make_stand)
    grandmother = stand.fake.holders[GRANDMOTHER[1]]
    await stand.put_account(grandmother, "wang")
    phone = await stand.signed_in("wang")
    await phone.walk(channel.FLOW_KIND_APPLY)
    seen = await phone.start(channel.FLOW_KIND_VIEW_FAMILY)

    flow = await phone.answer(await phone.start(channel.FLOW_KIND_LEAVE_BINDER))
    again = await phone.answer(flow, face_capture=b"somebody else")
    done = await phone.answer(again)

    assert "张* 已将您添加为父母" in [words for words, _ in notes(seen.step)]
    assert not flow.step.face.is_of_member
    assert again.step.last_reason == "FACE_MISMATCH"
    assert done.state == Flow.STATE_COMPLETED


async def applied_at_bank(stand: Stand, holder: Holder, account: str) -> Phone:
    """A bank's own check of the reserved phone comes first."""
    await stand.put_account(holder, account)
    phone = await stand.signed_in(account)
    flow = await phone.start(channel.FLOW_KIND_APPLY)
    phone.vouch_answer = await stand.newest_code(PHONE)
    while flow.state == Flow.STATE_OPEN:
        flow = await phone.answer(flow)
    assert flow.state == Flow.STATE_COMPLETED, flow
    return phone


@pytest.mark.rule("R43", "R44")
async def test_a_channel_without_family_service_shows_the_family_and_ends_bindings(
    make_stand: MakeStand,
) -> None:
    stand = await make_stand("bank-west")
    holder, grandmother = stand.fake.add(*ZHANG), stand.fake.add(*GRANDMOTHER)
    stand.fake.errands.bindings[holder.id_number] = [
        Binding("b" * 32, grandmother, family_pb2.RELATION_PARENT)
    ]
    phone = await applied_at_bank(stand, holder, "zhang")
    hers = await applied_at_bank(stand, grandmother, "wang")

    home = await phone.home()
    leaving = await hers.walk(channel.FLOW_KIND_LEAVE_BINDER)
    family = await phone.start(channel.FLOW_KIND_VIEW_FAMILY)

    assert [member.masked_name for member in home.members] == ["王*"]
    assert channel.FLOW_KIND_REMOVE_MEMBER in home.offered_flows
    assert channel.FLOW_KIND_ADD_MEMBER not in home.offered_flows
    assert leaving.state == Flow.STATE_COMPLETED
    assert ("王*（父母）", "已解除") in notes(family.step)
    assert not (await phone.home()).members


# --- certifications ---


@pytest.mark.rule("R50", "R52")
async def test_certifying_oneself_twice_answers_the_certification_that_stands(
    make_stand: MakeStand,
) -> None:
    _, _, phone = await holding(make_stand)

    flow = await phone.start(channel.FLOW_KIND_CERTIFY)
    flow = await phone.answer(flow)
    again = await phone.answer(flow, face_capture=b"somebody else")
    first = await phone.answer(again)
    second = await phone.start(channel.FLOW_KIND_CERTIFY)
    for _ in range(2):
        second = await phone.answer(second)
    listed = await phone.start(channel.FLOW_KIND_VIEW_CERTIFICATIONS)

    assert again.step.last_reason == "FACE_MISMATCH"
    assert first.step.lines.lines[0].text.zh == "认证成功"
    assert second.step.lines.lines[0].kind == "CERTIFIED_ALREADY"
    assert second.step.lines.lines[0].text.zh.startswith("已于 ")
    assert [line.kind for line in listed.step.lines.lines] == ["CERTIFICATION"]


@pytest.mark.rule("R51")
async def test_a_member_is_chosen_first_and_then_shows_the_own_face(make_stand: MakeStand) -> None:
    stand, _, phone = await with_grandmother(make_stand)
    phone.choice = "王*"

    flow = await phone.start(channel.FLOW_KIND_CERTIFY)
    consent = await phone.answer(flow)
    face = await phone.answer(consent)
    done = await phone.answer(face)

    assert [option.label.zh for option in flow.step.choice.options] == ["本人", "王*（父母）"]
    assert "王*（父母）" in consent.step.consent.text.zh
    assert face.step.face.is_of_member
    assert done.step.lines.lines[0].kind == "CERTIFIED"
    assert set(stand.fake.errands.certified) == {GRANDMOTHER[1]}


@pytest.mark.rule("R52")
async def test_whoever_gets_no_benefits_is_not_certified(make_stand: MakeStand) -> None:
    stand, _, phone = await holding(make_stand)
    stand.fake.refusing["Certify"] = Refusal("NOT_A_RECIPIENT")

    flow = await phone.walk(channel.FLOW_KIND_CERTIFY)

    assert (flow.state, flow.reason) == (Flow.STATE_FAILED, "NOT_A_RECIPIENT")


@pytest.mark.rule("R50")
async def test_the_elder_edition_has_few_entries_and_certification_first(
    make_stand: MakeStand,
) -> None:
    _, _, phone = await holding(make_stand, "jiangsu")

    own = await phone.home()
    standard = await phone.home(edition=channel.EDITION_STANDARD)
    unlinked = await phone.start(channel.FLOW_KIND_UNLINK)

    assert own.edition == channel.EDITION_ELDER
    assert list(own.offered_flows) == [
        channel.FLOW_KIND_CERTIFY,
        channel.FLOW_KIND_VIEW_CERTIFICATIONS,
        channel.FLOW_KIND_SHOW_CODE,
        channel.FLOW_KIND_SHOW_CARD,
    ]
    assert len(standard.offered_flows) > 10
    assert unlinked.state == Flow.STATE_OPEN


# --- services ---


@pytest.mark.rule("R60", "R61")
async def test_a_ticket_is_shown_for_the_provider_and_its_use_is_seen(
    make_stand: MakeStand,
) -> None:
    _, _, phone = await holding(make_stand)
    phone.choice = "library"

    flow = await phone.start(channel.FLOW_KIND_USE_SERVICE)
    ticket = await phone.answer(flow)
    done = await phone.answer(ticket)
    uses = await phone.start(channel.FLOW_KIND_VIEW_USES)
    more = await phone.answer(uses)
    end = await phone.answer(more)

    labels = [option.label.zh for option in flow.step.choice.options]
    assert labels == ["图书馆", "旅游（本地区暂未开通）"]
    assert ticket.step.code.what_for.zh == "图书馆"
    assert ticket.step.code.picture_svg.startswith("<svg")
    assert done.state == Flow.STATE_COMPLETED
    assert notes(uses.step) == [("图书馆", "已办结")]
    assert uses.step.lines.has_more
    assert notes(more.step) == [("图书馆（亲情成员）", "已办结")]
    assert end.state == Flow.STATE_COMPLETED


@pytest.mark.rule("R63")
async def test_a_service_that_is_not_open_here_is_its_own_refusal(make_stand: MakeStand) -> None:
    _, _, phone = await holding(make_stand)
    phone.choice = "tourism"

    flow = await phone.walk(channel.FLOW_KIND_USE_SERVICE)

    assert (flow.state, flow.reason) == (Flow.STATE_FAILED, "SERVICE_NOT_OPEN")


@pytest.mark.rule("R44", "R61")
async def test_a_member_uses_a_service_through_the_binder(make_stand: MakeStand) -> None:
    _, _, phone = await with_grandmother(make_stand)
    phone.choice = "王*"

    flow = await phone.answer(await phone.start(channel.FLOW_KIND_USE_SERVICE))
    ticket = await phone.answer(flow, choice_id="library")

    assert ticket.step.code.for_whom.zh == "王*（父母）"


# --- orders ---


@pytest.mark.rule("R62")
async def test_an_order_is_seen_confirmed_and_paid_with_the_card_password(
    make_stand: MakeStand,
) -> None:
    stand, phone = await raised(make_stand, "nantong")
    holder = stand.fake.holders[ZHANG[1]]
    order = stand.fake.errands.order(holder, 1250, 8700)

    consent = await phone.start(channel.FLOW_KIND_PAY)
    password = await phone.answer(consent)
    again = await phone.answer(password, card_password="111222")
    paid = await phone.answer(again)
    done = await phone.answer(paid)
    orders = await phone.start(channel.FLOW_KIND_VIEW_ORDERS)

    assert consent.step.consent.text.zh == "江海医院 个人支付 12.50 元，医保支付 87.00 元。"
    assert password.step.last_reason == ""
    assert again.step.last_reason == "PASSWORD_WRONG"
    assert paid.step.lines.lines[0].kind == "STATE_SETTLING"
    assert done.state == Flow.STATE_COMPLETED
    assert order.state == order_pb2.Order.STATE_SETTLING
    assert [line.kind for line in orders.step.lines.lines] == ["STATE_SETTLING"]


@pytest.mark.rule("R62")
async def test_password_free_payment_is_switched_on_used_and_switched_off(
    make_stand: MakeStand,
) -> None:
    stand, phone = await raised(make_stand, "nantong")
    holder = stand.fake.holders[ZHANG[1]]
    stand.fake.errands.order(holder, 100)
    stand.fake.errands.order(holder, 200)

    await phone.walk(channel.FLOW_KIND_PASSWORD_FREE_ON)
    switched_on_by = phone.steps
    phone.choice = "个人支付 2.00 元"
    await phone.walk(channel.FLOW_KIND_PAY)
    paid_by = phone.steps
    off = await phone.walk(channel.FLOW_KIND_PASSWORD_FREE_OFF)

    assert switched_on_by == ["consent", "card_password"]
    assert paid_by == ["choice", "consent", "lines"]
    assert off.state == Flow.STATE_COMPLETED
    assert not stand.fake.errands.password_free


@pytest.mark.rule("R3", "R62")
async def test_password_free_payment_is_switched_off_at_any_level_and_status(
    make_stand: MakeStand,
) -> None:
    stand, phone = await raised(make_stand, "nantong")
    await phone.walk(channel.FLOW_KIND_PASSWORD_FREE_ON)
    await phone.walk(channel.FLOW_KIND_LOWER_LEVEL)
    stand.fake.block(stand.fake.holders[ZHANG[1]], "PHYSICAL_CARD_LOST")
    was_on = bool(stand.fake.errands.password_free)

    off = await phone.walk(channel.FLOW_KIND_PASSWORD_FREE_OFF)

    assert was_on
    assert off.state == Flow.STATE_COMPLETED
    assert not stand.fake.errands.password_free


@pytest.mark.rule("R62")
async def test_without_an_order_there_is_nothing_to_pay(make_stand: MakeStand) -> None:
    _, phone = await raised(make_stand, "nantong")

    flow = await phone.start(channel.FLOW_KIND_PAY)

    assert (flow.state, flow.reason) == (Flow.STATE_FAILED, "ORDER_NOT_FOUND")


@pytest.mark.rule("R62", "R91")
async def test_a_payment_whose_answer_was_lost_is_paid_once(make_stand: MakeStand) -> None:
    stand, phone = await raised(make_stand, "nantong")
    stand.fake.errands.order(stand.fake.holders[ZHANG[1]], 100)
    password = await phone.answer(await phone.start(channel.FLOW_KIND_PAY))
    answer_id = new_request_id()
    stand.fake.losing.add("Pay")

    with pytest.raises(grpc.aio.AioRpcError) as lost:
        await phone.answer(password, answer_id)
    stand.fake.losing.clear()
    paid = await phone.answer(password, answer_id)

    assert reason_of(lost.value) == "PLATFORM_UNREACHABLE"
    assert paid.step.lines.lines[0].kind == "STATE_SETTLING"
    assert len(set(stand.fake.request_ids["Pay"])) == 2  # without the password, and with it


# --- the full record ---


@pytest.mark.rule("R93")
async def test_the_portal_shows_the_names_of_all_channels_after_a_face_check(
    make_stand: MakeStand,
) -> None:
    _, _, phone = await holding(make_stand, "portal")

    face = await phone.start(channel.FLOW_KIND_VIEW_RECORDS)
    again = await phone.answer(face, face_capture=b"somebody else")
    records = await phone.answer(again)

    assert again.step.last_reason == "FACE_MISMATCH"
    assert notes(records.step) == [("电子社保卡领取", "微信")]


@pytest.mark.rule("R93")
async def test_other_channels_do_not_offer_the_full_record(make_stand: MakeStand) -> None:
    _, _, phone = await holding(make_stand)

    assert channel.FLOW_KIND_VIEW_RECORDS not in (await phone.home()).offered_flows


def everything_in(stand: Stand) -> bytes:
    """All that the channel's database holds, as one string."""
    found = b""
    with stand.channel.database.read() as connection:
        for table in ("accounts", "sessions", "flows", "answers", "shadows", "applied_events"):
            for row in connection.execute(text(f"SELECT * FROM {table}")):
                found += b"|".join(
                    value if isinstance(value, bytes) else str(value).encode() for value in row
                )
    return found
