"""The comments are the contract: what is not in one is not promised.

Walks the descriptors with their source, so that it reads what an integrator reads.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

import pytest
from google.protobuf.descriptor import EnumValueDescriptor
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
    MethodOptions,
)

from essc.errors.v1 import error_reason_pb2, reason_semantics_pb2
from essc.options.v1 import options_pb2

CALLER = "Caller:"
REJECTIONS = "Rejections, in the order they are checked:"
NO_REJECTIONS = re.compile(r"Rejections, in the order they are checked:\s+none\b", re.IGNORECASE)
# A reason as comments write it: capitals with at least one underscore, in the rejections' part.
REASON = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")

# The words for what a file holds, as numbers of the path in its source info (descriptor.proto).
FILE_MESSAGE, FILE_ENUM, FILE_SERVICE, FILE_EXTENSION = 4, 5, 6, 7
MESSAGE_FIELD, MESSAGE_NESTED, MESSAGE_ENUM = 2, 3, 4
ENUM_VALUE = 2
SERVICE_METHOD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something of the contract that has a name and ought to have a comment."""

    kind: str
    name: str
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A method with what its comment and its request say."""

    name: str
    comment: str
    descriptor: MethodDescriptorProto
    request: DescriptorProto

    @property
    def is_unary(self) -> bool:
        return not (self.descriptor.client_streaming or self.descriptor.server_streaming)

    @property
    def rejections(self) -> str:
        """The paragraph that lists the reasons; empty if there is none."""
        _, found, rest = self.comment.partition(REJECTIONS)
        return rest.strip().split("\n\n")[0] if found else ""


def read_contract() -> list[FileDescriptorProto]:
    image = FileDescriptorSet.FromString(files("essc").joinpath("contract.binpb").read_bytes())
    return [file for file in image.file if file.name.startswith("essc/")]


def things(file: FileDescriptorProto) -> Iterator[Thing]:
    comments = {
        tuple(location.path): location.leading_comments.strip()
        for location in file.source_code_info.location
    }

    def thing(kind: str, name: str, *path: int) -> Thing:
        return Thing(kind=kind, name=name, comment=comments.get(path, ""))

    def of_enum(enum: EnumDescriptorProto, scope: str, *path: int) -> Iterator[Thing]:
        name = f"{scope}.{enum.name}"
        yield thing("enum", name, *path)
        for index, value in enumerate(enum.value):
            yield thing("value", f"{name}.{value.name}", *path, ENUM_VALUE, index)

    def of_message(message: DescriptorProto, scope: str, *path: int) -> Iterator[Thing]:
        if message.options.map_entry:
            return
        name = f"{scope}.{message.name}"
        yield thing("message", name, *path)
        for index, field in enumerate(message.field):
            yield thing("field", f"{name}.{field.name}", *path, MESSAGE_FIELD, index)
        for index, nested in enumerate(message.nested_type):
            yield from of_message(nested, name, *path, MESSAGE_NESTED, index)
        for index, enum in enumerate(message.enum_type):
            yield from of_enum(enum, name, *path, MESSAGE_ENUM, index)

    for index, message in enumerate(file.message_type):
        yield from of_message(message, file.package, FILE_MESSAGE, index)
    for index, enum in enumerate(file.enum_type):
        yield from of_enum(enum, file.package, FILE_ENUM, index)
    for index, extension in enumerate(file.extension):
        yield thing("extension", f"{file.package}.{extension.name}", FILE_EXTENSION, index)
    for index, service in enumerate(file.service):
        name = f"{file.package}.{service.name}"
        yield thing("service", name, FILE_SERVICE, index)
        for number, method in enumerate(service.method):
            path = (FILE_SERVICE, index, SERVICE_METHOD, number)
            yield thing("method", f"{name}.{method.name}", *path)


CONTRACT = read_contract()
THINGS = [thing for file in CONTRACT for thing in things(file)]
MESSAGES = {f".{file.package}.{m.name}": m for file in CONTRACT for m in file.message_type}
COMMENTS = {thing.name: thing.comment for thing in THINGS}
METHODS = [
    Method(
        name=f"{file.package}.{service.name}.{method.name}",
        comment=COMMENTS[f"{file.package}.{service.name}.{method.name}"],
        descriptor=method,
        request=MESSAGES[method.input_type],
    )
    for file in CONTRACT
    for service in file.service
    for method in service.method
]
REASONS = [value for value in error_reason_pb2.ErrorReason.DESCRIPTOR.values if value.number]
REASON_NAMES = {value.name.removeprefix("ERROR_REASON_") for value in REASONS}


def has_id(message: DescriptorProto) -> bool:
    """A transfer goes by its own id on every way, so that the bank moves it once.

    A fault, likewise, goes by its name, which whoever adds it has chosen.
    """
    own = ("request_id", "transfer_id", "fault_id")
    return any(field.name in own for field in message.field)


def is_of_several(message: DescriptorProto) -> bool:
    """Whether it is nothing but requests that change something, each with its own id."""
    several = [MESSAGES.get(field.type_name) for field in message.field]
    return bool(several) and all(each is not None and has_id(each) for each in several)


def test_everything_has_a_comment() -> None:
    bare = [f"{thing.kind} {thing.name}" for thing in THINGS if not thing.comment]

    assert bare == []


def test_every_method_says_who_may_call() -> None:
    silent = [
        method.name
        for method in METHODS
        if not re.search(rf"^\s*{CALLER}\s+\S", method.comment, re.MULTILINE)
    ]

    assert silent == []


def test_every_unary_method_lists_its_rejections() -> None:
    silent = [
        method.name
        for method in METHODS
        if method.is_unary
        and not REASON.search(method.rejections)
        and not NO_REJECTIONS.search(method.comment)
    ]

    assert silent == []


def test_every_rejection_is_a_reason_of_the_registry() -> None:
    unknown = [
        f"{method.name}: {word}"
        for method in METHODS
        for word in REASON.findall(method.rejections)
        if word not in REASON_NAMES
    ]

    assert unknown == []


def test_no_rejection_is_listed_twice() -> None:
    twice = [
        f"{method.name}: {word}"
        for method in METHODS
        for word in sorted(set(REASON.findall(method.rejections)))
        if REASON.findall(method.rejections).count(word) > 1
    ]

    assert twice == []


def test_every_method_says_whether_it_changes_something() -> None:
    silent = [
        method.name
        for method in METHODS
        if method.descriptor.options.idempotency_level == MethodOptions.IDEMPOTENCY_UNKNOWN
    ]

    assert silent == []


def test_a_unary_request_has_an_id_exactly_where_it_changes_something() -> None:
    """A request of several has none of its own: each of the several has one."""
    changes = [
        method.name
        for method in METHODS
        if method.is_unary
        and not is_of_several(method.request)
        and method.descriptor.options.idempotency_level == MethodOptions.IDEMPOTENT
    ]
    with_id = [method.name for method in METHODS if method.is_unary and has_id(method.request)]

    assert with_id == changes


def test_every_service_has_an_audience() -> None:
    open_to_nobody = [
        f"{file.package}.{service.name}"
        for file in CONTRACT
        for service in file.service
        if service.options.Extensions[options_pb2.audience] == options_pb2.AUDIENCE_UNSPECIFIED
    ]

    assert open_to_nobody == []


@pytest.mark.parametrize("value", REASONS, ids=lambda value: value.name)
def test_every_reason_says_what_it_means(value: EnumValueDescriptor) -> None:
    meaning = value.GetOptions().Extensions[reason_semantics_pb2.semantics]

    assert meaning.code, "no gRPC code"
    assert meaning.certainty, "no certainty"
    assert meaning.text_en, "no English sentence"
    assert meaning.text_zh, "no Chinese sentence"
    assert meaning.advice, "no advice"
