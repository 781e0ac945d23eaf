"""The contract as it describes itself: its services and methods, with what their comments say.

Read from the image that lies beside the stubs, which has the comments; the descriptors in memory
have none. What an integrator reads in the .proto files is what programs read here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
    MethodOptions,
    ServiceDescriptorProto,
)

from essc.options.v1 import options_pb2

_CALLER = "Caller:"
_REJECTIONS = "Rejections, in the order they are checked:"
OF_WORKBENCH = ("essc.lab.v1.FaultService",)
"""The services that no product serves: the workbench does, at a port of its own."""

# A reason as comments write it: capitals with at least one underscore.
_REASON = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")

# Numbers of the path in a file's source info (descriptor.proto).
_FILE_MESSAGE, _FILE_ENUM, _FILE_SERVICE, _SERVICE_METHOD = 4, 5, 6, 2
_MESSAGE_FIELD, _MESSAGE_NESTED, _MESSAGE_ENUM, _ENUM_VALUE = 2, 3, 4, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A method, with its comment taken apart."""

    name: str
    """Full: essc.card.v1.CardService.Apply."""
    descriptor: MethodDescriptorProto
    text: tuple[str, ...]
    """What it does, a paragraph each."""
    caller: str
    refusals: str
    """The paragraph of the comment that lists the reasons, as it stands there."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons, in the order in which they are checked."""
        return tuple(_REASON.findall(self.refusals))

    @property
    def is_open_when_not_live(self) -> bool:
        return bool(self.descriptor.options.Extensions[options_pb2.open_when_not_live])

    @property
    def changes_something(self) -> bool:
        return self.descriptor.options.idempotency_level == MethodOptions.IDEMPOTENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service, its audience and its methods."""

    name: str
    file: str
    text: str
    audience: int
    methods: tuple[Method, ...]

    @property
    def is_of_workbench(self) -> bool:
        """Whether no product serves it."""
        return self.name in OF_WORKBENCH


@dataclass(frozen=True, slots=True)
class Contract:
    """All of it, by full names."""

    services: tuple[Service, ...]
    messages: Mapping[str, DescriptorProto]
    enums: Mapping[str, EnumDescriptorProto]
    comments: Mapping[str, str]
    """Of messages, fields, enums and their values."""


@cache
def contract() -> Contract:
    """The contract of these stubs."""
    image = FileDescriptorSet.FromString(files("essc").joinpath("contract.binpb").read_bytes())
    own = sorted((f for f in image.file if f.name.startswith("essc/")), key=lambda f: f.name)
    messages: dict[str, DescriptorProto] = {}
    enums: dict[str, EnumDescriptorProto] = {}
    comments: dict[str, str] = {}
    services: list[Service] = []
    for file in own:
        said = {
            tuple(location.path): location.leading_comments
            for location in file.source_code_info.location
        }
        for name, thing, path in _things(file):
            comments[name] = _joined(said.get(path, ""))
            if isinstance(thing, DescriptorProto):
                messages[name] = thing
            elif isinstance(thing, EnumDescriptorProto):
                enums[name] = thing
        services += [
            _service(file, service, place, said) for place, service in enumerate(file.service)
        ]
    return Contract(tuple(services), messages, enums, comments)


def _service(
    file: FileDescriptorProto,
    service: ServiceDescriptorProto,
    place: int,
    said: Mapping[tuple[int, ...], str],
) -> Service:
    name = f"{file.package}.{service.name}"
    return Service(
        name=name,
        file=file.name,
        text=_joined(said.get((_FILE_SERVICE, place), "")),
        audience=service.options.Extensions[options_pb2.audience],
        methods=tuple(
            _method(
                f"{name}.{method.name}",
                method,
                said.get((_FILE_SERVICE, place, _SERVICE_METHOD, number), ""),
            )
            for number, method in enumerate(service.method)
        ),
    )


def _method(name: str, descriptor: MethodDescriptorProto, comment: str) -> Method:
    paragraphs = [_joined(part) for part in comment.strip().split("\n\n")]
    caller = next((p for p in paragraphs if p.startswith(_CALLER)), "")
    refusals = next((p for p in paragraphs if p.startswith(_REJECTIONS)), "")
    return Method(
        name=name,
        descriptor=descriptor,
        text=tuple(p for p in paragraphs if p not in (caller, refusals)),
        caller=caller.removeprefix(_CALLER).strip(),
        refusals=refusals.removeprefix(_REJECTIONS).strip(),
    )


Thing = DescriptorProto | EnumDescriptorProto | FieldDescriptorProto | None


def _things(file: FileDescriptorProto) -> Iterator[tuple[str, Thing, tuple[int, ...]]]:
    for place, message in enumerate(file.message_type):
        yield from _in_message(f"{file.package}.{message.name}", message, (_FILE_MESSAGE, place))
    for place, enum in enumerate(file.enum_type):
        yield from _in_enum(f"{file.package}.{enum.name}", enum, (_FILE_ENUM, place))


def _in_message(
    name: str, message: DescriptorProto, path: tuple[int, ...]
) -> Iterator[tuple[str, Thing, tuple[int, ...]]]:
    yield name, message, path
    for place, field in enumerate(message.field):
        yield f"{name}.{field.name}", field, (*path, _MESSAGE_FIELD, place)
    for place, nested in enumerate(message.nested_type):
        yield from _in_message(f"{name}.{nested.name}", nested, (*path, _MESSAGE_NESTED, place))
    for place, enum in enumerate(message.enum_type):
        yield from _in_enum(f"{name}.{enum.name}", enum, (*path, _MESSAGE_ENUM, place))


def _in_enum(
    name: str, enum: EnumDescriptorProto, path: tuple[int, ...]
) -> Iterator[tuple[str, Thing, tuple[int, ...]]]:
    yield name, enum, path
    for place, value in enumerate(enum.value):
        yield f"{name}.{value.name}", None, (*path, _ENUM_VALUE, place)


def _joined(comment: str) -> str:
    """One paragraph on one line."""
    return " ".join(comment.split())
