"""R4 as a race over gRPC: a card is replaced while three channels apply for it.

Each application comes before the replacement, and is then blocked by it, or after it, and is then
refused; every view tells the same order; and enabling the new card recovers whatever was linked.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any

import grpc
import pytest
from tests.wire.people import Channel, World

from essc.card.v1 import card_pb2
from essc.card.v1 import card_service_pb2 as cards
from essc.event.v1 import event_pb2
from essc.registry.v1 import physical_card_pb2
from essc.registry.v1 import registry_service_pb2 as registry
from essc_wire.refusals import reason_of

pytestmark = pytest.mark.rule("R2", "R4")

ROUNDS = 24
NAMES = ("alipay", "bank", "wechat")
ACTIVATED = event_pb2.Event.KIND_LINK_ACTIVATED
REPLACED = event_pb2.Event.KIND_CARD_REPLACED


async def applied(channel: Channel, request: cards.ApplyRequest) -> card_pb2.Link | str:
    """The link, or the reason."""
    try:
        answer: cards.ApplyResponse = await channel.do(channel.cards.Apply, request)
    except grpc.RpcError as error:
        return reason_of(error) or "no reason"
    return answer.link


async def test_what_is_linked_before_a_replacement_is_blocked_by_it_and_the_rest_is_refused(
    world: World,
) -> None:
    channels = [await world.channel(name) for name in NAMES]
    bureau, before = world.bureau, set[int]()

    for place in range(1, ROUNDS + 1):
        someone = await world.citizen(place)
        (old,) = await world.bureau_view(someone)
        replace = registry.ReplacePhysicalCardRequest(
            physical_card_id=old, generation=physical_card_pb2.GENERATION_SECOND
        )
        calls: list[Awaitable[Any]] = [
            applied(each, await each.application(someone)) for each in channels
        ]
        # It is sent at another moment each time; where that puts it is the platform's to say.
        calls.insert(place % 4, bureau.do(bureau.registry.ReplacePhysicalCard, replace))
        found = await asyncio.gather(*calls)
        replaced = found.pop(place % 4)

        links = {
            each: link
            for each, link in zip(channels, found, strict=True)
            if isinstance(link, card_pb2.Link)
        }
        before.add(len(links))
        assert {why for why in found if isinstance(why, str)} <= {"PHYSICAL_CARD_SEALED"}
        for channel, link in links.items():
            await check(channel, link, card_pb2.Card.STATE_BLOCKED, "PHYSICAL_CARD_SEALED")
            told = [event.kind for event in await channel.feed() if event.link == link]
            assert told == [ACTIVATED, REPLACED]
        enable = registry.EnablePhysicalCardRequest(
            physical_card_id=replaced.physical_card.physical_card_id
        )
        await bureau.do(bureau.registry.EnablePhysicalCard, enable)
        for channel, link in links.items():
            await check(channel, link, card_pb2.Card.STATE_USABLE, "")

    assert len(before) > 1, "the order was always the same: the test showed nothing"


async def check(
    channel: Channel, link: card_pb2.Link, state: "card_pb2.Card.State.ValueType", why: str
) -> None:
    """The link is as it was given, and the card is worth this."""
    seen = await channel.get(link)
    assert seen.link == link
    assert (seen.card.state, seen.card.blocked_reason) == (state, why)
