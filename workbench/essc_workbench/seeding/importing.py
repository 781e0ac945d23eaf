"""Bringing a population into a platform: over the bureau's import, in streams of bounded length.

The ids of all changes follow from person and seed: a seeding that was cut short is run again whole,
and what was done before is only repeated.
"""

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass

from essc.registry.v1 import registry_service_pb2 as registry
from essc.registry.v1.physical_card_pb2 import GENERATION_SECOND, GENERATION_THIRD
from essc.registry.v1.registry_service_pb2_grpc import RegistryServiceStub
from essc_wire.client import Peer
from essc_workbench.failures import WorkbenchError
from essc_workbench.seeding.people import Resident, residents

STREAM = 20_000
"""People in one stream: what is sent again if the line breaks."""
_TIMEOUT_S = 600.0
_YIELD_EVERY = 50


@dataclass(slots=True, kw_only=True)
class Tally:
    """What has come of a seeding so far."""

    received: int = 0
    imported: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which people, and which cards they get."""

    count: int
    seed: int = 1
    first: int = 0
    third_percent: int = 0
    """Of a hundred households so many have cards of the third generation, which are delivered to
    every channel that receives new cards (R5)."""


async def import_population(bureau: Peer, plan: Plan, told: Callable[[Tally], None]) -> Tally:
    """Imports people, each with an enabled card.

    Raises RpcError, and WorkbenchError if the platform refuses people, with the reasons.
    """
    stub, tally = RegistryServiceStub(bureau.channel), Tally()
    end = plan.first + plan.count
    for begin in range(plan.first, end, STREAM):
        people = residents(min(STREAM, end - begin), plan.seed, begin)
        options = bureau.options(timeout_s=_TIMEOUT_S)
        answer = await stub.ImportCitizens(_sent(people, plan), **options)
        tally.received += answer.received_count
        tally.imported += answer.imported_count
        tally.refused += answer.refused_count
        told(tally)
        if answer.refusals:
            named = ", ".join(sorted({refusal.reason for refusal in answer.refusals}))
            raise WorkbenchError(f"{answer.refused_count} people were refused: {named}")
    return tally


async def _sent(
    people: Iterable[Resident], plan: Plan
) -> AsyncIterator[registry.ImportCitizensRequest]:
    for number, person in enumerate(people):
        if number % _YIELD_EVERY == 0:
            await asyncio.sleep(0)  # a stop signal has its turn
        yield _item(person, plan)


def _item(person: Resident, plan: Plan) -> registry.ImportCitizensRequest:
    seed, home = plan.seed, person.household.start // len(person.household)
    is_third = home * 37 % 100 < plan.third_percent
    return registry.ImportCitizensRequest(
        citizen=registry.RegisterCitizenRequest(
            request_id=_request_id("register", person, seed),
            name=person.name,
            id_number=person.id_number,
            phone=person.phone,
        ),
        physical_card=registry.IssuePhysicalCardRequest(
            request_id=_request_id("issue", person, seed),
            id_number=person.id_number,
            region=person.region,
            generation=GENERATION_THIRD if is_third else GENERATION_SECOND,
            enabled=True,
        ),
    )


def _request_id(what: str, person: Resident, seed: int) -> str:
    text = f"{what}/{seed}/{person.place}/{person.id_number}".encode()
    return str(uuid.UUID(bytes=hashlib.blake2b(text, digest_size=16).digest(), version=5))
