"""Invented citizens by the thousand, as the card bureau imports them."""

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from essc.registry.v1 import registry_service_pb2 as registry
from essc.registry.v1.physical_card_pb2 import Generation
from essc_wire.client import Peer
from essc_wire.id_numbers import SYNTHETIC_PHONE_PREFIX, synthetic
from essc_workbench.bench.load import Send
from essc_workbench.enrolment import REGIONS
from essc_workbench.failures import WorkbenchError

PATH = "/essc.registry.v1.RegistryService/ImportCitizens"
_TIMEOUT_S = 300.0
_FIRST_BIRTHDAY = date(1930, 1, 1)  # older than anybody whom `essc seed` invents
_FIRST_PHONE = 10_000_000  # those before are the personas', and some of them never ring
_A_DAY = 1000  # as many sequence numbers does an ID number have for a birthday


@dataclass(frozen=True, slots=True)
class Person:
    """A citizen on paper."""

    name: str
    id_number: str
    phone: str


def people(count: int, first: int = 0) -> Iterator[Person]:
    """The same people every time: so many of them, from one on."""
    for place in range(first, first + count):
        birthday = _FIRST_BIRTHDAY + timedelta(days=place // _A_DAY)
        yield Person(
            name="测" + chr(0x4E00 + place % 20_000),
            id_number=synthetic(birthday, place % _A_DAY),
            phone=f"{SYNTHETIC_PHONE_PREFIX}{_FIRST_PHONE + place:08d}",
        )


def import_items(count: int, generation: Generation.ValueType, first: int = 0) -> list[bytes]:
    """What the bureau sends: each a person and an enabled card."""
    return [_item(person, generation).SerializeToString() for person in people(count, first)]


async def import_people(bureau: Peer, items: list[bytes]) -> float:
    """Imports people over one stream. Answers how many seconds it took."""
    options = bureau.options(timeout_s=_TIMEOUT_S)
    began = time.perf_counter()
    send: Send = bureau.channel.stream_unary(PATH)
    answer = registry.ImportCitizensResponse.FromString(await send(iter(items), **options))
    seconds = time.perf_counter() - began
    if answer.imported_count != len(items):
        named = sorted({refusal.reason for refusal in answer.refusals})
        raise WorkbenchError(f"{answer.refused_count} people were refused: {', '.join(named)}")
    return seconds


def _item(person: Person, generation: Generation.ValueType) -> registry.ImportCitizensRequest:
    return registry.ImportCitizensRequest(
        citizen=registry.RegisterCitizenRequest(
            request_id=str(uuid.uuid4()),
            name=person.name,
            id_number=person.id_number,
            phone=person.phone,
        ),
        physical_card=registry.IssuePhysicalCardRequest(
            request_id=str(uuid.uuid4()),
            id_number=person.id_number,
            region=REGIONS[0],
            generation=generation,
            enabled=True,
        ),
    )
