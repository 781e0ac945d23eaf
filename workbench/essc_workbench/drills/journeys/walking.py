"""A phone in a channel, under load: flows walked step by step, as `citizens.Phone` does at leisure.

What a person answers is read off each step (`answers.py`); what text message and photo it takes
comes from the lab, and the time for that is the journey's.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from essc.channel.v1 import channel_service_pb2 as service
from essc.channel.v1.channel_pb2 import Flow, FlowKind, Panel, Step
from essc_workbench.answers import Answerer, Conduct
from essc_workbench.cameras import Camera
from essc_workbench.connections import Connections
from essc_workbench.drills.journeys.calls import Ask, Ended, Line, Metadata, mixed_up
from essc_workbench.drills.journeys.people import People
from essc_workbench.drills.journeys.turns import Turn
from essc_workbench.drills.outcomes import Outcome
from essc_workbench.drills.reading_notes import alias
from essc_workbench.inboxes import Inbox
from essc_workbench.population import Persona
from essc_workbench.seeding.people import Resident

DEVICE: Final = "drill"
STEPS_MAX: Final = 40
_SERVICE: Final = "essc.channel.v1.ChannelService"
_FLOW: Final = ("flow.flow_id", "flow.kind", "flow.state", "flow.reason")


class Walk(NamedTuple):
    """A flow from its start to where it was left."""

    flow: Flow
    step: Step
    """The last one that was shown."""
    code: str
    """The code that was shown; empty if none was."""


class Phones:
    """Everybody's phone in one channel."""

    def __init__(
        self, line: Line, sessions: dict[int, str], people: People, connections: Connections
    ) -> None:
        self._line, self._people = line, people
        self._connections, self._channel = connections, line.target
        self._camera = Camera(connections.platform_lab())
        self._metadata: dict[int, Metadata] = {
            place: _bearer(session) for place, session in sessions.items()
        }
        self._home = Ask(
            line,
            f"{_SERVICE}/GetHome",
            service.GetHomeResponse,
            told=("panel.state",),
            tell=lambda answer: (answer.panel.state,),
        )
        self._start = Ask(
            line,
            f"{_SERVICE}/StartFlow",
            service.StartFlowResponse,
            asked=("kind",),
            told=_FLOW,
            tell=_told,
        )
        self._answer = Ask(
            line,
            f"{_SERVICE}/AnswerStep",
            service.AnswerStepResponse,
            asked=("flow_id", "step_id"),
            told=_FLOW,
            tell=_told,
        )
        self._cancel = Ask(
            line,
            f"{_SERVICE}/CancelFlow",
            service.CancelFlowResponse,
            asked=("flow_id",),
            told=_FLOW,
            tell=_told,
        )
        self._sign_in = Ask(line, f"{_SERVICE}/SignIn", service.SignInResponse)

    async def sign_in(self, turn: Turn, place: int) -> str:
        """The session of a resident's phone."""
        request_id = turn.request_id()
        request = service.SignInRequest(
            account=alias(place), device_id=DEVICE, request_id=request_id
        ).SerializeToString()
        answer = await self._sign_in(request, request_id, turn.deadline_s, (place,), metadata=())
        session: str = answer.session
        self._metadata[place] = _bearer(session)
        return session

    async def panel(self, turn: Turn, place: int) -> Panel:
        """What the home page shows."""
        request = service.GetHomeRequest().SerializeToString()
        answer = await self._home(
            request, "", turn.deadline_s, (place,), metadata=self._metadata[place]
        )
        panel: Panel = answer.panel
        if panel.HasField("card") and panel.card.masked_id_number != (
            self._people.looks(place).masked_id_number
        ):
            raise mixed_up()
        return panel

    async def walk(
        self,
        turn: Turn,
        place: int,
        kind: FlowKind.ValueType,
        conduct: Conduct,
        *,
        until: Callable[[Step], bool] = lambda _step: False,
    ) -> Walk:
        """Walks a flow until it is completed, or to the first step for which `until` holds.

        Raises Ended where the flow fails, with its reason.
        """
        flow = await self._started(turn, place, kind)
        answerer, code = self._answerer(place, conduct), ""
        for _ in range(STEPS_MAX):
            if flow.state != Flow.STATE_OPEN or until(flow.step):
                break
            step = flow.step
            code = step.code.code or code
            flow = await self._answered(turn, place, flow, answerer)
        if flow.state == Flow.STATE_FAILED:
            raise Ended(Outcome.REFUSED, flow.reason)
        if flow.state == Flow.STATE_OPEN and not until(flow.step):
            raise Ended(Outcome.FAILED, "FLOW_WITHOUT_END")
        return Walk(flow, flow.step, code)

    async def cancel(self, turn: Turn, place: int, flow: Flow) -> None:
        """Leaves a flow."""
        request_id = turn.request_id()
        request = service.CancelFlowRequest(request_id=request_id, flow_id=flow.flow_id)
        await self._cancel(
            request.SerializeToString(),
            request_id,
            turn.deadline_s,
            (place,),
            (flow.flow_id,),
            self._metadata[place],
        )

    async def _started(self, turn: Turn, place: int, kind: FlowKind.ValueType) -> Flow:
        request_id = turn.request_id()
        request = service.StartFlowRequest(request_id=request_id, kind=kind).SerializeToString()
        answer = await self._start(
            request, request_id, turn.deadline_s, (place,), (kind,), self._metadata[place]
        )
        flow: Flow = answer.flow
        return flow

    async def _answered(self, turn: Turn, place: int, flow: Flow, answerer: Answerer) -> Flow:
        request_id, step_id = turn.request_id(), flow.step.step_id
        request = service.AnswerStepRequest(
            request_id=request_id,
            flow_id=flow.flow_id,
            step_id=step_id,
            answer=await answerer.answer(flow.step),
        )
        answer = await self._answer(
            request.SerializeToString(),
            request_id,
            turn.deadline_s,
            (place,),
            (flow.flow_id, step_id),
            self._metadata[place],
        )
        if answer.flow.flow_id != flow.flow_id:
            raise mixed_up()
        after: Flow = answer.flow
        return after

    def _answerer(self, place: int, conduct: Conduct) -> Answerer:
        persona = persona_of(self._people.person(place))
        return Answerer(
            persona,
            conduct,
            own_phone=Inbox(self._connections.platform_lab(), persona.phone),
            reserved_phone=Inbox(self._connections.channel_lab(self._channel), persona.phone),
            camera=self._camera,
        )


def persona_of(person: Resident) -> Persona:
    """A resident as whoever answers steps knows people."""
    return Persona(
        id=alias(person.place), name=person.name, id_number=person.id_number, phone=person.phone
    )


def _bearer(session: str) -> Metadata:
    return (("authorization", f"Bearer {session}"),)


def _told(answer: service.StartFlowResponse) -> tuple[Any, ...]:
    flow = answer.flow
    return (flow.flow_id, flow.kind, flow.state, flow.reason)
