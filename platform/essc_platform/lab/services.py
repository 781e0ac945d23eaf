"""All services of the platform's lab port, behind the same guard as the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

import grpc
from google.protobuf.descriptor import FileDescriptor

from essc.authority.v1 import authority_service_pb2
from essc.lab.v1 import lab_service_pb2 as pb
from essc_platform.clock import PartyClock
from essc_platform.collector import Collector
from essc_platform.lab.authorities import (
    FaceServicer,
    Inboxes,
    PhoneServicer,
    PhotoServicer,
    TextMessageServicer,
)
from essc_platform.lab.bank import BankLedger, SettlementBankServicer
from essc_platform.lab.clocks import ClockServicer
from essc_platform.lab.persona_service import PersonaServicer
from essc_platform.sweep import Sweep
from essc_wire.guard import Guard
from essc_wire.refusals import PLATFORM_DOMAIN


@dataclass(frozen=True, slots=True)
class LabServices:
    """Handlers to register, and the names for health and reflection."""

    handlers: Sequence[grpc.GenericRpcHandler]
    names: Sequence[str]


def lab_services(
    clock: PartyClock, collector: Collector, sweep: Sweep, clock_fact: str, bank: BankLedger
) -> LabServices:
    """The lab's services; whoever reaches the port may call them."""
    guard: Guard[object] = Guard(
        domain=PLATFORM_DOMAIN, authenticate=lambda _method, _metadata: None
    )
    inboxes = Inboxes(clock)
    authority, lab = authority_service_pb2.DESCRIPTOR, pb.DESCRIPTOR
    offered: list[tuple[FileDescriptor, str, object]] = [
        (authority, "TextMessageService", TextMessageServicer(inboxes)),
        (authority, "FaceService", FaceServicer()),
        (authority, "SettlementBankService", SettlementBankServicer(bank, clock)),
        (authority, "PhotoService", PhotoServicer()),
        (lab, "ClockService", ClockServicer(clock, collector, sweep, clock_fact)),
        (lab, "PhoneService", PhoneServicer(inboxes)),
        (lab, "PersonaService", PersonaServicer()),
    ]
    services = [(file.services_by_name[name], servicer) for file, name, servicer in offered]
    return LabServices(
        [guard.handler(service, servicer) for service, servicer in services],
        [service.full_name for service, _ in services],
    )
