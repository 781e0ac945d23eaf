"""The platform away, frozen or restarted; answers lost; the channel restarted within a flow."""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import chain

import grpc
import pytest
from sqlalchemy import select, text
from tests.wire.channels.conftest import ZHANG, MakeStand, Phone, Stand, until
from tests.wire.channels.fake_platform import Holder

from essc.channel.v1 import channel_pb2, channel_service_pb2
from essc_channels.store import accounts, housekeeping, tables
from essc_channels.store.database import Database, DataFolder
from essc_wire.clock import monotonic, new_request_id
from essc_wire.refusals import Refusal, reason_of

APPLY, UNLINK = channel_pb2.FLOW_KIND_APPLY, channel_pb2.FLOW_KIND_UNLINK
Panel, Flow = channel_pb2.Panel, channel_pb2.Flow


async def signed_in(stand: Stand) -> tuple[Holder, Phone]:
    holder = stand.fake.add(*ZHANG)
    await stand.put_account(holder)
    return holder, await stand.signed_in()


async def holding(stand: Stand) -> tuple[Holder, Phone]:
    holder, phone = await signed_in(stand)
    assert (await phone.walk(APPLY)).state == Flow.STATE_COMPLETED
    return holder, phone


async def at_consent_to_issue(phone: Phone) -> channel_pb2.Flow:
    """The flow of a real-name channel, one answer before it applies."""
    return await phone.answer(await phone.answer(await phone.start(APPLY)))


@pytest.mark.rule("R17")
async def test_without_the_platform_the_masked_copy_is_shown_for_ten_minutes(
    make_stand: MakeStand,
) -> None:
    stand = await make_stand("nantong")
    _, phone = await holding(stand)
    before = await phone.home()
    await stand.stop_platform()

    young = await phone.home()
    await stand.advance_clock(11 * 60)
    old = await phone.home()

    assert young.state == Panel.STATE_USABLE
    assert young.HasField("as_of_time")
    assert young.card == before.card
    assert list(young.offered_flows) == []
    assert (old.state, old.reason) == (Panel.STATE_UNKNOWN, "PLATFORM_UNREACHABLE")
    assert not old.HasField("card")


@pytest.mark.rule("R17")
async def test_the_copy_survives_a_restart_and_the_channel_recovers_by_itself(
    make_stand: MakeStand,
) -> None:
    stand = await make_stand("nantong")
    _, phone = await holding(stand)
    await stand.stop_platform()
    await stand.restart_channel()
    session = phone.session
    phone = stand.phone()
    phone.session = session

    away = await phone.home()
    await stand.start_platform()
    async with asyncio.timeout(5):
        while (back := await phone.home()).HasField("as_of_time"):  # noqa: ASYNC110 - a poll
            await asyncio.sleep(0.05)

    assert away.HasField("as_of_time")
    assert back.state == Panel.STATE_USABLE
    assert channel_pb2.FLOW_KIND_SHOW_CARD in back.offered_flows


@pytest.mark.rule("R17")
async def test_a_person_without_a_link_is_told_the_platform_is_away(make_stand: MakeStand) -> None:
    stand = await make_stand("wechat")
    _, phone = await signed_in(stand)
    await stand.stop_platform()

    home = await phone.home()
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await phone.start(APPLY)

    assert home.state == Panel.STATE_NOT_OPENED
    assert home.HasField("as_of_time")
    assert list(home.offered_flows) == []
    assert reason_of(refused.value) == "PLATFORM_UNREACHABLE"


@pytest.mark.rule("R17")
async def test_a_silent_platform_is_refused_within_the_callers_deadline(
    make_stand: MakeStand,
) -> None:
    stand = await make_stand("nantong")
    _, phone = await signed_in(stand)
    flow = await at_consent_to_issue(phone)
    stand.fake.frozen.add("Apply")
    begin = monotonic()

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await phone.answer(flow, timeout_s=2.0)

    assert reason_of(refused.value) == "PLATFORM_UNREACHABLE"
    assert monotonic() - begin < 2.0


@pytest.mark.rule("R17")
@pytest.mark.parametrize("reason", ["LINK_NOT_FOUND", "LINK_NOT_ACTIVE"])
async def test_a_refusal_corrects_the_copy_at_once(make_stand: MakeStand, reason: str) -> None:
    stand = await make_stand("nantong")
    _, phone = await holding(stand)
    stand.fake.refusing["GetCard"] = Refusal(reason)

    told = await phone.home()
    await stand.stop_platform()
    away = await phone.home()

    assert told.state == Panel.STATE_NOT_OPENED
    assert away.state == Panel.STATE_NOT_OPENED
    assert not away.HasField("card")


@pytest.mark.rule("R17")
async def test_a_refused_record_corrects_the_copy_too(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    _, phone = await holding(stand)
    for method in ("ListRecords", "GetCard"):
        stand.fake.refusing[method] = Refusal("LINK_NOT_ACTIVE")

    request = channel_service_pb2.ListRecordsRequest()
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await phone.stub.ListRecords(request, **phone.options())
    await stand.stop_platform()
    away = await phone.home()

    assert reason_of(refused.value) == "LINK_NOT_ACTIVE"
    assert away.state == Panel.STATE_NOT_OPENED


@pytest.mark.rule("R91")
async def test_a_repeat_without_an_answer_is_not_told_as_the_refusal_before_it(
    make_stand: MakeStand,
) -> None:
    """A busy platform surely did nothing; one that then falls silent may have."""
    stand = await make_stand("nantong")
    _, phone = await signed_in(stand)
    flow = await at_consent_to_issue(phone)
    stand.fake.refusing["Apply"] = Refusal("PLATFORM_BUSY", retry_after_ms=300)
    answering = asyncio.create_task(phone.answer(flow, timeout_s=1.5))
    await until(lambda: stand.fake.asked["Apply"] == 1)
    stand.fake.frozen.add("Apply")

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await answering

    assert stand.fake.asked["Apply"] == 2
    assert reason_of(refused.value) == "PLATFORM_UNREACHABLE"


@pytest.mark.rule("R91")
async def test_a_lost_answer_is_asked_for_again_with_the_same_request(
    make_stand: MakeStand,
) -> None:
    stand = await make_stand("nantong")
    holder, phone = await signed_in(stand)
    flow = await at_consent_to_issue(phone)
    stand.fake.losing.add("Apply")
    request_id = new_request_id()
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await phone.answer(flow, request_id)

    stand.fake.losing.clear()
    after = await phone.answer(flow, request_id)

    assert reason_of(refused.value) == "PLATFORM_UNREACHABLE"
    assert after.step.consent.button.zh == "立即授权"
    assert len(set(stand.fake.request_ids["Apply"])) == 1
    assert holder.link is not None
    assert holder.link.serial == 1


@pytest.mark.rule("R91")
async def test_the_phone_may_even_send_the_answer_under_a_new_request_id(
    make_stand: MakeStand,
) -> None:
    stand = await make_stand("nantong")
    _, phone = await signed_in(stand)
    flow = await at_consent_to_issue(phone)
    stand.fake.losing.add("Apply")
    with pytest.raises(grpc.aio.AioRpcError):
        await phone.answer(flow)

    stand.fake.losing.clear()
    after = await phone.answer(flow)

    assert after.step.consent.button.zh == "立即授权"
    assert len(set(stand.fake.request_ids["Apply"])) == 1


@pytest.mark.rule("R91")
async def test_another_answer_after_a_lost_one_is_another_request(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    _, phone = await signed_in(stand)
    flow = await phone.answer(await phone.start(APPLY))
    stand.fake.losing.add("AnswerChallenge")
    with pytest.raises(grpc.aio.AioRpcError):
        await phone.answer(flow)
    stand.fake.losing.clear()

    anew = await phone.answer(flow, face_capture=b"somebody else")
    after = await phone.answer(anew)

    assert anew.step.last_reason == "CHALLENGE_ANSWERED"
    assert anew.step.step_id != flow.step.step_id
    assert after.step.WhichOneof("kind") == "consent"


@pytest.mark.rule("R91")
async def test_a_flow_survives_a_restart_of_the_channel(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    _, phone = await signed_in(stand)
    flow = await at_consent_to_issue(phone)
    stand.fake.losing.add("Apply")
    with pytest.raises(grpc.aio.AioRpcError):
        await phone.answer(flow)
    session = phone.session
    await stand.restart_channel()
    stand.fake.losing.clear()
    phone = stand.phone()
    phone.session = session

    after = await phone.answer(flow)

    assert after.step.consent.button.zh == "立即授权"
    assert len(set(stand.fake.request_ids["Apply"])) == 1


@pytest.mark.rule("R91")
async def test_the_same_request_gets_the_same_answer_and_changes_nothing(
    make_stand: MakeStand,
) -> None:
    stand = await make_stand("nantong")
    _, phone = await signed_in(stand)
    start_id, answer_id = new_request_id(), new_request_id()
    flow = await phone.start(APPLY, start_id)
    face = await phone.answer(flow)
    wrong = await phone.answer(face, answer_id, face_capture=b"somebody else")
    asked = stand.fake.asked["AnswerChallenge"]

    again = await phone.answer(face, answer_id, face_capture=b"somebody else")
    first_again = await phone.start(APPLY, start_id)

    assert again == wrong
    assert first_again == flow
    assert stand.fake.asked["AnswerChallenge"] == asked


@pytest.mark.rule("R91")
async def test_a_request_id_with_other_content_is_refused(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    _, phone = await signed_in(stand)
    request_id = new_request_id()
    flow = await phone.start(APPLY, request_id)

    with pytest.raises(grpc.aio.AioRpcError) as other_kind:
        await phone.start(UNLINK, request_id)
    with pytest.raises(grpc.aio.AioRpcError) as other_method:
        await phone.answer(flow, request_id)

    assert reason_of(other_kind.value) == "REQUEST_ID_REUSED"
    assert reason_of(other_method.value) == "REQUEST_ID_REUSED"


@pytest.mark.rule("R17")
async def test_a_flow_that_cannot_start_is_the_same_flow_when_it_can(
    make_stand: MakeStand,
) -> None:
    stand = await make_stand("wechat")
    _, phone = await signed_in(stand)
    phone.choice = "TEXT_MESSAGE"
    choice = await phone.start(APPLY)
    stand.fake.losing.add("StartChallenge")
    request_id = new_request_id()
    with pytest.raises(grpc.aio.AioRpcError):
        await phone.answer(choice, request_id)
    stand.fake.losing.clear()

    after = await phone.answer(choice, request_id)

    assert after.step.WhichOneof("kind") == "text_code"
    assert len(set(stand.fake.request_ids["StartChallenge"])) == 1, "one text message, not two"


@pytest.mark.rule("R17")
async def test_a_busy_platform_is_asked_again_and_then_believed(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    _, phone = await signed_in(stand)
    flow = await at_consent_to_issue(phone)
    stand.fake.refusing["Apply"] = Refusal("PLATFORM_BUSY", retry_after_ms=20)

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await phone.answer(flow)
    stand.fake.refusing.clear()
    after = await phone.answer(flow)

    assert reason_of(refused.value) == "PLATFORM_BUSY"
    assert after.step.WhichOneof("kind") == "consent"


@pytest.mark.rule("R17")
async def test_whoever_has_no_time_to_come_back_is_told_at_once(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    _, phone = await signed_in(stand)
    flow = await at_consent_to_issue(phone)
    stand.fake.refusing["Apply"] = Refusal("PLATFORM_BUSY", retry_after_ms=60_000)

    async with asyncio.timeout(3):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await phone.answer(flow, timeout_s=50)

    assert reason_of(refused.value) == "PLATFORM_BUSY"
    assert stand.fake.asked["Apply"] == 1


async def test_a_channel_whose_authority_is_away_says_so(make_stand: MakeStand) -> None:
    stand = await make_stand("bank-east")
    _, phone = await signed_in(stand)
    lab_server = stand.channel.servers[1]
    await lab_server.stop(0)

    with pytest.raises(grpc.aio.AioRpcError) as start:
        await phone.start(APPLY)
    with pytest.raises(grpc.aio.AioRpcError) as sign_in:
        await phone.sign_in()

    assert reason_of(start.value) == "AUTHORITY_UNREACHABLE"
    assert reason_of(sign_in.value) == "AUTHORITY_UNREACHABLE"


@pytest.mark.rule("R20")
async def test_an_unanswered_flow_ends_by_itself(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    _, phone = await signed_in(stand)
    flow = await phone.start(APPLY)
    await stand.advance_clock(15 * 60 + 1)

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await phone.answer(flow)

    assert reason_of(refused.value) == "FLOW_ENDED"


@pytest.mark.rule("R91")
async def test_a_full_disk_is_a_refusal_and_loses_nothing(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong", in_file=True)
    _, phone = await signed_in(stand)
    database = stand.channel.database
    with database.write() as connection:
        connection.execute(text("PRAGMA max_page_count = 1"))

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await start_often(phone)
    with database.write() as connection:
        connection.execute(text("PRAGMA max_page_count = 1000000"))
    after = await phone.answer(await phone.start(APPLY))

    assert reason_of(refused.value) == "STORE_UNAVAILABLE"
    assert after.step.WhichOneof("kind") == "face"


async def start_often(phone: Phone) -> None:
    for _ in range(100):
        await phone.start(APPLY)


@contextmanager
def store_of(stand: Stand) -> Iterator[Database]:
    """A stopped channel's store, opened once more."""
    with closing(DataFolder(stand.config.data)) as folder:
        url, channel_id = stand.config.store, stand.config.profile.id
        opened = folder.channel_store(url, channel_id) if url else folder.channel_database()
        with closing(opened) as database:
            yield database


def kept(stand: Stand) -> bytes:
    """All that a stopped channel has stored: its file, with what was removed, or its rows."""
    if stand.config.store is None:
        return b"".join(path.read_bytes() for path in stand.config.data.glob("channel.db*"))
    found = b""
    with store_of(stand) as database, database.read() as connection:
        for table in tables.metadata.tables.values():
            for value in chain.from_iterable(connection.execute(select(table))):
                found += value if isinstance(value, bytes) else str(value).encode()
    return found


@pytest.mark.rule("R92")
async def test_neither_database_nor_logs_hold_personal_data(
    make_stand: MakeStand, capsys: pytest.CaptureFixture[str]
) -> None:
    stand = await make_stand("wechat")
    holder, phone = await signed_in(stand)
    phone.choice = "WALLET_PASSWORD"
    phone.vouch_answer = "swordfish"
    await phone.walk(APPLY)
    await phone.walk(channel_pb2.FLOW_KIND_SET_PASSWORD)
    await stand.channel.drain()

    folder = stand.config.data
    stored = kept(stand)
    stored += "".join(capsys.readouterr()).encode()
    for secret in (
        holder.id_number,
        holder.name,
        "11100000001",
        "swordfish",
        "205817",
        phone.session,
        *stand.fake.proofs,
    ):
        assert secret.encode() not in stored, secret
    assert b"swordfish" not in (folder / "lab.db").read_bytes()

    with store_of(stand) as database, database.read() as connection:
        assert accounts.find_account(connection, "zhang").link_id is not None


async def test_a_draining_channel_lets_a_running_step_ask_its_authority(
    make_stand: MakeStand,
) -> None:
    stand = await make_stand("bank-east")
    _, phone = await signed_in(stand)
    starting = asyncio.create_task(phone.start(APPLY))
    stand.fake.refusing["GetHead"] = Refusal("PLATFORM_BUSY", retry_after_ms=400)
    await until(lambda: stand.fake.asked["GetHead"] > 0)
    stand.fake.refusing.clear()

    await stand.channel.drain()

    assert (await starting).step.WhichOneof("kind") == "vouch"


async def test_a_bug_in_the_sweep_is_told_and_the_next_sweep_comes(
    make_stand: MakeStand, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    swept: list[int] = []

    def broken(connection: object, now: int) -> None:
        swept.append(now)
        raise KeyError(now)

    monkeypatch.setattr(housekeeping, "sweep", broken)
    monkeypatch.setattr("essc_channels.server._SWEEP_S", 0.01)
    stand = await make_stand("nantong")

    await until(lambda: len(swept) > 1)
    await stand.channel.drain()

    assert "KeyError" in "".join(capsys.readouterr())
    DataFolder(stand.config.data).close()


@pytest.mark.parametrize(
    "reason",
    [
        "CALLER_UNKNOWN",
        "TOKEN_EXPIRED",
        "TOKEN_FOR_OTHER_PLATFORM",
        "CALLER_NOT_ALLOWED",
        "REQUEST_INVALID",
    ],
)
async def test_a_refusal_of_the_channel_itself_is_no_refusal_of_the_phone(
    make_stand: MakeStand, capsys: pytest.CaptureFixture[str], reason: str
) -> None:
    stand = await make_stand("nantong")
    _, phone = await holding(stand)
    methods = ("ListRecords", "StartChallenge")
    stand.fake.refusing = {method: Refusal(reason) for method in methods}

    with pytest.raises(grpc.aio.AioRpcError) as record:
        await phone.stub.ListRecords(channel_service_pb2.ListRecordsRequest(), **phone.options())
    with pytest.raises(grpc.aio.AioRpcError) as start:
        await phone.start(channel_pb2.FLOW_KIND_SET_PASSWORD)
    stand.fake.refusing = {}
    choice = await phone.start(UNLINK)
    stand.fake.refusing = {"StartChallenge": Refusal(reason)}
    with pytest.raises(grpc.aio.AioRpcError) as answer:
        await phone.answer(choice)

    told = [reason_of(error.value) for error in (record, start, answer)]
    assert told == ["PLATFORM_UNREACHABLE"] * 3
    assert reason in "".join(capsys.readouterr())


@pytest.mark.parametrize("reason", ["CHANNEL_NOT_LIVE", "PLATFORM_BUSY"])
async def test_what_a_phone_can_understand_it_is_told(make_stand: MakeStand, reason: str) -> None:
    stand = await make_stand("nantong")
    _, phone = await holding(stand)
    stand.fake.refusing["ListRecords"] = Refusal(reason, retry_after_ms=10)

    with pytest.raises(grpc.aio.AioRpcError) as record:
        await phone.stub.ListRecords(channel_service_pb2.ListRecordsRequest(), **phone.options())

    assert reason_of(record.value) == reason


@pytest.mark.rule("R91", "R92")
async def test_a_repeat_shows_the_card_again_though_no_answer_keeps_it(
    make_stand: MakeStand,
) -> None:
    stand = await make_stand("nantong")
    _, phone = await holding(stand)
    start_id, end_id = new_request_id(), new_request_id()

    shown = await phone.start(channel_pb2.FLOW_KIND_SHOW_CARD, start_id)
    shown_again = await phone.start(channel_pb2.FLOW_KIND_SHOW_CARD, start_id)
    ended = await phone.answer(shown, end_id)
    ended_again = await phone.answer(shown, end_id)
    with pytest.raises(grpc.aio.AioRpcError) as too_late:
        await phone.start(channel_pb2.FLOW_KIND_SHOW_CARD, start_id)
    with stand.channel.database.read() as connection:
        kept = b"".join(connection.execute(text("SELECT answer FROM answers")).scalars())

    assert shown.step.show_card.signed_card.payload == b"payload"
    assert ended.panel.card.masked_name == "张*"
    assert (shown_again, ended_again) == (shown, ended)
    assert reason_of(too_late.value) == "FLOW_ENDED"
    for secret in (shown.step.show_card.card.masked_id_number, "张*", "signature"):
        assert secret.encode() not in kept


@pytest.mark.rule("R11", "R91")
async def test_after_unlinking_no_repeat_shows_the_card(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    _, phone = await holding(stand)
    start_id = new_request_id()
    await phone.start(channel_pb2.FLOW_KIND_SHOW_CARD, start_id)
    assert (await phone.walk(UNLINK)).state == Flow.STATE_COMPLETED

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await phone.start(channel_pb2.FLOW_KIND_SHOW_CARD, start_id)

    assert reason_of(refused.value) == "FLOW_NOT_OFFERED"
