"""All services of the platform's own port, each with its servicer behind the guard."""

from collections.abc import Sequence
from dataclasses import dataclass

import grpc
from google.protobuf.descriptor import FileDescriptor

from essc.admin.v1 import (
    catalogue_admin_service_pb2,
    channel_admin_service_pb2,
    key_admin_service_pb2,
    party_admin_service_pb2,
)
from essc.card.v1 import card_service_pb2
from essc.certification.v1 import certification_service_pb2
from essc.code.v1 import code_service_pb2, verification_service_pb2
from essc.directory.v1 import directory_service_pb2, ticket_service_pb2
from essc.event.v1 import event_service_pb2
from essc.family.v1 import family_service_pb2
from essc.identity.v1 import identity_service_pb2
from essc.password.v1 import password_service_pb2
from essc.policy.v1 import policy_service_pb2
from essc.record.v1 import record_service_pb2
from essc.registry.v1 import registry_service_pb2
from essc.settlement.v1 import order_service_pb2, payment_service_pb2
from essc.trust.v1 import trust_service_pb2
from essc_platform.directory import Caller
from essc_platform.exits import Exits
from essc_platform.wire.admin import ChannelAdminServicer, PartyAdminServicer
from essc_platform.wire.authorities import Authorities
from essc_platform.wire.cards import CardServicer
from essc_platform.wire.catalogue import CatalogueAdminServicer
from essc_platform.wire.certifications import CertificationServicer
from essc_platform.wire.codes import CodeServicer
from essc_platform.wire.directory import DirectoryServicer, TicketServicer
from essc_platform.wire.events import EventServicer
from essc_platform.wire.family import FamilyServicer
from essc_platform.wire.front import Front
from essc_platform.wire.hashing import PasswordPool
from essc_platform.wire.identity import IdentityServicer
from essc_platform.wire.passwords import PasswordServicer
from essc_platform.wire.public import PolicyServicer
from essc_platform.wire.records import RecordServicer
from essc_platform.wire.registry import RegistryServicer
from essc_platform.wire.settlement import OrderServicer, PaymentServicer
from essc_platform.wire.signing_keys import KeyAdminServicer, TrustServicer
from essc_platform.wire.verification import VerificationServicer
from essc_wire.guard import Guard


@dataclass(frozen=True, slots=True)
class Services:
    """Handlers to register, and the names for health and reflection."""

    handlers: Sequence[grpc.GenericRpcHandler]
    names: Sequence[str]


def services(
    front: Front,
    authorities: Authorities,
    passwords: PasswordPool,
    exits: Exits,
    guard: Guard[Caller],
) -> Services:
    """Every service of the contract that the platform serves."""
    servicers: list[tuple[FileDescriptor, object]] = [
        (card_service_pb2.DESCRIPTOR, CardServicer(front)),
        (catalogue_admin_service_pb2.DESCRIPTOR, CatalogueAdminServicer(front)),
        (channel_admin_service_pb2.DESCRIPTOR, ChannelAdminServicer(front, exits)),
        (directory_service_pb2.DESCRIPTOR, DirectoryServicer(front)),
        (code_service_pb2.DESCRIPTOR, CodeServicer(front)),
        (certification_service_pb2.DESCRIPTOR, CertificationServicer(front)),
        (event_service_pb2.DESCRIPTOR, EventServicer(front)),
        (family_service_pb2.DESCRIPTOR, FamilyServicer(front, authorities)),
        (identity_service_pb2.DESCRIPTOR, IdentityServicer(front, authorities, passwords)),
        (key_admin_service_pb2.DESCRIPTOR, KeyAdminServicer(front)),
        (order_service_pb2.DESCRIPTOR, OrderServicer(front)),
        (party_admin_service_pb2.DESCRIPTOR, PartyAdminServicer(front)),
        (password_service_pb2.DESCRIPTOR, PasswordServicer(front, passwords)),
        (payment_service_pb2.DESCRIPTOR, PaymentServicer(front)),
        (policy_service_pb2.DESCRIPTOR, PolicyServicer(front)),
        (record_service_pb2.DESCRIPTOR, RecordServicer(front)),
        (registry_service_pb2.DESCRIPTOR, RegistryServicer(front)),
        (ticket_service_pb2.DESCRIPTOR, TicketServicer(front)),
        (trust_service_pb2.DESCRIPTOR, TrustServicer(front)),
        (verification_service_pb2.DESCRIPTOR, VerificationServicer(front)),
    ]
    handlers, names = [], []
    for file, servicer in servicers:
        (service,) = file.services_by_name.values()
        handlers.append(guard.handler(service, servicer))
        names.append(service.full_name)
    return Services(handlers, names)
