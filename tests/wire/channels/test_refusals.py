"""What bad input gets at a channel: a typed refusal, and nothing changed."""

from typing import Any

import grpc
import pytest
from tests.wire.channels.conftest import ZHANG, MakeStand, Phone, Stand

from essc.channel.v1 import channel_pb2
from essc.channel.v1 import channel_service_pb2 as messages
from essc.lab.v1 import lab_service_pb2_grpc
from essc_wire.clock import new_request_id
from essc_wire.refusals import reason_of, refusal_of

APPLY = channel_pb2.FLOW_KIND_APPLY
Answer = channel_pb2.Answer


async def ready(make_stand: MakeStand, profile: str = "wechat") -> tuple[Stand, Phone]:
    stand = await make_stand(profile)
    await stand.put_account(stand.fake.add(*ZHANG))
    return stand, await stand.signed_in()


async def refused(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    return error.value


@pytest.mark.parametrize("session", ["", "0" * 64, "x" * 5_000, "not a session"])
async def test_a_call_without_a_session_of_its_own_is_refused(
    make_stand: MakeStand, session: str
) -> None:
    _, phone = await ready(make_stand)
    phone.session = session

    error = await refused(phone.home())

    assert reason_of(error) == "SESSION_UNKNOWN"
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_a_session_ends_by_signing_out_and_another_one_stays(make_stand: MakeStand) -> None:
    stand, phone = await ready(make_stand)
    other = await stand.signed_in()
    request = messages.SignOutRequest(request_id=new_request_id())

    await phone.stub.SignOut(request, **phone.options())

    assert reason_of(await refused(phone.home())) == "SESSION_UNKNOWN"
    assert (await other.home()).state == channel_pb2.Panel.STATE_NOT_OPENED


async def test_a_session_ends_by_itself(make_stand: MakeStand) -> None:
    stand, phone = await ready(make_stand)
    await stand.advance_clock(30 * 24 * 3600 + 1)

    assert reason_of(await refused(phone.home())) == "SESSION_UNKNOWN"


@pytest.mark.rule("R95")
async def test_a_channels_skewed_clock_survives_its_restart(make_stand: MakeStand) -> None:
    stand, phone = await ready(make_stand)
    await stand.advance_clock(30 * 24 * 3600 + 1)
    await stand.restart_channel()
    again = stand.phone()
    again.session = phone.session

    assert reason_of(await refused(again.home())) == "SESSION_UNKNOWN"


async def test_an_unknown_account_cannot_sign_in(make_stand: MakeStand) -> None:
    _, phone = await ready(make_stand)

    assert reason_of(await refused(phone.sign_in("nobody"))) == "ACCOUNT_UNKNOWN"


@pytest.mark.parametrize(
    ("method", "request_message", "field"),
    [
        ("SignIn", messages.SignInRequest(device_id="d", request_id=new_request_id()), "account"),
        (
            "SignIn",
            messages.SignInRequest(account="a" * 65, device_id="d", request_id=new_request_id()),
            "account",
        ),
        ("StartFlow", messages.StartFlowRequest(kind=APPLY), "request_id"),
        ("StartFlow", messages.StartFlowRequest(request_id="7", kind=APPLY), "request_id"),
        ("StartFlow", messages.StartFlowRequest(request_id=new_request_id()), "kind"),
        (
            "StartFlow",
            messages.StartFlowRequest(
                request_id=new_request_id(),
                kind=99,  # type: ignore[arg-type]  # that is the point
            ),
            "kind",
        ),
        (
            "AnswerStep",
            messages.AnswerStepRequest(request_id=new_request_id(), flow_id="f", step_id="1"),
            "answer",
        ),
        (
            "AnswerStep",
            messages.AnswerStepRequest(
                request_id=new_request_id(), flow_id="f", step_id="1", answer=Answer()
            ),
            "answer.answer",
        ),
        (
            "AnswerStep",
            messages.AnswerStepRequest(
                request_id=new_request_id(),
                flow_id="f",
                step_id="1",
                answer=Answer(text_code="12345x"),
            ),
            "answer.text_code",
        ),
        ("ListRecords", messages.ListRecordsRequest(page_size=-1), "page_size"),
    ],
)
async def test_a_malformed_request_names_its_field(
    make_stand: MakeStand, method: str, request_message: Any, field: str
) -> None:
    _, phone = await ready(make_stand)

    error = await refused(getattr(phone.stub, method)(request_message, **phone.options()))

    refusal = refusal_of(error)
    assert refusal is not None
    assert refusal.reason == "REQUEST_INVALID"
    assert field in [violation.field for violation in refusal.violations]


async def test_a_call_without_a_deadline_is_refused(make_stand: MakeStand) -> None:
    _, phone = await ready(make_stand)
    options = phone.options() | {"timeout": None}

    error = await refused(phone.stub.GetHome(messages.GetHomeRequest(), **options))

    assert reason_of(error) == "DEADLINE_MISSING"


async def test_a_message_over_the_limit_is_refused(make_stand: MakeStand) -> None:
    _, phone = await ready(make_stand)
    request = messages.AnswerStepRequest(
        request_id=new_request_id(),
        flow_id="f",
        step_id="1",
        answer=Answer(face_capture=b"x" * 300_000),
    )

    error = await refused(phone.stub.AnswerStep(request, **phone.options()))

    assert reason_of(error) == "MESSAGE_TOO_LARGE"


async def test_answers_are_refused_in_the_order_of_the_contract(make_stand: MakeStand) -> None:
    stand, phone = await ready(make_stand)
    flow = await phone.start(APPLY)
    other = await stand.signed_in()
    foreign = await other.start(APPLY)

    unknown = channel_pb2.Flow(flow_id="f" * 32, step=flow.step)
    assert reason_of(await refused(phone.answer(unknown))) == "FLOW_NOT_FOUND"
    assert reason_of(await refused(phone.answer(foreign))) == "FLOW_NOT_FOUND"
    later = channel_pb2.Flow(flow_id=flow.flow_id, step=channel_pb2.Step(step_id="9"))
    assert reason_of(await refused(phone.answer(later, consented=True))) == "STEP_NOT_CURRENT"
    assert reason_of(await refused(phone.answer(flow, consented=True))) == "ANSWER_NOT_FITTING"
    assert reason_of(await refused(phone.answer(flow, choice_id="PALM"))) == "ANSWER_NOT_FITTING"
    after = await phone.answer(flow, choice_id="TEXT_MESSAGE")
    assert reason_of(await refused(phone.answer(flow))) == "STEP_NOT_CURRENT"
    await cancel(phone, flow)
    assert reason_of(await refused(phone.answer(after))) == "FLOW_ENDED"


async def cancel(phone: Phone, flow: channel_pb2.Flow) -> channel_pb2.Flow:
    request = messages.CancelFlowRequest(request_id=new_request_id(), flow_id=flow.flow_id)
    response = await phone.stub.CancelFlow(request, **phone.options())
    after: channel_pb2.Flow = response.flow
    return after


async def test_cancelling_ends_a_flow_and_leaves_an_ended_one(make_stand: MakeStand) -> None:
    _, phone = await ready(make_stand)
    flow = await phone.start(APPLY)

    cancelled = await cancel(phone, flow)
    again = await cancel(phone, flow)

    assert cancelled.state == channel_pb2.Flow.STATE_CANCELLED
    assert cancelled.panel.state == channel_pb2.Panel.STATE_NOT_OPENED
    assert again == cancelled
    unknown = channel_pb2.Flow(flow_id="f" * 32)
    assert reason_of(await refused(cancel(phone, unknown))) == "FLOW_NOT_FOUND"


async def test_a_new_flow_cancels_the_running_one(make_stand: MakeStand) -> None:
    _, phone = await ready(make_stand)
    first = await phone.start(APPLY)

    await phone.start(APPLY)

    assert reason_of(await refused(phone.answer(first))) == "FLOW_ENDED"


async def test_what_the_panel_does_not_offer_cannot_be_started(make_stand: MakeStand) -> None:
    _, phone = await ready(make_stand)

    error = await refused(phone.start(channel_pb2.FLOW_KIND_UNLINK))

    assert reason_of(error) == "FLOW_NOT_OFFERED"


async def test_the_record_of_nothing_is_not_found(make_stand: MakeStand) -> None:
    _, phone = await ready(make_stand)

    error = await refused(phone.stub.ListRecords(messages.ListRecordsRequest(), **phone.options()))

    assert reason_of(error) == "LINK_NOT_FOUND"


async def test_the_profile_needs_no_session(make_stand: MakeStand) -> None:
    _, phone = await ready(make_stand)
    phone.session = ""

    profile = await phone.stub.GetProfile(messages.GetProfileRequest(), **phone.options())

    assert (profile.channel_id, profile.display_name.zh) == ("wechat", "微信")


async def test_the_lab_is_not_served_to_phones(make_stand: MakeStand) -> None:
    _, phone = await ready(make_stand)
    stub = lab_service_pb2_grpc.ClockServiceStub(phone.peer.channel)
    from essc.lab.v1 import lab_service_pb2

    error = await refused(stub.GetTime(lab_service_pb2.GetTimeRequest(), timeout=5))

    assert error.code() is grpc.StatusCode.UNIMPLEMENTED
