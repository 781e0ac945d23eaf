"""What a spare process is told, in one line."""

import json

import pytest

from essc_wire.spares import NoOrder, read_order


def test_an_order_is_arguments_and_two_files() -> None:
    line = json.dumps({"arguments": ["--data", "x"], "out": "/o", "log": "/l"}).encode()

    order = read_order(line + b"\n")

    assert (order.arguments, order.out, order.log) == (["--data", "x"], "/o", "/l")


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"serve\n",
        b"[]\n",
        b"{}\n",
        b'{"arguments": [], "out": "/o"}\n',
        b'{"arguments": "--data", "out": "/o", "log": "/l"}\n',
        b'{"arguments": [1], "out": "/o", "log": "/l"}\n',
        b'{"arguments": [], "out": "", "log": "/l"}\n',
        b'{"arguments": [], "out": "/o", "log": 7}\n',
        b'{"arguments": [], "out": "/o", "log": "/l", "more": 1}\n',
        b'{"arguments": [], "out": "/o", "log": "/l"',
        b"\xff\xfe\n",
    ],
)
def test_anything_else_is_no_order(line: bytes) -> None:
    with pytest.raises(NoOrder) as caught:
        read_order(line)

    assert "\n" not in str(caught.value)
