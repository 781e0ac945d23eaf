"""Whatever a phone says to a channel, right or wrong, the channel answers it with a step or refuses
it with a reason, in time; and what is refused has changed nothing.

The platform behind it is a real one, and the answers that are right are those of the generic phone.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.wire import people
from tests.wire.fuzz.judging import Judge, assert_nothing_found
from tests.wire.fuzz.messages import Fuzzer, Harvest, requests
from tests.wire.national_platform.methods import Method
from tests.wire.people import Person, Rows, World, a_world, person

from essc.channel.v1 import channel_pb2, channel_service_pb2
from essc.identity.v1 import identity_pb2
from essc.lab.v1 import lab_service_pb2 as lab
from essc.lab.v1 import lab_service_pb2_grpc as lab_grpc
from essc.options.v1 import options_pb2
from essc_channels.config import Config
from essc_channels.profiles import find_profile
from essc_channels.server import RunningChannel, start_channel
from essc_wire.client import Peer
from essc_wire.refusals import CHANNEL_DOMAIN
from essc_workbench import inboxes
from essc_workbench.answers import Answerer, Conduct
from essc_workbench.cameras import Camera
from essc_workbench.failures import WorkbenchError
from essc_workbench.inboxes import Inbox
from essc_workbench.population import WALLET_PASSWORD, Persona

_SERVICE = channel_service_pb2.DESCRIPTOR.services_by_name["ChannelService"]
METHODS = {each.name: Method(each, options_pb2.AUDIENCE_PHONE, False) for each in _SERVICE.methods}
START, ANSWER, SIGN_IN = (METHODS[name] for name in ("StartFlow", "AnswerStep", "SignIn"))
DATABASE = "channel.db"
# What the channel hears of the platform by itself, at any moment.
FOLLOWED = ("feed", "shadows", "staged_shadows", "applied_events")

STEPS = st.sampled_from(("start", "right", "right", "right", "right", "wrong", "cancel", "any"))

# A talk of up to ten steps takes a fifth of a second, for each of seven methods: a minute or two,
# so that `make soak` as a whole stays within forty minutes on a busy machine.
TALKS_OF_A_LONG_ROUND = 300


@dataclass
class Speaking:
    """A phone's connection, with the session that it holds."""

    address: Peer
    party_id: str = "phone"
    session: str = ""

    @property
    def peer(self) -> Any:
        return self

    @property
    def channel(self) -> Any:
        return self.address.channel

    def options(self, **_: Any) -> Any:
        return self.address.options(bearer=self.session)


@dataclass
class Phone:
    """A person's phone, the flow that it is in, and who answers for the person."""

    persona: Persona
    speaking: Speaking
    inboxes: tuple[Inbox, Inbox]
    camera: Camera
    flow: channel_pb2.Flow = field(default_factory=channel_pb2.Flow)
    answerer: Answerer | None = None

    def begin(self, flow: channel_pb2.Flow) -> None:
        self.flow = flow
        conduct = Conduct(card_password=people.PASSWORD, new_card_password=people.PASSWORD)
        own, reserved = self.inboxes
        self.answerer = Answerer(
            self.persona, conduct, own_phone=own, reserved_phone=reserved, camera=self.camera
        )


@dataclass
class Stand:
    """A real platform, a channel, phones, and who judges what the channel says."""

    world: World
    channel: RunningChannel
    judge: Judge
    phones: list[Phone]
    peers: list[Peer]
    harvest: Harvest
    said: list[tuple[Method, bytes, bytes]] = field(default_factory=list)

    async def do(self, phone: Phone, step: str, method: Method, raw: bytes) -> None:
        """One thing that a phone does."""
        match step:
            case "start":
                answer = await self.call(phone, START, raw)
                if answer is not None:
                    reply = channel_service_pb2.StartFlowResponse.FromString(answer)
                    phone.begin(reply.flow)
            case "right" | "wrong":
                await self.answer(phone, raw if step == "wrong" else b"")
            case "cancel":
                request = channel_service_pb2.CancelFlowRequest(
                    request_id=people.new_id(), flow_id=phone.flow.flow_id
                )
                await self.call(phone, METHODS["CancelFlow"], request.SerializeToString())
            case _:
                await self.call(phone, method, raw)

    async def answer(self, phone: Phone, raw: bytes) -> None:
        """Answers the phone's step: rightly, or as the bytes say."""
        if phone.answerer is None or phone.flow.state != channel_pb2.Flow.STATE_OPEN:
            return
        request = channel_service_pb2.AnswerStepRequest()
        if raw:
            try:
                request.answer.CopyFrom(type(request).FromString(raw).answer)
            except DecodeError:
                return  # its answer is nothing that could be told
        else:
            try:
                request.answer.CopyFrom(await phone.answerer.answer(phone.flow.step))
            except WorkbenchError:
                return  # a person who has nothing right to say
        request.request_id = people.new_id()
        request.flow_id, request.step_id = phone.flow.flow_id, phone.flow.step.step_id
        answer = await self.call(phone, ANSWER, request.SerializeToString())
        if answer is not None:
            phone.flow = channel_service_pb2.AnswerStepResponse.FromString(answer).flow

    async def call(self, phone: Phone, method: Method, raw: bytes) -> bytes | None:
        answer = await self.judge.call(method, phone.speaking, raw)
        if answer is not None:
            self.said.append((method, raw, answer))
        return answer

    async def sign_in(self, phone: Phone) -> None:
        request = channel_service_pb2.SignInRequest(
            account=phone.persona.id, device_id="phone-1", request_id=people.new_id()
        )
        answer = await self.call(phone, SIGN_IN, request.SerializeToString())
        if answer is None:
            return  # the authority was slow: the phone goes on with what it has
        phone.speaking.session = channel_service_pb2.SignInResponse.FromString(answer).session

    async def apply(self, phone: Phone) -> None:
        """Walks the first flow of all, rightly."""
        request = channel_service_pb2.StartFlowRequest(
            request_id=people.new_id(), kind=channel_pb2.FLOW_KIND_APPLY
        )
        await self.do(phone, "start", START, request.SerializeToString())
        while phone.flow.state == channel_pb2.Flow.STATE_OPEN:
            await self.answer(phone, b"")
        assert phone.flow.state == channel_pb2.Flow.STATE_COMPLETED

    def gather(self) -> None:
        """What was said is what is said from now on."""
        for method, raw, answer in self.said:
            self.harvest.take_request(GetMessageClass(method.descriptor.input_type).FromString(raw))
            self.harvest.take(GetMessageClass(method.descriptor.output_type).FromString(answer))
        self.said.clear()

    async def close(self) -> None:
        for peer in self.peers:
            await peer.close()
        await self.channel.drain()


async def a_stand(world: World, folder: Path) -> Stand:
    """Starts the channel against the platform; three people, of whom one has no card."""
    party = await world.channel("wechat")
    config = Config(
        profile=find_profile("wechat"),
        data=folder,
        listen="127.0.0.1:0",
        platform=world.address,
        key=party.key,  # type: ignore[arg-type]
        platform_id=people.PLATFORM_ID,
        lab="127.0.0.1:0",
    )
    channel = await start_channel(config)
    assert channel.lab_address is not None
    connection = sqlite3.connect(f"file:{folder / DATABASE}?mode=ro", uri=True)
    judge = Judge(connection, lambda: _rows(connection), CHANNEL_DOMAIN)
    lab_peer = Peer(channel.lab_address)
    stand = Stand(world, channel, judge, [], [lab_peer], Harvest())
    for place in range(1, 4):
        someone = await (world.citizen(place) if place < 3 else world.enrol(person(place)))
        stand.phones.append(await _a_phone(stand, someone, lab_peer))
    await stand.apply(stand.phones[0])
    # A record of one's own is looked at by chance alone otherwise.
    stand.harvest.prepare(channel_service_pb2.ListRecordsRequest(page_size=5))
    return stand


async def _a_phone(stand: Stand, someone: Person, lab_peer: Peer) -> Phone:
    persona = Persona(
        id=f"account-{someone.phone[-2:]}",
        name=someone.name,
        id_number=someone.id_number,
        phone=someone.phone,
    )
    request = lab.PutAccountRequest(
        account=persona.id,
        person=identity_pb2.Person(name=someone.name, id_number=someone.id_number),
        reserved_phone=someone.phone,
        wallet_password=WALLET_PASSWORD,
        request_id=people.new_id(),
    )
    await lab_grpc.AccountServiceStub(lab_peer.channel).PutAccount(request, timeout=5)
    peer = Peer(stand.channel.address)
    stand.peers.append(peer)
    texts = Inbox(stand.world.lab.peer, someone.phone), Inbox(lab_peer, someone.phone)
    phone = Phone(persona, Speaking(peer), texts, Camera(stand.world.lab.peer))
    await stand.sign_in(phone)
    return phone


def _rows(connection: sqlite3.Connection) -> Rows:
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {
        name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
        for (name,) in names
        if name not in FOLLOWED
    }


def fuzzed(folder: Path, *, examples: int, derandomize: bool) -> Judge:
    """So many talks of phones with a channel."""
    with asyncio.Runner() as runner:
        worlds = a_world(folder / "platform")
        world = runner.run(worlds.__aenter__())
        stand = runner.run(a_stand(world, folder / "channel"))
        try:
            for method in METHODS.values():
                talked(runner, stand, method, examples, derandomize)
        finally:
            runner.run(stand.close())
            runner.run(worlds.__aexit__(None, None, None))
    return stand.judge


def talked(
    runner: asyncio.Runner, stand: Stand, method: Method, examples: int, derandomize: bool
) -> None:
    """Talks with one method in them above all, so many times."""
    stand.gather()
    fuzzer = Fuzzer(stand.harvest)

    def of(each: Method) -> st.SearchStrategy[bytes]:
        return requests(fuzzer, each.descriptor.input_type)

    raws: dict[str, Callable[[], st.SearchStrategy[bytes]]] = {
        "start": lambda: of(START),
        "wrong": lambda: of(ANSWER),
        "any": lambda: of(method),
        "right": lambda: st.just(b""),
        "cancel": lambda: st.just(b""),
    }
    steps = STEPS.flatmap(lambda step: st.tuples(st.just(step), raws[step]()))

    @given(
        st.sampled_from(stand.phones),
        st.sampled_from(("own", "own", "own", "own", "none", "wrong")),
        st.lists(steps, min_size=2, max_size=10),
    )
    @settings(
        max_examples=examples,
        derandomize=derandomize,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def talk(phone: Phone, session: str, steps: list[tuple[str, bytes]]) -> None:
        async def all_of_it() -> None:
            await stand.sign_in(phone)
            if session != "own":
                phone.speaking.session = "" if session == "none" else "no session"
            for step, raw in steps:
                await stand.do(phone, step, method, raw)

        runner.run(all_of_it())

    talk()


@pytest.mark.timeout(300)
def test_no_call_of_a_phone_is_answered_as_none_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(inboxes, "ARRIVAL_S", 0.02)

    judge = fuzzed(tmp_path, examples=12, derandomize=True)

    assert_nothing_found(judge)
    assert " bug " not in capfd.readouterr().out
    deep = {METHODS[name].name for name in ("StartFlow", "AnswerStep", "GetHome", "ListRecords")}
    assert judge.accepted >= deep


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_no_call_of_a_phone_is_answered_as_none_may_be_in_the_long_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inboxes, "ARRIVAL_S", 0.02)

    judge = fuzzed(tmp_path, examples=TALKS_OF_A_LONG_ROUND, derandomize=False)

    assert_nothing_found(judge)
