"""The operators' services: parties, their keys, and the life of channels."""

from collections.abc import Sequence
from typing import TypeVar

from essc.admin.v1 import channel_admin_service_pb2 as channel_pb
from essc.admin.v1 import party_admin_service_pb2 as party_pb
from essc.admin.v1 import party_pb2 as party_proto
from essc_platform.core.parties import (
    SECOND_TIER,
    AddPartyKey,
    ChangeChannel,
    ChannelVerb,
    PartyAnswer,
    RegisterChannel,
    RegisterParty,
    RemovePartyKey,
)
from essc_platform.core.records import (
    Channel,
    ChannelState,
    CitizenKey,
    Party,
    PartyKind,
    VerifierClass,
)
from essc_platform.exits import Exits
from essc_platform.wire import convert
from essc_platform.wire.front import Front, PlatformCall, invalid
from essc_wire.refusals import Refusal

PAGE = 20
PAGE_MAX = 100

_TESTS = {
    channel_pb.CHANNEL_TEST_FUNCTION: ChannelVerb.PASS_FUNCTION_TEST,
    channel_pb.CHANNEL_TEST_SECURITY: ChannelVerb.PASS_SECURITY_TEST,
}

ChannelResponse = TypeVar(
    "ChannelResponse",
    channel_pb.RegisterChannelResponse,
    channel_pb.PassTestResponse,
    channel_pb.GoLiveResponse,
    channel_pb.SuspendChannelResponse,
    channel_pb.ResumeChannelResponse,
    channel_pb.ExitChannelResponse,
)


class PartyAdminServicer:
    """essc.admin.v1.PartyAdminService."""

    def __init__(self, front: Front) -> None:
        self._front = front

    async def RegisterParty(
        self, request: party_pb.RegisterPartyRequest, call: PlatformCall
    ) -> bytes | Refusal:
        refused = _particulars_refusal(request)
        if refused is not None:
            return refused
        verifier_class = request.verifier_class
        command = RegisterParty(
            at=self._front.clock.now(),
            party_id=request.party_id,
            kind=PartyKind(request.kind),
            display_name=request.display_name,
            regions=tuple(request.regions),
            verifier_class=VerifierClass(verifier_class) if verifier_class else None,
            service_ids=tuple(request.service_ids),
            verifier_ids=tuple(request.verifier_ids),
            key_id=request.key.key_id,
            public_key=request.key.public_key,
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda answer: party_pb.RegisterPartyResponse(
                party=convert.party(answer.party, answer.key_ids)
            ),
        )

    async def AddPartyKey(
        self, request: party_pb.AddPartyKeyRequest, call: PlatformCall
    ) -> bytes | Refusal:
        command = AddPartyKey(
            at=self._front.clock.now(),
            party_id=request.party_id,
            key_id=request.key.key_id,
            public_key=request.key.public_key,
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda answer: party_pb.AddPartyKeyResponse(key_ids=answer.key_ids),
        )

    async def RemovePartyKey(
        self, request: party_pb.RemovePartyKeyRequest, call: PlatformCall
    ) -> bytes | Refusal:
        command = RemovePartyKey(
            at=self._front.clock.now(), party_id=request.party_id, key_id=request.key_id
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda answer: party_pb.RemovePartyKeyResponse(key_ids=answer.key_ids),
        )

    async def ListParties(
        self, request: party_pb.ListPartiesRequest, call: PlatformCall
    ) -> party_pb.ListPartiesResponse | Refusal:
        listed = self._front.directory.parties(channels=False)
        page = _page(self._front, call, listed, request.page_size, request.page_token)
        if isinstance(page, Refusal):
            return page
        found, token = page
        return party_pb.ListPartiesResponse(
            parties=[
                convert.party(party, self._front.directory.key_ids(party.key)) for party, _ in found
            ],
            next_page_token=token,
        )


class ChannelAdminServicer:
    """essc.admin.v1.ChannelAdminService."""

    def __init__(self, front: Front, exits: Exits) -> None:
        self._front, self._exits = front, exits

    async def RegisterChannel(
        self, request: channel_pb.RegisterChannelRequest, call: PlatformCall
    ) -> bytes | Refusal:
        has_parent = bool(request.parent_channel_id)
        if has_parent != (request.tier == SECOND_TIER):
            return invalid("parent_channel_id", "for tier 2, and for no other")
        command = RegisterChannel(
            at=self._front.clock.now(),
            channel_id=request.channel_id,
            display_name=request.display_name,
            channel_class=request.channel_class,
            vouch_kinds=tuple(request.vouch_kinds),
            receives_new_cards=request.receives_new_cards,
            tier=request.tier or 1,
            parent=request.parent_channel_id,
            bank_id=request.bank_id,
            shows_all_channels=request.shows_all_channels,
            key_id=request.key.key_id,
            public_key=request.key.public_key,
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda answer: _shown(answer, channel_pb.RegisterChannelResponse),
        )

    async def PassTest(
        self, request: channel_pb.PassTestRequest, call: PlatformCall
    ) -> bytes | Refusal:
        return await self._step(request, call, _TESTS[request.test], channel_pb.PassTestResponse)

    async def GoLive(
        self, request: channel_pb.GoLiveRequest, call: PlatformCall
    ) -> bytes | Refusal:
        return await self._step(request, call, ChannelVerb.GO_LIVE, channel_pb.GoLiveResponse)

    async def SuspendChannel(
        self, request: channel_pb.SuspendChannelRequest, call: PlatformCall
    ) -> bytes | Refusal:
        verb = ChannelVerb.SUSPEND
        return await self._step(request, call, verb, channel_pb.SuspendChannelResponse)

    async def ResumeChannel(
        self, request: channel_pb.ResumeChannelRequest, call: PlatformCall
    ) -> bytes | Refusal:
        verb = ChannelVerb.RESUME
        return await self._step(request, call, verb, channel_pb.ResumeChannelResponse)

    async def ExitChannel(
        self, request: channel_pb.ExitChannelRequest, call: PlatformCall
    ) -> bytes | Refusal:
        return await self._step(request, call, ChannelVerb.EXIT, channel_pb.ExitChannelResponse)

    async def GetChannel(
        self, request: channel_pb.GetChannelRequest, call: PlatformCall
    ) -> channel_pb.GetChannelResponse | Refusal:
        directory = self._front.directory
        found = directory.channel(request.channel_id)
        if found is None:
            return Refusal("PARTY_NOT_FOUND")
        shown = convert.channel(*found, directory.key_ids(request.channel_id))
        if found[1].state is ChannelState.EXITED:
            shown.links_left = await self._exits.count_left(request.channel_id)
        return channel_pb.GetChannelResponse(channel=shown)

    async def ListChannels(
        self, request: channel_pb.ListChannelsRequest, call: PlatformCall
    ) -> channel_pb.ListChannelsResponse | Refusal:
        listed = self._front.directory.parties(channels=True)
        page = _page(self._front, call, listed, request.page_size, request.page_token)
        if isinstance(page, Refusal):
            return page
        found, token = page
        return channel_pb.ListChannelsResponse(
            channels=[
                convert.channel(party, life, self._front.directory.key_ids(party.key))
                for party, life in found
                if life is not None
            ],
            next_page_token=token,
        )

    async def _step(
        self,
        request: channel_pb.PassTestRequest
        | channel_pb.GoLiveRequest
        | channel_pb.SuspendChannelRequest
        | channel_pb.ResumeChannelRequest
        | channel_pb.ExitChannelRequest,
        call: PlatformCall,
        verb: ChannelVerb,
        response: type[ChannelResponse],
    ) -> bytes | Refusal:
        command = ChangeChannel(
            at=self._front.clock.now(),
            channel_id=request.channel_id,
            verb=verb,
            above=self._front.directory.above(request.channel_id),
            below=self._front.directory.below(request.channel_id),
        )
        return await self._front.change(
            call, request.request_id, command, lambda answer: _shown(answer, response)
        )


def _particulars_refusal(request: party_pb.RegisterPartyRequest) -> Refusal | None:
    """R31, R61: what only a verifier has, and must have; what only a provider has."""
    is_verifier = request.kind == party_proto.PARTY_KIND_VERIFIER
    if is_verifier != bool(request.verifier_class):
        return invalid("verifier_class", "a verifier has one, and no other party")
    if is_verifier and len(request.regions) != 1:
        return invalid("regions", "a verifier is in exactly one region")
    if request.kind == party_proto.PARTY_KIND_PROVIDER:
        return None
    if request.service_ids:
        return invalid("service_ids", "only a provider has services")
    if request.verifier_ids:
        return invalid("verifier_ids", "only a provider has verifiers that scan for it")
    return None


def _shown(answer: PartyAnswer, response: type[ChannelResponse]) -> ChannelResponse:
    assert answer.channel is not None, "these commands are about channels"
    return response(channel=convert.channel(answer.party, answer.channel, answer.key_ids))


def _page(
    front: Front,
    call: PlatformCall,
    listed: Sequence[tuple[Party, Channel | None]],
    page_size: int,
    page_token: str,
) -> tuple[Sequence[tuple[Party, Channel | None]], str] | Refusal:
    """A page of a list that is in memory; the token names the place where it goes on."""
    start = 0
    if page_token:
        place = front.read_page_token(call, page_token)
        if place is None:
            return Refusal("PAGE_TOKEN_INVALID")
        start = place[1]
    end = start + min(page_size or PAGE, PAGE_MAX)
    token = ""
    if end < len(listed):
        token = front.write_page_token(call, CitizenKey(0, 0), end)
    return listed[start:end], token
