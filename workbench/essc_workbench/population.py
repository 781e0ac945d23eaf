"""The personas in a federation: persons at the bureau, and an account of each in every channel.

What the platform's lab says of a persona (cards, a bank account, benefits, death) is made true
through the contract; `families.py` does it for whom they have bound and where they are linked.

An account is named like its persona, its reserved phone is the persona's, and every wallet has the
same payment password, so that nobody has to look anything up.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from essc.family.v1.family_pb2 import Relation
from essc.identity.v1.identity_pb2 import Person
from essc.lab.v1 import lab_service_pb2 as lab
from essc.lab.v1.lab_service_pb2_grpc import AccountServiceStub, PersonaServiceStub
from essc.registry.v1.physical_card_pb2 import (
    GENERATION_THIRD,
    PHYSICAL_CARD_STATUS_NORMAL,
    Generation,
)
from essc_wire.client import Peer
from essc_workbench.bureau import Bureau
from essc_workbench.calls import all_of, fixed_id, patient, unless

WALLET_PASSWORD = "pay-123456"  # noqa: S105 - written down for everybody to use


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A persona whom another one has bound, or had bound."""

    member_id: str
    relation: Relation.ValueType
    has_ended: bool


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
    other_regions: tuple[str, ...] = ()
    bank_id: str = ""
    is_recipient: bool = False
    is_cancelled: bool = False
    bindings: tuple[Bound, ...] = ()
    is_linked: bool = False

    @property
    def has_new_card(self) -> bool:
        """Whether the card, when it is issued, comes into channels (R5)."""
        return self.generation == GENERATION_THIRD


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
        other_regions=tuple(item.other_regions),
        bank_id=item.bank_id,
        is_recipient=item.is_recipient,
        is_cancelled=item.is_cancelled,
        bindings=tuple(
            Bound(member_id=each.member_id, relation=each.relation, has_ended=each.has_ended)
            for each in item.bindings
        ),
        is_linked=item.is_linked,
    )


async def register_all(bureau: Bureau, people: Iterable[Persona]) -> None:
    """Registers personas with the physical cards that they are said to have."""
    await all_of(_register(bureau, persona) for persona in people)


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
    if persona.generation:
        await _issue(bureau, persona, persona.region)
    for region in persona.other_regions:
        await _issue(bureau, persona, region)
    if persona.is_recipient:
        await unless(
            "RECIPIENT_EXISTS",
            lambda: bureau.register_recipient(
                persona.id_number, request_id=fixed_id("recipient", persona.id)
            ),
        )
    if persona.is_cancelled:
        await unless(
            "CITIZEN_CANCELLED",
            lambda: bureau.cancel_citizen(
                persona.id_number, request_id=fixed_id("cancelled", persona.id)
            ),
        )


async def _issue(bureau: Bureau, persona: Persona, region: str) -> None:
    """Issues the card of a region; that of the first one is brought to the persona's status."""
    is_first = region == persona.region
    card = await unless(
        "PHYSICAL_CARD_EXISTS",
        lambda: bureau.issue(
            persona.id_number,
            region,
            Generation.ValueType(persona.generation),
            enabled=not is_first or persona.status != "sealed",
            request_id=fixed_id("physical-card", persona.id, *([] if is_first else [region])),
        ),
    )
    if card is None or not is_first:
        return
    if not persona.is_linked:
        await _bring_to_status(bureau, persona, card.physical_card_id)
    if persona.bank_id:
        await unless(
            "BANK_ACCOUNT_OPEN_ALREADY",
            lambda: bureau.activate_bank_account(
                card.physical_card_id,
                persona.bank_id,
                persona.phone,
                request_id=fixed_id("bank-account", persona.id),
            ),
        )


async def bring_linked_to_status(bureau: Bureau, people: dict[str, Persona]) -> None:
    """Brings the cards of whoever was to be linked first to their status, each once."""
    for persona in [each for each in people.values() if each.is_linked]:
        card = (await bureau.citizen(persona.id_number)).physical_cards[0]
        if card.status == PHYSICAL_CARD_STATUS_NORMAL:
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
