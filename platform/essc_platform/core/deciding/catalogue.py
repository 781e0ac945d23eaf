"""The catalogue of services."""

from typing import TypeAlias

from essc_platform.core import catalogue
from essc_platform.core.catalogue import AddService, CloseService, OpenService
from essc_platform.core.decisions import Decision
from essc_platform.core.policy import Policy
from essc_platform.core.records import Service
from essc_platform.core.snapshot import Read, View, one

Command: TypeAlias = AddService | OpenService | CloseService


def reads_of(command: Command) -> frozenset[Read]:
    """The keys that a command touches."""
    return frozenset({one(Service, command.service_id)})


def decide(command: Command, view: View, _policy: Policy) -> Decision:
    """The decision on a command, given what it may see."""
    service = view.one(Service, command.service_id)
    match command:
        case AddService():
            return catalogue.add_service(command, service)
        case OpenService():
            return catalogue.open_service(command, service)
        case CloseService():
            return catalogue.close_service(command, service)
