"""The quick look at a request's form never passes what protovalidate has anything against."""

from collections.abc import Iterator
from typing import Any

import protovalidate
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from tests.wire.national_platform.methods import METHODS, Method

from essc_wire.forms import is_surely_good, violations

TEXTS = (
    "",
    "x",
    "0" * 32,
    "0" * 32 + "\n",
    "\n" + "0" * 32,
    "A" * 32,
    "٠" * 32,
    "张" * 32,
    "x" * 33,
    "x" * 5000,
    "\x00",
    "320600",
    "320600\n",
    "11100000001",
    "990000198503120019",
    "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "3F2504E0-4F89-11D3-9A0C-0305E82C3301",
    "3f2504e0-4f89-11d3-9a0c-0305e82c330g",
    "3f2504e04f8911d39a0c0305e82c3301",
    "{3f2504e0-4f89-11d3-9a0c-0305e82c3301}",
    "pond",
    "k1",
)
NUMBERS = (-(1 << 31), -1, 0, 1, 2, 5, 99, 500, 501, 10_000, (1 << 31) - 1)
HOT = ("GetCard", "Apply", "Unlink", "IssueCode", "CheckCode", "RedeemTicket")


def values(field: FieldDescriptor) -> tuple[Any, ...]:
    """What a single field of such a type might hold, rightly or wrongly."""
    if field.is_repeated or field.message_type is not None:
        return ()
    if field.type == FieldDescriptor.TYPE_STRING:
        return TEXTS
    if field.type == FieldDescriptor.TYPE_BYTES:
        return (b"", b"x", b"x" * 204_801)
    is_whole = field.type in (
        FieldDescriptor.TYPE_INT32,
        FieldDescriptor.TYPE_INT64,
        FieldDescriptor.TYPE_ENUM,
    )
    return NUMBERS if is_whole else ()


def bent(method: Method) -> Iterator[Message]:
    """A right request, and the same with one field changed, or none at all."""
    yield method.example
    yield type(method.example)()
    for field in method.descriptor.input_type.fields:
        for value in values(field):
            request = method.example
            setattr(request, field.name, value)
            yield request


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_what_is_surely_good_is_good(method: Method) -> None:
    for request in bent(method):
        judged = protovalidate.collect_violations(request)

        assert [str(each.proto) for each in violations(request)] == [
            str(each.proto) for each in judged
        ]
        assert not (is_surely_good(request) and judged)


def test_the_calls_that_come_most_often_need_no_second_look() -> None:
    hot = [method for method in METHODS if method.descriptor.name in HOT]

    assert len(hot) == len(HOT)
    assert all(is_surely_good(method.example) for method in hot)
