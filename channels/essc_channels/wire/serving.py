"""The port that phones call."""

from collections.abc import Callable
from pathlib import Path

from essc.channel.v1 import channel_service_pb2
from essc_channels.core.channel_profiles import ChannelProfile
from essc_channels.flows.desk import Desk
from essc_channels.flows.parties import Parties
from essc_channels.wire.channel_service import ChannelService
from essc_channels.wire.sessions import Caller, phone_caller
from essc_wire.guard import Guard
from essc_wire.meters import CallMeters
from essc_wire.refusals import CHANNEL_DOMAIN
from essc_wire.serving import Server, start_server


async def start_phones(
    address: str,
    profile: ChannelProfile,
    parties: Parties,
    desk: Desk,
    tls: Path | None,
    draining: Callable[[], bool],
    streams_max: int,
    meters: CallMeters,
    doubt: Callable[[], None],
) -> Server:
    """Serves `essc.channel.v1` at an address. Raises OSError or ValueError."""
    guard: Guard[Caller] = Guard(
        domain=CHANNEL_DOMAIN,
        authenticate=phone_caller(desk.find_session),
        draining=draining,
        meters=meters,
        doubt=doubt,
    )
    service = channel_service_pb2.DESCRIPTOR.services_by_name["ChannelService"]
    handler = guard.handler(service, ChannelService(profile, parties, desk))
    return await start_server(address, [handler], [service.full_name], tls, streams_max)
