"""RegistryService: what card bureaus do."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from google.protobuf.message import Message

from essc.registry.v1 import registry_service_pb2 as pb
from essc_platform.batch import Submission
from essc_platform.clock import random_number
from essc_platform.core import citizens, issues
from essc_platform.core.citizens import CitizenAnswer
from essc_platform.core.commands import Command
from essc_platform.core.physical_cards import ChangePhysicalCard, PhysicalCardAnswer, Verb
from essc_platform.core.records import Citizen, Generation, PhysicalCard
from essc_platform.core.snapshot import many, one
from essc_platform.store.gateway import load
from essc_platform.wire import convert
from essc_platform.wire.front import Front, PlatformCall, invalid
from essc_wire.guard import Answer
from essc_wire.id_numbers import is_synthetic, is_synthetic_phone, is_well_formed
from essc_wire.refusals import Refusal

REFUSALS_NAMED_MAX = 100
_AT_ONCE = 250


class RegistryServicer:
    """essc.registry.v1.RegistryService."""

    def __init__(self, front: Front) -> None:
        self._front, self._vault = front, front.vault

    async def RegisterCitizen(
        self, request: pb.RegisterCitizenRequest, call: PlatformCall
    ) -> bytes | Refusal:
        command = self._to_register(request)
        if isinstance(command, Refusal):
            return command
        return await self._front.change(call, request.request_id, command, self._registered)

    async def IssuePhysicalCard(
        self, request: pb.IssuePhysicalCardRequest, call: PlatformCall
    ) -> bytes | Refusal:
        command = self._to_issue(request, call)
        if isinstance(command, Refusal):
            return command
        return await self._front.change(call, request.request_id, command, self._issued)

    async def EnablePhysicalCard(
        self, request: pb.EnablePhysicalCardRequest, call: PlatformCall
    ) -> bytes | Refusal:
        return await self._move(request, call, Verb.ENABLE, pb.EnablePhysicalCardResponse)

    async def ReportLoss(
        self, request: pb.ReportLossRequest, call: PlatformCall
    ) -> bytes | Refusal:
        is_formal = request.kind == pb.ReportLossRequest.KIND_FORMAL
        verb = Verb.REPORT_LOSS if is_formal else Verb.REPORT_TEMPORARY_LOSS
        return await self._move(request, call, verb, pb.ReportLossResponse)

    async def LiftLoss(self, request: pb.LiftLossRequest, call: PlatformCall) -> bytes | Refusal:
        return await self._move(request, call, Verb.LIFT_LOSS, pb.LiftLossResponse)

    async def LockPhysicalCard(
        self, request: pb.LockPhysicalCardRequest, call: PlatformCall
    ) -> bytes | Refusal:
        return await self._move(request, call, Verb.LOCK, pb.LockPhysicalCardResponse)

    async def UnlockPhysicalCard(
        self, request: pb.UnlockPhysicalCardRequest, call: PlatformCall
    ) -> bytes | Refusal:
        return await self._move(request, call, Verb.UNLOCK, pb.UnlockPhysicalCardResponse)

    async def CancelPhysicalCard(
        self, request: pb.CancelPhysicalCardRequest, call: PlatformCall
    ) -> bytes | Refusal:
        return await self._move(request, call, Verb.CANCEL, pb.CancelPhysicalCardResponse)

    async def GetCitizen(
        self, request: pb.GetCitizenRequest, call: PlatformCall
    ) -> pb.GetCitizenResponse | Refusal:
        if not is_well_formed(request.id_number):
            return _ill_formed()
        key = self._vault.citizen_key(request.id_number)
        reads = frozenset({one(Citizen, key), many(PhysicalCard, key)})
        seen = load(self._front.reader, reads).view(reads)
        citizen = seen.one(Citizen, key)
        if citizen is None or citizen.id_number != request.id_number:
            return Refusal("CITIZEN_NOT_FOUND")
        physical_cards = tuple(
            each for each in seen.many(PhysicalCard, key) if each.region in call.caller.regions
        )
        at = self._front.clock.now()
        return pb.GetCitizenResponse(
            citizen=convert.citizen(citizen, physical_cards, at, self._vault)
        )

    async def ImportCitizens(
        self, requests: AsyncIterator[pb.ImportCitizensRequest | Refusal], call: PlatformCall
    ) -> Answer:
        tally = pb.ImportCitizensResponse()
        waiting: list[pb.ImportCitizensRequest] = []
        async for request in requests:
            if isinstance(request, Refusal):
                await self._import(waiting, call, tally)
                return request
            waiting.append(request)
            if len(waiting) == _AT_ONCE:
                await self._import(waiting, call, tally)
                waiting = []
        await self._import(waiting, call, tally)
        return tally

    async def _import(
        self,
        items: list[pb.ImportCitizensRequest],
        call: PlatformCall,
        tally: pb.ImportCitizensResponse,
    ) -> None:
        """Judges items in their order; each is a registration and an issue, on its own."""
        reasons: list[str | None] = []
        submissions: list[Submission] = []
        for item in items:
            pair = self._pair(item, call)
            reasons.append(pair.reason if isinstance(pair, Refusal) else None)
            submissions += () if isinstance(pair, Refusal) else pair
        answers = iter(await self._front.collector.submit_all(submissions))
        for place, reason in enumerate(reasons):
            if reason is None:
                both = (next(answers), next(answers))
                reason = next((a.reason.value for a in both if not isinstance(a, bytes)), None)  # noqa: PLW2901
            _count(tally, tally.received_count + place, reason)
        tally.received_count += len(items)

    def _pair(
        self, item: pb.ImportCitizensRequest, call: PlatformCall
    ) -> tuple[Submission, Submission] | Refusal:
        """A person and a card, as two changes in the order in which they make sense."""
        register = self._to_register(item.citizen)
        if isinstance(register, Refusal):
            return register
        issue = self._to_issue(item.physical_card, call)
        if isinstance(issue, Refusal):
            return issue
        if item.citizen.id_number != item.physical_card.id_number:
            return invalid("physical_card.id_number", "not the citizen's")
        return (
            self._import_of(call, item.citizen, register, self._registered),
            self._import_of(call, item.physical_card, issue, self._issued),
        )

    def _import_of(
        self,
        call: PlatformCall,
        request: pb.RegisterCitizenRequest | pb.IssuePhysicalCardRequest,
        command: Command,
        encode: Callable[[Any], Message],
    ) -> Submission:
        content = request.SerializeToString(deterministic=True)
        return self._front.submission(call, request.request_id, command, encode, content=content)

    async def _move(
        self,
        request: pb.EnablePhysicalCardRequest
        | pb.ReportLossRequest
        | pb.LiftLossRequest
        | pb.LockPhysicalCardRequest
        | pb.UnlockPhysicalCardRequest
        | pb.CancelPhysicalCardRequest,
        call: PlatformCall,
        verb: Verb,
        response: type[
            pb.EnablePhysicalCardResponse
            | pb.ReportLossResponse
            | pb.LiftLossResponse
            | pb.LockPhysicalCardResponse
            | pb.UnlockPhysicalCardResponse
            | pb.CancelPhysicalCardResponse
        ],
    ) -> bytes | Refusal:
        citizen, number = self._vault.read_id(request.physical_card_id)
        command = ChangePhysicalCard(
            at=self._front.clock.now(),
            verb=verb,
            citizen=citizen,
            number=number,
            regions=call.caller.regions,
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda answer: response(
                physical_card=convert.physical_card(answer.physical_card, command.at, self._vault)
            ),
        )

    def _to_register(
        self, request: pb.RegisterCitizenRequest
    ) -> citizens.RegisterCitizen | Refusal:
        if not is_well_formed(request.id_number):
            return _ill_formed()
        is_invented = is_synthetic(request.id_number) and is_synthetic_phone(request.phone)
        if not (is_invented or self._front.takes_any_id):
            return Refusal("ID_NUMBER_NOT_SYNTHETIC")
        return citizens.RegisterCitizen(
            at=self._front.clock.now(),
            citizen=self._vault.citizen_key(request.id_number),
            id_number=request.id_number,
            name=request.name,
            phone=request.phone,
        )

    def _to_issue(
        self, request: pb.IssuePhysicalCardRequest, call: PlatformCall
    ) -> issues.IssuePhysicalCard | Refusal:
        if not is_well_formed(request.id_number):
            return _ill_formed()
        if request.region not in call.caller.regions:
            return Refusal("CALLER_NOT_ALLOWED")
        generation = Generation(request.generation)
        receivers = self._front.directory.receivers() if generation is Generation.THIRD else ()
        return issues.IssuePhysicalCard(
            at=self._front.clock.now(),
            citizen=self._vault.citizen_key(request.id_number),
            region=request.region,
            generation=generation,
            is_enabled=request.enabled,
            new_number=random_number(),
            receivers=tuple((channel, random_number()) for channel in receivers),
        )

    def _registered(self, answer: CitizenAnswer) -> pb.RegisterCitizenResponse:
        citizen = answer.citizen
        return pb.RegisterCitizenResponse(
            citizen=convert.citizen(citizen, (), citizen.register_time, self._vault)
        )

    def _issued(self, answer: PhysicalCardAnswer) -> pb.IssuePhysicalCardResponse:
        card = answer.physical_card
        return pb.IssuePhysicalCardResponse(
            physical_card=convert.physical_card(card, card.issue_time, self._vault)
        )


def _count(tally: pb.ImportCitizensResponse, index: int, reason: str | None) -> None:
    if reason is None:
        tally.imported_count += 1
        return
    tally.refused_count += 1
    if len(tally.refusals) < REFUSALS_NAMED_MAX:
        tally.refusals.add(index=index, reason=reason)


def _ill_formed() -> Refusal:
    return invalid("id_number", "birth date or check digit is wrong")
