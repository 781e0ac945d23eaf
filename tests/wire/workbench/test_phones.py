"""A phone answers any channel's steps: honestly by itself, wrongly on request."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import grpc
import pytest

from essc.authority.v1 import authority_service_pb2 as authority
from essc.channel.v1 import channel_pb2 as channel
from essc.channel.v1 import channel_service_pb2 as service
from essc.channel.v1.channel_pb2 import Answer, Flow, Step, Text
from essc.channel.v1.channel_service_pb2_grpc import (
    ChannelServiceServicer,
    add_ChannelServiceServicer_to_server,
)
from essc.identity.v1 import identity_pb2 as identity
from essc.lab.v1 import lab_service_pb2 as lab
from essc.lab.v1.lab_service_pb2_grpc import (
    PersonaServiceServicer,
    PhoneServiceServicer,
    add_PersonaServiceServicer_to_server,
    add_PhoneServiceServicer_to_server,
)
from essc_wire.id_numbers import synthetic
from essc_wire.refusals import Refusal, status_of
from essc_workbench.answers import HONEST, Conduct, Mistake, erring
from essc_workbench.cameras import BLURRED
from essc_workbench.citizens import Citizen, Phone
from essc_workbench.connections import Connections
from essc_workbench.failures import WorkbenchError
from essc_workbench.folders import Addresses, DataFolder, State
from essc_workbench.population import WALLET_PASSWORD, Persona

ZHANG_SAN = Persona(
    id="zhang-san",
    name="张三",
    id_number=synthetic(date(1980, 1, 1), 1),
    phone="11100000001",
)
FACE = Step.Face(
    actions=[identity.FACE_ACTION_BLINK, identity.FACE_ACTION_READ_DIGITS], digits="4071"
)
FACE_ASKED = Step(face=FACE)


@dataclass
class ScriptedChannel(ChannelServiceServicer, PhoneServiceServicer, PersonaServiceServicer):
    """Asks the steps of a script one after the other; keeps what it was answered."""

    script: list[Step]
    messages: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    request_ids: list[str] = field(default_factory=list)
    absent: int = 0
    """How many calls find the platform away."""

    async def GetProfile(self, request: Any, context: Any) -> service.GetProfileResponse:
        return service.GetProfileResponse(channel_id="pond", display_name=Text(zh="池塘"))

    async def SignIn(self, request: Any, context: Any) -> service.SignInResponse:
        assert context.time_remaining() is not None
        return service.SignInResponse(session=f"session of {request.account}")

    async def StartFlow(self, request: Any, context: Any) -> service.StartFlowResponse:
        metadata = dict(context.invocation_metadata())
        assert metadata["authorization"] == "Bearer session of zhang-san"
        return service.StartFlowResponse(flow=self._flow())

    async def AnswerStep(self, request: Any, context: Any) -> service.AnswerStepResponse:
        self.request_ids.append(request.request_id)
        if self.absent:
            self.absent -= 1
            await context.abort_with_status(
                status_of(Refusal("PLATFORM_UNREACHABLE"), "essc.channel")
            )
        self.answers.append(request.answer)
        return service.AnswerStepResponse(flow=self._flow())

    async def ListMessages(self, request: Any, context: Any) -> lab.ListMessagesResponse:
        texts = [lab.TextMessage(text=text) for text in self.messages]
        return lab.ListMessagesResponse(messages=texts)

    async def GetPhoto(self, request: Any, context: Any) -> lab.GetPhotoResponse:
        return lab.GetPhotoResponse(photo=f"{request.kind} of {request.person.name}".encode())

    async def ListPersonas(self, request: Any, context: Any) -> lab.ListPersonasResponse:
        raise NotImplementedError

    async def ListMagicValues(self, request: Any, context: Any) -> lab.ListMagicValuesResponse:
        raise NotImplementedError

    async def GetHome(self, request: Any, context: Any) -> service.GetHomeResponse:
        raise NotImplementedError

    async def CancelFlow(self, request: Any, context: Any) -> service.CancelFlowResponse:
        raise NotImplementedError

    async def ListRecords(self, request: Any, context: Any) -> service.ListRecordsResponse:
        raise NotImplementedError

    async def SignOut(self, request: Any, context: Any) -> service.SignOutResponse:
        raise NotImplementedError

    def _flow(self) -> Flow:
        done = len(self.answers)
        if done == len(self.script):
            return Flow(flow_id="f", state=Flow.STATE_COMPLETED)
        step = Step(step_id=str(done))
        step.MergeFrom(self.script[done])
        return Flow(flow_id="f", state=Flow.STATE_OPEN, step=step)


@pytest.fixture
async def pond() -> AsyncIterator[tuple[ScriptedChannel, str]]:
    servicer = ScriptedChannel(script=[])
    server = grpc.aio.server()
    add_ChannelServiceServicer_to_server(servicer, server)
    add_PhoneServiceServicer_to_server(servicer, server)
    add_PersonaServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield servicer, f"127.0.0.1:{port}"
    await server.stop(None)


@pytest.fixture
async def citizen(pond: tuple[ScriptedChannel, str], tmp_path: Path) -> AsyncIterator[Citizen]:
    _, address = pond
    at = Addresses(address=address, lab_address=address)
    state = State(platform=at, channels={"pond": at, "lake": at})
    async with Connections(DataFolder(tmp_path), state) as connections:
        yield Citizen(ZHANG_SAN, connections)


@pytest.fixture
async def phone(
    pond: tuple[ScriptedChannel, str], citizen: Citizen
) -> tuple[ScriptedChannel, Phone]:
    await citizen.phone("pond").sign_in()
    return pond[0], citizen.phone("pond")


def vouch(kind: identity.VouchKind.ValueType) -> Step:
    return Step(vouch=Step.Vouch(kind=kind))


TEXT_CODE = Step(text_code=Step.TextCode(masked_phone="111****0001"))
OLD_PASSWORD = Step(card_password=Step.CardPassword(is_new=False))
NEW_PASSWORD = Step(card_password=Step.CardPassword(is_new=True))
CHOICE = Step(
    choice=Step.Choice(
        options=[
            channel.ChoiceOption(choice_id="first", label=Text(zh="一", en="One")),
            channel.ChoiceOption(choice_id="second", label=Text(zh="二", en="Two")),
        ]
    )
)


GRANDMOTHER = Persona(
    id="wang-nainai",
    name="王奶奶",
    id_number=synthetic(date(1945, 1, 1), 1),
    phone="11100000002",
)
WITH_GRANDMOTHER = Conduct(companion=GRANDMOTHER)
FORM = Step(
    form=Step.Form(
        fields=[
            Step.Form.Field(field_id="who", kind=Step.Form.Field.KIND_NAME),
            Step.Form.Field(field_id="number", kind=Step.Form.Field.KIND_ID_NUMBER),
        ]
    )
)
CARD_PHOTO = Step(photo=Step.Photo(kind=authority.PHOTO_KIND_PHYSICAL_CARD))


def form(number: str) -> Answer:
    return Answer(form=channel.FormAnswer(values={"who": GRANDMOTHER.name, "number": number}))


@pytest.mark.parametrize(
    ("step", "conduct", "answer"),
    [
        (FORM, WITH_GRANDMOTHER, form(GRANDMOTHER.id_number)),
        (
            FORM,
            erring(Mistake.WRONG_FORM, conduct=WITH_GRANDMOTHER),
            form(GRANDMOTHER.id_number[:-1]),
        ),
        (CARD_PHOTO, WITH_GRANDMOTHER, Answer(photo="1 of 王奶奶".encode())),
        (
            CARD_PHOTO,
            erring(Mistake.OTHER_PHOTO, conduct=WITH_GRANDMOTHER),
            Answer(photo="1 of 张三".encode()),
        ),
        (CARD_PHOTO, erring(Mistake.BLURRED_PHOTO), Answer(photo=BLURRED)),
        (Step(code=Step.Code(code="c")), HONEST, Answer(consented=True)),
        (Step(lines=Step.Lines(has_more=True)), HONEST, Answer(consented=True)),
        (CHOICE, Conduct(preferences=("二二", "wo")), Answer(choice_id="second")),
        (Step(consent=Step.Consent()), HONEST, Answer(consented=True)),
        (Step(consent=Step.Consent()), erring(Mistake.DECLINES), Answer(consented=False)),
        (Step(show_card=Step.ShowCard()), HONEST, Answer(consented=True)),
        (CHOICE, HONEST, Answer(choice_id="first")),
        (CHOICE, Conduct(preferences=("Three", "Two")), Answer(choice_id="second")),
        (TEXT_CODE, HONEST, Answer(text_code="654321")),
        (TEXT_CODE, erring(Mistake.WRONG_CODE), Answer(text_code="000000")),
        (OLD_PASSWORD, Conduct(card_password="258036"), Answer(card_password="258036")),
        (NEW_PASSWORD, Conduct(new_card_password="741852"), Answer(card_password="741852")),
        (
            OLD_PASSWORD,
            erring(Mistake.WRONG_PASSWORD, conduct=Conduct(card_password="258036")),
            Answer(card_password="703581"),
        ),
        (
            vouch(identity.VOUCH_KIND_WALLET_PASSWORD),
            HONEST,
            Answer(vouch_answer=WALLET_PASSWORD),
        ),
        (
            vouch(identity.VOUCH_KIND_WALLET_PASSWORD),
            erring(Mistake.WRONG_VOUCHING),
            Answer(vouch_answer=f"not-{WALLET_PASSWORD}"),
        ),
        (vouch(identity.VOUCH_KIND_RESERVED_PHONE), HONEST, Answer(vouch_answer="654321")),
        (vouch(identity.VOUCH_KIND_ACCOUNT_IDENTITY), HONEST, Answer(vouch_answer="yes")),
        (
            vouch(identity.VOUCH_KIND_REAL_NAME_ACCOUNT),
            erring(Mistake.WRONG_VOUCHING),
            Answer(vouch_answer="no"),
        ),
    ],
)
async def test_a_step_is_answered_in_its_own_kind(
    phone: tuple[ScriptedChannel, Phone], step: Step, conduct: Conduct, answer: Answer
) -> None:
    servicer, owner = phone
    servicer.script, servicer.messages = [step], ["【池塘】验证码 654321,5分钟内有效"]

    walk = await owner.walk(channel.FLOW_KIND_APPLY, conduct)

    assert walk.is_completed
    assert servicer.answers == [answer]


@pytest.mark.parametrize(
    ("mistakes", "difference"),
    [
        ((), set()),
        ((Mistake.OTHER_FACE,), {"id_number"}),
        ((Mistake.MISSING_ACTION,), {"actions"}),
        ((Mistake.WRONG_DIGITS,), {"digits"}),
        ((Mistake.OTHER_FACE, Mistake.WRONG_DIGITS), {"id_number", "digits"}),
    ],
)
async def test_a_face_is_the_own_and_does_what_was_asked_unless_it_errs(
    phone: tuple[ScriptedChannel, Phone], mistakes: tuple[Mistake, ...], difference: set[str]
) -> None:
    servicer, owner = phone
    servicer.script = [FACE_ASKED]

    await owner.walk(channel.FLOW_KIND_APPLY, erring(*mistakes))

    honest = lab.FaceCapture(
        id_number=ZHANG_SAN.id_number, actions=FACE.actions, digits=FACE.digits
    )
    seen = lab.FaceCapture.FromString(servicer.answers[0].face_capture)
    fields = ("id_number", "actions", "digits")
    assert {name for name in fields if getattr(seen, name) != getattr(honest, name)} == difference


async def test_a_members_face_is_the_companions(phone: tuple[ScriptedChannel, Phone]) -> None:
    servicer, owner = phone
    servicer.script = [Step(face=Step.Face(actions=FACE.actions, digits="4071", is_of_member=True))]

    await owner.walk(channel.FLOW_KIND_CERTIFY, WITH_GRANDMOTHER)

    seen = lab.FaceCapture.FromString(servicer.answers[0].face_capture)
    assert seen.id_number == GRANDMOTHER.id_number


async def test_without_a_companion_nothing_is_said_of_one(
    phone: tuple[ScriptedChannel, Phone],
) -> None:
    servicer, owner = phone
    servicer.script = [FORM]

    with pytest.raises(WorkbenchError, match="nobody is present"):
        await owner.walk(channel.FLOW_KIND_ADD_MEMBER)


async def test_a_walk_knows_the_code_and_the_lines_that_were_shown(
    phone: tuple[ScriptedChannel, Phone],
) -> None:
    servicer, owner = phone
    line = Step.Lines.Line(kind="MEMBER")
    servicer.script = [
        Step(code=Step.Code(code="c" * 32)),
        Step(lines=Step.Lines(lines=[line], has_more=True)),
        Step(lines=Step.Lines(lines=[line, line])),
    ]

    walk = await owner.walk(channel.FLOW_KIND_SHOW_CODE)

    assert walk.code == "c" * 32
    assert [each.kind for each in walk.lines] == ["MEMBER"] * 3
    assert not (await owner.walk(channel.FLOW_KIND_SHOW_CODE)).code


async def test_a_mistake_is_made_as_often_as_asked_and_then_no_more(
    phone: tuple[ScriptedChannel, Phone],
) -> None:
    servicer, owner = phone
    servicer.script, servicer.messages = [TEXT_CODE] * 3, ["code 654321"]

    await owner.walk(channel.FLOW_KIND_APPLY, erring(Mistake.WRONG_CODE, times=2))

    assert [answer.text_code for answer in servicer.answers] == ["000000", "000000", "654321"]


async def test_a_code_is_taken_once_and_the_channels_own_first(
    phone: tuple[ScriptedChannel, Phone],
) -> None:
    servicer, owner = phone
    servicer.script = [TEXT_CODE, TEXT_CODE]
    servicer.messages = ["【别处】验证码 111111", "【池塘】验证码 222222", "生日快乐 8888"]

    await owner.walk(channel.FLOW_KIND_APPLY)

    assert [answer.text_code for answer in servicer.answers] == ["222222", "111111"]


async def test_a_code_that_was_refused_is_left_to_the_persons_other_phone(
    phone: tuple[ScriptedChannel, Phone], citizen: Citizen
) -> None:
    servicer, owner = phone
    again = Step(text_code=Step.TextCode(), last_reason="TEXT_CODE_WRONG")
    servicer.script, servicer.messages = [TEXT_CODE, again], ["code 111111", "code 222222"]
    other = citizen.phone("lake")
    await other.sign_in()

    await owner.walk(channel.FLOW_KIND_APPLY)
    servicer.script = [TEXT_CODE, again, TEXT_CODE]
    await other.walk(channel.FLOW_KIND_APPLY)

    codes = [answer.text_code for answer in servicer.answers]
    assert codes == ["111111", "222222", "111111"]


async def test_without_an_answer_the_phone_sends_the_same_request_again(
    phone: tuple[ScriptedChannel, Phone],
) -> None:
    servicer, owner = phone
    servicer.script, servicer.absent = [Step(consent=Step.Consent())], 2

    walk = await owner.walk(channel.FLOW_KIND_APPLY)

    assert walk.is_completed
    assert len(servicer.request_ids) == 3
    assert len(set(servicer.request_ids)) == 1


async def test_a_walk_can_stop_at_a_step(phone: tuple[ScriptedChannel, Phone]) -> None:
    servicer, owner = phone
    servicer.script = [Step(consent=Step.Consent()), FACE_ASKED]

    walk = await owner.walk(
        channel.FLOW_KIND_APPLY, until=lambda step: step.WhichOneof("kind") == "face"
    )

    assert walk.kinds == ("consent", "face")
    assert not walk.is_completed


async def test_a_step_that_nobody_knows_is_said_not_guessed(
    phone: tuple[ScriptedChannel, Phone],
) -> None:
    servicer, owner = phone
    servicer.script = [Step()]

    with pytest.raises(WorkbenchError, match=re.escape("cannot answer a step of kind None")):
        await owner.walk(channel.FLOW_KIND_APPLY)


async def test_a_password_that_nobody_has_in_mind_is_said(
    phone: tuple[ScriptedChannel, Phone],
) -> None:
    servicer, owner = phone
    servicer.script = [NEW_PASSWORD]

    with pytest.raises(WorkbenchError, match="asks for a new card password"):
        await owner.walk(channel.FLOW_KIND_SET_PASSWORD)
