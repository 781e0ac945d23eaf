"""The national platform's family service, as flows ask it."""

import asyncio

from essc.family.v1 import family_pb2, family_service_pb2, family_service_pb2_grpc
from essc_channels.core.card_errands import Binder, Family, Member
from essc_channels.core.records import Words
from essc_channels.ports import Ask, Consent, NewMember
from essc_channels.wire import convert_errands as convert
from essc_channels.wire.calls import Caller
from essc_channels.wire.platform_client import AWAY
from essc_wire.client import Peer
from essc_wire.refusals import Refusal


class FamilyClient:
    """Implements `FamilyDesk` over the contract."""

    def __init__(self, peer: Peer, timeout_s: float) -> None:
        self._caller = Caller(peer, timeout_s, AWAY)
        self._stub = family_service_pb2_grpc.FamilyServiceStub(peer.channel)

    async def get_notice(self, ask: Ask) -> Consent | Refusal:
        request = family_service_pb2.GetNoticeRequest()
        response = await self._caller.call(
            lambda options: self._stub.GetNotice(request, **options), ask
        )
        if isinstance(response, Refusal):
            return response
        return Consent(version=response.version, text=Words(response.text_zh, response.text_en))

    async def add_member(self, request_id: str, new: NewMember, ask: Ask) -> Refusal | None:
        request = family_service_pb2.AddMemberRequest(
            request_id=request_id,
            link_id=new.link_id,
            password_proof=new.password_proof,
            notice_version=new.notice_version,
            relation=family_pb2.Relation.ValueType(new.relation),
            name=new.draft.name,
            id_number=new.draft.id_number,
            card_photo=new.draft.card_photo,
            face_photo=new.draft.face_photo,
            member_proof=new.member_proof,
        )
        response = await self._caller.call(
            lambda options: self._stub.AddMember(request, **options), ask
        )
        return response if isinstance(response, Refusal) else None

    async def remove_member(
        self, request_id: str, link_id: str, binding_id: str, proof: str, ask: Ask
    ) -> Refusal | None:
        request = family_service_pb2.RemoveMemberRequest(
            request_id=request_id, link_id=link_id, binding_id=binding_id, proof=proof
        )
        response = await self._caller.call(
            lambda options: self._stub.RemoveMember(request, **options), ask
        )
        return response if isinstance(response, Refusal) else None

    async def leave_binder(
        self, request_id: str, link_id: str, binding_id: str, proof: str, ask: Ask
    ) -> Refusal | None:
        request = family_service_pb2.LeaveBinderRequest(
            request_id=request_id, link_id=link_id, binding_id=binding_id, proof=proof
        )
        response = await self._caller.call(
            lambda options: self._stub.LeaveBinder(request, **options), ask
        )
        return response if isinstance(response, Refusal) else None

    async def list_members(
        self, link_id: str, ask: Ask, *, timeout_s: float | None = None
    ) -> tuple[Member, ...] | Refusal:
        request = family_service_pb2.ListMembersRequest(link_id=link_id)
        response = await self._caller.call(
            lambda options: self._stub.ListMembers(request, **options), ask, timeout_s=timeout_s
        )
        if isinstance(response, Refusal):
            return response
        return tuple(map(convert.member, response.bindings))

    async def list_binders(self, link_id: str, ask: Ask) -> tuple[Binder, ...] | Refusal:
        request = family_service_pb2.ListBindersRequest(link_id=link_id)
        response = await self._caller.call(
            lambda options: self._stub.ListBinders(request, **options), ask
        )
        if isinstance(response, Refusal):
            return response
        return tuple(map(convert.binder, response.binders))

    async def get_family(self, link_id: str, ask: Ask) -> Family | Refusal:
        request = family_service_pb2.GetPlacesRequest(link_id=link_id)
        members, binders, places = await asyncio.gather(
            self.list_members(link_id, ask),
            self.list_binders(link_id, ask),
            self._caller.call(lambda options: self._stub.GetPlaces(request, **options), ask),
        )
        if isinstance(members, Refusal):
            return members
        if isinstance(binders, Refusal):
            return binders
        if isinstance(places, Refusal):
            return places
        return Family(
            members=members, places=tuple(map(convert.places, places.places)), binders=binders
        )
