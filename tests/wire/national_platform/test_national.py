"""R11: what is marked national is what really changes for a channel because of another one.

One channel does everything it can; before and after each thing, another one asks for all it can
see. What differs must be marked in the contract, and all that is marked must have been seen to
differ, but for what only a bureau or time can change.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import zip_longest
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from tests.wire.national_platform.methods import METHODS
from tests.wire.people import (
    CARD_PASSWORD,
    CHANGE_PASSWORD,
    DAY,
    OTHER_PASSWORD,
    SUZHOU,
    Caller,
    World,
)
from tests.wire.people_codes import PAYMENT, a_verifier, look, scan, show
from tests.wire.people_family import Home, register_recipient
from tests.wire.people_life import lower_level, open_account, raise_level
from tests.wire.people_services import Provider, Till, a_provider

from essc.card.v1 import card_service_pb2 as cards
from essc.certification.v1 import certification_service_pb2 as certification
from essc.family.v1 import family_service_pb2 as family
from essc.options.v1 import options_pb2
from essc.password.v1 import password_service_pb2 as passwords
from essc.record.v1 import record_service_pb2 as records
from essc.settlement.v1 import payment_service_pb2 as payments

pytestmark = pytest.mark.rule("R11")

# The moment of a look is another one each time.
MOMENTS = {"essc.card.v1.GetCardResponse.read_time"}
# What a channel sees of the answer to its own change, if another one came before.
OF_OTHERS = {
    "essc.certification.v1.CertifyResponse.certification",
    "essc.certification.v1.CertifyResponse.is_new",
}


def differing(before: Message, after: Message, *, is_covered: bool = False) -> Iterator[str]:
    """The fields that differ, by full name: all that are marked, the innermost of the others."""
    for field in after.DESCRIPTOR.fields:
        one, other = getattr(before, field.name), getattr(after, field.name)
        if one == other:
            continue
        is_marked = field.GetOptions().Extensions[options_pb2.national]
        if is_marked:
            yield field.full_name
        if field.message_type is None or not field.message_type.full_name.startswith("essc."):
            if not (is_marked or is_covered):
                yield field.full_name
            continue
        pairs = zip_longest(one, other) if field.is_repeated else [(one, other)]
        empty: Any = GetMessageClass(field.message_type)()  # type: ignore[arg-type]
        for inner, outer in pairs:
            covered = is_marked or is_covered
            yield from differing(inner or empty, outer or empty, is_covered=covered)


class Watcher:
    """The bank: what it sees of two people who are at home in it."""

    def __init__(self, homes: list[Home]) -> None:
        self.homes = homes
        self.code = ""
        self.seen: set[str] = set()

    async def look(self) -> list[Message]:
        """Everything that a channel can ask."""
        found: list[Message] = []
        for home in self.homes:
            channel, link_id = home.channel, home.link.link_id
            till = Till(channel, home.holder, home.link)
            certifications = certification.ListCertificationsRequest(link_id=link_id, page_size=1)
            found += [
                await channel.get(home.link),
                await channel.do(
                    channel.records.ListRecords, records.ListRecordsRequest(link_id=link_id)
                ),
                await channel.do(
                    home.family.ListMembers, family.ListMembersRequest(link_id=link_id)
                ),
                await channel.do(
                    home.family.ListBinders, family.ListBindersRequest(link_id=link_id)
                ),
                await channel.do(home.family.GetPlaces, family.GetPlacesRequest(link_id=link_id)),
                await channel.do(home.certifications.ListCertifications, certifications),
                await till.uses(),
                await channel.do(
                    till.payments.ListOrders, payments.ListOrdersRequest(link_id=link_id)
                ),
            ]
        channel = self.homes[0].channel
        if self.code:
            found.append(await look(channel, self.homes[0].link, self.code))
        request = cards.ListLinksRequest(page_size=20)
        found.append(await channel.do(channel.cards.ListLinks, request))
        return found

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Notes what is different after the block."""
        before = await self.look()
        yield
        for one, other in zip(before, await self.look(), strict=True):
            self.seen |= set(differing(one, other))


async def test_what_is_marked_national_is_what_really_changes_for_another_channel(
    world: World,
) -> None:
    wechat, bank = await world.channel("wechat"), await world.channel("bank")
    verifier, provider = await a_verifier(world), await a_provider(world)
    holder, member = await world.citizen(1), await world.citizen(2)
    await register_recipient(world, holder)
    await open_account(world, holder)
    there = [Home(bank, each, await bank.apply(each)) for each in (holder, member)]
    here = Home(wechat, holder, await wechat.apply(holder))
    watcher = Watcher(there)
    watcher.code = (await show(bank, holder, there[0].link)).code

    async with watcher.watching():
        await wechat.set_password(holder, here.link)
        binding = await here.add(member)
    async with watcher.watching():
        await here.certify(await here.own_proof())
        await here.remove(binding)
        await shop(here, verifier, provider)
    async with watcher.watching():
        await change_password(here)
        await wechat.unlink(holder, here.link)
    # The bank account stays with the card that is cancelled, and the level falls with it (R26).
    await raise_level(bank, holder, there[0].link)
    # A card without a replacement blocks until somebody chooses another one (R4).
    await world.issue(holder, region=SUZHOU)
    await world.cancel((await world.bureau_view(holder))[0])
    async with watcher.watching():
        again = await wechat.apply(holder)
    await wechat.unlink(holder, again)
    await world.advance(3660 * DAY)
    watcher.code = ""  # nobody remembers it any more
    async with watcher.watching():
        here = Home(wechat, holder, await wechat.apply(holder))
        await here.certify(await here.own_proof())

    marked = {
        each.full_name
        for each in all_fields()
        if each.GetOptions().Extensions[options_pb2.national]
    }
    assert watcher.seen - marked == MOMENTS
    assert marked - watcher.seen == OF_OTHERS


async def shop(home: Home, verifier: Caller, provider: Provider) -> None:
    """Codes, a level, a service, an order and its money, all of them in the home's channel."""
    channel, someone = home.channel, home.holder
    link = await raise_level(channel, someone, home.link)
    await scan(verifier, (await show(channel, someone, link)).code, PAYMENT)
    till = Till(channel, someone, link)
    await till.switch(on=True)
    await till.settled(await till.pay(await till.order(provider)))
    await lower_level(channel, link)


async def change_password(home: Home) -> None:
    request = passwords.ChangePasswordRequest(
        link_id=home.link.link_id,
        proof=await home.channel.proof(home.holder, CARD_PASSWORD, CHANGE_PASSWORD),
        new_password=OTHER_PASSWORD,
    )
    await home.channel.do(home.channel.passwords.ChangePassword, request)


def all_fields() -> Iterator[FieldDescriptor]:
    """Every field of every message of what the platform serves."""
    files = {method.descriptor.containing_service.file for method in METHODS}
    files |= {each for file in list(files) for each in file.dependencies}
    for file in files:
        for message in file.message_types_by_name.values():
            yield from message.fields
