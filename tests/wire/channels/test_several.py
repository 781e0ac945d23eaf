"""A channel whose platform is several processes: it goes on while one of them is there."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.wire.channels.conftest import ZHANG, Stand, until
from tests.wire.channels.fake_platform import FakePlatform, serve
from tests.wire.relays import Relay

from essc.channel.v1 import channel_pb2
from essc_channels.config import Config
from essc_channels.profiles import find_profile
from essc_channels.server import start_channel
from essc_channels.store import shadows
from essc_wire.keys import new_key


@pytest.fixture
async def relays() -> AsyncIterator[list[Relay]]:
    """Ways to the three processes of one platform, which are opened by `stand`."""
    found: list[Relay] = []
    yield found
    for relay in found:
        relay.thaw()
        await relay.cut()


@pytest.fixture
async def stand(tmp_path: Path, relays: list[Relay]) -> AsyncIterator[Stand]:
    fake = FakePlatform()
    servers = [await serve(fake) for _ in range(3)]
    relays.extend([await Relay(server.port).open() for server in servers])
    config = Config(
        profile=find_profile("nantong"),
        data=tmp_path / "channel",
        listen="127.0.0.1:0",
        platform=",".join(relay.address for relay in relays),
        key=new_key(),
        lab="127.0.0.1:0",
    )
    stand = Stand(fake, config, servers[0], await start_channel(config))
    yield stand
    for peer in stand.peers:
        await peer.close()
    await stand.channel.drain()
    for server in servers:
        await server.stop(0)


def has_caught_up(stand: Stand) -> bool:
    with stand.channel.database.read() as connection:
        return shadows.cursor(connection) == str(len(stand.fake.events))


@pytest.mark.rule("R16", "R17")
async def test_the_feed_and_the_phones_go_on_while_one_process_is_there(
    stand: Stand, relays: list[Relay]
) -> None:
    holder = stand.fake.add(*ZHANG)
    await stand.put_account(holder)
    phone = await stand.signed_in()
    await phone.walk(channel_pb2.FLOW_KIND_APPLY)
    await until(lambda: has_caught_up(stand))

    # Wherever the stream is, it has to move at least once.
    await relays[0].cut()
    await relays[1].cut()
    stand.fake.block(holder, "PHYSICAL_CARD_LOST")
    await until(lambda: has_caught_up(stand))
    blocked = await phone.home()
    await relays[0].open()
    relays[2].freeze()
    stand.fake.block(holder, "")
    await until(lambda: has_caught_up(stand))
    usable = await phone.home()

    assert not blocked.HasField("as_of_time")
    assert blocked.state == channel_pb2.Panel.STATE_BLOCKED
    assert not usable.HasField("as_of_time")
    assert usable.state == channel_pb2.Panel.STATE_USABLE
