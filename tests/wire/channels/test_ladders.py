"""Every refusal of a method's comment is met at a channel in that order, and no other."""

from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

import pytest
from tests.wire.channels.conftest import (
    GRANDMOTHER,
    PHONE,
    WALLET_PASSWORD,
    ZHANG,
    MakeStand,
    Phone,
    Stand,
)
from tests.wire.channels.fake_platform import PASSWORD, Holder
from tests.wire.ladders import CLIMBED, LISTED, OF_CHANNELS, Ladder, climbs, package_of
from tests.wire.people import reason
from tests.wire.people_audit import told

from essc.authority.v1 import authority_service_pb2 as authority
from essc.authority.v1 import authority_service_pb2_grpc as authority_grpc
from essc.channel.v1 import channel_pb2 as pb
from essc.channel.v1 import channel_service_pb2 as messages
from essc.identity.v1 import identity_pb2
from essc.lab.v1 import lab_service_pb2 as lab
from essc.lab.v1 import lab_service_pb2_grpc as lab_grpc
from essc_channels.store.database import Database
from essc_channels.store.engines import StoreUnavailable
from essc_wire import audits
from essc_wire.clock import new_request_id as new_id
from essc_wire.refusals import CHANNEL_DOMAIN, Refusal

CHANNEL = "essc.channel.v1.ChannelService."
ACCOUNTS = "essc.lab.v1.AccountService."
VOUCHING = "essc.authority.v1.VouchService."
# Served by the platform as well.
CLOCK, PHONES = "essc.lab.v1.ClockService.", "essc.lab.v1.PhoneService."
AUDITS = "essc.lab.v1.AuditService."
NOBODY = "0" * 64

SHOW_CARD, SHOW_CODE = pb.FLOW_KIND_SHOW_CARD, pb.FLOW_KIND_SHOW_CODE
APPLY, RESET_PASSWORD = pb.FLOW_KIND_APPLY, pb.FLOW_KIND_RESET_PASSWORD

AWAY = Refusal("PLATFORM_DRAINING")
NOT_LIVE = Refusal("CHANNEL_NOT_LIVE")
BUSY = Refusal("PLATFORM_BUSY", retry_after_ms=10)
CONFLICT = Refusal("CHANGES_CONFLICT")


class Climber:
    """A phone, whoever is signed in on it, on the ladder of a method."""

    def __init__(self, stand: Stand, method: str) -> None:
        self.stand, self.phone = stand, stand.phone()
        self._name = method
        self.ladder = Ladder(CHANNEL + method, self._ask, CHANNEL_DOMAIN)

    async def step(self, wanted: str, session: str, request: Any) -> None:
        self.phone.session = session
        await self.ladder.step(wanted, request)

    async def stop_authority(self) -> None:
        await self.stand.channel.servers[1].stop(0)

    async def start_authority(self) -> None:
        """It comes back with the channel, whose phones call again."""
        await self.stand.restart_channel()
        self.phone = self.stand.phone()

    async def _ask(self, request: Any) -> object:
        return await getattr(self.phone.stub, self._name)(request, **self.phone.options())


async def signed_in(make_stand: MakeStand, profile: str = "nantong") -> tuple[Stand, Phone]:
    stand = await make_stand(profile)
    await stand.put_account(stand.fake.add(*ZHANG))
    return stand, await stand.signed_in()


async def holding(make_stand: MakeStand, profile: str = "nantong") -> tuple[Stand, Holder, Phone]:
    """A holder with a card password and a bound member, on a device that is known."""
    stand = await make_stand(profile)
    holder = stand.fake.add(*ZHANG)
    stand.fake.add(*GRANDMOTHER)
    await stand.put_account(holder)
    phone = await stand.signed_in()
    phone.choice = "TEXT_MESSAGE"
    await phone.walk(APPLY)
    holder.password, phone.choice = PASSWORD, ""
    for kind in (SHOW_CODE, pb.FLOW_KIND_ADD_MEMBER):
        flow = await phone.walk(kind)
        assert flow.state == pb.Flow.STATE_COMPLETED, flow
    return stand, holder, phone


def start_of(kind: Any, request_id: str = "") -> messages.StartFlowRequest:
    return messages.StartFlowRequest(request_id=request_id or new_id(), kind=kind)


def answer_to(flow: pb.Flow, request_id: str = "", **answer: Any) -> messages.AnswerStepRequest:
    return messages.AnswerStepRequest(
        request_id=request_id or new_id(),
        flow_id=flow.flow_id,
        step_id=flow.step.step_id,
        answer=pb.Answer(**answer),
    )


# --- what phones call ---


@climbs(CHANNEL + "SignIn")
async def test_sign_in(make_stand: MakeStand) -> None:
    def of(device_id: str) -> messages.SignInRequest:
        return messages.SignInRequest(account="li", device_id=device_id, request_id=new_id())

    climber = Climber(await make_stand("nantong"), "SignIn")
    await climber.stop_authority()
    await climber.step("REQUEST_INVALID", "", of(""))
    await climber.step("AUTHORITY_UNREACHABLE", "", of("phone-1"))
    await climber.start_authority()
    await climber.step("ACCOUNT_UNKNOWN", "", of("phone-1"))
    climber.ladder.top()


@climbs(CHANNEL + "GetHome", CHANNEL + "CancelFlow", CHANNEL + "SignOut")
async def test_home_cancel_and_sign_out(make_stand: MakeStand) -> None:
    stand, phone = await signed_in(make_stand)
    session = phone.session

    climber = Climber(stand, "GetHome")
    home = messages.GetHomeRequest(edition=99)  # type: ignore[arg-type]  # that is the point
    await climber.step("SESSION_UNKNOWN", NOBODY, home)
    await climber.step("REQUEST_INVALID", session, home)
    climber.ladder.top()

    climber = Climber(stand, "CancelFlow")
    cancel = messages.CancelFlowRequest(request_id="1", flow_id="f")
    await climber.step("SESSION_UNKNOWN", NOBODY, cancel)
    await climber.step("REQUEST_INVALID", session, cancel)
    cancel.request_id = new_id()
    await climber.step("FLOW_NOT_FOUND", session, cancel)
    climber.ladder.top()

    climber = Climber(stand, "SignOut")
    sign_out = messages.SignOutRequest(request_id="1")
    await climber.step("SESSION_UNKNOWN", NOBODY, sign_out)
    await climber.step("REQUEST_INVALID", session, sign_out)
    climber.ladder.top()


@climbs(CHANNEL + "StartFlow")
async def test_start_flow(make_stand: MakeStand) -> None:
    stand, holder, phone = await holding(make_stand)
    refusing, session = stand.fake.refusing, phone.session
    reused, ended, gone_on = new_id(), new_id(), new_id()
    await phone.start(RESET_PASSWORD, reused)
    await phone.answer(await phone.start(SHOW_CARD, ended))
    await phone.answer(await phone.start(SHOW_CODE, gone_on))
    # An account that the channel never managed to look for.
    await stand.put_account(stand.fake.holders[GRANDMOTHER[1]], "wang")
    refusing["StartChallenge"] = BUSY
    dark = (await stand.signed_in("wang")).session

    climber = Climber(stand, "StartFlow")
    refusing |= {"GetHead": AWAY, "GetCard": AWAY, "Apply": NOT_LIVE}
    await climber.stop_authority()
    await climber.step("SESSION_UNKNOWN", NOBODY, start_of(SHOW_CARD, "1"))
    await climber.step("REQUEST_INVALID", session, start_of(SHOW_CARD, "1"))
    await climber.step("REQUEST_ID_REUSED", session, start_of(SHOW_CARD, reused))
    await climber.step("PLATFORM_UNREACHABLE", dark, start_of(SHOW_CARD))
    del refusing["GetHead"]
    await climber.step("CHANNEL_NOT_LIVE", dark, start_of(SHOW_CARD))
    del refusing["Apply"], refusing["GetCard"]
    await climber.step("AUTHORITY_UNREACHABLE", dark, start_of(SHOW_CARD))
    holder.blocked_reason = "PHYSICAL_CARD_LOST"
    await climber.step("FLOW_NOT_OFFERED", session, start_of(SHOW_CARD, ended))
    holder.blocked_reason = ""
    await climber.step("FLOW_ENDED", session, start_of(SHOW_CARD, ended))
    await climber.step("STEP_NOT_CURRENT", session, start_of(SHOW_CODE, gone_on))
    await climber.step("PLATFORM_BUSY", session, start_of(RESET_PASSWORD))
    refusing["StartChallenge"] = CONFLICT
    await climber.step("CHANGES_CONFLICT", session, start_of(RESET_PASSWORD))
    climber.ladder.top()


@climbs(CHANNEL + "AnswerStep")
async def test_answer_step(make_stand: MakeStand) -> None:
    stand, holder, phone = await holding(make_stand, "wechat")
    refusing, session, shown, reused = stand.fake.refusing, phone.session, new_id(), new_id()
    ended = await phone.start(SHOW_CARD)
    await phone.answer(ended, reused)
    chosen = await phone.start(SHOW_CODE)
    choice = phone.right_answer(chosen.step)
    await phone.answer(chosen, shown)
    await stand.put_account(stand.fake.holders[GRANDMOTHER[1]], "wang")
    other = await stand.signed_in("wang")
    other.choice = "WALLET_PASSWORD"
    vouch = await other.answer(await other.start(APPLY))
    unknown = pb.Flow(flow_id="f" * 32, step=ended.step)
    later = pb.Flow(flow_id=vouch.flow_id, step=pb.Step(step_id="99"))

    climber = Climber(stand, "AnswerStep")
    refusing |= {"GetCard": NOT_LIVE, "StartChallenge": AWAY}
    holder.blocked_reason = "PHYSICAL_CARD_LOST"
    await climber.stop_authority()
    await climber.step("SESSION_UNKNOWN", NOBODY, answer_to(unknown, "1", consented=True))
    await climber.step("REQUEST_INVALID", session, answer_to(unknown, "1", consented=True))
    await climber.step("REQUEST_ID_REUSED", session, answer_to(unknown, reused, consented=True))
    await climber.step("CHANNEL_NOT_LIVE", session, answer_to(chosen, shown, **choice))
    del refusing["GetCard"]
    await climber.step("FLOW_NOT_OFFERED", session, answer_to(chosen, shown, **choice))
    await climber.step("FLOW_NOT_FOUND", session, answer_to(unknown, consented=True))
    await climber.step("FLOW_ENDED", session, answer_to(ended, choice_id="none"))
    await climber.step("STEP_NOT_CURRENT", other.session, answer_to(later, consented=True))
    await climber.step("ANSWER_NOT_FITTING", other.session, answer_to(vouch, consented=True))
    right = answer_to(vouch, vouch_answer=WALLET_PASSWORD)
    await climber.step("AUTHORITY_UNREACHABLE", other.session, right)
    await climber.start_authority()
    await climber.step("PLATFORM_UNREACHABLE", other.session, right)
    refusing["StartChallenge"] = BUSY
    await climber.step("PLATFORM_BUSY", other.session, right)
    refusing["StartChallenge"] = CONFLICT
    await climber.step("CHANGES_CONFLICT", other.session, right)
    climber.ladder.top()


@climbs(CHANNEL + "ListRecords")
async def test_list_records(make_stand: MakeStand) -> None:
    stand, _, phone = await holding(make_stand)
    session, refusing = phone.session, stand.fake.refusing
    await stand.put_account(stand.fake.holders[GRANDMOTHER[1]], "wang")
    without = (await stand.signed_in("wang")).session
    request = messages.ListRecordsRequest(page_token="nothing")

    climber = Climber(stand, "ListRecords")
    refusing["ListRecords"] = AWAY
    await climber.step("SESSION_UNKNOWN", NOBODY, messages.ListRecordsRequest(page_size=-1))
    await climber.step("REQUEST_INVALID", without, messages.ListRecordsRequest(page_size=-1))
    await climber.step("LINK_NOT_FOUND", without, request)
    await climber.step("PLATFORM_UNREACHABLE", session, request)
    for each in (NOT_LIVE, BUSY, Refusal("LINK_NOT_ACTIVE"), Refusal("PAGE_TOKEN_INVALID")):
        refusing["ListRecords"] = each
        await climber.step(each.reason, session, request)
    climber.ladder.top()


@pytest.mark.rule("R91")
async def test_a_repeat_whose_sight_is_refused_says_that_it_is_not_offered(
    make_stand: MakeStand,
) -> None:
    """Whatever the platform says: no reason comes that the comment does not name."""
    stand, _, phone = await holding(make_stand)
    request_id = new_id()
    phone.choice = GRANDMOTHER[0][0]
    chosen = await phone.start(pb.FLOW_KIND_VIEW_CERTIFICATIONS)
    shown = await phone.answer(chosen, request_id)
    stand.fake.refusing["ListCertifications"] = Refusal("BINDING_NOT_FOUND")

    assert shown.step.WhichOneof("kind") == "lines"
    assert await reason(phone.answer(chosen, request_id), CHANNEL_DOMAIN) == "FLOW_NOT_OFFERED"
    stand.fake.refusing["ListCertifications"] = BUSY
    assert await reason(phone.answer(chosen, request_id), CHANNEL_DOMAIN) == "PLATFORM_BUSY"


@pytest.mark.rule("R17")
async def test_a_flow_cannot_start_while_the_platform_is_too_busy_to_look_for_the_card(
    make_stand: MakeStand,
) -> None:
    stand = await make_stand("nantong")
    await stand.put_account(stand.fake.add(*ZHANG))
    stand.fake.refusing |= {"StartChallenge": BUSY, "GetHead": BUSY}
    phone = await stand.signed_in()

    assert (await phone.home()).reason == "PLATFORM_BUSY"
    assert await reason(phone.start(APPLY), CHANNEL_DOMAIN) == "PLATFORM_UNREACHABLE"


# --- what the lab port serves ---


def ask_of(method: Callable[..., Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
    return lambda request: method(request, timeout=5)


@climbs(ACCOUNTS + "PutAccount", CLOCK + "Advance", PHONES + "ListMessages")
async def test_accounts_clock_and_phones(make_stand: MakeStand) -> None:
    channel = (await make_stand("nantong")).lab().channel

    def account(id_number: str, phone: str) -> lab.PutAccountRequest:
        return lab.PutAccountRequest(
            account="li",
            person=identity_pb2.Person(name="李四", id_number=id_number),
            reserved_phone=phone,
            request_id=new_id(),
        )

    put = ask_of(lab_grpc.AccountServiceStub(channel).PutAccount)
    ladder = Ladder(ACCOUNTS + "PutAccount", put, CHANNEL_DOMAIN)
    await ladder.step("REQUEST_INVALID", account("110105194912310021", "13800000000"))
    await ladder.step("ID_NUMBER_NOT_SYNTHETIC", account("11010519491231002X", "13800000000"))
    ladder.top()

    def by(seconds: int, request_id: str) -> lab.AdvanceRequest:
        request = lab.AdvanceRequest(request_id=request_id)
        request.by.seconds = seconds
        return request

    advance, used = ask_of(lab_grpc.ClockServiceStub(channel).Advance), new_id()
    await advance(by(60, used))
    ladder = Ladder(CLOCK + "Advance", advance, CHANNEL_DOMAIN)
    await ladder.step("REQUEST_INVALID", by(0, used))
    await ladder.step("REQUEST_ID_REUSED", by(61, used))
    ladder.top()

    inbox = ask_of(lab_grpc.PhoneServiceStub(channel).ListMessages)
    ladder = Ladder(PHONES + "ListMessages", inbox, CHANNEL_DOMAIN)
    await ladder.step("REQUEST_INVALID", lab.ListMessagesRequest(phone=PHONE[1:]))
    ladder.top()


@climbs(AUDITS + "Export", CLOCK + "Settle")
async def test_snapshots_and_settling(
    make_stand: MakeStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = (await make_stand("nantong")).lab()

    def gone(_database: Database) -> NoReturn:
        raise StoreUnavailable

    monkeypatch.setattr(Database, "look", gone)
    monkeypatch.setattr(audits, "EXPORTS_MAX", 0)
    ladder = Ladder(AUDITS + "Export", lambda names: told(peer, *names), CHANNEL_DOMAIN)
    await ladder.step("REQUEST_INVALID", ["nothing"])
    await ladder.step("PLATFORM_BUSY", ["accounts"])
    monkeypatch.setattr(audits, "EXPORTS_MAX", 1)
    await ladder.step("STORE_UNAVAILABLE", ["accounts"])
    ladder.top()

    settle = ask_of(lab_grpc.ClockServiceStub(peer.channel).Settle)
    ladder = Ladder(CLOCK + "Settle", settle, CHANNEL_DOMAIN)
    await ladder.step("REQUEST_INVALID", lab.SettleRequest(after_cursor="0" * 65))
    ladder.top()


@climbs(VOUCHING + "GetAccount", VOUCHING + "StartVouch", VOUCHING + "AnswerVouch")
async def test_vouching(make_stand: MakeStand) -> None:
    stand = await make_stand("nantong")
    await stand.put_account(stand.fake.add(*ZHANG))
    stub: Any = authority_grpc.VouchServiceStub(stand.lab().channel)
    wallet = identity_pb2.VOUCH_KIND_WALLET_PASSWORD
    used = authority.StartVouchRequest(request_id=new_id(), account="zhang", kind=wallet)
    await stub.StartVouch(used, timeout=5)

    ladder = Ladder(VOUCHING + "GetAccount", ask_of(stub.GetAccount), CHANNEL_DOMAIN)
    await ladder.step("REQUEST_INVALID", authority.GetAccountRequest())
    await ladder.step("ACCOUNT_UNKNOWN", authority.GetAccountRequest(account="li"))
    ladder.top()

    start = authority.StartVouchRequest(request_id=new_id(), account="li")
    ladder = Ladder(VOUCHING + "StartVouch", ask_of(stub.StartVouch), CHANNEL_DOMAIN)
    await ladder.step("REQUEST_INVALID", start)
    start.kind = wallet
    start.request_id = used.request_id
    await ladder.step("REQUEST_ID_REUSED", start)
    start.request_id = new_id()
    await ladder.step("ACCOUNT_UNKNOWN", start)
    ladder.top()

    answer = authority.AnswerVouchRequest(request_id="1", vouch_id="f" * 32, answer="yes")
    ladder = Ladder(VOUCHING + "AnswerVouch", ask_of(stub.AnswerVouch), CHANNEL_DOMAIN)
    await ladder.step("REQUEST_INVALID", answer)
    answer.request_id = used.request_id
    await ladder.step("REQUEST_ID_REUSED", answer)
    answer.request_id = new_id()
    await ladder.step("CHALLENGE_NOT_FOUND", answer)
    ladder.top()


def test_every_method_of_a_channel_has_its_ladder() -> None:
    served = (*OF_CHANNELS, CLOCK, PHONES, AUDITS)
    ladders = {name for name, reasons in LISTED.items() if reasons and name.startswith(served)}

    assert ladders == CLIMBED[package_of(__name__)]
