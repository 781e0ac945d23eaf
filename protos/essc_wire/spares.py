"""A process that has loaded its program and waits to be told what to serve.

Loading a program takes longer than starting to serve. A spare loads, says that it is there, and
waits for one line on its standard input; from then on it is the process that was asked for.
"""

import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

LINE_BYTES_MAX: Final = 64 * 1024
HELP: Final = (
    "load everything, print a line, and wait on standard input for one line of JSON: "
    '{"arguments": [...], "out": FILE, "log": FILE}. Then be `serve` with these arguments, with '
    "standard output and error appended to the files. The end of the input ends it"
)


class NoOrder(ValueError):  # noqa: N818 - a state of affairs
    """What came is no order; the text is one clear line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to serve, and where to say things."""

    arguments: Sequence[str]
    out: str
    log: str


def wait_for_order() -> list[str] | None:
    """Says that this process is spare, and waits. Answers the arguments of `serve`.

    By then standard output and error are the files of the order, and nothing is on the input any
    more. None if the input ended. Raises NoOrder, OSError.
    """
    line = json.dumps({"spare": True, "pid": os.getpid()}).encode() + b"\n"
    with suppress(BrokenPipeError):  # who has given the order already does not listen any more
        os.write(sys.stdout.fileno(), line)
    line = sys.stdin.buffer.readline(LINE_BYTES_MAX)
    if not line:
        return None
    order = read_order(line)
    _point(sys.stdout.fileno(), order.out, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    _point(sys.stderr.fileno(), order.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    _point(sys.stdin.fileno(), os.devnull, os.O_RDONLY)
    return list(order.arguments)


def read_order(line: bytes) -> Order:
    """An order from its line. Raises NoOrder."""
    try:
        values = json.loads(line)
        arguments, out, log = values.pop("arguments"), values.pop("out"), values.pop("log")
    except (ValueError, KeyError, AttributeError, TypeError):
        raise NoOrder("not a line of JSON with arguments, out and log") from None
    texts = [*arguments, out, log] if isinstance(arguments, list) else [None]
    if values or not all(isinstance(each, str) for each in texts) or not (out and log):
        raise NoOrder("an order is arguments, out and log: a list of texts and two files")
    return Order(arguments=arguments, out=out, log=log)


def _point(descriptor: int, path: str, flags: int) -> None:
    """Makes a descriptor lead to a file. A new file is for its owner only."""
    opened = os.open(path, flags, 0o600)
    try:
        os.dup2(opened, descriptor)
    finally:
        os.close(opened)
