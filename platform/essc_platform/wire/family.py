"""FamilyService: members added and removed, binders seen and left.

What the photos of a new member show is found here, before the batch, and only if all that comes
before them in the contract's order is in its place: the authority that reads them is slow.
"""

import asyncio
from dataclasses import replace

from essc.authority.v1 import authority_service_pb2 as authority
from essc.family.v1 import family_pb2
from essc.family.v1 import family_service_pb2 as pb
from essc.identity.v1 import identity_pb2
from essc_platform.clock import random_number
from essc_platform.core import joining
from essc_platform.core.decide import decide
from essc_platform.core.decisions import Rejected
from essc_platform.core.family import LeaveBinder, RemoveMember
from essc_platform.core.joining import Photo, PhotoFinding, is_young, places
from essc_platform.core.reads import reads_of
from essc_platform.core.reasons import Reason
from essc_platform.core.records import Relation
from essc_platform.store import views_family as views
from essc_platform.store.gateway import load
from essc_platform.wire import convert_family as convert
from essc_platform.wire import members
from essc_platform.wire.authorities import Authorities
from essc_platform.wire.front import Front, PlatformCall, invalid
from essc_wire.id_numbers import is_well_formed
from essc_wire.refusals import Refusal

_NOTICE_ZH = (
    "《添加亲情账户告知书》：添加亲情账户须经被添加人当面同意。每位持卡人最多可添加父母4人、子女3人、"
    "配偶1人、其他2人，绑定次数用完不再恢复，解绑后也不恢复。您可为其展示电子社保卡、办理资格认证等，"
    "不能代为支付。被添加人可随时在本人渠道解除绑定。"
)
_NOTICE_EN = (
    "Adding a family member needs the member's presence and consent. A holder can add at most 4 "
    "parents, 3 children, 1 spouse and 2 others; a place once used never comes back, not after "
    "unbinding either. You may show the member's card and certify the member's eligibility, but "
    "not pay. The member can end the binding at any time from an own channel."
)
_FINDINGS = {
    authority.JudgePhotoResponse.VERDICT_PASSED: PhotoFinding.RIGHT,
    authority.JudgePhotoResponse.VERDICT_UNREADABLE: PhotoFinding.UNREADABLE,
}


class FamilyServicer:
    """essc.family.v1.FamilyService."""

    def __init__(self, front: Front, authorities: Authorities) -> None:
        self._front, self._vault, self._authorities = front, front.vault, authorities

    async def GetNotice(
        self, request: pb.GetNoticeRequest, call: PlatformCall
    ) -> pb.GetNoticeResponse:
        version = self._front.policy.notice_version
        return pb.GetNoticeResponse(version=version, text_zh=_NOTICE_ZH, text_en=_NOTICE_EN)

    async def AddMember(self, request: pb.AddMemberRequest, call: PlatformCall) -> bytes | Refusal:
        if not is_well_formed(request.id_number):
            return invalid("id_number", "birth date or check digit is wrong")
        command = await self._addition(request, call)
        if await self._is_worth_judging(command, request, call):
            command = await self._judged(command, request)
        answer = await self._add(command, request, call)
        if isinstance(answer, Refusal) and answer.reason == "CHANGES_CONFLICT":
            # What stood in the way when we looked was gone when it was decided: the photos count.
            command = await self._judged(await self._addition(request, call), request)
            answer = await self._add(command, request, call)
        return answer

    async def RemoveMember(
        self, request: pb.RemoveMemberRequest, call: PlatformCall
    ) -> bytes | Refusal:
        citizen, link_number = self._vault.read_id(request.link_id)
        named = await members.binding_name(self._front, call, citizen, request.binding_id)
        assert named is not None, "the contract wants an id"
        command = RemoveMember(
            at=self._front.clock.now(),
            channel=call.caller.party_id,
            citizen=citizen,
            link_number=link_number,
            number=named.number,
            member=named.member,
            proof=self._front.proof_key(request.proof),
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda bound: pb.RemoveMemberResponse(
                binding=convert.binding(bound, request.binding_id)
            ),
        )

    async def ListMembers(
        self, request: pb.ListMembersRequest, call: PlatformCall
    ) -> pb.ListMembersResponse | Refusal:
        holder = await members.own_holder(self._front, call, request.link_id)
        if isinstance(holder, Refusal):
            return holder
        at, channel = self._front.clock.now(), call.caller.party_id
        return pb.ListMembersResponse(
            bindings=[
                convert.seen_binding(
                    each, members.binding_id(self._vault, channel, holder, each.number), at
                )
                for each in await self._front.read(views.members, holder)
            ]
        )

    async def ListBinders(
        self, request: pb.ListBindersRequest, call: PlatformCall
    ) -> pb.ListBindersResponse | Refusal:
        member = await members.own_holder(self._front, call, request.link_id)
        if isinstance(member, Refusal):
            return member
        channel = call.caller.party_id
        return pb.ListBindersResponse(
            binders=[
                convert.seen_binder(
                    each, members.binder_id(self._vault, channel, member, each.number)
                )
                for each in await self._front.read(views.binders, member)
            ]
        )

    async def LeaveBinder(
        self, request: pb.LeaveBinderRequest, call: PlatformCall
    ) -> bytes | Refusal:
        citizen, link_number = self._vault.read_id(request.link_id)
        number, holder = await members.binder_name(self._front, call, citizen, request.binding_id)
        command = LeaveBinder(
            at=self._front.clock.now(),
            channel=call.caller.party_id,
            citizen=citizen,
            link_number=link_number,
            number=number,
            holder=holder,
            proof=self._front.proof_key(request.proof),
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda seen: pb.LeaveBinderResponse(binder=convert.binder(seen, request.binding_id)),
        )

    async def GetPlaces(
        self, request: pb.GetPlacesRequest, call: PlatformCall
    ) -> pb.GetPlacesResponse | Refusal:
        holder = await members.own_holder(self._front, call, request.link_id)
        if isinstance(holder, Refusal):
            return holder
        used = await self._front.read(views.places_used, holder)
        return pb.GetPlacesResponse(
            places=[
                family_pb2.Places(
                    relation=int(each),  # type: ignore[arg-type]
                    total=places(each, self._front.policy),
                    used=used.get(each, 0),
                )
                for each in Relation
            ]
        )

    async def _addition(
        self, request: pb.AddMemberRequest, call: PlatformCall
    ) -> joining.AddMember:
        citizen, link_number = self._vault.read_id(request.link_id)
        member = self._vault.citizen_key(request.id_number)
        return joining.AddMember(
            at=self._front.clock.now(),
            channel=call.caller.party_id,
            citizen=citizen,
            link_number=link_number,
            password_proof=self._front.proof_key(request.password_proof),
            member_proof=self._front.proof_key(request.member_proof),
            notice_version=request.notice_version,
            relation=Relation(request.relation),
            member=member,
            name=request.name,
            id_number=request.id_number,
            card_photo=self._photo(request.card_photo),
            face_photo=self._photo(request.face_photo) if request.face_photo else None,
            new_number=random_number(),
            binders=await members.binders_of(self._front, member),
        )

    def _photo(self, photo: bytes) -> Photo:
        bucket, digest = self._vault.photo_digest(photo)
        return Photo(bucket=bucket, digest=digest, finding=PhotoFinding.NOT_JUDGED)

    async def _is_worth_judging(
        self, command: joining.AddMember, request: pb.AddMemberRequest, call: PlatformCall
    ) -> bool:
        """Whether the rule comes as far as the photos."""
        if await self._front.is_recorded(call, request.request_id):
            return False
        reads = reads_of(command)
        seen = (await self._front.read(load, reads)).view(reads)
        decision = decide(command, seen, self._front.policy)
        return isinstance(decision, Rejected) and decision.reason is Reason.CHANGES_CONFLICT

    async def _judged(
        self, command: joining.AddMember, request: pb.AddMemberRequest
    ) -> joining.AddMember:
        """The command with what the photos show; that of the face only where it is looked at."""
        person = identity_pb2.Person(name=request.name, id_number=request.id_number)
        card, face = authority.PHOTO_KIND_PHYSICAL_CARD, authority.PHOTO_KIND_FACE
        if command.face_photo is None or not is_young(command, self._front.policy):
            return replace(
                command,
                card_photo=await self._judge(command.card_photo, request.card_photo, person, card),
            )
        card_photo, face_photo = await asyncio.gather(
            self._judge(command.card_photo, request.card_photo, person, card),
            self._judge(command.face_photo, request.face_photo, person, face),
        )
        return replace(command, card_photo=card_photo, face_photo=face_photo)

    async def _judge(
        self,
        photo: Photo,
        image: bytes,
        person: identity_pb2.Person,
        kind: authority.PhotoKind.ValueType,
    ) -> Photo:
        judged = await self._authorities.judge_photo(
            authority.JudgePhotoRequest(person=person, kind=kind, photo=image)
        )
        if judged is None:
            return replace(photo, finding=PhotoFinding.UNREACHABLE)
        return replace(photo, finding=_FINDINGS.get(judged.verdict, PhotoFinding.MISMATCH))

    async def _add(
        self, command: joining.AddMember, request: pb.AddMemberRequest, call: PlatformCall
    ) -> bytes | Refusal:
        channel = command.channel
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda bound: pb.AddMemberResponse(
                binding=convert.binding(
                    bound,
                    members.binding_id(
                        self._vault, channel, bound.binding.holder, bound.binding.number
                    ),
                )
            ),
        )
