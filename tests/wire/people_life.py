"""What happens to physical cards in the wire tests: bank accounts, levels, losses, replacement."""

from tests.wire.people import FACE, Channel, Person, World

from essc.card.v1 import card_pb2
from essc.card.v1 import card_service_pb2 as cards
from essc.identity.v1 import identity_pb2
from essc.registry.v1 import physical_card_pb2
from essc.registry.v1 import registry_service_pb2 as registry

RESERVED_PHONE = identity_pb2.METHOD_RESERVED_PHONE
RAISE_LEVEL = identity_pb2.PURPOSE_RAISE_LEVEL
ALLOW_WHILE_LOST = identity_pb2.PURPOSE_ALLOW_WHILE_LOST
QUERY, PAYMENT = card_pb2.LEVEL_QUERY, card_pb2.LEVEL_PAYMENT
BANK = "citybank"


async def seen_by_bureau(world: World, someone: Person) -> physical_card_pb2.Citizen:
    """A person as the bureau sees one."""
    request = registry.GetCitizenRequest(id_number=someone.id_number)
    answer: registry.GetCitizenResponse = await world.bureau.do(
        world.bureau.registry.GetCitizen, request
    )
    return answer.citizen


async def newest_card(world: World, someone: Person) -> str:
    """The id of the physical card that was issued last."""
    return (await world.bureau_view(someone))[-1]


async def open_account(
    world: World, someone: Person, *, bank_id: str = BANK, phone: str = ""
) -> physical_card_pb2.PhysicalCard:
    """Opens the bank account of the person's newest card; its phone is the own one, or another."""
    request = registry.ActivateBankAccountRequest(
        physical_card_id=await newest_card(world, someone),
        bank_id=bank_id,
        reserved_phone=phone or someone.phone,
    )
    answer: registry.ActivateBankAccountResponse = await world.bureau.do(
        world.bureau.registry.ActivateBankAccount, request
    )
    return answer.physical_card


async def close_account(world: World, someone: Person) -> physical_card_pb2.PhysicalCard:
    """Closes the bank account of the person's newest card."""
    request = registry.CloseBankAccountRequest(physical_card_id=await newest_card(world, someone))
    answer: registry.CloseBankAccountResponse = await world.bureau.do(
        world.bureau.registry.CloseBankAccount, request
    )
    return answer.physical_card


async def replace_card(
    world: World, someone: Person, *, generation: int = 2
) -> registry.ReplacePhysicalCardResponse:
    """Replaces the person's newest card."""
    request = registry.ReplacePhysicalCardRequest(
        physical_card_id=await newest_card(world, someone),
        generation=physical_card_pb2.Generation.ValueType(generation),
    )
    answer: registry.ReplacePhysicalCardResponse = await world.bureau.do(
        world.bureau.registry.ReplacePhysicalCard, request
    )
    return answer


async def enable_card(world: World, physical_card_id: str) -> None:
    request = registry.EnablePhysicalCardRequest(physical_card_id=physical_card_id)
    await world.bureau.do(world.bureau.registry.EnablePhysicalCard, request)


async def raise_level(channel: Channel, someone: Person, link: card_pb2.Link) -> card_pb2.Link:
    """Raises a link to payment by the account's reserved phone, which is the person's own."""
    request = cards.RaiseLevelRequest(
        link_id=link.link_id,
        serial=link.serial,
        proof=await channel.proof(someone, RESERVED_PHONE, RAISE_LEVEL, link_id=link.link_id),
    )
    answer: cards.RaiseLevelResponse = await channel.do(channel.cards.RaiseLevel, request)
    return answer.link


async def lower_level(channel: Channel, link: card_pb2.Link) -> card_pb2.Link:
    request = cards.LowerLevelRequest(link_id=link.link_id, serial=link.serial)
    answer: cards.LowerLevelResponse = await channel.do(channel.cards.LowerLevel, request)
    return answer.link


async def allow(channel: Channel, someone: Person, link: card_pb2.Link) -> card_pb2.Link:
    """Opens a link by face although the card is lost."""
    request = cards.AllowWhileLostRequest(
        link_id=link.link_id,
        serial=link.serial,
        face_proof=await channel.proof(someone, FACE, ALLOW_WHILE_LOST, link_id=link.link_id),
    )
    answer: cards.AllowWhileLostResponse = await channel.do(channel.cards.AllowWhileLost, request)
    return answer.link
