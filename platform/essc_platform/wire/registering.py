"""How persons and physical cards come on record: one by one, or many over a stream."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from google.protobuf.message import Message

from essc.registry.v1 import registry_service_pb2 as pb
from essc_platform.batch import Submission
from essc_platform.clock import random_number
from essc_platform.core import citizens, issues
from essc_platform.core.citizens import CitizenAnswer
from essc_platform.core.commands import Command
from essc_platform.core.physical_cards import PhysicalCardAnswer
from essc_platform.core.records import Generation
from essc_platform.wire import convert_registry as convert
from essc_platform.wire.front import Front, PlatformCall, invalid
from essc_wire.guard import Answer
from essc_wire.id_numbers import is_synthetic, is_synthetic_phone, is_well_formed
from essc_wire.refusals import Refusal

REFUSALS_NAMED_MAX = 100
_AT_ONCE = 250


class Registering:
    """The two commands by which the register grows, for each of the ways they come."""

    def __init__(self, front: Front) -> None:
        self._front, self._vault = front, front.vault

    def to_register(self, request: pb.RegisterCitizenRequest) -> citizens.RegisterCitizen | Refusal:
        """A person to register; in the lab an invented one."""
        if not is_well_formed(request.id_number):
            return ill_formed()
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

    def to_issue(
        self, request: pb.IssuePhysicalCardRequest, call: PlatformCall
    ) -> issues.IssuePhysicalCard | Refusal:
        """A card to issue, of one of the bureau's regions."""
        if not is_well_formed(request.id_number):
            return ill_formed()
        if request.region not in call.caller.regions:
            return Refusal("CALLER_NOT_ALLOWED")
        generation = Generation(request.generation)
        return issues.IssuePhysicalCard(
            at=self._front.clock.now(),
            citizen=self._vault.citizen_key(request.id_number),
            region=request.region,
            generation=generation,
            is_enabled=request.enabled,
            new_number=random_number(),
            receivers=self.receivers(generation),
        )

    def receivers(self, generation: Generation) -> tuple[tuple[str, int], ...]:
        """R5: where a new card of this generation is delivered."""
        if generation is not Generation.THIRD:
            return ()
        return tuple((channel, random_number()) for channel in self._front.directory.receivers())

    def registered(self, answer: CitizenAnswer) -> pb.RegisterCitizenResponse:
        """A person as registered."""
        return pb.RegisterCitizenResponse(citizen=convert.registered(answer.citizen))

    def issued(self, answer: PhysicalCardAnswer) -> pb.IssuePhysicalCardResponse:
        """A card as issued."""
        card = answer.physical_card
        return pb.IssuePhysicalCardResponse(
            physical_card=convert.answered(answer, card.issue_time, self._vault)
        )

    async def import_citizens(
        self, requests: AsyncIterator[pb.ImportCitizensRequest | Refusal], call: PlatformCall
    ) -> Answer:
        """Takes items as they come, some at once, and counts what became of them.

        While some are being written the next are read: they wait neither for writer nor disk.
        """
        tally = pb.ImportCitizensResponse()
        waiting: list[pb.ImportCitizensRequest] = []
        writing = asyncio.create_task(self._import([], call, tally))
        try:
            async for request in requests:
                if isinstance(request, Refusal):
                    await writing
                    await self._import(waiting, call, tally)
                    return request
                waiting.append(request)
                if len(waiting) == _AT_ONCE:
                    await writing
                    writing = asyncio.create_task(self._import(waiting, call, tally))
                    waiting = []
            await writing
        finally:
            writing.cancel()
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
        register = self.to_register(item.citizen)
        if isinstance(register, Refusal):
            return register
        issue = self.to_issue(item.physical_card, call)
        if isinstance(issue, Refusal):
            return issue
        if item.citizen.id_number != item.physical_card.id_number:
            return invalid("physical_card.id_number", "not the citizen's")
        return (
            self._import_of(call, item.citizen, register, self.registered),
            self._import_of(call, item.physical_card, issue, self.issued),
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


def _count(tally: pb.ImportCitizensResponse, index: int, reason: str | None) -> None:
    if reason is None:
        tally.imported_count += 1
        return
    tally.refused_count += 1
    if len(tally.refusals) < REFUSALS_NAMED_MAX:
        tally.refusals.add(index=index, reason=reason)


def ill_formed() -> Refusal:
    """An ID number that cannot be one."""
    return invalid("id_number", "birth date or check digit is wrong")
