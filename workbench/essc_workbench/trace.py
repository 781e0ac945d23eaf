"""Whose doing a call is: what the workbench's own callers say of it in its traceparent.

    traces = Traces()
    with traces.during(step=3, citizens=("zhang-san",)):
        await phone.sign_in()          # the phone's Peer is a TracedPeer: its calls carry an origin

The traceparent is a fresh one for each call. A channel passes it on to the platform, so that who
stands before the platform knows the same origin again, and which call it came from. What is said
here stays in this process: on the wire there is only a random number.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Final

from essc_wire.client import TIMEOUT_S, CallOptions, Peer
from essc_wire.clock import random_bytes
from essc_wire.tokens import TokenSource

TRACES_MAX: Final = 20_000
"""Origins that are remembered; the oldest are forgotten first."""
_LENGTH: Final = 55


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a call comes from."""

    step: int = 0
    """The scenario's step, from 1; 0 if none."""
    citizens: tuple[str, ...] = ()
    """Aliases of those whom it is about."""
    call: int = 0
    """The number of the call that began the trace; 0 until it was seen."""


_NOBODY = Origin()


class Traces:
    """The origins of one run, by trace id."""

    def __init__(self) -> None:
        self._now: ContextVar[Origin] = ContextVar("origin", default=_NOBODY)
        self._origins: OrderedDict[str, Origin] = OrderedDict()

    @contextmanager
    def during(self, *, step: int = 0, citizens: tuple[str, ...] = ()) -> Iterator[None]:
        """Every call that is made inside, by this task and those it starts, has this origin.

        What is not said stays as it is outside.
        """
        outer = self._now.get()
        inner = Origin(step=step or outer.step, citizens=citizens or outer.citizens)
        token = self._now.set(inner)
        try:
            yield
        finally:
            self._now.reset(token)

    def traceparent(self) -> str:
        """A fresh traceparent for one call; empty where nobody said anything."""
        origin = self._now.get()
        if origin == _NOBODY:
            return ""
        trace_id = random_bytes(16).hex()
        self._origins[trace_id] = origin
        if len(self._origins) > TRACES_MAX:
            self._origins.popitem(last=False)
        return f"00-{trace_id}-{random_bytes(8).hex()}-01"

    def origin(self, traceparent: str) -> Origin:
        """Where a call with this traceparent comes from; of nobody if it is not one of ours."""
        return self._origins.get(_trace_id(traceparent), _NOBODY)

    def began(self, traceparent: str, call: int) -> None:
        """Notes the number of the call that begins a trace: it is the cause of the others."""
        trace_id = _trace_id(traceparent)
        origin = self._origins.get(trace_id)
        if origin is not None and not origin.call:
            self._origins[trace_id] = replace(origin, call=call)


class TracedPeer(Peer):
    """A party as the workbench calls it: each call says where it comes from."""

    def __init__(
        self,
        address: str,
        tokens: TokenSource | None = None,
        authority: bytes | None = None,
        traces: Traces | None = None,
    ) -> None:
        super().__init__(address, tokens, authority)
        self._traces = traces

    def options(
        self, *, timeout_s: float | None = TIMEOUT_S, traceparent: str = "", bearer: str = ""
    ) -> CallOptions:
        if self._traces is not None and not traceparent:
            traceparent = self._traces.traceparent()
        return super().options(timeout_s=timeout_s, traceparent=traceparent, bearer=bearer)


def _trace_id(traceparent: str) -> str:
    """The trace id of a W3C traceparent; empty if it is none."""
    return traceparent[3:35] if len(traceparent) == _LENGTH else ""
