"""A fake platform, channels of any profile against it, and a phone that answers steps."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.support.postgres import Postgres
from tests.wire.channels.fake_errands import CARD_PHOTO, FACE_PHOTO
from tests.wire.channels.fake_platform import FACE, TEXT_CODE, FakePlatform, Holder, serve

from essc.authority.v1 import authority_service_pb2
from essc.channel.v1 import channel_pb2, channel_service_pb2, channel_service_pb2_grpc
from essc.identity.v1 import identity_pb2
from essc.lab.v1 import lab_service_pb2, lab_service_pb2_grpc
from essc_channels.config import Config
from essc_channels.profiles import find_profile
from essc_channels.server import RunningChannel, start_channel
from essc_wire.client import Peer
from essc_wire.clock import new_request_id
from essc_wire.id_numbers import synthetic
from essc_wire.keys import new_key
from essc_wire.serving import Server

GRANDMOTHER = ("王奶奶", synthetic(date(1945, 1, 2), 7))
ZHANG = ("张三", synthetic(date(1980, 5, 17), 1))
PHONE = "11100000001"
WALLET_PASSWORD = "swordfish"
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass
class Phone:
    """A signed-in phone, and how its person answers."""

    stub: Any
    peer: Peer
    session: str = ""
    vouch_answer: str = "yes"
    new_password: str = "205817"
    old_password: str = "205817"
    choice: str = ""
    """A choice's id, or words of its label."""
    member: tuple[str, str] = GRANDMOTHER
    card_photo: bytes = CARD_PHOTO
    steps: list[str] = field(default_factory=list)

    def options(self, timeout_s: float = 5.0) -> Any:
        return self.peer.options(timeout_s=timeout_s, bearer=self.session, traceparent=TRACEPARENT)

    async def sign_in(self, account: str = "zhang") -> None:
        request = channel_service_pb2.SignInRequest(
            account=account, device_id="phone-1", request_id=new_request_id()
        )
        response = await self.stub.SignIn(request, **self.peer.options())
        self.session = response.session

    async def home(self, timeout_s: float = 5.0, edition: Any = 0) -> channel_pb2.Panel:
        request = channel_service_pb2.GetHomeRequest(edition=edition)
        response = await self.stub.GetHome(request, **self.options(timeout_s))
        panel: channel_pb2.Panel = response.panel
        return panel

    async def start(
        self, kind: Any, request_id: str = "", timeout_s: float = 5.0
    ) -> channel_pb2.Flow:
        request = channel_service_pb2.StartFlowRequest(
            request_id=request_id or new_request_id(), kind=kind
        )
        response = await self.stub.StartFlow(request, **self.options(timeout_s))
        flow: channel_pb2.Flow = response.flow
        return flow

    async def answer(
        self,
        flow: channel_pb2.Flow,
        request_id: str = "",
        timeout_s: float = 5.0,
        **answer: Any,
    ) -> channel_pb2.Flow:
        """Answers the flow's step: rightly, or as told."""
        request = channel_service_pb2.AnswerStepRequest(
            request_id=request_id or new_request_id(),
            flow_id=flow.flow_id,
            step_id=flow.step.step_id,
            answer=channel_pb2.Answer(**(answer or self.right_answer(flow.step))),
        )
        response = await self.stub.AnswerStep(request, **self.options(timeout_s))
        after: channel_pb2.Flow = response.flow
        return after

    def right_answer(self, step: channel_pb2.Step) -> dict[str, Any]:
        match step.WhichOneof("kind"):
            case "choice":
                options = step.choice.options
                return {"choice_id": next(filter(self._prefers, options), options[0]).choice_id}
            case "text_code":
                return {"text_code": TEXT_CODE}
            case "face":
                return {"face_capture": FACE}
            case "card_password":
                is_new = step.card_password.is_new
                return {"card_password": self.new_password if is_new else self.old_password}
            case "vouch":
                return {"vouch_answer": self.vouch_answer}
            case "form":
                typed = {"name": self.member[0], "id_number": self.member[1]}
                return {"form": channel_pb2.FormAnswer(values=typed)}
            case "photo":
                is_card = step.photo.kind == authority_service_pb2.PHOTO_KIND_PHYSICAL_CARD
                return {"photo": self.card_photo if is_card else FACE_PHOTO}
            case _:
                return {"consented": True}

    def _prefers(self, option: channel_pb2.ChoiceOption) -> bool:
        words = (option.choice_id, option.label.zh)
        return bool(self.choice) and any(self.choice in word for word in words)

    async def walk(self, kind: Any) -> channel_pb2.Flow:
        """Goes through a flow, answering rightly; notes the kinds of steps."""
        flow = await self.start(kind)
        self.steps = []
        while flow.state == channel_pb2.Flow.STATE_OPEN:
            self.steps.append(flow.step.WhichOneof("kind") or "")
            flow = await self.answer(flow)
        return flow


@dataclass
class Stand:
    """A fake platform and one channel against it."""

    fake: FakePlatform
    config: Config
    platform: Server
    channel: RunningChannel
    peers: list[Peer] = field(default_factory=list)

    async def restart_channel(self) -> None:
        """As after a crash: the same folder, a new process's worth of state."""
        await self.channel.drain()
        self.channel = await start_channel(self.config)

    async def stop_platform(self) -> None:
        await self.platform.stop(0)

    async def start_platform(self) -> None:
        """At the same address, knowing all that it knew."""
        self.platform = await serve(self.fake, self.config.platform)

    def lab(self) -> Peer:
        assert self.channel.lab_address is not None
        self.peers.append(Peer(self.channel.lab_address))
        return self.peers[-1]

    async def put_account(self, holder: Holder, account: str = "zhang") -> None:
        stub = lab_service_pb2_grpc.AccountServiceStub(self.lab().channel)
        request = lab_service_pb2.PutAccountRequest(
            account=account,
            person=identity_pb2.Person(name=holder.name, id_number=holder.id_number),
            reserved_phone=PHONE,
            wallet_password=WALLET_PASSWORD,
            request_id=new_request_id(),
        )
        await stub.PutAccount(request, timeout=5)

    async def newest_code(self, phone: str) -> str:
        """The code of the newest message that the channel's authority sent."""
        stub = lab_service_pb2_grpc.PhoneServiceStub(self.lab().channel)
        listed = await stub.ListMessages(
            lab_service_pb2.ListMessagesRequest(phone=phone), timeout=5
        )
        return "".join(filter(str.isdigit, listed.messages[0].text))

    def phone(self) -> Phone:
        peer = Peer(self.channel.address)
        self.peers.append(peer)
        return Phone(channel_service_pb2_grpc.ChannelServiceStub(peer.channel), peer)

    async def signed_in(self, account: str = "zhang") -> Phone:
        phone = self.phone()
        await phone.sign_in(account)
        return phone

    async def advance_clock(self, seconds: int) -> None:
        """The channel's own clock."""
        stub = lab_service_pb2_grpc.ClockServiceStub(self.lab().channel)
        request = lab_service_pb2.AdvanceRequest(request_id=new_request_id())
        request.by.seconds = seconds
        await stub.Advance(request, timeout=5)


MakeStand = Callable[..., Awaitable[Stand]]
MakeStore = Callable[[], str | None]


@pytest.fixture
def make_store(request: pytest.FixtureRequest) -> Iterator[MakeStore]:
    """Where the channels of one test keep their state: in files, or with ESSC_TEST_STORE=postgresql
    each in a new database.
    """
    with ExitStack() as stack:

        def make() -> str | None:
            if os.environ.get("ESSC_TEST_STORE") != "postgresql":
                return None
            postgres: Postgres = request.getfixturevalue("postgres")
            return stack.enter_context(postgres.fresh())

        yield make


@pytest.fixture
async def make_stand(tmp_path: Path, make_store: MakeStore) -> AsyncIterator[MakeStand]:
    """Makes the stands of one test, each of a profile; `in_file` where a test is about the file."""
    stands: list[Stand] = []

    async def make(profile: str = "wechat", *, in_file: bool = False) -> Stand:
        fake = FakePlatform()
        platform = await serve(fake)
        config = Config(
            profile=find_profile(profile),
            data=tmp_path / f"channel-{len(stands)}",
            listen="127.0.0.1:0",
            platform=f"127.0.0.1:{platform.port}",
            key=new_key(),
            lab="127.0.0.1:0",
            store=None if in_file else make_store(),
        )
        stand = Stand(fake, config, platform, await start_channel(config))
        stands.append(stand)
        return stand

    yield make
    for stand in stands:
        for peer in stand.peers:
            await peer.close()
        await stand.channel.drain()
        await stand.platform.stop(0)


async def until(fact: Callable[[], bool], seconds: float = 5.0) -> None:
    """Waits for a fact that comes by itself."""
    async with asyncio.timeout(seconds):
        while not fact():  # noqa: ASYNC110 - the fact belongs to another party
            await asyncio.sleep(0.01)
