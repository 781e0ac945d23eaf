"""What operators do with channels and keys in the wire tests."""

from typing import Any

from tests.wire.people import Channel, World

from essc.admin.v1 import channel_admin_service_pb2 as channel_admin
from essc.admin.v1 import key_admin_service_pb2 as key_admin
from essc.admin.v1 import key_admin_service_pb2_grpc as key_admin_grpc
from essc.admin.v1 import party_pb2
from essc.identity.v1 import identity_pb2
from essc.trust.v1 import trust_service_pb2 as trust

VIEW_RECORDS = identity_pb2.PURPOSE_VIEW_RECORDS
ACCOUNT = identity_pb2.VOUCH_KIND_ACCOUNT_IDENTITY


async def get_channel(world: World, channel_id: str) -> party_pb2.Channel:
    """A channel as the operator sees it."""
    request = channel_admin.GetChannelRequest(channel_id=channel_id)
    answer: channel_admin.GetChannelResponse = await world.operator.do(
        world.operator.channels.GetChannel, request
    )
    return answer.channel


async def exit_channel(world: World, channel: Channel) -> None:
    """Ends a channel's part in the federation."""
    request = channel_admin.ExitChannelRequest(channel_id=channel.party_id)
    await world.operator.do(world.operator.channels.ExitChannel, request)


def keys_of(world: World) -> Any:
    """The operator's way to the signing keys."""
    return key_admin_grpc.KeyAdminServiceStub(world.operator.peer.channel)


async def rotate(world: World, request_id: str = "") -> trust.PublishedKey:
    """Announces a new signing key."""
    request = key_admin.RotateKeyRequest(request_id=request_id)
    answer: key_admin.RotateKeyResponse = await world.operator.do(keys_of(world).RotateKey, request)
    return answer.key


async def compromise(
    world: World, key_id: str, request_id: str = ""
) -> key_admin.CompromiseKeyResponse:
    """Declares a signing key compromised."""
    request = key_admin.CompromiseKeyRequest(request_id=request_id, key_id=key_id)
    answer: key_admin.CompromiseKeyResponse = await world.operator.do(
        keys_of(world).CompromiseKey, request
    )
    return answer


async def published(world: World) -> trust.ListKeysResponse:
    """The keys as anyone sees them."""
    answer: trust.ListKeysResponse = await world.operator.do(
        world.operator.trust.ListKeys, trust.ListKeysRequest()
    )
    return answer
