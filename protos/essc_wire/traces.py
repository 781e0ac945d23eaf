"""Traces: by which what one call sets in motion is found again, in the logs of several parties.

A caller that speaks W3C Trace Context gives its trace in the traceparent. For one that does not, a
trace is made, so that its lines belong together all the same, here and at whoever is asked next.
"""

import re
from contextvars import ContextVar
from itertools import count
from typing import Final

from essc_wire.clock import random_bytes

_FORM: Final = re.compile("(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


CURRENT: Final[ContextVar[str]] = ContextVar("trace", default="")
"""The trace of the call that this task answers."""


class TraceSource:
    """Makes traces: half of it is the process's, half a number, so making one costs nothing."""

    def __init__(self) -> None:
        self._process = random_bytes(8).hex()
        self._numbers = count(1)

    def new(self) -> str:
        """A trace that nobody else has."""
        return f"{self._process}{next(self._numbers):016x}"


def is_traceparent(text: str) -> bool:
    """Whether it is one. Nothing else is ever logged, stored or passed on in its place."""
    return _FORM.fullmatch(text) is not None


def trace_in(traceparent: str) -> str:
    """The trace of a well-formed traceparent; empty for an empty one."""
    return traceparent[3:35]


def traceparent_of(trace: str) -> str:
    """How a made trace is passed on; nobody is asked to record it."""
    return f"00-{trace}-{trace[16:]}-00"
