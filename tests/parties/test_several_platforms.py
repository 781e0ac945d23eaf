"""A platform of three processes on one PostgreSQL database: any of them answers any call."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.support.postgres import Postgres

from essc.card.v1 import card_service_pb2 as cards
from essc.card.v1.card_service_pb2_grpc import CardServiceStub
from essc.channel.v1 import channel_pb2 as channel
from essc.channel.v1.channel_pb2 import Panel
from essc_wire.addresses import addresses_of
from essc_wire.client import Peer
from essc_wire.tokens import TokenSource
from essc_workbench.connections import party_key
from essc_workbench.failures import UsageError
from essc_workbench.federation import Federation, federation_in
from essc_workbench.folders import DataFolder
from essc_workbench.gate.parties import FederationPowers
from essc_workbench.postgres.databases import drop, exists, named
from essc_workbench.stores import Deployment, NamedStore, OwnStores, deployment_of_runs
from essc_workbench.templates import Template
from essc_workbench.testing import meet

APPLY = channel.FLOW_KIND_APPLY


@pytest.fixture(scope="module")
def deployment(postgres: Postgres) -> Deployment:
    """Three processes, and for each federation a database of its own."""
    return deployment_of_runs(postgres.url("essc_test_three"), 3)


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(scope="module")
def three(
    tmp_path_factory: pytest.TempPathFactory,
    deployment: Deployment,
    loop: asyncio.AbstractEventLoop,
) -> Iterator[Federation]:
    """One channel, and a platform of three processes whose database is a copy."""
    template = Template(tmp_path_factory.mktemp("prepared"), deployment=deployment)
    running = federation_in(
        DataFolder(tmp_path_factory.mktemp("three")),
        channels=("wechat",),
        template=template,
        people=("zhang-san",),
        deployment=deployment,
    )
    federation = loop.run_until_complete(running.__aenter__())
    yield federation
    url = federation.state.store
    loop.run_until_complete(running.__aexit__(None, None, None))
    template.drop()
    assert named(url, "essc_test_three") == []  # what was made is dropped


@pytest.fixture
async def each(three: Federation) -> AsyncIterator[list[Peer]]:
    """Connections of the channel to each of the processes alone."""
    assert three.state.platform is not None
    key = party_key(three.folder, "wechat")
    tokens = TokenSource("wechat", key, three.state.platform_id)
    peers = [Peer(at, tokens) for at in addresses_of(three.state.platform.address)]
    yield peers
    for peer in peers:
        await peer.close()


async def links(peer: Peer) -> list[str]:
    """The links of the channel, as one process answers."""
    stub = CardServiceStub(peer.channel)
    answer = await stub.ListLinks(cards.ListLinksRequest(), **peer.options())
    return sorted(item.link.link_id for item in answer.items)


@pytest.mark.rule("R91")
async def test_what_one_process_acknowledged_every_process_answers(
    three: Federation, each: list[Peer]
) -> None:
    async with meet(three) as met:
        phone = met.citizen("zhang-san").phone("wechat")
        await phone.sign_in()

        walk = await phone.walk(APPLY)
        answers = [await links(peer) for peer in each]

        assert walk.is_completed
        assert len(answers) == 3
        assert len(answers[0]) == 1
        assert answers[1] == answers[2] == answers[0]


async def test_callers_go_on_while_one_process_is_killed_and_back(
    three: Federation, each: list[Peer]
) -> None:
    async with three.connections() as connections:
        peer = connections.platform("wechat")
        before = await links(peer)

        three.kill("platform-2")
        running = set(three.pids())
        during = [await links(peer) for _ in range(12)]
        await three.revive("platform")
        back = await links(each[1])

    assert running == {"platform-1", "platform-3", "wechat"}
    assert during == [before] * 12
    assert back == before


async def test_the_word_platform_means_all_its_processes(three: Federation) -> None:
    powers = FederationPowers()
    async with three.connections(is_straight=True) as straight, meet(three) as met:
        powers.over(three, straight)
        phone = met.citizen("zhang-san").phone("wechat")
        await phone.sign_in()

        await powers.kill("platform")
        left = set(three.pids())
        await powers.restart("platform")
        panel = await phone.home()

    assert left == {"wechat"}
    assert three.is_whole("platform")
    assert panel.state in (Panel.STATE_USABLE, Panel.STATE_NOT_OPENED)
    assert set(powers.processes) >= {"platform", "platform-1", "platform-3", "wechat"}


async def test_what_cannot_be_done_to_one_process_or_to_a_shared_store_is_said(
    three: Federation,
) -> None:
    powers = FederationPowers()
    async with three.connections(is_straight=True) as straight:
        powers.over(three, straight)

        said = {
            (effect, party): powers.cannot(effect, party)
            for effect, party in (
                ("kill", "platform-3"),
                ("kill", "platform-4"),
                ("fill_disk", "platform"),
                ("fill_disk", "wechat"),
                ("skew", "platform-2"),
                ("suspend", "platform-1"),
            )
        }

    assert said == {
        ("kill", "platform-3"): "",
        ("kill", "platform-4"): "the platform is 3 processes",
        ("fill_disk", "platform"): "its store is a database of a server",
        ("fill_disk", "wechat"): "",
        ("skew", "platform-2"): "the platform has one clock",
        ("suspend", "platform-1"): "the platform is no channel",
    }


async def test_several_processes_without_a_database_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="several processes of a platform need one database"):
        async with federation_in(
            DataFolder(tmp_path), channels=(), deployment=Deployment(platforms=2)
        ):
            pass
    with pytest.raises(UsageError, match="several processes of a platform need one database"):
        deployment_of_runs("", 2)
    with pytest.raises(UsageError, match="1 to 16 processes, not 17"):
        Deployment(platforms=17)


async def test_a_named_database_is_made_and_stays(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.url("essc_test_named")
    store = NamedStore(url)
    try:
        first = await store.give(tmp_path, "")
        again = await store.give(tmp_path, first)
        await store.take_back(first)
        store.drop(tmp_path)

        assert first == again == url
        assert exists(url)
    finally:
        drop(url)


async def test_the_database_of_a_folder_is_made_anew_or_found_again(
    postgres: Postgres, tmp_path: Path
) -> None:
    store = OwnStores(postgres.url("essc_test_own"))
    try:
        first = await store.give(tmp_path, "")
        again = await store.give(tmp_path, first)
        other = await store.give(tmp_path / "other", first)
        await store.take_back(other)

        assert again == first
        assert other != first
        assert exists(first)
        assert not exists(other)
    finally:
        await store.take_back(first)
    assert named(first, "essc_test_own") == []
