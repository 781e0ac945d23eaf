"""The simulated authority at the lab port, as the channel and scenarios meet it."""

from dataclasses import dataclass, replace
from typing import Any

import grpc
import pytest
from tests.wire.channels.conftest import PHONE, WALLET_PASSWORD, ZHANG, MakeStand, Stand

from essc.authority.v1 import authority_service_pb2, authority_service_pb2_grpc
from essc.identity.v1 import identity_pb2
from essc.lab.v1 import lab_service_pb2, lab_service_pb2_grpc
from essc_channels.server import start_channel
from essc_wire.clock import new_request_id
from essc_wire.refusals import reason_of

WALLET = identity_pb2.VOUCH_KIND_WALLET_PASSWORD
IDENTITY = identity_pb2.VOUCH_KIND_ACCOUNT_IDENTITY
RESERVED = identity_pb2.VOUCH_KIND_RESERVED_PHONE
REAL_NAME = identity_pb2.VOUCH_KIND_REAL_NAME_ACCOUNT


@dataclass
class Lab:
    """The stubs of a lab port."""

    stand: Stand
    vouching: Any
    accounts: Any
    clock: Any
    phones: Any

    async def start(self, kind: Any, account: str = "zhang", request_id: str = "") -> Any:
        request = authority_service_pb2.StartVouchRequest(
            request_id=request_id or new_request_id(), account=account, kind=kind
        )
        return await self.vouching.StartVouch(request, timeout=5)

    async def answer(self, vouch: Any, answer: str, request_id: str = "") -> Any:
        request = authority_service_pb2.AnswerVouchRequest(
            request_id=request_id or new_request_id(), vouch_id=vouch.vouch_id, answer=answer
        )
        return await self.vouching.AnswerVouch(request, timeout=5)

    async def inbox(self) -> Any:
        request = lab_service_pb2.ListMessagesRequest(phone=PHONE)
        return (await self.phones.ListMessages(request, timeout=5)).messages


@pytest.fixture
async def lab(make_stand: MakeStand) -> Lab:
    stand = await make_stand("bank-east")
    await stand.put_account(stand.fake.add(*ZHANG))
    channel = stand.lab().channel
    return Lab(
        stand,
        authority_service_pb2_grpc.VouchServiceStub(channel),
        lab_service_pb2_grpc.AccountServiceStub(channel),
        lab_service_pb2_grpc.ClockServiceStub(channel),
        lab_service_pb2_grpc.PhoneServiceStub(channel),
    )


async def refused(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    return error.value


@pytest.mark.rule("R21")
@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (WALLET, WALLET_PASSWORD, "sardine"),
        (IDENTITY, "yes", "no"),
        (REAL_NAME, "", None),
    ],
)
async def test_a_check_passes_once_with_its_right_answer(
    lab: Lab, kind: Any, right: str, wrong: str | None
) -> None:
    vouch = await lab.start(kind)
    if wrong is not None:
        judged = await lab.answer(vouch, wrong)
        assert (judged.passed, judged.tries_left) == (False, 4)

    assert (await lab.answer(vouch, right)).passed
    assert not (await lab.answer(vouch, right)).passed


@pytest.mark.rule("R21")
async def test_a_code_goes_to_the_reserved_phone_and_is_right_once(lab: Lab) -> None:
    request_id = new_request_id()
    vouch = await lab.start(RESERVED, request_id=request_id)
    again = await lab.start(RESERVED, request_id=request_id)
    inbox = await lab.inbox()
    code = "".join(filter(str.isdigit, inbox[0].text))

    assert again == vouch
    assert len(inbox) == 1
    assert inbox[0].text.startswith("【江海银行】")
    assert vouch.masked_phone == "111****0001"
    assert len(code) == 6
    assert (await lab.answer(vouch, code)).passed


@pytest.mark.rule("R91")
async def test_a_repeated_answer_counts_once(lab: Lab) -> None:
    vouch = await lab.start(WALLET)
    request_id = new_request_id()

    first = await lab.answer(vouch, "sardine", request_id)
    again = await lab.answer(vouch, "sardine", request_id)
    next_one = await lab.answer(vouch, "sardine")

    assert again == first
    assert (first.tries_left, next_one.tries_left) == (4, 3)


@pytest.mark.rule("R91")
async def test_a_used_request_id_with_other_content_is_refused_and_changes_nothing(
    lab: Lab,
) -> None:
    start_id, answer_id = new_request_id(), new_request_id()
    vouch, other = await lab.start(WALLET, request_id=start_id), await lab.start(WALLET)
    first = await lab.answer(vouch, "sardine", answer_id)

    reused = [
        await refused(call)
        for call in (
            lab.start(IDENTITY, request_id=start_id),
            lab.start(WALLET, "nobody", request_id=start_id),
            lab.start(WALLET, request_id=answer_id),
            lab.answer(vouch, WALLET_PASSWORD, answer_id),
            lab.answer(other, "sardine", answer_id),
            lab.answer(vouch, "sardine", start_id),
        )
    ]

    assert {reason_of(each) for each in reused} == {"REQUEST_ID_REUSED"}
    repeated = await lab.start(WALLET, request_id=start_id.upper())
    assert repeated.vouch_id == vouch.vouch_id
    assert await lab.answer(vouch, "sardine", answer_id.upper()) == first
    assert (await lab.answer(vouch, WALLET_PASSWORD)).passed


async def test_five_wrong_answers_are_all_there_are(lab: Lab) -> None:
    vouch = await lab.start(WALLET)
    left = [(await lab.answer(vouch, "sardine")).tries_left for _ in range(6)]

    assert left == [4, 3, 2, 1, 0, 0]
    assert not (await lab.answer(vouch, WALLET_PASSWORD)).passed


async def test_a_check_has_its_time(lab: Lab) -> None:
    vouch = await lab.start(WALLET)
    await lab.stand.advance_clock(301)

    assert reason_of(await refused(lab.answer(vouch, WALLET_PASSWORD))) == "CHALLENGE_NOT_FOUND"


async def test_unknown_accounts_and_checks_are_refused(lab: Lab) -> None:
    vouch = authority_service_pb2.StartVouchResponse(vouch_id="f" * 32)
    get = authority_service_pb2.GetAccountRequest(account="nobody")

    assert reason_of(await refused(lab.start(WALLET, "nobody"))) == "ACCOUNT_UNKNOWN"
    assert reason_of(await refused(lab.vouching.GetAccount(get, timeout=5))) == "ACCOUNT_UNKNOWN"
    assert reason_of(await refused(lab.answer(vouch, "yes"))) == "CHALLENGE_NOT_FOUND"


def put(id_number: str, phone: str = "") -> lab_service_pb2.PutAccountRequest:
    return lab_service_pb2.PutAccountRequest(
        account="li",
        person=identity_pb2.Person(name="李四", id_number=id_number),
        reserved_phone=phone,
        request_id=new_request_id(),
    )


async def test_the_lab_takes_invented_people_only(lab: Lab) -> None:
    right = ZHANG[1]
    wrong_check_digit = right[:17] + ("0" if right[17] != "0" else "1")
    real_looking = "11010519491231002X"

    async def put_in(request: Any) -> Any:
        return await lab.accounts.PutAccount(request, timeout=5)

    assert reason_of(await refused(put_in(put(wrong_check_digit)))) == "REQUEST_INVALID"
    assert reason_of(await refused(put_in(put(real_looking)))) == "ID_NUMBER_NOT_SYNTHETIC"
    assert reason_of(await refused(put_in(put(right, "13800000000")))) == (
        "ID_NUMBER_NOT_SYNTHETIC"
    )
    await put_in(put(right))
    vouch = await lab.start(RESERVED, "li")
    assert vouch.masked_phone == "", "no reserved phone, no code"
    assert not (await lab.answer(vouch, "")).passed
    assert not (await lab.answer(await lab.start(WALLET, "li"), "")).passed


async def test_the_lab_takes_anyone_when_told(make_stand: MakeStand) -> None:
    stand = await make_stand("bank-east")
    await stand.channel.drain()
    stand.channel = await start_channel(replace(stand.config, allow_any_id=True))
    stub = lab_service_pb2_grpc.AccountServiceStub(stand.lab().channel)

    await stub.PutAccount(put("11010519491231002X", "13800000000"), timeout=5)


@pytest.mark.rule("R95")
async def test_the_clock_advances_once_per_request_and_never_back(lab: Lab) -> None:
    request = lab_service_pb2.AdvanceRequest(request_id=new_request_id())
    request.by.seconds = 60
    before = await lab.clock.GetTime(lab_service_pb2.GetTimeRequest(), timeout=5)

    first = await lab.clock.Advance(request, timeout=5)
    again = await lab.clock.Advance(request, timeout=5)
    request.by.seconds = 61
    other = await refused(lab.clock.Advance(request, timeout=5))
    request.request_id = new_request_id()
    request.by.seconds = 0
    nothing = await refused(lab.clock.Advance(request, timeout=5))

    assert before.offset.seconds == 0
    assert (first.offset.seconds, again.offset.seconds) == (60, 60)
    assert reason_of(other) == "REQUEST_ID_REUSED"
    assert reason_of(nothing) == "REQUEST_INVALID"
