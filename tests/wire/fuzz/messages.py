"""Messages that hypothesis builds from the descriptors: right, nearly right, and wild.

What a field is given comes from a harvest: all that was asked and answered while a world was made,
by the name of its field. So ids of other people and channels come up, used proofs, old codes, and
what one field is for comes up in another. A few bytes of some messages are then changed.
"""

import re
import uuid
from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st
from tests.wire.national_platform.methods import example, is_required, rules

KEPT_MAX = 60
DEPTH_MAX = 4
NAMED = re.compile(r"^[0-9a-f]{32}$")

WILD_TEXTS = (
    "",
    "\x00",
    " ",
    "a" * 41,
    "0" * 32,
    "f" * 32,
    "张" * 50,
    "x" * 2000,
    "'; DROP TABLE links; --",
    "\u202e\u0000\U0001f600",
    "-1",
    "9" * 6,
    "990000198503120019",
    "operator",
)
WILD_NUMBERS = (0, 1, -1, 2, 7, 50, 51, 2**31 - 1, -(2**31), 10**8, 10**8 + 1)
WILD_LONG = (*WILD_NUMBERS, 2**53 + 1, 2**63 - 1, -(2**63))
_NUMBERS = {
    FieldDescriptor.CPPTYPE_INT32: st.sampled_from(WILD_NUMBERS),
    FieldDescriptor.CPPTYPE_INT64: st.sampled_from(WILD_LONG),
    FieldDescriptor.CPPTYPE_UINT32: st.sampled_from([n for n in WILD_NUMBERS if n >= 0]),
    FieldDescriptor.CPPTYPE_UINT64: st.sampled_from([n for n in WILD_LONG if n >= 0]),
    FieldDescriptor.CPPTYPE_BOOL: st.booleans(),
    FieldDescriptor.CPPTYPE_DOUBLE: st.floats(),
    FieldDescriptor.CPPTYPE_FLOAT: st.floats(width=32),
}


class Harvest:
    """Texts and bytes that were said, the latest of each field."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.bytes: dict[str, list[bytes]] = {}
        self.numbers: dict[str, list[int]] = {}
        self.messages: dict[str, list[Message]] = {}
        """Whole requests that were accepted, by type."""
        self.prepared: dict[str, list[Message]] = {}
        """Whole requests that would be, once each."""

    def take(self, message: Message) -> None:
        """Keeps what a message says."""
        for field, value in message.ListFields():
            for each in value if field.is_repeated else (value,):
                if isinstance(each, Message):
                    self.take(each)
                elif isinstance(each, str):
                    _keep(self.texts.setdefault(field.name, []), each)
                    if NAMED.match(each):
                        _keep(self.texts.setdefault("an id", []), each)
                elif isinstance(each, bytes):
                    _keep(self.bytes.setdefault(field.name, []), each)
                elif isinstance(each, int):
                    _keep(self.numbers.setdefault(field.name, []), each)

    def take_request(self, message: Message) -> None:
        """Keeps a request that was accepted, as a seed, and what it says."""
        kept = self.messages.setdefault(message.DESCRIPTOR.full_name, [])
        kept.append(type(message).FromString(message.SerializeToString()))
        del kept[:-KEPT_MAX]
        self.take(message)

    def prepare(self, message: Message) -> None:
        """Keeps a request that would be accepted."""
        self.prepared.setdefault(message.DESCRIPTOR.full_name, []).append(message)
        self.take(message)


def _keep(kept: list[Any], value: Any) -> None:
    if value not in kept:
        kept.append(value)
        del kept[:-KEPT_MAX]


def pick(draw: st.DrawFn, values: list[Any]) -> Any:
    return values[draw(st.integers(0, 2**16)) % len(values)]


class Fuzzer:
    """Draws requests, fields of them from a harvest."""

    def __init__(self, harvest: Harvest) -> None:
        self._harvest = harvest

    def request(self, draw: st.DrawFn, descriptor: Descriptor) -> bytes:
        """A request on its way: a known one with some fields changed, or a new one."""
        name, ways = descriptor.full_name, draw(st.integers(0, 7))
        seeds = self._harvest.messages.get(name) or [example(descriptor)]
        if ways < 2 and name in self._harvest.prepared:
            seeds = self._harvest.prepared[name]
        if ways < 6:
            seed = pick(draw, seeds)
            message = type(seed).FromString(seed.SerializeToString())
            # A request id of its own, or a seed would only be answered from the ledger.
            if draw(st.integers(0, 5)) > 0:
                self._renew(message)
            for _ in range(draw(st.sampled_from((0, 0, 1, 2)))):
                self._change(draw, message)
        else:
            message = self.message(draw, descriptor, 0)
        return _bent(draw, message.SerializeToString())

    def message(self, draw: st.DrawFn, descriptor: Descriptor, depth: int) -> Message:
        message: Message = GetMessageClass(descriptor)()
        for field in descriptor.fields:
            # What is required is rarely left out, so that more than the form is judged.
            wanted = draw(st.integers(0, 19)) > 0 if is_required(field) else draw(st.booleans())
            if wanted:
                self._set(draw, message, field, depth)
        return message

    def _renew(self, message: Message) -> None:
        if "request_id" in message.DESCRIPTOR.fields_by_name:
            message.request_id = str(uuid.uuid4())  # type: ignore[attr-defined]
        for field, value in message.ListFields():
            if field.message_type is not None:
                for each in value if field.is_repeated else (value,):
                    if isinstance(each, Message):
                        self._renew(each)

    def _change(self, draw: st.DrawFn, message: Message) -> None:
        if not message.DESCRIPTOR.fields:
            return
        field = pick(draw, list(message.DESCRIPTOR.fields))
        is_set = field.message_type is not None and not field.is_repeated
        if is_set and message.HasField(field.name) and draw(st.booleans()):
            self._change(draw, getattr(message, field.name))
        elif draw(st.integers(0, 3)) == 0:
            message.ClearField(field.name)
        else:
            self._set(draw, message, field, 0)

    def _set(self, draw: st.DrawFn, message: Message, field: FieldDescriptor, depth: int) -> None:
        if field.is_repeated:
            message.ClearField(field.name)
            for _ in range(draw(st.sampled_from((0, 1, 1, 1, 2, 3, 60)))):
                self._put(draw, message, field, depth)
        else:
            self._put(draw, message, field, depth)

    def _put(self, draw: st.DrawFn, message: Message, field: FieldDescriptor, depth: int) -> None:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            key, value = field.message_type.fields
            getattr(message, field.name)[self._value(draw, key)] = self._value(draw, value)
            return
        if field.message_type is not None:
            if depth < DEPTH_MAX:
                inner = self.message(draw, field.message_type, depth + 1)
                if field.is_repeated:
                    getattr(message, field.name).append(inner)
                else:
                    getattr(message, field.name).CopyFrom(inner)
            return
        value = self._value(draw, field)
        if field.is_repeated:
            getattr(message, field.name).append(value)
        else:
            setattr(message, field.name, value)

    def _value(self, draw: st.DrawFn, field: FieldDescriptor) -> Any:
        match field.cpp_type:
            case FieldDescriptor.CPPTYPE_STRING if field.type == FieldDescriptor.TYPE_BYTES:
                return self._bytes(draw, field)
            case FieldDescriptor.CPPTYPE_STRING:
                return self._text(draw, field)
            case FieldDescriptor.CPPTYPE_ENUM:
                assert field.enum_type is not None
                known = [value.number for value in field.enum_type.values]
                return pick(draw, [*known * 4, 99, -1])
            case FieldDescriptor.CPPTYPE_INT32 | FieldDescriptor.CPPTYPE_INT64:
                said = self._harvest.numbers.get(field.name, [1])
                return pick(draw, said) if draw(st.booleans()) else draw(_NUMBERS[field.cpp_type])
            case _:
                return draw(_NUMBERS[field.cpp_type])

    def _text(self, draw: st.DrawFn, field: FieldDescriptor) -> str:
        said = self._harvest.texts.get(field.name, [])
        if field.name == "request_id" or rules(field).string.uuid:
            return pick(draw, said) if said and draw(st.integers(0, 5)) == 0 else str(uuid.uuid4())
        ways: list[Callable[[], str]] = [lambda: pick(draw, list(WILD_TEXTS))]
        if said:
            ways += [lambda: pick(draw, said)] * 16
            ways.append(lambda: _nearly(draw, pick(draw, said)))
        if "0-9a-f]{32}" in rules(field).string.pattern and "an id" in self._harvest.texts:
            ways += [lambda: pick(draw, self._harvest.texts["an id"])] * (2 if said else 8)
        others = list(self._harvest.texts)
        ways.append(lambda: pick(draw, self._harvest.texts[pick(draw, others)]) if others else "")
        ways.append(lambda: draw(st.text(max_size=60)))
        return str(pick(draw, ways)())

    def _bytes(self, draw: st.DrawFn, field: FieldDescriptor) -> bytes:
        said = self._harvest.bytes.get(field.name, [])
        ways: list[Callable[[], bytes]] = [lambda: draw(st.binary(max_size=80))]
        ways.append(lambda: b"x" * (rules(field).bytes.len or 33))
        if said:
            ways += [lambda: pick(draw, said)] * 4
            ways.append(lambda: _bent(draw, pick(draw, said)))
        return bytes(pick(draw, ways)())


def _nearly(draw: st.DrawFn, text: str) -> str:
    """A text with one character changed, one more, or one less."""
    place = draw(st.integers(0, 2**10)) % (len(text) + 1)
    other = pick(draw, ["0", "a", "Z", "\x00", "张"])
    ways = [text[:place] + other + text[place + 1 :], text[:place], text + other, text.upper()]
    return str(pick(draw, ways))


def _bent(draw: st.DrawFn, raw: bytes) -> bytes:
    """Mostly as it is; else with some bytes changed, lost, doubled or added."""
    if draw(st.integers(0, 9)) > 1 or not raw:
        return raw
    place = draw(st.integers(0, 2**16)) % len(raw)
    other = draw(st.integers(0, 255))
    ways = [
        raw[:place] + bytes([other]) + raw[place + 1 :],
        raw[:place],
        raw[place:],
        raw + raw[:place],
        raw[:place] + draw(st.binary(max_size=8)) + raw[place:],
        raw + b"\x7a\x04junk",  # an unknown field
        raw + b"\x0a\x02\xff\xfe",  # a text that is no UTF-8
    ]
    return bytes(pick(draw, ways))


@st.composite
def requests(draw: st.DrawFn, fuzzer: Fuzzer, descriptor: Descriptor) -> bytes:
    return fuzzer.request(draw, descriptor)
