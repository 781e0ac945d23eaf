"""R25 as a race over gRPC: guesses from five channels at once are counted one by one.

What came of a burst must be what came of its guesses in some order: that is all a race may decide.
"""

import asyncio
from collections import Counter

import grpc
import pytest
from tests.wire.people import (
    CARD_PASSWORD,
    CHANGE_PASSWORD,
    PASSWORD,
    Channel,
    Person,
    World,
    new_id,
    reason,
    refused,
)

from essc.record.v1 import record_service_pb2 as records
from essc_wire.refusals import refusal_of

pytestmark = pytest.mark.rule("R25")

TRIES = 6
ROUNDS = 6
NAMES = ("alipay", "bank", "nantong", "portal", "wechat")


async def channels_of(world: World) -> list[Channel]:
    return [await world.channel(name) for name in NAMES]


async def guess(channel: Channel, someone: Person, password: str, *, request_id: str = "") -> str:
    """One guess, from the start of its challenge: what came of it."""
    try:
        challenge = await channel.start(someone.named, CARD_PASSWORD, CHANGE_PASSWORD)
        await channel.answer(challenge, request_id, card_password=password)
    except grpc.RpcError as error:
        refusal = refusal_of(error)
        assert refusal is not None
        return f"{refusal.reason} {refusal.details.get('tries_left', '')}".strip()
    return "right"


async def with_password(world: World, channels: list[Channel], place: int) -> Person:
    """A person with a password that no one has guessed at yet, in the first channel."""
    someone = await world.citizen(place)
    await channels[0].set_password(someone, await channels[0].apply(someone))
    return someone


def expected(wrong: int, right_after: int | None) -> Counter[str]:
    """What so many wrong guesses give, in the order in which they arrive; a right one among them
    comes after so many, or not at all.
    """
    found: Counter[str] = Counter()
    tries_left, is_locked = TRIES, False
    for place in range(wrong + 1):
        if place == right_after:
            found["PASSWORD_LOCKED" if is_locked else "right"] += 1
            tries_left = tries_left if is_locked else TRIES
        if place == wrong:
            break
        tries_left -= not is_locked
        is_locked = is_locked or tries_left == 0
        found["PASSWORD_LOCKED" if is_locked else f"PASSWORD_WRONG {tries_left}"] += 1
    return found


@pytest.mark.parametrize("round_", range(ROUNDS))
async def test_a_burst_of_wrong_guesses_from_five_channels_is_counted_to_six_and_no_further(
    world: World, round_: int
) -> None:
    channels = await channels_of(world)
    someone = await with_password(world, channels, round_)

    burst = [guess(channel, someone, f"97531{place}") for channel in channels for place in range(3)]
    found = Counter(await asyncio.gather(*burst))
    late = [await guess(channel, someone, PASSWORD) for channel in channels]

    assert found == expected(len(burst), None)
    assert late == ["PASSWORD_LOCKED"] * 5
    link = await channels[1].apply(someone)
    kinds = [line.kind for line in await channels[1].record(link)]
    assert kinds.count(records.Record.KIND_PASSWORD_LOCKED) == 1


@pytest.mark.parametrize("round_", range(ROUNDS))
async def test_a_right_guess_among_wrong_ones_has_one_place_in_their_order(
    world: World, round_: int
) -> None:
    channels = await channels_of(world)
    someone = await with_password(world, channels, round_)

    wrong = [guess(channel, someone, f"97531{place}") for channel in channels for place in (0, 1)]
    burst = [*wrong[:round_], guess(channels[-1], someone, PASSWORD), *wrong[round_:]]
    found = Counter(await asyncio.gather(*burst))

    assert found in [expected(len(wrong), place) for place in range(len(wrong) + 1)]


@pytest.mark.rule("R91")
@pytest.mark.parametrize("round_", range(ROUNDS))
async def test_one_guess_that_arrives_many_times_at_once_is_counted_once(
    world: World, round_: int
) -> None:
    channels = await channels_of(world)
    someone = await with_password(world, channels, round_)
    challenge = await channels[0].start(someone.named, CARD_PASSWORD, CHANGE_PASSWORD)
    request_id = new_id()

    burst = [
        refused(channels[0].answer(challenge, request_id, card_password="975310")) for _ in range(9)
    ]
    found = {refusal.details["tries_left"] for refusal in await asyncio.gather(*burst)}

    assert found == {"5"}
    assert await guess(channels[1], someone, "975311") == "PASSWORD_WRONG 4"


@pytest.mark.rule("R23")
@pytest.mark.parametrize("round_", range(ROUNDS))
async def test_of_right_answers_to_one_challenge_at_once_one_gets_the_proof(
    world: World, round_: int
) -> None:
    channels = await channels_of(world)
    someone = await with_password(world, channels, round_)
    challenge = await channels[0].start(someone.named, CARD_PASSWORD, CHANGE_PASSWORD)

    async def answer() -> str:
        try:
            return "proof" if await channels[0].answer(challenge, card_password=PASSWORD) else ""
        except grpc.RpcError as error:
            refusal = refusal_of(error)
            assert refusal is not None
            return refusal.reason

    found = Counter(await asyncio.gather(*(answer() for _ in range(6))))

    assert found == {"proof": 1, "CHALLENGE_ANSWERED": 5}
    late = channels[0].answer(challenge, card_password=PASSWORD)
    assert await reason(late) == "CHALLENGE_ANSWERED"
