"""Every change there is, while the platform is killed: each that was acknowledged is there once,
each other one wholly or not at all; and whoever asks again gets the recorded answer.

One life is lived in peace, and tallied before each of its changes. The others are lived while the
platform is being killed: their tallies must be those of the peaceful one, at the same change.
"""

import asyncio
import random
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import MethodOptions
from tests.parties.lives import (
    DELIVERED_TO,
    LIVING,
    Life,
    bring_in,
    imports_of,
    lived,
    stubborn,
    tally_of,
)
from tests.parties.test_platform_process import Platform
from tests.wire import people
from tests.wire.made import made
from tests.wire.national_platform.methods import METHODS
from tests.wire.people import Caller, Channel, Person, World, a_world, person
from tests.wire.people_channels import compromise, rotate

SAMPLE = 150
CROWD = [person(place) for place in range(750, 890)]
# By status and generation: each has one card, and it is normal.
ONE_EACH = [[(2, 2)]] * len(CROWD)


@asynccontextmanager
async def a_mortal_world(folder: Path) -> AsyncIterator[tuple[Platform, World]]:
    """A platform process; its text messages arrive elsewhere, where nobody is killed."""
    async with a_world(folder / "texts") as elsewhere:
        key = made(folder / "data", people.PLATFORM_ID)
        further = ("--loss", "holder_consent", "--text-messages", elsewhere.lab_address)
        platform = Platform(folder / "data", *further)
        platform.start()
        world = World(platform.address, platform.lab_address, folder / "data", key)
        world.lab = Caller(elsewhere.lab_address, "")
        world.callers.append(world.lab)
        try:
            yield platform, world
        finally:
            await world.close()
            platform.end(signal.SIGKILL)


@pytest.mark.rule("R91")
@pytest.mark.timeout(300)
async def test_every_change_survives_a_kill_or_has_not_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Caller, "do", stubborn)

    await live_while_killing(tmp_path, lives=6, kills=4, seed=3)


@pytest.mark.soak
@pytest.mark.rule("R91")
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(5))
async def test_every_change_survives_forty_kills_or_has_not_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(Caller, "do", stubborn)

    await live_while_killing(tmp_path, lives=60, kills=40, seed=seed)


async def live_while_killing(folder: Path, *, lives: int, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    LIVING.set(Life(0, chance))
    async with a_mortal_world(folder) as (platform, world):
        peaceful, alipay = await one_in_peace(world, chance)
        others = [
            Life(number, random.Random(chance.random()), gives_up=number % 2 == 0)
            for number in range(2, lives + 2)
        ]
        living = [asyncio.create_task(lived(world, alipay, life)) for life in others]
        keeper = Life(0, chance)
        living.append(asyncio.create_task(turn_keys(world, keeper)))
        importer = Life(0, chance)
        living.append(asyncio.create_task(import_until(over := asyncio.Event(), world, importer)))
        for _ in range(kills):
            await asyncio.sleep(chance.uniform(0.3, 1.0))
            platform.end(signal.SIGKILL)
            platform.start()
        over.set()
        await asyncio.gather(*living)
        await settled(world)

        for life in others:
            assert tally(world, life) in expected(peaceful, life), life.number
        assert importer.repeated, "no kill met the stream"
        assert tally_of(world.folder, keys_of(world, CROWD), 0)["physical_cards"] == ONE_EACH
        told = [e for life in (peaceful, keeper, importer, *others) for e in life.told]
        before = dump(world)
        # The lakes have exited: they may ask for nothing any more.
        askable = [each for each in told if not each.party_id.startswith("lake")]
        for each in chance.sample(askable, min(SAMPLE, len(askable))):
            assert (await each.send()).SerializeToString() == each.answer, each.request
        assert dump(world) == before, "repeating changed something"
        assert changes() - {each.request for each in told} == set()
        repeated = sum(life.repeated for life in others)
        given_up = sum(life.is_given_up for life in others)
        print(f"{kills} kills, {len(told)} told, {repeated} repeated, {given_up} given up")
        assert repeated + given_up, "no kill met a change: the test showed nothing"


async def one_in_peace(world: World, chance: random.Random) -> tuple[Life, Channel]:
    """The life that the others are compared with, and the channel that new cards go to."""
    life = Life(1, chance)
    LIVING.set(life)
    await world.open()
    alipay = await world.channel(DELIVERED_TO, receives_new_cards=True)
    founding = len(life.told)
    life.tally = lambda: tally(world, life)
    await lived(world, alipay, life)
    assert len(life.tallies) == len(life.told) - founding + 1
    return life, alipay


def expected(peaceful: Life, life: Life) -> list[object]:
    """What may be true of a life: all of it; or what came before a change that was given up, or
    after it.
    """
    if not life.is_given_up:
        return peaceful.tallies[-1:]
    return peaceful.tallies[len(life.told) : len(life.told) + 2]


def tally(world: World, life: Life) -> object:
    return tally_of(world.folder, keys_of(world, life.people), life.number)


def keys_of(world: World, people: list[Person]) -> list[Any]:
    return [world.vault.citizen_key(someone.id_number) for someone in people]


async def import_until(over: asyncio.Event, world: World, life: Life) -> None:
    """The same stream of people, sent whole again and again."""
    LIVING.set(life)
    items = imports_of(CROWD)
    while not over.is_set():
        await bring_in(world, items)


def dump(world: World) -> object:
    """Every row of every table."""
    path = world.folder / "platform.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as store:
        names = store.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: sorted(store.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
            for (name,) in names
        }


def changes() -> set[str]:
    """The requests of all methods of the platform's port that change something."""
    return {
        str(method.descriptor.input_type.full_name)
        for method in METHODS
        if not method.is_in_lab
        and method.descriptor.GetOptions().idempotency_level == MethodOptions.IDEMPOTENT
    }


async def turn_keys(world: World, life: Life) -> None:
    """The signing keys are the platform's own: they belong to no life."""
    LIVING.set(life)
    key = await rotate(world)
    await compromise(world, key.key_id)


async def settled(world: World) -> None:
    """Waits until nothing is at the bank any more, nor any channel half ended."""
    before: object = None
    for _ in range(100):
        now = dump(world)
        if now == before:
            return
        before = now
        await asyncio.sleep(1.2)
    raise AssertionError("it never comes to rest")
