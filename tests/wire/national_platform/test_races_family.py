"""R40, R42, R43: the last place, and the last binder, taken at the same moment over gRPC."""

import asyncio
from collections import Counter

import grpc
import pytest
from tests.wire.people import World, checked, person
from tests.wire.people_family import CHILD, OTHER, PARENT, SPOUSE, Home, a_home, home

from essc.family.v1 import family_service_pb2 as family

# A round for each place that a holder has.
PLACES = (PARENT,) * 4 + (CHILD,) * 3 + (SPOUSE,) + (OTHER,) * 2
ROUNDS = 10


async def outcome(at: Home, request: family.AddMemberRequest) -> str:
    """Why an addition was refused, or that it was not."""
    try:
        await at.channel.do(at.family.AddMember, request)
    except grpc.RpcError as error:
        return checked(error).reason
    return "added"


async def at_once(*additions: tuple[Home, family.AddMemberRequest]) -> Counter[str]:
    return Counter(await asyncio.gather(*(outcome(*each) for each in additions)))


@pytest.mark.rule("R40", "R43")
async def test_the_last_place_taken_from_two_channels_goes_to_one(world: World) -> None:
    bank, wechat = await world.channel("bank"), await world.channel("wechat")
    for place in range(1, 1 + ROUNDS):
        await world.citizen(place)
        in_bank = await home(bank, person(place))
        in_wechat = await home(wechat, person(place), password=False)
        first, second = [await world.citizen(100 + 10 * place + each) for each in (1, 2)]

        outcomes = await at_once(
            (in_bank, await in_bank.addition(first, SPOUSE)),
            (in_wechat, await in_wechat.addition(second, SPOUSE)),
        )

        assert outcomes == {"added": 1, "PLACES_USED_UP": 1}
        seen = [await each.used() for each in (in_bank, in_wechat)]
        assert [used[SPOUSE] for used in seen] == [1, 1]
        of_bank, of_wechat = await in_bank.members(), await in_wechat.members()
        assert len(of_bank) == len(of_wechat) == 1
        assert of_bank[0].masked_id_number == of_wechat[0].masked_id_number


@pytest.mark.rule("R43")
async def test_the_same_member_added_from_two_channels_is_bound_once(world: World) -> None:
    bank = await a_home(world)
    wechat = await home(await world.channel("wechat"), bank.holder, password=False)
    for place, relation in enumerate(PLACES, 11):
        member = await world.citizen(place)

        outcomes = await at_once(
            (bank, await bank.addition(member, relation)),
            (wechat, await wechat.addition(member, relation)),
        )

        assert outcomes == {"added": 1, "MEMBER_BOUND_ALREADY": 1}
    assert await wechat.used() == {PARENT: 4, CHILD: 3, SPOUSE: 1, OTHER: 2}


@pytest.mark.rule("R42")
async def test_of_two_binders_for_the_fourth_binding_one_wins(world: World) -> None:
    bank, wechat = await world.channel("bank"), await world.channel("wechat")
    homes = [await home(bank, await world.citizen(place)) for place in range(1, 5)]
    homes.append(await home(wechat, await world.citizen(5)))
    for place, relation in enumerate(PLACES, 11):
        member = await world.citizen(place)
        for each in homes[:3]:
            await each.add(member, relation)

        outcomes = await at_once(
            *[(each, await each.addition(member, relation)) for each in homes[3:]]
        )

        assert outcomes == {"added": 1, "BINDERS_TOO_MANY": 1}
        at_member = await home(wechat, member, password=False)
        assert len(await at_member.binders()) == 4
