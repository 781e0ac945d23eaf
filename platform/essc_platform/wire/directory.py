"""DirectoryService and TicketService: tickets to services, from either side."""

import hashlib

from essc.directory.v1 import directory_service_pb2 as pb
from essc.directory.v1 import ticket_service_pb2 as ticket_pb
from essc_platform.clock import random_number
from essc_platform.core.acting import BindingName
from essc_platform.core.records import CitizenKey, Outcome, Ticket
from essc_platform.core.snapshot import one
from essc_platform.core.tickets import CloseUse, IssueTicket, Redeemed, RedeemTicket
from essc_platform.store.gateway import load
from essc_platform.store.views import held
from essc_platform.store.views_directory import services, uses_before
from essc_platform.wire import convert_directory as convert
from essc_platform.wire.front import Front, PlatformCall
from essc_platform.wire.members import binding_name
from essc_wire.refusals import Refusal
from essc_wire.times import to_timestamp

PAGE = 5
PAGE_MAX = 100

_NOWHERE = CitizenKey(0, 0)


class DirectoryServicer:
    """essc.directory.v1.DirectoryService."""

    def __init__(self, front: Front) -> None:
        self._front, self._vault = front, front.vault

    async def ListServices(
        self, request: pb.ListServicesRequest, call: PlatformCall
    ) -> pb.ListServicesResponse | Refusal:
        listed = await self._front.read(services)
        start = 0
        if request.page_token:
            place = self._front.read_page_token(call, request.page_token)
            # An entry may have been added since, but none ever goes away.
            names = [_digest(each.key) for each in listed]
            if place is None or place[1] not in names:
                return Refusal("PAGE_TOKEN_INVALID")
            start = names.index(place[1]) + 1
        end = start + min(request.page_size or PAGE, PAGE_MAX)
        token = ""
        if end < len(listed):
            last = _digest(listed[end - 1].key)
            token = self._front.write_page_token(call, _NOWHERE, last)
        return pb.ListServicesResponse(
            services=[convert.service(each) for each in listed[start:end]], next_page_token=token
        )

    async def IssueTicket(
        self, request: pb.IssueTicketRequest, call: PlatformCall
    ) -> bytes | Refusal:
        citizen, number = self._vault.read_id(request.link_id)
        command = IssueTicket(
            at=self._front.clock.now(),
            channel=call.caller.party_id,
            citizen=citizen,
            link_number=number,
            binding=await binding_name(self._front, call, citizen, request.binding_id),
            service_id=request.service_id,
            new_number=random_number(),
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda answer: pb.IssueTicketResponse(
                ticket=self._vault.write_id(answer.ticket.citizen, answer.ticket.number),
                expire_time=to_timestamp(answer.ticket.expire_time),
            ),
        )

    async def ListUses(
        self, request: pb.ListUsesRequest, call: PlatformCall
    ) -> pb.ListUsesResponse | Refusal:
        channel = call.caller.party_id
        citizen, number = self._vault.read_id(request.link_id)
        found = await self._front.read(held, citizen, channel)
        if found is None or found.number != number:
            return Refusal("LINK_NOT_FOUND")
        if not found.is_active:
            return Refusal("LINK_NOT_ACTIVE")
        scope = f"uses:{channel}:{request.link_id}:{found.serial}"
        before = None
        if request.page_token:
            before = self._vault.read_cursor(scope, request.page_token)
            if before is None:
                return Refusal("PAGE_TOKEN_INVALID")
        size = min(request.page_size or PAGE, PAGE_MAX)
        # One more than asked for tells whether there is another page.
        ahead = await self._front.read(
            uses_before, citizen, channel, found.serial, before, size + 1
        )
        uses = ahead[:size]
        token = self._vault.write_cursor(scope, uses[-1].number) if len(ahead) > size else ""
        return pb.ListUsesResponse(
            uses=[convert.use(each, self._vault) for each in uses], next_page_token=token
        )


class TicketServicer:
    """essc.directory.v1.TicketService."""

    def __init__(self, front: Front) -> None:
        self._front, self._vault = front, front.vault

    async def RedeemTicket(
        self, request: ticket_pb.RedeemTicketRequest, call: PlatformCall
    ) -> bytes | Refusal:
        citizen, number = self._vault.read_id(request.ticket)
        ticket = await ticket_at(self._front, citizen, number)
        named = None if ticket is None else ticket.binding
        command = RedeemTicket(
            at=self._front.clock.now(),
            provider=call.caller.party_id,
            citizen=citizen,
            number=number,
            channel="" if ticket is None else ticket.channel,
            binding=None if named is None else BindingName(*named),
        )
        return await self._front.change(call, request.request_id, command, self._redeemed)

    async def CloseUse(
        self, request: ticket_pb.CloseUseRequest, call: PlatformCall
    ) -> bytes | Refusal:
        citizen, number = self._vault.read_use_id(request.use_id)
        command = CloseUse(
            at=self._front.clock.now(),
            provider=call.caller.party_id,
            citizen=citizen,
            number=number,
            outcome=Outcome(request.outcome),
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda answer: ticket_pb.CloseUseResponse(use=convert.use(answer.ticket, self._vault)),
        )

    def _redeemed(self, answer: Redeemed) -> ticket_pb.RedeemTicketResponse:
        return ticket_pb.RedeemTicketResponse(
            use=convert.use(answer.ticket, self._vault),
            masked_name=answer.masked_name,
            masked_id_number=answer.masked_id_number,
            region=answer.region,
            level=int(answer.level),  # type: ignore[arg-type]
        )


async def ticket_at(front: Front, citizen: CitizenKey, number: int) -> Ticket | None:
    """A ticket, for what never changes of it: its channel and its binding."""
    key = (*citizen, number)
    reads = frozenset({one(Ticket, key)})
    return (await front.read(load, reads)).view(reads).one(Ticket, key)


def _digest(service_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(service_id.encode(), digest_size=6).digest())
