"""The personas in a federation: persons at the bureau, and an account of each in every channel.

An account is named like its persona, its reserved phone is the persona's, and every wallet has the
same payment password, so that nobody has to look anything up.
"""

from dataclasses import dataclass

from essc.identity.v1.identity_pb2 import Person
from essc.lab.v1 import lab_service_pb2 as lab
from essc.lab.v1.lab_service_pb2_grpc import AccountServiceStub, PersonaServiceStub
from essc.registry.v1.physical_card_pb2 import Generation
from essc_wire.client import Peer
from essc_workbench.bureau import Bureau
from essc_workbench.calls import all_of, fixed_id, patient, unless

WALLET_PASSWORD = "pay-123456"  # noqa: S105 - written down for everybody to use


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """A named test person, as the platform's lab describes them."""

    id: str
    name: str
    id_number: str
    phone: str
    region: str = ""
    generation: int = 0
    status: str = ""
    text_en: str = ""


async def personas(platform_lab: Peer) -> dict[str, Persona]:
    """All personas, by id."""
    stub = PersonaServiceStub(platform_lab.channel)
    answer = await patient(
        lambda: stub.ListPersonas(lab.ListPersonasRequest(), **platform_lab.options())
    )
    return {item.persona_id: _persona(item) for item in answer.personas}


def _persona(item: lab.Persona) -> Persona:
    return Persona(
        id=item.persona_id,
        name=item.name,
        id_number=item.id_number,
        phone=item.phone,
        region=item.region,
        generation=item.generation,
        status=item.physical_card_status,
        text_en=item.text_en,
    )


async def register_all(bureau: Bureau, people: dict[str, Persona]) -> None:
    """Registers every persona with the physical card it is said to have."""
    await all_of(_register(bureau, persona) for persona in people.values())


async def _register(bureau: Bureau, persona: Persona) -> None:
    await unless(
        "CITIZEN_EXISTS",
        lambda: bureau.register(
            persona.name,
            persona.id_number,
            persona.phone,
            request_id=fixed_id("citizen", persona.id),
        ),
    )
    if not persona.generation:
        return
    card = await unless(
        "PHYSICAL_CARD_EXISTS",
        lambda: bureau.issue(
            persona.id_number,
            persona.region,
            Generation.ValueType(persona.generation),
            enabled=persona.status != "sealed",
            request_id=fixed_id("physical-card", persona.id),
        ),
    )
    if card is not None:
        await _bring_to_status(bureau, persona, card.physical_card_id)


async def _bring_to_status(bureau: Bureau, persona: Persona, card_id: str) -> None:
    request_id = fixed_id("status", persona.id)
    match persona.status:
        case "temporarily_lost":
            await bureau.report_loss(card_id, temporary=True, request_id=request_id)
        case "lost":
            await bureau.report_loss(card_id, temporary=False, request_id=request_id)
        case "locked":
            await bureau.lock(card_id, request_id=request_id)
        case "cancelled":
            await bureau.cancel(card_id, request_id=request_id)
        case _:
            return


async def open_accounts(channel_lab: Peer, channel_id: str, people: dict[str, Persona]) -> None:
    """Gives every persona an account in a channel."""
    stub = AccountServiceStub(channel_lab.channel)

    async def put(persona: Persona) -> None:
        request = lab.PutAccountRequest(
            account=persona.id,
            person=Person(name=persona.name, id_number=persona.id_number),
            reserved_phone=persona.phone,
            wallet_password=WALLET_PASSWORD,
            request_id=fixed_id("account", channel_id, persona.id),
        )
        await patient(lambda: stub.PutAccount(request, **channel_lab.options()))

    await all_of(put(persona) for persona in people.values())
