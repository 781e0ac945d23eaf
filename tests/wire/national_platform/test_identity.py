"""R21 to R25: challenges over the wire, and what is counted nationally."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from tests.wire import people
from tests.wire.people import (
    APPLY,
    CARD_PASSWORD,
    CHANGE_PASSWORD,
    DAY,
    FACE,
    OTHER_PASSWORD,
    PASSWORD,
    RESET_PASSWORD,
    TEXT_MESSAGE,
    UNLINK,
    VOUCHED,
    Channel,
    Person,
    World,
    a_world,
    face,
    new_id,
    reason,
    refused,
)

from essc.authority.v1 import authority_service_pb2 as authority
from essc.authority.v1 import authority_service_pb2_grpc as authority_grpc
from essc.card.v1 import card_pb2
from essc.identity.v1 import identity_pb2
from essc.password.v1 import password_service_pb2 as passwords
from essc.record.v1 import record_service_pb2 as records

WRONG = "111222"


@pytest.mark.rule("R21")
async def test_a_code_is_sent_to_the_registered_phone_and_earns_a_proof(world: World) -> None:
    bank = await world.channel("bank")
    zhang = await world.citizen(1)

    challenge = await bank.start(zhang.named, TEXT_MESSAGE, APPLY, phone=zhang.phone)
    (text,) = await world.texts(zhang)
    code = await world.code(zhang)
    proof = await bank.answer(challenge, text_code=code)

    assert challenge.text_message.masked_phone == "111****0001"
    assert challenge.tries_left == 5
    assert code.isdigit()
    assert f"验证码 {code}" in text
    assert len(proof) == 32


@pytest.mark.rule("R91")
async def test_starting_again_with_the_same_id_sends_nothing_twice(world: World) -> None:
    bank = await world.channel("bank")
    zhang = await world.citizen(1)
    request_id = new_id()

    first = await bank.start(zhang.named, TEXT_MESSAGE, APPLY, request_id)
    again = await asyncio.gather(
        *(bank.start(zhang.named, TEXT_MESSAGE, APPLY, request_id) for _ in range(5))
    )

    assert again == [first] * 5
    assert len(await world.texts(zhang)) == 1
    assert [row[3] for row in world.dump()["counters"]] == [1]


async def test_a_wrong_phone_sends_nothing_and_counts_nothing(world: World) -> None:
    bank = await world.channel("bank")
    zhang = await world.citizen(1)

    call = bank.start(zhang.named, TEXT_MESSAGE, APPLY, phone="11199999999")

    assert await reason(call) == "PHONE_MISMATCH"
    assert await world.texts(zhang) == []
    assert world.dump()["counters"] == []


class Phones(authority_grpc.TextMessageServiceServicer):
    """Another authority for text messages, which is away at times."""

    def __init__(self) -> None:
        self.sent: list[authority.SendTextMessageRequest] = []

    async def SendTextMessage(
        self, request: authority.SendTextMessageRequest, context: Any
    ) -> authority.SendTextMessageResponse:
        self.sent.append(request)
        return authority.SendTextMessageResponse()


@asynccontextmanager
async def serving(phones: Phones, port: int) -> AsyncIterator[int]:
    server = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
    authority_grpc.add_TextMessageServiceServicer_to_server(phones, server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    try:
        yield bound
    finally:
        await server.stop(None)


async def repeated(
    start: Callable[[], Awaitable[identity_pb2.Challenge]],
) -> identity_pb2.Challenge:
    """Repeats until the authority is reached; nothing else may stand in the way."""
    for _ in range(100):
        try:
            return await start()
        except grpc.RpcError as error:
            found = people.checked(error).reason
        assert found == "AUTHORITY_UNREACHABLE"
        await asyncio.sleep(0.05)
    raise AssertionError("the authority was never reached")


@pytest.mark.rule("R91")
async def test_an_authority_that_was_away_gets_the_message_when_the_request_is_repeated(
    tmp_path: Path,
) -> None:
    phones = Phones()
    async with serving(phones, 0) as port:
        pass
    address = f"127.0.0.1:{port}"
    async with a_world(tmp_path / "platform", text_messages=address) as world:
        bank = await world.channel("bank")
        zhang = await world.citizen(1)
        request_id = new_id()

        away = await reason(bank.start(zhang.named, TEXT_MESSAGE, APPLY, request_id))
        async with serving(phones, port):
            challenge = await repeated(
                lambda: bank.start(zhang.named, TEXT_MESSAGE, APPLY, request_id)
            )
            (message,) = phones.sent
            code = message.text.partition("验证码 ")[2][:6]
            proof = await bank.answer(challenge, text_code=code)

        assert away == "AUTHORITY_UNREACHABLE"
        assert message.phone == zhang.phone
        assert len(proof) == 32
        # It was one message of the day, however often it was asked for.
        assert [row[3] for row in world.dump()["counters"]] == [1]


@pytest.mark.rule("R25")
async def test_ten_texts_a_day_over_all_channels(world: World) -> None:
    channels = [await world.channel(name) for name in ("bank", "wechat")]
    zhang, li = await world.citizen(1), await world.citizen(2)
    for turn in range(10):
        await channels[turn % 2].start(zhang.named, TEXT_MESSAGE, APPLY)

    for channel in channels:
        refusal = await refused(channel.start(zhang.named, TEXT_MESSAGE, APPLY))
        assert refusal.reason == "TRIES_EXHAUSTED"
        assert int(refusal.details["retry_time_us"]) > 0
    await channels[0].start(li.named, TEXT_MESSAGE, APPLY)
    assert len(await world.texts(zhang)) == 10

    await world.advance(DAY)
    await channels[0].start(zhang.named, TEXT_MESSAGE, APPLY)


@pytest.mark.rule("R22", "R25")
async def test_ten_failed_faces_a_day_over_all_channels(world: World) -> None:
    bank, wechat = await world.channel("bank"), await world.channel("wechat")
    zhang, li = await world.citizen(1), await world.citizen(2)
    reasons = []
    for channel in (bank, wechat):
        challenge = await channel.start(zhang.named, FACE, APPLY)
        reasons += [
            await reason(channel.answer(challenge, face_capture=face(li, challenge)))
            for _ in range(5)
        ]
        assert await reason(channel.answer(challenge, face_capture=b"1")) == "TRIES_EXHAUSTED"
    started = bank.start(zhang.named, FACE, APPLY)

    assert reasons == ["FACE_MISMATCH"] * 10
    assert await reason(started) == "TRIES_EXHAUSTED"
    assert len(await bank.proof(li, FACE, APPLY)) == 32

    await world.advance(DAY)
    assert len(await bank.proof(zhang, FACE, APPLY)) == 32


@pytest.mark.rule("R22")
async def test_a_face_must_do_what_is_asked_in_that_order_and_say_the_digits(
    world: World,
) -> None:
    bank = await world.channel("bank")
    zhang = await world.citizen(1)
    challenge = await bank.start(zhang.named, FACE, APPLY)
    asked = challenge.face
    bad = [
        identity_pb2.Challenge.Face(actions=asked.actions[:-1], digits=asked.digits),
        identity_pb2.Challenge.Face(actions=asked.actions[::-1], digits=asked.digits),
        identity_pb2.Challenge.Face(actions=asked.actions, digits=asked.digits[::-1] + "0"),
    ]

    for each in bad:
        doing = identity_pb2.Challenge(face=each)
        call = bank.answer(challenge, face_capture=face(zhang, doing))
        assert await reason(call) == "LIVENESS_FAILED"
    assert asked.digits.isdigit()
    assert len(asked.actions) >= 2
    assert len(await bank.answer(challenge, face_capture=face(zhang, challenge))) == 32


@pytest.mark.rule("R23")
async def test_an_expired_challenge_needs_no_authority_to_be_refused(tmp_path: Path) -> None:
    """The comment's order: whoever judges faces is asked only about what may still be answered."""
    async with a_world(tmp_path / "platform", faces="127.0.0.1:1") as world:
        bank = await world.channel("bank")
        zhang = await world.citizen(1)
        challenge = await bank.start(zhang.named, FACE, APPLY)
        assert await reason(bank.answer(challenge, face_capture=b"1")) == "AUTHORITY_UNREACHABLE"

        await world.advance(5 * people.MINUTE)

        assert await reason(bank.answer(challenge, face_capture=b"1")) == "CHALLENGE_EXPIRED"
        assert world.dump()["counters"] == []


class Holder:
    """A person with a password and a link in two channels."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def open(self) -> None:
        self.bank = await self.world.channel("bank")
        self.wechat = await self.world.channel("wechat")
        self.zhang = await self.world.citizen(1)
        self.link = await self.bank.apply(self.zhang)
        self.other_link = await self.wechat.apply(self.zhang)
        await self.bank.set_password(self.zhang, self.link)

    async def start(self, channel: Channel) -> identity_pb2.Challenge:
        return await channel.start(self.zhang.named, CARD_PASSWORD, CHANGE_PASSWORD)

    async def guess(self, channel: Channel, digits: str) -> str:
        """What comes of entering a password: a reason, or "right"."""
        try:
            await channel.answer(await self.start(channel), card_password=digits)
        except grpc.RpcError as error:
            return people.checked(error).reason
        return "right"

    async def record(self) -> list["records.Record.Kind.ValueType"]:
        return [line.kind for line in await self.bank.record(self.link)]


@pytest.fixture
async def holder(world: World) -> Holder:
    holder = Holder(world)
    await holder.open()
    return holder


@pytest.mark.rule("R25")
async def test_the_sixth_wrong_password_in_a_row_locks_whatever_the_channels(
    holder: Holder,
) -> None:
    bank, wechat = holder.bank, holder.wechat

    found = [await holder.guess(channel, WRONG) for channel in (bank, wechat) * 3]

    assert found == ["PASSWORD_WRONG"] * 5 + ["PASSWORD_LOCKED"]
    # From now on a right one is refused too, in every channel, for a day.
    assert await holder.guess(wechat, PASSWORD) == "PASSWORD_LOCKED"
    assert records.Record.KIND_PASSWORD_LOCKED in await holder.record()
    await holder.world.advance(DAY - 60)
    assert await holder.guess(bank, PASSWORD) == "PASSWORD_LOCKED"
    await holder.world.advance(60)
    assert await holder.guess(bank, PASSWORD) == "right"


@pytest.mark.rule("R25")
async def test_a_right_password_starts_the_count_again(holder: Holder) -> None:
    for _ in range(3):
        wrong = [await holder.guess(holder.bank, WRONG) for _ in range(5)]
        assert wrong == ["PASSWORD_WRONG"] * 5
        assert await holder.guess(holder.wechat, PASSWORD) == "right"


@pytest.mark.rule("R25")
async def test_a_burst_of_guesses_from_two_channels_has_five_tries_like_any_other(
    holder: Holder,
) -> None:
    """Whoever guesses in parallel must not get more tries, nor slip in behind the lock."""
    channels = (holder.bank, holder.wechat)
    challenges = [(channel, await holder.start(channel)) for channel in channels * 6]

    async def guess(place: int) -> str:
        channel, challenge = challenges[place]
        return await reason(channel.answer(challenge, card_password=f"{WRONG[:4]}{place:02d}"))

    late = await holder.start(holder.bank)
    guesses = [asyncio.create_task(guess(place)) for place in range(len(challenges))]
    await asyncio.wait(guesses[:1])
    right = await reason(holder.bank.answer(late, card_password=PASSWORD))
    found = await asyncio.gather(*guesses)

    assert sorted(found) == ["PASSWORD_LOCKED"] * 7 + ["PASSWORD_WRONG"] * 5
    assert right == "PASSWORD_LOCKED"
    kinds = await holder.record()
    assert kinds.count(records.Record.KIND_PASSWORD_LOCKED) == 1


@pytest.mark.rule("R25", "R91")
async def test_a_wrong_password_that_is_repeated_is_counted_once(holder: Holder) -> None:
    challenge = await holder.start(holder.bank)
    request_id = new_id()

    refusals = [
        await refused(holder.bank.answer(challenge, request_id, card_password=WRONG))
        for _ in range(4)
    ]

    assert {refusal.details["tries_left"] for refusal in refusals} == {"5"}
    again = await refused(holder.bank.answer(challenge, card_password=WRONG))
    assert again.details["tries_left"] == "4"


@pytest.mark.rule("R24", "R25")
async def test_a_reset_frees_the_lock_and_the_old_password_is_gone_everywhere(
    holder: Holder,
) -> None:
    bank, wechat, zhang = holder.bank, holder.wechat, holder.zhang
    for _ in range(6):
        await holder.guess(bank, WRONG)

    request = passwords.ResetPasswordRequest(
        link_id=holder.other_link.link_id,
        text_proof=await wechat.proof(zhang, TEXT_MESSAGE, RESET_PASSWORD),
        face_proof=await wechat.proof(zhang, FACE, RESET_PASSWORD),
        new_password=OTHER_PASSWORD,
    )
    await wechat.do(wechat.passwords.ResetPassword, request)

    assert await holder.guess(bank, PASSWORD) == "PASSWORD_WRONG"
    assert await holder.guess(bank, OTHER_PASSWORD) == "right"
    assert await holder.guess(wechat, OTHER_PASSWORD) == "right"


@pytest.mark.rule("R24")
async def test_a_change_is_good_in_every_channel_at_once_and_told_to_all(holder: Holder) -> None:
    bank, wechat = holder.bank, holder.wechat
    request = passwords.ChangePasswordRequest(
        link_id=holder.link.link_id,
        proof=await bank.proof(holder.zhang, CARD_PASSWORD, CHANGE_PASSWORD),
        new_password=OTHER_PASSWORD,
    )

    await bank.do(bank.passwords.ChangePassword, request)

    assert await holder.guess(wechat, PASSWORD) == "PASSWORD_WRONG"
    assert await holder.guess(wechat, OTHER_PASSWORD) == "right"
    assert len(await wechat.feed()) == 3  # activated, set, changed


@pytest.mark.rule("R23")
@pytest.mark.parametrize("method", [TEXT_MESSAGE, FACE, CARD_PASSWORD, VOUCHED])
async def test_a_challenge_is_answered_rightly_once(holder: Holder, method: people.Method) -> None:
    bank, zhang = holder.bank, holder.zhang
    challenge = await bank.start(zhang.named, method, UNLINK)
    answers: dict[people.Method, dict[str, Any]] = {
        FACE: {"face_capture": face(zhang, challenge)},
        CARD_PASSWORD: {"card_password": PASSWORD},
        VOUCHED: {"vouched": True},
    }
    answer = answers.get(method) or {"text_code": await holder.world.code(zhang)}
    request_id = new_id()

    proof = await bank.answer(challenge, request_id, **answer)

    assert await bank.answer(challenge, request_id, **answer) == proof
    assert await reason(bank.answer(challenge, **answer)) == "CHALLENGE_ANSWERED"


@pytest.mark.rule("R3", "R12")
async def test_unlinking_and_the_password_stay_open_while_the_card_is_lost(
    holder: Holder,
) -> None:
    world, bank, zhang = holder.world, holder.bank, holder.zhang
    (card_id,) = await world.bureau_view(zhang)
    await world.report_loss(card_id)

    assert await holder.guess(bank, PASSWORD) == "right"
    assert (await bank.get(holder.link)).card.blocked_reason == "PHYSICAL_CARD_LOST"
    ended = await bank.unlink(zhang, holder.link)
    assert ended.state == card_pb2.Link.STATE_UNLINKED
    assert await reason(apply_again(bank, zhang)) == "PHYSICAL_CARD_LOST"


async def apply_again(channel: Channel, someone: Person) -> object:
    return await channel.apply(someone)
