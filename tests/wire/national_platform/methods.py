"""The methods that the platform serves, as its contract describes them, and requests made of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from buf.validate import validate_pb2
from essc.authority.v1 import authority_service_pb2
from essc.lab.v1 import audit_service_pb2, lab_service_pb2, queue_service_pb2
from essc.options.v1 import options_pb2
from essc_platform.wire import services

# The files of the contract that a module puts behind the guard.
_FILES = [module for name, module in vars(services).items() if name.endswith("_service_pb2")]
_LAB = [authority_service_pb2, audit_service_pb2, lab_service_pb2, queue_service_pb2]
# Served by channels.
_OF_CHANNELS = ("AccountService", "VouchService")

# One text for every form that the contract knows.
_FORMS = {
    "^[0-9a-f]{32}$": "0" * 32,
    "^([0-9a-f]{32})?$": "0" * 32,
    "^([a-z][a-z0-9-]{1,39})?$": "pond",
    "^([0-9]{6})?$": "320600",
    "^(1[0-9]{10})?$": "11100000001",
    "^[0-9]{17}[0-9X]$": "990000198503120019",
    "^1[0-9]{10}$": "11100000001",
    "^[0-9]{6}$": "320600",
    "^[a-z][a-z0-9-]{1,39}$": "pond",
    "^[A-Za-z0-9._-]{1,64}$": "k1",
}

Path = tuple[FieldDescriptor, ...]


@dataclass(frozen=True)
class Method:
    """A method, with a request of the right form."""

    descriptor: MethodDescriptor
    audience: int
    is_in_lab: bool

    @property
    def name(self) -> str:
        return str(self.descriptor.full_name)

    @property
    def example(self) -> Message:
        return example(self.descriptor.input_type)

    @property
    def is_open_when_not_live(self) -> bool:
        options = self.descriptor.GetOptions()
        return bool(options.Extensions[options_pb2.open_when_not_live])

    async def send(self, caller: Any, raw: bytes, **options: Any) -> bytes:
        """Sends bytes as a request; the first answer."""
        service, _, name = self.name.rpartition(".")
        path = f"/{service}/{name}"
        channel: Any = caller.peer.channel
        options = {**caller.peer.options(), **options}
        if self.descriptor.client_streaming:
            return bytes(await channel.stream_unary(path)(iter([raw]), **options))
        if self.descriptor.server_streaming:
            call = channel.unary_stream(path)(raw, **options)
            try:
                return bytes(await anext(call.__aiter__()))
            finally:
                call.cancel()
        return bytes(await channel.unary_unary(path)(raw, **options))


def _methods() -> Iterator[Method]:
    for module in (*_FILES, *_LAB):
        for service in module.DESCRIPTOR.services_by_name.values():
            if service.name in _OF_CHANNELS:
                continue
            audience = service.GetOptions().Extensions[options_pb2.audience]
            for method in service.methods:
                yield Method(method, audience, module in _LAB)


METHODS = list(_methods())


def rules(field: FieldDescriptor) -> Any:
    return field.GetOptions().Extensions[validate_pb2.field]


def is_required(field: FieldDescriptor) -> bool:
    behaviors = field.GetOptions().Extensions[field_behavior_pb2.field_behavior]
    return field_behavior_pb2.REQUIRED in behaviors


def example(descriptor: Descriptor) -> Message:
    """A message with all that is required, and the first alternative of what is a choice."""
    message: Message = GetMessageClass(descriptor)()
    for field in descriptor.fields:
        if is_required(field):
            put(message, field, None)
    for choice in descriptor.oneofs:
        if choice.GetOptions().Extensions[validate_pb2.oneof].required:
            put(message, choice.fields[0], None)
    return message


def put(message: Message, field: FieldDescriptor, value: Any) -> None:
    """Sets a field to a value, or to a good one."""
    if value is None:
        value = _good(field)
    if field.is_repeated:
        getattr(message, field.name).append(value)
    elif isinstance(value, Message):
        getattr(message, field.name).CopyFrom(value)
    else:
        setattr(message, field.name, value)


def _good(field: FieldDescriptor) -> Any:
    of = rules(field)
    if field.message_type is not None:
        if field.message_type.full_name == "google.protobuf.Duration":
            return GetMessageClass(field.message_type)(seconds=1)
        return example(field.message_type)
    if field.enum_type is not None:
        return next(v.number for v in field.enum_type.values if v.number not in of.enum.not_in)
    if field.type == FieldDescriptor.TYPE_STRING:
        if of.string.uuid:
            return "7b1e6a52-6a4e-4d7e-9d55-0d3f3d1c2b1a"
        return _FORMS[of.string.pattern] if of.string.pattern else "ab"
    if field.type == FieldDescriptor.TYPE_BYTES:
        return b"x" * (of.bytes.len or of.bytes.min_len)
    return 1


def fields(descriptor: Descriptor) -> Iterator[Path]:
    """Every field of a request, nested ones too, by the way to it."""
    for field in descriptor.fields:
        yield (field,)
        inner = field.message_type
        if inner is not None and inner.full_name.startswith("essc.") and not field.is_repeated:
            for rest in fields(inner):
                yield (field, *rest)


def with_field(message: Message, path: Path, value: Any) -> Message:
    """A copy of a request with one field set, whatever has to be there for it."""
    changed = type(message).FromString(message.SerializeToString())
    at: Message = changed
    for step in path[:-1]:
        if not at.HasField(step.name):
            put(at, step, None)
        at = getattr(at, step.name)
    put(at, path[-1], value)
    return changed


def without_field(message: Message, path: Path) -> Message | None:
    """A copy of a request without a field; None if it has none there to begin with."""
    changed = type(message).FromString(message.SerializeToString())
    at: Message = changed
    for step in path[:-1]:
        if not at.HasField(step.name):
            return None
        at = getattr(at, step.name)
    at.ClearField(path[-1].name)
    return changed


def path_name(path: Path) -> str:
    """A path as BadRequest writes it."""
    return ".".join(field.name for field in path)
