"""The card bureau (人社局) at its desk: persons and their physical cards."""

from typing import TypeVar

import grpc

from essc.registry.v1 import registry_service_pb2 as registry
from essc.registry.v1.physical_card_pb2 import Citizen, Generation, PhysicalCard
from essc.registry.v1.registry_service_pb2_grpc import RegistryServiceStub
from essc_wire.client import Peer
from essc_wire.clock import new_request_id
from essc_workbench.calls import patient

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")


class Bureau:
    """What a clerk can do. Each method answers what is now true."""

    def __init__(self, platform: Peer) -> None:
        self._platform = platform
        self._stub = RegistryServiceStub(platform.channel)

    async def _ask(
        self, method: grpc.aio.UnaryUnaryMultiCallable[RequestT, ResponseT], request: RequestT
    ) -> ResponseT:
        return await patient(lambda: method(request, **self._platform.options()))

    async def register(
        self, name: str, id_number: str, phone: str, *, request_id: str = ""
    ) -> Citizen:
        """Registers a person."""
        request = registry.RegisterCitizenRequest(
            request_id=request_id or new_request_id(), name=name, id_number=id_number, phone=phone
        )
        return (await self._ask(self._stub.RegisterCitizen, request)).citizen

    async def issue(
        self,
        id_number: str,
        region: str,
        generation: Generation.ValueType,
        *,
        enabled: bool,
        request_id: str = "",
    ) -> PhysicalCard:
        """Issues a physical card, sealed or enabled."""
        request = registry.IssuePhysicalCardRequest(
            request_id=request_id or new_request_id(),
            id_number=id_number,
            region=region,
            generation=generation,
            enabled=enabled,
        )
        return (await self._ask(self._stub.IssuePhysicalCard, request)).physical_card

    async def enable(self, card_id: str) -> PhysicalCard:
        """Enables a sealed card."""
        request = registry.EnablePhysicalCardRequest(
            request_id=new_request_id(), physical_card_id=card_id
        )
        return (await self._ask(self._stub.EnablePhysicalCard, request)).physical_card

    async def report_loss(
        self, card_id: str, *, temporary: bool, request_id: str = ""
    ) -> PhysicalCard:
        """Reports a card lost: 临时挂失 or 挂失."""
        kinds = registry.ReportLossRequest
        request = registry.ReportLossRequest(
            request_id=request_id or new_request_id(),
            physical_card_id=card_id,
            kind=kinds.KIND_TEMPORARY if temporary else kinds.KIND_FORMAL,
        )
        return (await self._ask(self._stub.ReportLoss, request)).physical_card

    async def lift_loss(self, card_id: str) -> PhysicalCard:
        """Lifts a loss: 解挂."""
        request = registry.LiftLossRequest(request_id=new_request_id(), physical_card_id=card_id)
        return (await self._ask(self._stub.LiftLoss, request)).physical_card

    async def lock(self, card_id: str, *, request_id: str = "") -> PhysicalCard:
        """Locks a card: 锁定."""
        request = registry.LockPhysicalCardRequest(
            request_id=request_id or new_request_id(), physical_card_id=card_id
        )
        return (await self._ask(self._stub.LockPhysicalCard, request)).physical_card

    async def unlock(self, card_id: str) -> PhysicalCard:
        """Unlocks a locked card."""
        request = registry.UnlockPhysicalCardRequest(
            request_id=new_request_id(), physical_card_id=card_id
        )
        return (await self._ask(self._stub.UnlockPhysicalCard, request)).physical_card

    async def cancel(self, card_id: str, *, request_id: str = "") -> PhysicalCard:
        """Cancels a card for good: 注销."""
        request = registry.CancelPhysicalCardRequest(
            request_id=request_id or new_request_id(), physical_card_id=card_id
        )
        return (await self._ask(self._stub.CancelPhysicalCard, request)).physical_card

    async def activate_bank_account(
        self, card_id: str, bank_id: str, reserved_phone: str, *, request_id: str = ""
    ) -> PhysicalCard:
        """Opens a card's bank account: 激活金融账户."""
        request = registry.ActivateBankAccountRequest(
            request_id=request_id or new_request_id(),
            physical_card_id=card_id,
            bank_id=bank_id,
            reserved_phone=reserved_phone,
        )
        return (await self._ask(self._stub.ActivateBankAccount, request)).physical_card

    async def close_bank_account(self, card_id: str) -> PhysicalCard:
        """Closes a card's bank account: 注销金融账户. Every link of the holder falls to level 1."""
        request = registry.CloseBankAccountRequest(
            request_id=new_request_id(), physical_card_id=card_id
        )
        return (await self._ask(self._stub.CloseBankAccount, request)).physical_card

    async def register_recipient(self, id_number: str, *, request_id: str = "") -> None:
        """Registers a person as a recipient of benefits: 待遇领取人员."""
        request = registry.RegisterRecipientRequest(
            request_id=request_id or new_request_id(), id_number=id_number
        )
        await self._ask(self._stub.RegisterRecipient, request)

    async def cancel_citizen(
        self, id_number: str, *, has_emigrated: bool = False, request_id: str = ""
    ) -> None:
        """Cancels a person who died, or emigrated: 人员注销."""
        causes = registry.CancelCitizenRequest
        request = registry.CancelCitizenRequest(
            request_id=request_id or new_request_id(),
            id_number=id_number,
            cause=causes.CAUSE_EMIGRATION if has_emigrated else causes.CAUSE_DEATH,
        )
        await self._ask(self._stub.CancelCitizen, request)

    async def replace(
        self, card_id: str, generation: Generation.ValueType
    ) -> tuple[PhysicalCard, PhysicalCard]:
        """Replaces a card: 补换卡. The cancelled one and the new, sealed one."""
        request = registry.ReplacePhysicalCardRequest(
            request_id=new_request_id(), physical_card_id=card_id, generation=generation
        )
        answer = await self._ask(self._stub.ReplacePhysicalCard, request)
        return answer.cancelled, answer.physical_card

    async def citizen(self, id_number: str) -> Citizen:
        """Looks a person up, with all physical cards."""
        request = registry.GetCitizenRequest(id_number=id_number)
        return (await self._ask(self._stub.GetCitizen, request)).citizen
