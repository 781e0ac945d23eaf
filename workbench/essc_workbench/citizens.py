"""People with phones. One generic phone signs in to any channel and walks any of its flows.

    phone = Citizen(persona, connections).phone("wechat")
    await phone.sign_in()
    walk = await phone.walk(FLOW_KIND_APPLY)
    assert walk.is_completed

A phone sees what a real one would see: panels, flows, steps. A call without a certain answer is
sent again with the same request id, for as long as the phone's owner has patience.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from essc.channel.v1 import channel_service_pb2 as service
from essc.channel.v1.channel_pb2 import (
    Answer,
    Edition,
    Flow,
    FlowKind,
    Panel,
    RecordEntry,
    Step,
)
from essc.channel.v1.channel_service_pb2_grpc import ChannelServiceStub
from essc_wire.client import CallOptions
from essc_wire.clock import new_request_id
from essc_workbench.answers import HONEST, Answerer, Conduct
from essc_workbench.calls import PATIENCE_S, patient
from essc_workbench.cameras import Camera
from essc_workbench.connections import Connections
from essc_workbench.failures import WorkbenchError
from essc_workbench.inboxes import Inbox
from essc_workbench.population import Persona

T = TypeVar("T")

STEPS_MAX = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A flow from its start to where it was left."""

    flow: Flow
    steps: tuple[Step, ...]
    """Every step that was shown, in order; one answered wrongly is shown again."""

    @property
    def is_completed(self) -> bool:
        return self.flow.state == Flow.STATE_COMPLETED

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of the steps, as the contract names them."""
        return tuple(step.WhichOneof("kind") or "" for step in self.steps)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why answers were not good, and why the flow failed if it did."""
        told = [step.last_reason for step in self.steps if step.last_reason]
        return (*told, self.flow.reason) if self.flow.reason else tuple(told)

    @property
    def code(self) -> str:
        """The code or ticket that was shown last; empty if none was."""
        return next((step.code.code for step in reversed(self.steps) if step.code.code), "")

    @property
    def code_end(self) -> datetime | None:
        """When it is too late to scan that code, by the platform's clock."""
        step = next((step for step in reversed(self.steps) if step.code.code), Step())
        return step.expire_time.ToDatetime(UTC) if step.HasField("expire_time") else None

    @property
    def lines(self) -> tuple[Step.Lines.Line, ...]:
        """All lines that were read, page after page."""
        return tuple(line for step in self.steps for line in step.lines.lines)


class Citizen:
    """A person: what they are called, their text messages, their phones."""

    def __init__(self, persona: Persona, connections: Connections) -> None:
        self.persona = persona
        self._connections = connections
        self._own_phone = Inbox(connections.platform_lab(), persona.phone)
        self._camera = Camera(connections.platform_lab())
        self._phones: dict[tuple[str, str], Phone] = {}

    def phone(self, channel_id: str, device: str = "phone") -> "Phone":
        """The person's phone with this channel's app on it; another device by another name."""
        key = (channel_id, device)
        if key not in self._phones:
            reserved = Inbox(self._connections.channel_lab(channel_id), self.persona.phone)
            self._phones[key] = Phone(
                self.persona,
                channel_id,
                self._connections,
                self._own_phone,
                reserved,
                self._camera,
                device=device,
            )
        return self._phones[key]


class Phone:
    """One person's phone in one channel."""

    def __init__(
        self,
        persona: Persona,
        channel_id: str,
        connections: Connections,
        own_phone: Inbox,
        reserved_phone: Inbox,
        camera: Camera,
        *,
        device: str,
    ) -> None:
        self.persona, self.channel_id = persona, channel_id
        self._peer = connections.channel(channel_id)
        self._stub = ChannelServiceStub(self._peer.channel)
        self._own_phone, self._reserved_phone = own_phone, reserved_phone
        self._camera, self._device = camera, device
        self._session = ""
        self._channel_name = ""
        self.patience_s = PATIENCE_S
        """How long a call without a certain answer is repeated; 0 for never."""

    @property
    def is_signed_in(self) -> bool:
        return bool(self._session)

    @property
    def session(self) -> str:
        """The session's secret; empty before signing in."""
        return self._session

    async def sign_in(self) -> None:
        """Signs the person's account in; asks the channel its name, to know its messages."""
        profile = await self._send(
            lambda options: self._stub.GetProfile(service.GetProfileRequest(), **options)
        )
        self._channel_name = profile.display_name.zh
        request = service.SignInRequest(
            account=self.persona.id,
            device_id=f"{self._device}-of-{self.persona.id}",
            request_id=new_request_id(),
        )
        answer = await self._send(lambda options: self._stub.SignIn(request, **options))
        self._session = answer.session

    async def home(self, edition: Edition.ValueType = Edition.EDITION_UNSPECIFIED) -> Panel:
        """The card's panel on the home page, in the channel's own edition or another."""
        request = service.GetHomeRequest(edition=edition)
        answer = await self._send(lambda options: self._stub.GetHome(request, **options))
        return answer.panel

    async def start(self, kind: FlowKind.ValueType) -> Flow:
        """Starts a flow."""
        request = service.StartFlowRequest(request_id=new_request_id(), kind=kind)
        answer = await self._send(lambda options: self._stub.StartFlow(request, **options))
        return answer.flow

    async def answer(self, flow: Flow, answer: Answer, *, request_id: str = "") -> Flow:
        """Answers the flow's current step."""
        request = service.AnswerStepRequest(
            request_id=request_id or new_request_id(),
            flow_id=flow.flow_id,
            step_id=flow.step.step_id,
            answer=answer,
        )
        reply = await self._send(lambda options: self._stub.AnswerStep(request, **options))
        return reply.flow

    async def cancel(self, flow: Flow) -> Flow:
        """Cancels a flow."""
        request = service.CancelFlowRequest(request_id=new_request_id(), flow_id=flow.flow_id)
        answer = await self._send(lambda options: self._stub.CancelFlow(request, **options))
        return answer.flow

    async def walk(
        self,
        kind: FlowKind.ValueType,
        conduct: Conduct = HONEST,
        *,
        until: Callable[[Step], bool] = lambda _step: False,
    ) -> Walk:
        """Walks a flow to its end, or to the first step for which `until` holds."""
        return await self.follow(await self.start(kind), conduct, until=until)

    async def follow(
        self,
        flow: Flow,
        conduct: Conduct = HONEST,
        *,
        until: Callable[[Step], bool] = lambda _step: False,
    ) -> Walk:
        """Walks on from where a flow stands."""
        answerer = Answerer(
            self.persona,
            conduct,
            own_phone=self._own_phone,
            reserved_phone=self._reserved_phone,
            camera=self._camera,
            hints=(self._channel_name,),
        )
        steps = list[Step]()
        while flow.state == Flow.STATE_OPEN:
            if len(steps) == STEPS_MAX:
                raise WorkbenchError(f"{self.channel_id}: a flow of more than {STEPS_MAX} steps")
            steps.append(flow.step)
            if until(flow.step):
                break
            flow = await self.answer(flow, await answerer.answer(flow.step))
        return Walk(flow=flow, steps=tuple(steps))

    async def records(self, count: int = 100) -> list[RecordEntry]:
        """The person's own record, newest first, from as many pages as it takes."""
        found, token = list[RecordEntry](), ""
        while len(found) < count:
            request = service.ListRecordsRequest(page_size=20, page_token=token)
            page = await self._send(lambda options: self._stub.ListRecords(request, **options))  # noqa: B023 - awaited within the turn
            found.extend(page.entries)
            token = page.next_page_token
            if not token:
                break
        return found[:count]

    async def sign_out(self) -> None:
        """Ends the session."""
        request = service.SignOutRequest(request_id=new_request_id())
        await self._send(lambda options: self._stub.SignOut(request, **options))
        self._session = ""

    async def _send(self, call: Callable[[CallOptions], Awaitable[T]]) -> T:
        return await patient(
            lambda: call(self._peer.options(bearer=self._session)), within_s=self.patience_s
        )
