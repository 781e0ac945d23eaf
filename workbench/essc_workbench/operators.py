"""The operator of the platform (平台运营方) at the desk: channels, the catalogue, signing keys."""

from typing import TypeVar

import grpc

from essc.admin.v1 import catalogue_admin_service_pb2 as catalogue
from essc.admin.v1 import channel_admin_service_pb2 as channels
from essc.admin.v1 import key_admin_service_pb2 as keys
from essc.admin.v1.catalogue_admin_service_pb2_grpc import CatalogueAdminServiceStub
from essc.admin.v1.channel_admin_service_pb2_grpc import ChannelAdminServiceStub
from essc.admin.v1.key_admin_service_pb2_grpc import KeyAdminServiceStub
from essc.admin.v1.party_pb2 import Channel
from essc.card.v1.card_pb2 import Level
from essc.directory.v1.directory_pb2 import Service
from essc.trust.v1.trust_service_pb2 import ListKeysRequest, PublishedKey
from essc.trust.v1.trust_service_pb2_grpc import TrustServiceStub
from essc_wire.client import Peer
from essc_wire.clock import new_request_id
from essc_workbench.calls import patient

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")


class Operator:
    """What an operator can do. Each method answers what is now true."""

    def __init__(self, platform: Peer) -> None:
        self._platform = platform
        self._channels = ChannelAdminServiceStub(platform.channel)
        self._catalogue = CatalogueAdminServiceStub(platform.channel)
        self._keys = KeyAdminServiceStub(platform.channel)
        self._trust = TrustServiceStub(platform.channel)

    async def _ask(
        self, method: grpc.aio.UnaryUnaryMultiCallable[RequestT, ResponseT], request: RequestT
    ) -> ResponseT:
        return await patient(lambda: method(request, **self._platform.options()))

    async def suspend(self, channel_id: str) -> Channel:
        """Suspends a channel: 暂停."""
        request = channels.SuspendChannelRequest(request_id=new_request_id(), channel_id=channel_id)
        return (await self._ask(self._channels.SuspendChannel, request)).channel

    async def resume(self, channel_id: str) -> Channel:
        """Resumes a suspended channel: 恢复."""
        request = channels.ResumeChannelRequest(request_id=new_request_id(), channel_id=channel_id)
        return (await self._ask(self._channels.ResumeChannel, request)).channel

    async def exit(self, channel_id: str) -> Channel:
        """Lets a channel exit for good: 退出. Its links end in the background."""
        request = channels.ExitChannelRequest(request_id=new_request_id(), channel_id=channel_id)
        return (await self._ask(self._channels.ExitChannel, request)).channel

    async def channel(self, channel_id: str) -> Channel:
        """A channel as it is registered now."""
        request = channels.GetChannelRequest(channel_id=channel_id)
        return (await self._ask(self._channels.GetChannel, request)).channel

    async def published_keys(self) -> tuple[PublishedKey, ...]:
        """The signing keys, as anybody can read them."""
        return tuple((await self._ask(self._trust.ListKeys, ListKeysRequest())).keys)

    async def rotate_key(self) -> PublishedKey:
        """Announces a new signing key: 轮换. It signs after the overlap."""
        request = keys.RotateKeyRequest(request_id=new_request_id())
        return (await self._ask(self._keys.RotateKey, request)).key

    async def compromise_key(self) -> PublishedKey:
        """Declares the signing key compromised: 声明泄露. Answers the one that signs next."""
        signing = [
            key for key in await self.published_keys() if key.state == PublishedKey.STATE_ACTIVE
        ]
        request = keys.CompromiseKeyRequest(
            request_id=new_request_id(), key_id=signing[0].key_id if signing else "none"
        )
        return (await self._ask(self._keys.CompromiseKey, request)).signing_key

    async def add_service(
        self,
        service_id: str,
        name_zh: str,
        name_en: str,
        *,
        needs_payment: bool,
        regions: tuple[str, ...] = (),
        everywhere: bool = False,
    ) -> Service:
        """Adds an entry to the catalogue."""
        request = catalogue.AddServiceRequest(
            request_id=new_request_id(),
            service_id=service_id,
            name_zh=name_zh,
            name_en=name_en,
            needed_level=Level.LEVEL_PAYMENT if needs_payment else Level.LEVEL_QUERY,
            regions=regions,
            everywhere=everywhere,
        )
        return (await self._ask(self._catalogue.AddService, request)).service

    async def open_service(self, service_id: str, region: str = "") -> Service:
        """Opens a service in a region; everywhere if none is named."""
        request = catalogue.OpenServiceRequest(
            request_id=new_request_id(), service_id=service_id, region=region
        )
        return (await self._ask(self._catalogue.OpenService, request)).service

    async def close_service(self, service_id: str, region: str = "") -> Service:
        """Closes a service in a region; everywhere if none is named."""
        request = catalogue.CloseServiceRequest(
            request_id=new_request_id(), service_id=service_id, region=region
        )
        return (await self._ask(self._catalogue.CloseService, request)).service
