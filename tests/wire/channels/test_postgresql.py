"""A channel whose state is at a PostgreSQL server, as its phones and its feed know it.

The whole of the channels' tests runs like this with ESSC_TEST_STORE=postgresql.
"""

from collections.abc import Iterator

import grpc
import pytest
from tests.wire.channels.conftest import ZHANG, MakeStand, MakeStore, until

from essc.channel.v1 import channel_pb2
from essc_channels.store import shadows
from essc_channels.store.database import Database
from essc_wire.refusals import reason_of
from essc_workbench.postgres.databases import create, drop
from essc_workbench.postgres.server import Server

APPLY, UNLINK = channel_pb2.FLOW_KIND_APPLY, channel_pb2.FLOW_KIND_UNLINK
Panel, Flow = channel_pb2.Panel, channel_pb2.Flow


@pytest.fixture
def make_store(own_postgres: Server) -> Iterator[MakeStore]:
    url = own_postgres.url("nantong")
    create(url)
    yield lambda: url
    drop(url)


@pytest.mark.rule("R16", "R91")
async def test_flows_and_feed_go_on_through_restarts_of_the_server_and_of_the_channel(
    make_stand: MakeStand, own_postgres: Server
) -> None:
    stand = await make_stand("nantong")
    holder = stand.fake.add(*ZHANG)
    await stand.put_account(holder)
    phone = await stand.signed_in()
    flow = await phone.answer(await phone.start(APPLY))

    own_postgres.crash()
    with pytest.raises(grpc.RpcError) as away:
        await phone.answer(flow)
    own_postgres.start()
    while flow.state == Flow.STATE_OPEN:
        flow = await phone.answer(flow)
    stand.fake.block(holder, "PHYSICAL_CARD_LOST")
    session = phone.session
    await stand.restart_channel()
    phone = stand.phone()
    phone.session = session
    await until(lambda: _cursor(stand.channel.database) == str(len(stand.fake.events)))
    home = await phone.home()

    assert reason_of(away.value) == "STORE_UNAVAILABLE"
    assert flow.state == Flow.STATE_COMPLETED
    assert (home.state, home.reason) == (Panel.STATE_BLOCKED, "PHYSICAL_CARD_LOST")
    assert len(set(stand.fake.request_ids["Apply"])) == 1


@pytest.mark.parametrize("account", ["a\0b", "\0"])
async def test_a_text_that_no_store_keeps_is_a_wrong_request(
    make_stand: MakeStand, account: str
) -> None:
    stand = await make_stand("nantong")

    with pytest.raises(grpc.RpcError) as refused:
        await stand.signed_in(account)

    assert reason_of(refused.value) == "REQUEST_INVALID"


def _cursor(database: Database) -> str:
    with database.read() as connection:
        return shadows.cursor(connection)
