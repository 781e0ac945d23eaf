"""All services of the platform's lab port, behind the same guard as the rest."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

import grpc
from google.protobuf.descriptor import FileDescriptor

from essc.authority.v1 import authority_service_pb2
from essc.lab.v1 import audit_service_pb2, queue_service_pb2
from essc.lab.v1 import lab_service_pb2 as pb
from essc_platform.clock import PartyClock
from essc_platform.collector import Collector
from essc_platform.directory import Directory
from essc_platform.exits import Exits
from essc_platform.lab.audit import PlatformSnapshot
from essc_platform.lab.authorities import (
    FaceServicer,
    Inboxes,
    PhoneServicer,
    PhotoServicer,
    TextMessageServicer,
)
from essc_platform.lab.bank import BankLedger, SettlementBankServicer
from essc_platform.lab.clocks import ClockServicer
from essc_platform.lab.consequences import Consequences
from essc_platform.lab.persona_service import PersonaServicer
from essc_platform.lab.queues import QueueServicer
from essc_platform.store.connections import Glance, Reading
from essc_platform.store.errors import FAILURES
from essc_platform.sweep import Sweep
from essc_platform.vault import Vault
from essc_wire.audits import AuditServicer
from essc_wire.guard import Guard
from essc_wire.pulses import Pulse
from essc_wire.refusals import PLATFORM_DOMAIN


@dataclass(frozen=True, slots=True)
class LabServices:
    """Handlers to register, and the names for health and reflection."""

    handlers: Sequence[grpc.GenericRpcHandler]
    names: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabParts:
    """The platform's parts, as its lab uses them."""

    glance: Callable[[], Glance]
    """Opens one consistent look at the store."""
    read: Reading
    vault: Vault
    clock: PartyClock
    collector: Collector
    commits: Pulse
    """Beats after each commit."""
    directory: Directory
    sweep: Sweep
    exits: Exits
    bank: BankLedger
    told: Callable[[], Awaitable[None]]
    """Waits until other processes know what was committed."""
    calls_inside: Callable[[], int] | None
    """How many calls are let in now; None without admission."""


def lab_services(parts: LabParts) -> LabServices:
    """The lab's services; whoever reaches the port may call them."""
    guard: Guard[object] = Guard(
        domain=PLATFORM_DOMAIN, authenticate=lambda _method, _metadata: None
    )
    inboxes = Inboxes(parts.clock)
    take_snapshot = partial(PlatformSnapshot, parts.glance, parts.vault, parts.clock)
    authority, lab = authority_service_pb2.DESCRIPTOR, pb.DESCRIPTOR
    audit, queue = audit_service_pb2.DESCRIPTOR, queue_service_pb2.DESCRIPTOR
    offered: list[tuple[FileDescriptor, str, object]] = [
        (authority, "TextMessageService", TextMessageServicer(inboxes)),
        (authority, "FaceService", FaceServicer()),
        (authority, "SettlementBankService", SettlementBankServicer(parts.bank, parts.clock)),
        (authority, "PhotoService", PhotoServicer()),
        (lab, "ClockService", _clocks(parts)),
        (lab, "PhoneService", PhoneServicer(inboxes)),
        (lab, "PersonaService", PersonaServicer()),
        (audit, "AuditService", AuditServicer(take_snapshot, FAILURES)),
        (queue, "QueueService", QueueServicer(parts.collector, parts.calls_inside)),
    ]
    services = [(file.services_by_name[name], servicer) for file, name, servicer in offered]
    return LabServices(
        [guard.handler(service, servicer) for service, servicer in services],
        [service.full_name for service, _ in services],
    )


def _clocks(parts: LabParts) -> ClockServicer:
    consequences = Consequences(
        parts.read,
        parts.collector,
        parts.sweep,
        parts.exits,
        parts.commits,
        parts.directory.watching,
    )

    def read_place(channel: str, cursor: str) -> int | None:
        caller = parts.directory.caller(channel)
        if caller is None or caller.channel is None:
            return None
        return parts.vault.read_cursor(channel, cursor) if cursor else 0

    return ClockServicer(
        parts.clock, parts.collector, parts.sweep, consequences, read_place, parts.told
    )
