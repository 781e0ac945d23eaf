"""The channel's lab port: loopback only, no tokens, never part of the port that phones call."""

from collections.abc import Callable
from functools import partial

from essc.authority.v1 import authority_service_pb2
from essc.lab.v1 import audit_service_pb2, lab_service_pb2
from essc_channels.core.channel_profiles import ChannelProfile
from essc_channels.lab.accounts import AccountService
from essc_channels.lab.audit import ChannelSnapshot
from essc_channels.lab.clocks import ClockService
from essc_channels.lab.phones import PhoneService
from essc_channels.lab.vouching import VouchService
from essc_channels.store.audit import FAILURES
from essc_channels.store.database import Database
from essc_channels.wire.sessions import Caller, lab_caller
from essc_wire.audits import AuditServicer
from essc_wire.clock import PartyClock
from essc_wire.guard import Guard
from essc_wire.pulses import Pulse
from essc_wire.refusals import CHANNEL_DOMAIN
from essc_wire.serving import Server, start_server


async def start_lab(
    address: str,
    profile: ChannelProfile,
    database: Database,
    lab_database: Database,
    clock: PartyClock,
    key: bytes,
    moves: Pulse,
    *,
    allow_any_id: bool,
    draining: Callable[[], bool],
) -> Server:
    """Serves the simulated authority and the clock. Raises OSError or ValueError."""
    guard: Guard[Caller] = Guard(domain=CHANNEL_DOMAIN, authenticate=lab_caller, draining=draining)
    authority = authority_service_pb2.DESCRIPTOR.services_by_name
    lab = lab_service_pb2.DESCRIPTOR.services_by_name
    audit = audit_service_pb2.DESCRIPTOR.services_by_name
    servicers = {
        authority["VouchService"]: VouchService(lab_database, clock, key, profile.name.zh),
        lab["AccountService"]: AccountService(lab_database, key, allow_any_id=allow_any_id),
        lab["PhoneService"]: PhoneService(lab_database),
        lab["ClockService"]: ClockService(database, clock, profile.id, moves),
        audit["AuditService"]: AuditServicer(
            partial(ChannelSnapshot, database, profile.id, clock), FAILURES
        ),
    }
    handlers = [guard.handler(service, servicer) for service, servicer in servicers.items()]
    return await start_server(address, handlers, [each.full_name for each in servicers])
