"""RegistryService: what card bureaus do."""

from collections.abc import AsyncIterator

from essc.registry.v1 import registry_service_pb2 as pb
from essc_platform.clock import random_number
from essc_platform.core.bank_accounts import ActivateBankAccount, CloseBankAccount
from essc_platform.core.cancellations import CancelCitizen, CancellationAnswer
from essc_platform.core.citizens import RegisterRecipient
from essc_platform.core.deciding.common import person, person_of
from essc_platform.core.physical_cards import ChangePhysicalCard, Verb
from essc_platform.core.records import CancelCause, Generation, Recipient
from essc_platform.core.replacements import ReplacePhysicalCard
from essc_platform.core.snapshot import one
from essc_platform.store.gateway import load
from essc_platform.wire import convert_registry as convert
from essc_platform.wire import members
from essc_platform.wire.front import Front, PlatformCall, invalid
from essc_platform.wire.registering import Registering, ill_formed
from essc_wire.guard import Answer
from essc_wire.id_numbers import is_synthetic_phone, is_well_formed
from essc_wire.refusals import Refusal
from essc_wire.times import to_timestamp

_CANCEL_ATTEMPTS = 3
"""How often it is looked who is bound with a person, while others bind and unbind."""


class RegistryServicer:
    """essc.registry.v1.RegistryService."""

    def __init__(self, front: Front) -> None:
        self._front, self._vault = front, front.vault
        self._registering = Registering(front)

    async def RegisterCitizen(
        self, request: pb.RegisterCitizenRequest, call: PlatformCall
    ) -> bytes | Refusal:
        command = self._registering.to_register(request)
        if isinstance(command, Refusal):
            return command
        return await self._front.change(
            call, request.request_id, command, self._registering.registered
        )

    async def IssuePhysicalCard(
        self, request: pb.IssuePhysicalCardRequest, call: PlatformCall
    ) -> bytes | Refusal:
        command = self._registering.to_issue(request, call)
        if isinstance(command, Refusal):
            return command
        return await self._front.change(call, request.request_id, command, self._registering.issued)

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

    async def ReplacePhysicalCard(
        self, request: pb.ReplacePhysicalCardRequest, call: PlatformCall
    ) -> bytes | Refusal:
        citizen, number = self._vault.read_id(request.physical_card_id)
        generation = Generation(request.generation)
        command = ReplacePhysicalCard(
            at=self._front.clock.now(),
            citizen=citizen,
            number=number,
            regions=call.caller.regions,
            generation=generation,
            new_number=random_number(),
            receivers=self._registering.receivers(generation),
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda answer: pb.ReplacePhysicalCardResponse(
                cancelled=convert.answered(answer.cancelled, command.at, self._vault),
                physical_card=convert.answered(answer.issued, command.at, self._vault),
            ),
        )

    async def ActivateBankAccount(
        self, request: pb.ActivateBankAccountRequest, call: PlatformCall
    ) -> bytes | Refusal:
        if not (is_synthetic_phone(request.reserved_phone) or self._front.takes_any_id):
            return invalid("reserved_phone", "not an invented one: those begin with 111")
        citizen, number = self._vault.read_id(request.physical_card_id)
        command = ActivateBankAccount(
            at=self._front.clock.now(),
            citizen=citizen,
            number=number,
            regions=call.caller.regions,
            bank_id=request.bank_id,
            reserved_phone=request.reserved_phone,
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda answer: pb.ActivateBankAccountResponse(
                physical_card=convert.answered(answer, command.at, self._vault)
            ),
        )

    async def CloseBankAccount(
        self, request: pb.CloseBankAccountRequest, call: PlatformCall
    ) -> bytes | Refusal:
        citizen, number = self._vault.read_id(request.physical_card_id)
        command = CloseBankAccount(
            at=self._front.clock.now(),
            citizen=citizen,
            number=number,
            regions=call.caller.regions,
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda answer: pb.CloseBankAccountResponse(
                physical_card=convert.answered(answer, command.at, self._vault)
            ),
        )

    async def RegisterRecipient(
        self, request: pb.RegisterRecipientRequest, call: PlatformCall
    ) -> bytes | Refusal:
        if not is_well_formed(request.id_number):
            return ill_formed()
        command = RegisterRecipient(
            at=self._front.clock.now(),
            citizen=self._vault.citizen_key(request.id_number),
            id_number=request.id_number,
        )
        return await self._front.change(
            call,
            request.request_id,
            command,
            lambda answer: pb.RegisterRecipientResponse(
                register_time=to_timestamp(answer.register_time)
            ),
        )

    async def CancelCitizen(
        self, request: pb.CancelCitizenRequest, call: PlatformCall
    ) -> bytes | Refusal:
        if not is_well_formed(request.id_number):
            return ill_formed()
        citizen = self._vault.citizen_key(request.id_number)
        answer: bytes | Refusal = Refusal("CHANGES_CONFLICT")
        for _ in range(_CANCEL_ATTEMPTS):
            command = CancelCitizen(
                at=self._front.clock.now(),
                citizen=citizen,
                id_number=request.id_number,
                cause=CancelCause(request.cause),
                others=await members.bound_with(self._front, citizen),
            )
            answer = await self._front.change(call, request.request_id, command, _cancelled)
            if not (isinstance(answer, Refusal) and answer.reason == "CHANGES_CONFLICT"):
                break
        return answer

    async def GetCitizen(
        self, request: pb.GetCitizenRequest, call: PlatformCall
    ) -> pb.GetCitizenResponse | Refusal:
        if not is_well_formed(request.id_number):
            return ill_formed()
        key = self._vault.citizen_key(request.id_number)
        reads = person_of(key) | {one(Recipient, key)}
        seen = (await self._front.read(load, reads)).view(reads)
        found = person(seen, key)
        if found.citizen is None or found.citizen.id_number != request.id_number:
            return Refusal("CITIZEN_NOT_FOUND")
        return pb.GetCitizenResponse(
            citizen=convert.citizen(
                found,
                call.caller.regions,
                self._front.clock.now(),
                self._vault,
                is_recipient=seen.one(Recipient, key) is not None,
            )
        )

    async def ImportCitizens(
        self, requests: AsyncIterator[pb.ImportCitizensRequest | Refusal], call: PlatformCall
    ) -> Answer:
        return await self._registering.import_citizens(requests, call)

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
                physical_card=convert.answered(answer, command.at, self._vault)
            ),
        )


def _cancelled(answer: CancellationAnswer) -> pb.CancelCitizenResponse:
    return pb.CancelCitizenResponse(cancel_time=to_timestamp(answer.cancel_time))
