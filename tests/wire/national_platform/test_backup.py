"""A backup that is taken while the platform works, and what comes out of it again."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.wire.people import Caller, a_world, config, reason

from essc.card.v1 import card_service_pb2 as cards
from essc.trust.v1 import trust_service_pb2 as trust
from essc_platform.server import start
from essc_wire import signed_cards

pytestmark = pytest.mark.file_store


@pytest.mark.rule("R91")
async def test_a_copy_of_store_and_secrets_is_the_platform_of_that_moment(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    async with a_world(tmp_path / "platform") as world:
        bank = await world.channel("bank")
        zhang = await world.citizen(1)
        link = await bank.apply(zhang)
        request = await bank.unlinking(zhang, link)
        copy.mkdir()
        with (
            closing(sqlite3.connect(world.folder / "platform.db")) as source,
            closing(sqlite3.connect(copy / "platform.db")) as target,
        ):
            source.backup(target)
        shutil.copy(world.folder / "secrets.json", copy)
        shutil.copytree(world.folder / "signing", copy / "signing")
        await bank.do(bank.cards.Unlink, request)
        key = bank.key

    running = await start(config(copy))
    again = Caller(f"127.0.0.1:{running.server.port}", "bank", key)
    asked = cards.GetCardRequest(link_id=link.link_id)
    held = await again.do(again.cards.GetCard, asked)
    keys = await again.do(again.trust.ListKeys, trust.ListKeysRequest())
    # Undone by the backup, and good once more: proof and request are those of then.
    await again.do(again.cards.Unlink, request)
    gone = await reason(again.do(again.cards.GetCard, asked))
    await again.peer.close()
    await running.stop()

    assert held.link == link
    assert signed_cards.verify(held.signed_card, keys) is not None
    assert gone == "LINK_NOT_ACTIVE"
