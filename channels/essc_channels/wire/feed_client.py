"""The platform's feed of events, as the shadow copy follows it."""

from collections.abc import AsyncGenerator

import grpc

from essc.card.v1 import card_service_pb2, card_service_pb2_grpc
from essc.event.v1 import event_service_pb2, event_service_pb2_grpc
from essc_channels.core.records import Event
from essc_channels.ports import Ask, Head, Heartbeat, LinkPage
from essc_channels.wire import convert
from essc_channels.wire.calls import Caller
from essc_channels.wire.platform_client import AWAY
from essc_wire.client import Peer
from essc_wire.refusals import Refusal, refusal_of

_PAGE_SIZE = 500


class FeedClient:
    """Implements `Feed` over the contract."""

    def __init__(self, peer: Peer, timeout_s: float) -> None:
        self._peer = peer
        self._caller = Caller(peer, timeout_s, AWAY)
        self._events = event_service_pb2_grpc.EventServiceStub(peer.channel)
        self._cards = card_service_pb2_grpc.CardServiceStub(peer.channel)

    async def watch(self, cursor: str) -> AsyncGenerator[Event | Heartbeat | Refusal, None]:
        request = event_service_pb2.WatchEventsRequest(cursor=cursor)
        stream = self._events.WatchEvents(request, **self._peer.options(timeout_s=None))
        try:
            async for response in stream:
                if response.HasField("event"):
                    yield convert.event(response.event)
                elif response.HasField("heartbeat"):
                    yield Heartbeat(response.heartbeat.cursor)
        except grpc.RpcError as error:
            yield refusal_of(error) or Refusal(AWAY)
        finally:
            stream.cancel()

    async def head(self, ask: Ask, *, timeout_s: float | None = None) -> Head | Refusal:
        request = event_service_pb2.GetHeadRequest()
        response = await self._caller.call(
            lambda options: self._events.GetHead(request, **options), ask, timeout_s=timeout_s
        )
        if isinstance(response, Refusal):
            return response
        return Head(cursor=response.cursor, is_live=response.is_live)

    async def list_links(self, page_token: str, ask: Ask) -> LinkPage | Refusal:
        request = card_service_pb2.ListLinksRequest(page_size=_PAGE_SIZE, page_token=page_token)
        response = await self._caller.call(
            lambda options: self._cards.ListLinks(request, **options), ask
        )
        if isinstance(response, Refusal):
            return response
        return LinkPage(
            holdings=tuple(map(convert.listed, response.items)),
            next_page_token=response.next_page_token,
        )
