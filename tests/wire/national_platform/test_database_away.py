"""A platform whose database ends and comes back: it says so, loses nothing, and is well again."""

from pathlib import Path

import pytest
from tests.wire.people import World, a_world, reason
from tests.wire.scraping import NOT_SERVING, SERVING, get, health, reasons, reasons_become

from essc_platform.making import initialise
from essc_wire.keys import PartyKeyPair
from essc_workbench.postgres.databases import create
from essc_workbench.postgres.server import Server


def at(world: World) -> str:
    address = world.running.ops_address
    assert address is not None
    return address


@pytest.mark.rule("R91")
async def test_the_truth_is_told_while_the_database_is_away_and_after(
    own_postgres: Server, tmp_path: Path
) -> None:
    url = own_postgres.url("watched")
    create(url)

    def make(folder: Path, platform_id: str) -> PartyKeyPair:
        return initialise(folder, platform_id, url=url)

    async with a_world(tmp_path / "platform", make=make, store=url, ops="127.0.0.1:0") as world:
        bank = await world.channel("bank")
        zhang = await world.citizen(1)
        link = await bank.apply(zhang)
        request = await bank.unlinking(zhang, link)
        assert await reasons(at(world)) == []

        own_postgres.stop()
        refused = await reason(bank.do(bank.cards.Unlink, request))
        told, said = await reasons(at(world)), await health(world.address)
        live, _ = await get(at(world), "/live")
        own_postgres.start()
        await reasons_become(at(world), [])

        assert refused == "STORE_UNAVAILABLE"
        assert "STORE_AWAY" in told
        assert (said, live) == (NOT_SERVING, 200)
        assert await health(world.address) == SERVING
        await bank.do(bank.cards.Unlink, request)
        assert await reason(bank.get(link)) == "LINK_NOT_ACTIVE"
