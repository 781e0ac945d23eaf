"""CardService: what channels do with the card."""

from typing import TypeVar

from essc.card.v1 import card_pb2
from essc.card.v1 import card_service_pb2 as pb
from essc_platform.batch import Submission
from essc_platform.clock import random_number
from essc_platform.core import links
from essc_platform.core.decisions import Rejected
from essc_platform.core.deliveries import AcceptDelivery, DeclineDelivery
from essc_platform.core.holdings import HeldCard, LinkAnswer
from essc_platform.core.levels import LowerLevel, RaiseLevel
from essc_platform.core.links import Apply, Unlink
from essc_platform.core.losses import AllowWhileLost
from essc_platform.core.records import Citizen, CitizenKey, Link, LinkState, Proof
from essc_platform.core.signing_keys import SignAnew
from essc_platform.core.snapshot import one
from essc_platform.store.gateway import load
from essc_platform.store.views import Held, held, held_after
from essc_platform.wire import convert_cards as convert
from essc_platform.wire.front import Front, PlatformCall, invalid, refusal
from essc_wire.id_numbers import is_well_formed
from essc_wire.refusals import Refusal
from essc_wire.times import write_time

LINKS_PAGE = 100
LINKS_PAGE_MAX = 500

_BEFORE_ALL = CitizenKey(-1, -1)
_HeldAnswer = TypeVar("_HeldAnswer", pb.ApplyResponse, pb.AcceptDeliveryResponse)
_LinkAnswer = TypeVar(
    "_LinkAnswer",
    pb.DeclineDeliveryResponse,
    pb.UnlinkResponse,
    pb.RaiseLevelResponse,
    pb.LowerLevelResponse,
    pb.AllowWhileLostResponse,
)


class CardServicer:
    """essc.card.v1.CardService."""

    def __init__(self, front: Front) -> None:
        self._front, self._vault = front, front.vault

    async def Apply(self, request: pb.ApplyRequest, call: PlatformCall) -> bytes | Refusal:
        identity_proof = self._front.proof_key(request.identity_proof)
        command = Apply(
            at=self._front.clock.now(),
            channel=call.caller.party_id,
            citizen=CitizenKey(*identity_proof[:2]),
            identity_proof=identity_proof,
            face_proof=self._front.proof_key(request.face_proof),
            consent_version=request.consent_version,
            region=request.region if request.HasField("region") else None,
            new_link_number=random_number(),
            new_licence_number=random_number(),
        )
        return await self._front.change(
            call, request.request_id, command, lambda held: self._written(pb.ApplyResponse(), held)
        )

    async def FindLink(
        self, request: pb.FindLinkRequest, call: PlatformCall
    ) -> pb.FindLinkResponse | Refusal:
        if not is_well_formed(request.id_number):
            return invalid("id_number", "birth date or check digit is wrong")
        query = links.FindLink(
            at=self._front.clock.now(),
            channel=call.caller.party_id,
            citizen=self._vault.citizen_key(request.id_number),
            name=request.name,
            id_number=request.id_number,
        )
        proof_key = self._front.proof_key(request.identity_proof)
        link_key = (*query.citizen, query.channel)
        reads = frozenset({one(Proof, proof_key), one(Link, link_key), one(Citizen, query.citizen)})
        seen = (await self._front.read(load, reads)).view(reads)
        found = links.find_link(
            query,
            seen.one(Citizen, query.citizen),
            seen.one(Link, link_key),
            seen.one(Proof, proof_key),
        )
        if isinstance(found, Rejected):
            return refusal(found)
        shown = await self._front.read(held, query.citizen, query.channel)
        assert shown is not None, "a link exists for an issued card"
        link_id = self._vault.write_id(found.citizen, found.number)
        answer = pb.FindLinkResponse()
        convert.write_seen_link(answer.link, shown, link_id, query.at, self._front.policy)
        return answer

    async def AcceptDelivery(
        self, request: pb.AcceptDeliveryRequest, call: PlatformCall
    ) -> bytes | Refusal:
        citizen, number = self._vault.read_id(request.link_id)
        command = AcceptDelivery(
            at=self._front.clock.now(),
            channel=call.caller.party_id,
            citizen=citizen,
            link_number=number,
            serial=request.serial,
            proof=self._front.proof_key(request.identity_proof),
            consent_version=request.consent_version,
            new_licence_number=random_number(),
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda held: self._written(pb.AcceptDeliveryResponse(), held),
        )

    async def DeclineDelivery(
        self, request: pb.DeclineDeliveryRequest, call: PlatformCall
    ) -> bytes | Refusal:
        citizen, number = self._vault.read_id(request.link_id)
        command = DeclineDelivery(
            at=self._front.clock.now(),
            channel=call.caller.party_id,
            citizen=citizen,
            link_number=number,
            serial=request.serial,
            proof=self._front.proof_key(request.identity_proof),
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda answer: self._linked(pb.DeclineDeliveryResponse(), answer),
        )

    async def GetCard(
        self, request: pb.GetCardRequest, call: PlatformCall
    ) -> pb.GetCardResponse | Refusal:
        channel = call.caller.party_id
        found = await self._held(request.link_id, channel)
        if isinstance(found, Refusal):
            return found
        is_unsigned = found.key_id is None and found.is_active
        if is_unsigned or found.key_id in self._front.keyring.compromised:
            refused = await self._sign_anew(found, channel)
            found = refused or await self._held(request.link_id, channel)
            if isinstance(found, Refusal):
                return found
        at = self._front.clock.now()
        answer = pb.GetCardResponse()
        convert.write_seen_link(answer.link, found, request.link_id, at, self._front.policy)
        convert.write_seen_card(answer.card, found, at, with_names=found.is_active)
        convert.write_seen_licence(answer.signed_card, found)
        write_time(answer.read_time, at)
        return answer

    async def Unlink(self, request: pb.UnlinkRequest, call: PlatformCall) -> bytes | Refusal:
        citizen, number = self._vault.read_id(request.link_id)
        command = Unlink(
            at=self._front.clock.now(),
            channel=call.caller.party_id,
            citizen=citizen,
            link_number=number,
            serial=request.serial,
            proof=self._front.proof_key(request.proof),
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda answer: self._linked(pb.UnlinkResponse(), answer),
        )

    async def RaiseLevel(
        self, request: pb.RaiseLevelRequest, call: PlatformCall
    ) -> bytes | Refusal:
        citizen, number = self._vault.read_id(request.link_id)
        command = RaiseLevel(
            at=self._front.clock.now(),
            channel=call.caller.party_id,
            citizen=citizen,
            link_number=number,
            serial=request.serial,
            proof=self._front.proof_key(request.proof),
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda answer: self._linked(pb.RaiseLevelResponse(), answer),
        )

    async def LowerLevel(
        self, request: pb.LowerLevelRequest, call: PlatformCall
    ) -> bytes | Refusal:
        citizen, number = self._vault.read_id(request.link_id)
        command = LowerLevel(
            at=self._front.clock.now(),
            channel=call.caller.party_id,
            citizen=citizen,
            link_number=number,
            serial=request.serial,
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda answer: self._linked(pb.LowerLevelResponse(), answer),
        )

    async def AllowWhileLost(
        self, request: pb.AllowWhileLostRequest, call: PlatformCall
    ) -> bytes | Refusal:
        citizen, number = self._vault.read_id(request.link_id)
        command = AllowWhileLost(
            at=self._front.clock.now(),
            channel=call.caller.party_id,
            citizen=citizen,
            link_number=number,
            serial=request.serial,
            proof=self._front.proof_key(request.face_proof),
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda answer: self._linked(pb.AllowWhileLostResponse(), answer),
        )

    async def ListLinks(
        self, request: pb.ListLinksRequest, call: PlatformCall
    ) -> pb.ListLinksResponse | Refusal:
        after = _BEFORE_ALL
        if request.page_token:
            place = self._front.read_page_token(call, request.page_token)
            if place is None:
                return Refusal("PAGE_TOKEN_INVALID")
            after = place[0]
        size = min(request.page_size or LINKS_PAGE, LINKS_PAGE_MAX)
        # One more than asked for tells whether there is another page.
        ahead = await self._front.read(held_after, call.caller.party_id, after, size + 1)
        found = ahead[:size]
        at = self._front.clock.now()
        answer = pb.ListLinksResponse()
        for each in found:
            item = answer.items.add()
            link_id = self._vault.write_id(_citizen(each), each.number)
            convert.write_seen_link(item.link, each, link_id, at, self._front.policy)
            # What the card is worth is no business of a channel that the holder has left (R14).
            if each.state != LinkState.UNLINKED:
                convert.write_seen_card(item.card, each, at, with_names=False)
        if len(ahead) > size:
            answer.next_page_token = self._front.write_page_token(call, _citizen(found[-1]))
        return answer

    async def _held(self, link_id: str, channel: str) -> Held | Refusal:
        """What lies behind a link that is not unlinked."""
        citizen, number = self._vault.read_id(link_id)
        found = await self._front.read(held, citizen, channel)
        if found is None or found.number != number:
            return Refusal("LINK_NOT_FOUND")
        if found.state == LinkState.UNLINKED:
            return Refusal("LINK_NOT_ACTIVE")
        return found

    async def _sign_anew(self, found: Held, channel: str) -> Refusal | None:
        """R8: has a card signed by a good key, under the number that it has in this channel."""
        number = random_number()
        if found.payload is not None:
            card_id = card_pb2.CardPayload.FromString(found.payload).card_id
            number = self._vault.read_id(card_id)[1]
        command = SignAnew(
            at=self._front.clock.now(),
            channel=channel,
            citizen=_citizen(found),
            licence_number=number,
        )
        answer = await self._front.collector.submit(
            Submission(command=command, at=command.at, encode=lambda _: b"")
        )
        return refusal(answer) if isinstance(answer, Rejected) else None

    def _linked(self, answer: _LinkAnswer, left: LinkAnswer) -> _LinkAnswer:
        link_id = self._vault.write_id(left.link.citizen, left.link.number)
        convert.write_link(answer.link, left.link, link_id, left.allow_until)
        return answer

    def _written(self, answer: _HeldAnswer, held: HeldCard) -> _HeldAnswer:
        link_id = self._vault.write_id(held.link.citizen, held.link.number)
        convert.write_link(answer.link, held.link, link_id)
        convert.write_held_card(answer.card, held)
        convert.write_licence(answer.signed_card, held.link.licence)
        return answer


def _citizen(found: Held) -> CitizenKey:
    return CitizenKey(found.bucket, found.citizen)
