"""The methods of the contract by the path under which they travel."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pool import Default
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from essc_wire.contract import contract

WATCH = "essc.event.v1.EventService/WatchEvents"
"""The one method whose answers are events."""


@dataclass(frozen=True, slots=True)
class Method:
    """A method, as whoever stands between two parties needs it."""

    path: str
    """As `essc.card.v1.CardService/Unlink`."""
    request: type[Message]
    response: type[Message]
    is_client_streaming: bool
    is_server_streaming: bool
    changes_something: bool

    @property
    def names(self) -> tuple[str, str, str]:
        """What it may be called: `Unlink`, `CardService/Unlink`, and in full."""
        service, _, name = self.path.rpartition("/")
        return name, f"{service.rpartition('.')[2]}/{name}", self.path


@cache
def methods() -> Mapping[str, Method]:
    """All methods of these stubs, by path without the slash that it begins with."""
    found: dict[str, Method] = {}
    for service in contract().services:
        import_module(service.file.removesuffix(".proto").replace("/", ".") + "_pb2")
        changing = {each.descriptor.name for each in service.methods if each.changes_something}
        for each in Default().FindServiceByName(service.name).methods:
            path = f"{service.name}/{each.name}"
            found[path] = _method(path, each, each.name in changing)
    return found


def _method(path: str, descriptor: MethodDescriptor, changes_something: bool) -> Method:
    return Method(
        path,
        GetMessageClass(descriptor.input_type),
        GetMessageClass(descriptor.output_type),
        descriptor.client_streaming,
        descriptor.server_streaming,
        changes_something,
    )
