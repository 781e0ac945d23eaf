"""What a citizen's phone calls: the channel's one service, in thin methods."""

import asyncio
from typing import Any, TypeAlias
from weakref import WeakValueDictionary

from google.protobuf.message import Message

from essc.channel.v1 import channel_pb2
from essc.channel.v1 import channel_service_pb2 as messages
from essc_channels.core.channel_profiles import ChannelProfile, Edition
from essc_channels.core.flow_kinds import FlowKind
from essc_channels.core.records import Session
from essc_channels.flows.desk import Desk, Request
from essc_channels.flows.parties import Parties
from essc_channels.ports import Ask
from essc_channels.wire import convert, present, present_steps
from essc_channels.wire.sessions import Caller
from essc_channels.wire.storing import stored
from essc_wire.clock import monotonic
from essc_wire.guard import Call
from essc_wire.refusals import Refusal
from essc_wire.times import to_timestamp
from essc_wire.traces import traceparent_of

PhoneCall: TypeAlias = Call[Caller]


class ChannelService:
    """Serves `essc.channel.v1.ChannelService`. Calls of one account wait for one another."""

    def __init__(self, profile: ChannelProfile, parties: Parties, desk: Desk) -> None:
        self._profile, self._parties, self._desk = profile, parties, desk
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def GetProfile(self, request: messages.GetProfileRequest, call: PhoneCall) -> Message:
        return messages.GetProfileResponse(
            channel_id=self._profile.id,
            display_name=present_steps.text(self._profile.name),
            default_edition=channel_pb2.Edition.ValueType(int(self._profile.default_edition)),
        )

    @stored
    async def SignIn(self, request: messages.SignInRequest, call: PhoneCall) -> Message | Refusal:
        async with self._turn_of(request.account):
            signed_in = await self._desk.sign_in(request.account, request.device_id, _ask(call))
        if isinstance(signed_in, Refusal):
            return signed_in
        return messages.SignInResponse(
            session=signed_in.secret, expire_time=to_timestamp(signed_in.session.expire_time)
        )

    @stored
    async def GetHome(self, request: messages.GetHomeRequest, call: PhoneCall) -> Message:
        session = _session(call)
        async with self._turn_of(session.account):
            edition = Edition(request.edition) if request.edition else None
            panel = await self._desk.home(session, _ask(call), edition)
        return messages.GetHomeResponse(panel=present.panel(panel))

    @stored
    async def StartFlow(
        self, request: messages.StartFlowRequest, call: PhoneCall
    ) -> bytes | Refusal:
        change = self._change("StartFlow", request, call)
        async with self._turn_of(change.session.account):
            return await self._desk.start_flow(change, FlowKind(request.kind), _ask(call))

    @stored
    async def AnswerStep(
        self, request: messages.AnswerStepRequest, call: PhoneCall
    ) -> bytes | Refusal:
        change = self._change("AnswerStep", request, call)
        answer = convert.answer(request.answer)
        async with self._turn_of(change.session.account):
            return await self._desk.answer_step(
                change, request.flow_id, request.step_id, answer, _ask(call)
            )

    @stored
    async def CancelFlow(
        self, request: messages.CancelFlowRequest, call: PhoneCall
    ) -> bytes | Refusal:
        session = _session(call)
        async with self._turn_of(session.account):
            return await self._desk.cancel_flow(session, request.flow_id, _ask(call))

    @stored
    async def ListRecords(
        self, request: messages.ListRecordsRequest, call: PhoneCall
    ) -> Message | Refusal:
        session = _session(call)
        async with self._turn_of(session.account):
            page = await self._desk.list_records(
                session, request.page_size, request.page_token, _ask(call)
            )
        if isinstance(page, Refusal):
            return page
        return messages.ListRecordsResponse(
            entries=map(present.record_entry, page.lines), next_page_token=page.next_page_token
        )

    @stored
    async def SignOut(self, request: messages.SignOutRequest, call: PhoneCall) -> Message:
        session = _session(call)
        async with self._turn_of(session.account):
            self._desk.sign_out(session)
        return messages.SignOutResponse()

    def _turn_of(self, account: str) -> asyncio.Lock:
        """The account's lock; it goes when nobody holds or awaits it."""
        return self._locks.setdefault(account, asyncio.Lock())

    def _change(self, method: str, request: Any, call: PhoneCall) -> Request:
        return Request(
            session=_session(call),
            request_id=request.request_id,
            content_digest=self._parties.digest(method.encode(), call.raw),
        )


def _session(call: PhoneCall) -> Session:
    assert call.caller is not None, "the guard lets no call through without its session"
    return call.caller


def _ask(call: PhoneCall) -> Ask:
    """On behalf of this phone, for as long as it waits."""
    left_s: float = call.context.time_remaining()
    traceparent = call.traceparent or traceparent_of(call.trace)
    return Ask(end=monotonic() + left_s, traceparent=traceparent)
