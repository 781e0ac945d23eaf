"""The signing keys over the wire: rotation with overlap, compromise, cards signed anew (R8)."""

import asyncio
from pathlib import Path

import pytest
from tests.wire.people import MINUTE, Channel, Person, World, a_world, an_old_world, new_id
from tests.wire.people_channels import compromise, exit_channel, published, rotate
from tests.wire.stores import read_plainly

from essc.card.v1 import card_pb2
from essc.event.v1 import event_pb2
from essc.record.v1 import record_service_pb2 as records
from essc.trust.v1 import trust_service_pb2 as trust
from essc_wire import signed_cards

State = trust.PublishedKey
KEYS_CHANGED = event_pb2.Event.KIND_KEYS_CHANGED


async def states(world: World) -> list[str]:
    keys = (await published(world)).keys
    return [State.State.Name(key.state).removeprefix("STATE_") for key in keys]


async def signed_in(channel: Channel, someone: Person) -> card_pb2.SignedCard:
    """The signed card that a new application gives."""
    answer = await channel.do(channel.cards.Apply, await channel.application(someone))
    signed: card_pb2.SignedCard = answer.signed_card
    return signed


@pytest.mark.rule("R8", "R90")
async def test_a_new_key_is_published_at_once_and_signs_after_the_overlap(world: World) -> None:
    bank = await world.channel("bank")
    zhang, li, wang = [await world.citizen(place) for place in (1, 2, 3)]
    (first,) = (await published(world)).keys

    new = await rotate(world)

    assert await states(world) == ["ANNOUNCED", "ACTIVE"]
    assert new.sign_time.ToSeconds() - new.create_time.ToSeconds() == 300
    assert not new.HasField("retire_time")
    signed = await signed_in(bank, zhang)
    assert signed.key_id == first.key_id
    await world.advance(5 * MINUTE - 10)
    assert (await signed_in(bank, li)).key_id == first.key_id
    await world.advance(10)
    assert await states(world) == ["ACTIVE", "RETIRED"]
    assert (await signed_in(bank, wang)).key_id == new.key_id
    keys = await published(world)
    assert keys.keys[1].retire_time == new.sign_time
    assert keys.keys[0] == trust.PublishedKey(
        key_id=new.key_id,
        algorithm="Ed25519",
        public_key=new.public_key,
        state=State.STATE_ACTIVE,
        create_time=new.create_time,
        sign_time=new.sign_time,
    )
    # What a retired key signed stays valid.
    assert signed_cards.verify(signed, keys) is not None


@pytest.mark.rule("R8", "R16")
async def test_channels_that_watch_are_told_of_new_keys(world: World) -> None:
    bank, wechat, gone = [await world.channel(name) for name in ("bank", "wechat", "gone")]
    await world.applicant("pond")
    await world.suspend(wechat)
    await exit_channel(world, gone)

    await rotate(world)
    (first, _) = sorted((await published(world)).keys, key=lambda key: key.state)
    await compromise(world, first.key_id)

    told = [event.kind for event in await bank.feed()]
    assert told == [KEYS_CHANGED, KEYS_CHANGED]
    assert [event.kind for event in await wechat.feed()][-2:] == [KEYS_CHANGED, KEYS_CHANGED]


@pytest.mark.rule("R8")
async def test_an_announced_key_signs_at_once_if_the_one_before_it_is_compromised(
    world: World,
) -> None:
    bank, zhang = await world.channel("bank"), await world.citizen(1)
    (first,) = (await published(world)).keys
    new = await rotate(world)

    answer = await compromise(world, first.key_id)

    assert answer.key.state == State.STATE_COMPROMISED
    assert answer.key.HasField("compromise_time")
    assert (answer.signing_key.key_id, answer.signing_key.state) == (
        new.key_id,
        State.STATE_ACTIVE,
    )
    assert (await signed_in(bank, zhang)).key_id == new.key_id
    assert len(list((world.folder / "signing").iterdir())) == 2


@pytest.mark.rule("R8", "R93")
async def test_a_card_signed_by_a_compromised_key_is_signed_anew_when_it_is_got(
    world: World,
) -> None:
    bank, wechat = await world.channel("bank"), await world.channel("wechat")
    zhang = await world.citizen(1)
    link, other = await bank.apply(zhang), await wechat.apply(zhang)
    before = (await bank.get(link)).signed_card
    (first,) = (await published(world)).keys
    answer = await compromise(world, first.key_id)
    keys = await published(world)
    assert signed_cards.verify(before, keys) is None

    # However many ask at once, it is signed once.
    got = await asyncio.gather(*(bank.get(link) for _ in range(20)))

    assert len({each.signed_card.SerializeToString() for each in got}) == 1
    anew = got[0].signed_card
    assert anew.key_id == answer.signing_key.key_id
    payload = signed_cards.verify(anew, keys)
    # The same card in the same channel: its number and its times are what they were.
    assert payload == card_pb2.CardPayload.FromString(before.payload)
    assert got[0].link == link
    kinds = [line.kind for line in await bank.record(link)]
    assert kinds.count(records.Record.KIND_CARD_SIGNED_ANEW) == 1
    assert (await bank.get(link)).signed_card == anew
    # The other channel's copy is signed anew when that one asks, and not before.
    kept = "SELECT channel, key_id FROM links ORDER BY channel"
    rows = read_plainly(world.running, kept)
    assert rows == [("bank", anew.key_id), ("wechat", first.key_id)]
    assert (await wechat.get(other)).signed_card.key_id == anew.key_id


@pytest.mark.rule("R8", "R91")
async def test_repeating_makes_no_further_key(world: World) -> None:
    again = new_id()
    new = await rotate(world, again)

    assert await rotate(world, again) == new
    assert await states(world) == ["ANNOUNCED", "ACTIVE"]
    answer = await compromise(world, new.key_id, other := new_id())
    assert await compromise(world, new.key_id, other) == answer
    # A key that came of nothing leaves no file.
    files = sorted(path.stem for path in (world.folder / "signing").iterdir())
    assert files == sorted(key.key_id for key in (await published(world)).keys)


@pytest.mark.rule("R8", "R91")
async def test_keys_and_their_times_survive_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "platform"
    async with a_world(folder) as world:
        await rotate(world)
        (first, _) = sorted((await published(world)).keys, key=lambda key: key.state)
        await compromise(world, first.key_id)
        await rotate(world)
        before = await published(world)

    async with an_old_world(folder) as world:
        assert await published(world) == before
