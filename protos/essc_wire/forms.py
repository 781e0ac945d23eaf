"""The form of a request: the contract's own rules, which protovalidate judges.

Most requests are well formed, and most have fields of a few kinds only. For such a message the same
rules are put together once, from the same descriptors, into a check that says what is surely good:
it costs a quarter. Whatever it does not say that of is judged by protovalidate, so a violation is
found, named and told by nobody else.

One rule is of no field: no text holds the character U+0000, which PostgreSQL keeps in no text, and
many languages end a text at. It is looked for where the bytes of a request hold a zero at all.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any, Final, TypeAlias

import protovalidate
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from buf.validate import validate_pb2

_Check: TypeAlias = Callable[[Any], object]
"""True of a value that its field's rules surely allow."""

_HEX: Final = "[0-9a-fA-F]"
_UUID: Final = re.compile("-".join(f"{_HEX}{{{length}}}" for length in (8, 4, 4, 4, 12)))
# What Python and RE2 read alike: classes, groups and counts of plain characters.
_PLAIN_PATTERN: Final = re.compile(r"\^[][A-Za-z0-9{}(),?*+|_.-]+\$")
_INTEGERS: Final = {
    FieldDescriptor.TYPE_INT32: "int32",
    FieldDescriptor.TYPE_INT64: "int64",
    FieldDescriptor.TYPE_UINT32: "uint32",
    FieldDescriptor.TYPE_UINT64: "uint64",
}


def violations(message: Message) -> list[Any]:
    """What protovalidate has against a message; empty if its form is right."""
    if is_surely_good(message):
        return []
    return protovalidate.collect_violations(message)


def is_surely_good(message: Message) -> bool:
    """Whether a message certainly keeps all rules of its type. If not, it may keep them still."""
    checks = _checks(message.DESCRIPTOR)
    if checks is None:
        return False
    for name, has_presence, check in checks:
        if has_presence and not message.HasField(name):
            continue
        if not check(getattr(message, name)):
            return False
    return True


@cache
def _checks(message: Descriptor) -> tuple[tuple[str, bool, _Check], ...] | None:
    """Each ruled field's name, presence and check; None if there is a rule of another kind."""
    if message.GetOptions().HasExtension(validate_pb2.message):
        return None
    if any(each.GetOptions().HasExtension(validate_pb2.oneof) for each in message.oneofs):
        return None
    found = []
    for each in message.fields:
        check = _check(each)
        if check is None:
            return None
        if check is not _anything:
            found.append((each.name, each.has_presence, check))
    return tuple(found)


def nul_paths(message: Message, before: str = "") -> list[str]:
    """The paths of the fields whose text holds U+0000. What is one of a list is judged alone."""
    found = []
    for field, value in message.ListFields():
        path = before + field.name
        if field.type == FieldDescriptor.TYPE_STRING:
            values = value if field.is_repeated else (value,)
            found += [path] if any("\0" in each for each in values) else []
        elif field.message_type is not None and not field.is_repeated:
            found += nul_paths(value, f"{path}.")
    return found


def _check(field: FieldDescriptor) -> _Check | None:
    """A field's check; None if its kind or one of its rules is not among those known here."""
    if field.is_repeated or field.message_type is not None:
        return None
    options = field.GetOptions()
    if not options.HasExtension(validate_pb2.field):
        return _anything
    rules = options.Extensions[validate_pb2.field]
    kinds = {each.name for each, _ in rules.ListFields()}
    if field.type == FieldDescriptor.TYPE_STRING and kinds == {"string"}:
        return _string(rules.string)
    if field.type == FieldDescriptor.TYPE_ENUM and kinds == {"enum"}:
        return _enum(rules.enum, field)
    kind = _INTEGERS.get(field.type)
    return _integer(getattr(rules, kind)) if kind and kinds == {kind} else None


def _string(rules: validate_pb2.StringRules) -> _Check | None:
    named = {each.name for each, _ in rules.ListFields()}
    if named == {"uuid"} and rules.uuid:
        return _UUID.fullmatch
    if named == {"pattern"} and _PLAIN_PATTERN.fullmatch(rules.pattern):
        return re.compile(rules.pattern).fullmatch
    if named and named <= {"min_len", "max_len"}:
        least = rules.min_len
        most = rules.max_len if rules.HasField("max_len") else 1 << 32
        return lambda value: least <= len(value) <= most
    return None


def _enum(rules: validate_pb2.EnumRules, field: FieldDescriptor) -> _Check | None:
    named = {each.name for each, _ in rules.ListFields()}
    if not named <= {"defined_only", "not_in"} or not rules.defined_only:
        return None
    assert field.enum_type is not None
    allowed = frozenset(field.enum_type.values_by_number) - frozenset(rules.not_in)
    return allowed.__contains__


def _integer(rules: Any) -> _Check | None:
    if not {each.name for each, _ in rules.ListFields()} <= {"gte", "lte"}:
        return None
    least = rules.gte if rules.HasField("gte") else -(1 << 63)
    most = rules.lte if rules.HasField("lte") else 1 << 64
    # With both bounds the wrong way round the rule means: outside of them.
    return None if least > most else lambda value: least <= value <= most


def _anything(_value: Any) -> bool:
    return True
