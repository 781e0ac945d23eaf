"""Waiting for everything: who is asked what, in which order, and what is told when time is over."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc

from essc.lab.v1 import lab_service_pb2 as lab
from essc.lab.v1.lab_service_pb2_grpc import (
    ClockServiceServicer,
    add_ClockServiceServicer_to_server,
)
from essc_wire.client import Peer
from essc_workbench.scenarios.settling import Left, Settling

Answering = Callable[[lab.SettleRequest], lab.SettleResponse]
KINDS = lab.Pending


class Party(ClockServiceServicer):
    """A lab port whose answers are told beforehand."""

    def __init__(self, answer: Answering) -> None:
        self._answer = answer
        self.asked: list[lab.SettleRequest] = []

    async def Settle(self, request: lab.SettleRequest, context: Any) -> lab.SettleResponse:
        self.asked.append(request)
        return self._answer(request)

    async def GetTime(self, request: lab.GetTimeRequest, context: Any) -> lab.GetTimeResponse:
        return lab.GetTimeResponse()

    async def Advance(self, request: lab.AdvanceRequest, context: Any) -> lab.AdvanceResponse:
        return lab.AdvanceResponse()


class Labs:
    """The lab ports of a platform and its channels."""

    def __init__(self, peers: dict[str, Peer]) -> None:
        self._peers = peers

    def platform_lab(self) -> Peer:
        return self._peers["platform"]

    def channel_lab(self, channel_id: str) -> Peer:
        return self._peers[channel_id]


@asynccontextmanager
async def labs(**parties: Party | None) -> AsyncIterator[Labs]:
    """Lab ports by party; one without a party is reached by nobody."""
    servers, peers = [], {}
    for name, party in parties.items():
        server = grpc.aio.server()
        port = server.add_insecure_port("127.0.0.1:0")
        if party is not None:
            add_ClockServiceServicer_to_server(party, server)
        await server.start()
        servers.append(server)
        peers[name] = Peer(f"127.0.0.1:{port}")
    try:
        yield Labs(peers)
    finally:
        for peer in peers.values():
            await peer.close()
        for server in servers:
            await server.stop(0)


def channel_at(*cursors: str) -> Party:
    """A channel that stands at each of these cursors in turn."""
    left = list(cursors)
    return Party(lambda _: lab.SettleResponse(cursor=left.pop(0) if len(left) > 1 else left[0]))


def events(channel_id: str, count: int) -> lab.Pending:
    return lab.Pending(kind=KINDS.KIND_EVENTS, channel_id=channel_id, count=count)


async def test_a_channel_that_lacks_events_is_waited_for_until_the_platform_has_none_for_it() -> (
    None
):
    wechat, alipay = channel_at("w1", "w2"), channel_at("a7")

    def pending(request: lab.SettleRequest) -> lab.SettleResponse:
        places = {place.channel_id: place.cursor for place in request.places}
        return lab.SettleResponse(pending=[events("wechat", 3)] if places["wechat"] == "w1" else [])

    platform = Party(pending)

    async with labs(platform=platform, wechat=wechat, alipay=alipay) as there:
        left = await Settling(there, ["wechat", "alipay"]).settle(5)

    assert left == ()
    assert [request.after_cursor for request in wechat.asked] == ["", "w1"]
    assert [request.after_cursor for request in alipay.asked] == [""]
    assert {place.channel_id for place in platform.asked[0].places} == {"wechat", "alipay"}


async def test_what_has_not_arrived_when_the_time_is_over_is_listed() -> None:
    platform = Party(
        lambda _: lab.SettleResponse(
            pending=[events("wechat", 2), lab.Pending(kind=KINDS.KIND_SETTLEMENT, count=1)]
        )
    )

    async with labs(platform=platform, wechat=channel_at("w1")) as there:
        left = await Settling(there, ["wechat"]).settle(0)

    assert left == (
        Left(kind="EVENTS", channel="wechat", count=2),
        Left(kind="SETTLEMENT", count=1),
    )
    assert list(map(str, left)) == ["events of wechat: 2", "settlement: 1"]


async def test_a_channel_that_never_gets_further_is_not_asked_for_ever() -> None:
    platform = Party(lambda _: lab.SettleResponse(pending=[events("wechat", 2)]))
    wechat = channel_at("w1")

    async with labs(platform=platform, wechat=wechat) as there:
        left = await Settling(there, ["wechat"]).settle(30)

    assert list(map(str, left)) == ["events of wechat: 2"]
    assert len(platform.asked) <= 1000


async def test_who_does_not_say_is_listed_as_unknown_and_the_others_are_waited_for() -> None:
    platform = Party(lambda _: lab.SettleResponse())

    async with labs(platform=platform, wechat=None, alipay=channel_at("a1")) as there:
        left = await Settling(there, ["wechat", "alipay"]).settle(5)

    assert list(map(str, left)) == ["unknown of wechat"]
    assert [place.channel_id for place in platform.asked[0].places] == ["alipay"]


async def test_a_platform_that_does_not_say_leaves_everything_unknown() -> None:
    async with labs(platform=None, wechat=channel_at("w1")) as there:
        left = await Settling(there, ["wechat"]).settle(5)

    assert list(map(str, left)) == ["unknown of platform"]
