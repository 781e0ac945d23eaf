"""The guard: one wrapper round every method of every service, put there when it is registered.

It gives a call what all calls need, in this order: message size, deadline, caller, admission
(before any work is done for it), form. Then it runs the method and turns what comes back into bytes
or a rich status. A method receives a valid request and a `Call`, and returns its response (a
message, or bytes serialised already) or a `Refusal`. An exception in a method is our bug: it is
logged without its message, which might hold personal data, and answers INTERNAL.

Each call has a trace: that of its traceparent, else one made here. Whatever is logged because of
the call bears it, here and behind.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from math import inf
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from structlog import get_logger, is_configured

from essc.options.v1 import options_pb2
from essc_wire.clock import monotonic
from essc_wire.forms import nul_paths, violations
from essc_wire.logs import frames
from essc_wire.meters import GONE, GOOD, CallMeters
from essc_wire.refusals import Refusal, Violation, status_of
from essc_wire.traces import CURRENT, TraceSource, is_traceparent, trace_in

MESSAGE_BYTES_MAX: Final = 256 * 1024
TRANSPORT_BYTES_MAX: Final = 4 * 1024 * 1024
BUSY: Final = "PLATFORM_BUSY"
STORE_AWAY: Final = "STORE_UNAVAILABLE"

Metadata: TypeAlias = tuple[tuple[str, str | bytes], ...]
CallerT = TypeVar("CallerT")
CallerT_co = TypeVar("CallerT_co", covariant=True)
CallerT_contra = TypeVar("CallerT_contra", contravariant=True)
Answer: TypeAlias = Message | bytes | Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodFacts:
    """What the contract says of a method and a guard needs to know."""

    name: str
    audience: int
    is_open_when_not_live: bool


class Call(NamedTuple, Generic[CallerT]):
    """What a method knows of its call beside the request."""

    method: str
    caller: CallerT
    raw: bytes
    traceparent: str
    context: Any
    """The grpc.aio context: for time_remaining and done callbacks only."""
    end: float = inf
    """Until when the caller waits, in seconds of this process's monotonic clock."""
    trace: str = ""
    """By which lines of logs belong together: 32 hexadecimal digits."""


class Authenticate(Protocol[CallerT_co]):
    """Says who calls, or why not. Sees the method and the metadata."""

    def __call__(self, method: MethodFacts, metadata: Metadata) -> CallerT_co | Refusal: ...


class Admits(Protocol[CallerT_contra]):
    """Says whether there is room for one more call of a caller."""

    def enter(self, caller: CallerT_contra, left_s: float) -> int | None:
        """None, and the call is in; or in how many milliseconds to come back. `left_s`: how long
        the caller waits.
        """

    def leave(self, caller: CallerT_contra) -> None:
        """A call that was in is over."""


class Currency(Protocol):
    """Whether what this process knows still holds, where others may have changed it."""

    def is_stale(self) -> bool:
        """Whether it has to be looked up before a call comes in."""

    async def catch_up(self) -> Refusal | None:
        """Looks it up; or why that cannot be."""


class Guard(Generic[CallerT]):
    """Wraps the methods of the services of one process."""

    def __init__(
        self,
        *,
        domain: str,
        authenticate: Authenticate[CallerT],
        draining: Callable[[], bool] = lambda: False,
        admission: Admits[CallerT] | None = None,
        meters: CallMeters | None = None,
        currency: Currency | None = None,
        failures: tuple[type[Exception], ...] = (),
        doubt: Callable[[], None] = lambda: None,
    ) -> None:
        """`failures`: what a store raises when it cannot be read, which is nobody's bug.

        `doubt` hears of each call that is refused because the store did not do its part.
        """
        self._currency, self._failures = currency, failures
        self._domain = domain
        self._authenticate = authenticate
        self._draining = draining
        self._admission = admission
        self._meters = meters or CallMeters()
        self._doubt = doubt
        self._traces = TraceSource()
        self._busy = 0
        self._busy_said = -inf
        self._log = get_logger("call")
        self._says_all = is_configured() and get_logger().is_enabled_for(logging.DEBUG)

    def handler(self, service: ServiceDescriptor, servicer: object) -> grpc.GenericRpcHandler:
        """Wraps every method of a service. A method without an implementation is a KeyError."""
        audience = service.GetOptions().Extensions[options_pb2.audience]
        methods = {
            method.name: self._wrap(method, audience, getattr(servicer, method.name))
            for method in service.methods
        }
        return grpc.method_handlers_generic_handler(service.full_name, methods)

    def _wrap(self, method: MethodDescriptor, audience: int, function: Any) -> Any:
        facts = MethodFacts(
            name=method.full_name,
            audience=audience,
            is_open_when_not_live=method.GetOptions().Extensions[options_pb2.open_when_not_live],
        )
        request_class = GetMessageClass(method.input_type)
        if method.client_streaming:
            return grpc.stream_unary_rpc_method_handler(
                self._stream_unary(facts, request_class, function)
            )
        if method.server_streaming:
            return grpc.unary_stream_rpc_method_handler(
                self._unary_stream(facts, request_class, function)
            )
        return grpc.unary_unary_rpc_method_handler(
            self._unary_unary(facts, request_class, function)
        )

    def _unary_unary(
        self, facts: MethodFacts, request_class: type[Message], function: Any
    ) -> Callable[[bytes, Any], Awaitable[bytes]]:
        meter = self._meters.of(facts.name)

        async def unary_unary(raw: bytes, context: Any) -> bytes:
            answer: Any
            began = monotonic()
            call: Call[CallerT] | Refusal | None = None
            try:
                behind = await self._behind()
                call = behind or self._admit(facts, raw, context)
                if isinstance(call, Refusal):
                    answer = call
                else:
                    request = self._parse(request_class, raw)
                    is_good = isinstance(request, request_class)
                    answer = await function(request, call) if is_good else request
            except asyncio.CancelledError:
                meter.ended(GONE, monotonic() - began)
                raise
            except Exception as error:  # noqa: BLE001 - a bug; see the module's docstring
                answer = self._bug(facts, error, self._trace(call, context))
            finally:
                self._leave(call)
            if isinstance(answer, Refusal):
                meter.ended(answer.reason, monotonic() - began)
                return await self._refuse(facts, answer, context, self._trace(call, context))
            serialised: bytes = answer if type(answer) is bytes else answer.SerializeToString()
            took_s = monotonic() - began
            meter.ended(GOOD, took_s)
            if self._says_all:
                self._say(facts, took_s, self._trace(call, context))
            return serialised

        return unary_unary

    def _unary_stream(
        self, facts: MethodFacts, request_class: type[Message], function: Any
    ) -> Callable[[bytes, Any], AsyncIterator[bytes]]:
        meter = self._meters.of(facts.name)

        async def unary_stream(raw: bytes, context: Any) -> AsyncIterator[bytes]:
            # A watch may last for ever: it is the one kind of call without a deadline.
            refusal: Refusal | None = None
            call: Call[CallerT] | Refusal | None = None
            try:
                behind = await self._behind()
                call = behind or self._admit(facts, raw, context, deadline=False)
                async for answer in self._answers(call, request_class, raw, function):
                    if isinstance(answer, Refusal):
                        refusal = answer
                        break
                    meter.sent += 1
                    yield answer if type(answer) is bytes else answer.SerializeToString()
            except (asyncio.CancelledError, GeneratorExit):
                meter.stream_ended(GONE)
                raise
            except Exception as error:  # noqa: BLE001 - as above
                refusal = self._bug(facts, error, self._trace(call, context))
            meter.stream_ended(refusal.reason if refusal is not None else GOOD)
            if refusal is not None:
                await self._refuse(facts, refusal, context, self._trace(call, context))

        return unary_stream

    def _stream_unary(
        self, facts: MethodFacts, request_class: type[Message], function: Any
    ) -> Callable[[AsyncIterator[bytes], Any], Awaitable[bytes]]:
        meter = self._meters.of(facts.name)

        async def stream_unary(items: AsyncIterator[bytes], context: Any) -> bytes:
            async def requests() -> AsyncIterator[Message | Refusal]:
                async for raw in items:
                    yield self._parse(request_class, raw)

            answer: Any
            call: Call[CallerT] | Refusal | None = None
            try:
                behind = await self._behind()
                call = behind or self._admit(facts, b"", context)
                is_in = isinstance(call, Call)
                answer = await function(requests(), call) if is_in else call
            except asyncio.CancelledError:
                meter.stream_ended(GONE)
                raise
            except Exception as error:  # noqa: BLE001 - as above
                answer = self._bug(facts, error, self._trace(call, context))
            finally:
                self._leave(call)
            if isinstance(answer, Refusal):
                meter.stream_ended(answer.reason)
                return await self._refuse(facts, answer, context, self._trace(call, context))
            serialised: bytes = answer.SerializeToString()
            meter.stream_ended(GOOD)
            return serialised

        return stream_unary

    def _answers(
        self, call: Call[CallerT] | Refusal, request_class: type[Message], raw: bytes, watch: Any
    ) -> AsyncIterator[Any]:
        """What a watch says; or the one refusal of a watch that does not begin."""
        if isinstance(call, Refusal):
            return _only(call)
        request = self._parse(request_class, raw)
        if isinstance(request, Refusal):
            return _only(request)
        answers: AsyncIterator[Any] = watch(request, call)
        return answers

    def _admit(
        self, facts: MethodFacts, raw: bytes, context: Any, *, deadline: bool = True
    ) -> Call[CallerT] | Refusal:
        """The call, if it is let in. Then it has to leave."""
        if self._draining():
            return Refusal("PLATFORM_DRAINING")
        if len(raw) > MESSAGE_BYTES_MAX:
            return Refusal("MESSAGE_TOO_LARGE")
        left_s = context.time_remaining() if deadline else inf
        if left_s is None:
            return Refusal("DEADLINE_MISSING")
        metadata = context.invocation_metadata()
        caller = self._authenticate(facts, metadata)
        if isinstance(caller, Refusal):
            return caller
        if deadline and self._admission is not None:
            delay_ms = self._admission.enter(caller, left_s)
            if delay_ms is not None:
                return Refusal(BUSY, retry_after_ms=delay_ms)
        end = monotonic() + left_s
        traceparent = _traceparent(metadata)
        trace = trace_in(traceparent) or self._traces.new()
        CURRENT.set(trace)
        return Call(facts.name, caller, raw, traceparent, context, end, trace)

    def _trace(self, call: Call[CallerT] | Refusal | None, context: Any) -> str:
        """The trace of a call, of one that was not let in too."""
        if isinstance(call, Call):
            return call.trace
        return trace_in(_traceparent(context.invocation_metadata())) or self._traces.new()

    async def _behind(self) -> Refusal | None:
        """Why no call may come in on what is known here; None once it is up to date."""
        if self._currency is None or not self._currency.is_stale():
            return None
        return await self._currency.catch_up()

    def _leave(self, call: Call[CallerT] | Refusal | None) -> None:
        # A watch is not let in by this: it has no end, and its channel has few of them.
        if self._admission is not None and isinstance(call, Call):
            self._admission.leave(call.caller)

    @staticmethod
    def _parse(request_class: type[Message], raw: bytes) -> Message | Refusal:
        if len(raw) > MESSAGE_BYTES_MAX:
            return Refusal("MESSAGE_TOO_LARGE")
        try:
            request = request_class.FromString(raw)
        except DecodeError:
            text = "not a message of the method's type"
            return Refusal("REQUEST_INVALID", violations=(Violation(field="", text=text),))
        return invalid_message(request, may_hold_nul=0 in raw) or request

    async def _refuse(
        self, facts: MethodFacts, refusal: Refusal, context: Any, trace: str
    ) -> bytes:
        if refusal.reason == BUSY:
            self._note_busy()
        else:
            self._log.info("refused", method=facts.name, reason=refusal.reason, trace=trace)
            if refusal.reason == STORE_AWAY:
                self._doubt()
        await context.abort_with_status(status_of(refusal, self._domain))
        message = "abort_with_status raises"
        raise AssertionError(message)

    def _note_busy(self) -> None:
        """Counts, and says so once a second: whoever has too much to do does not write it all."""
        self._busy += 1
        now = monotonic()
        if now >= self._busy_said + 1:
            self._log.info("refused", reason=BUSY, calls=self._busy)
            self._busy, self._busy_said = 0, now

    def _say(self, facts: MethodFacts, took_s: float, trace: str) -> None:
        took_ms = round(took_s * 1000, 3)
        self._log.debug("answered", method=facts.name, took_ms=took_ms, trace=trace)

    def _bug(self, facts: MethodFacts, error: Exception, trace: str) -> Refusal:
        if isinstance(error, self._failures):
            self._log.error("the store failed", error=str(error), trace=trace)
            return Refusal("STORE_UNAVAILABLE")
        name = type(error).__name__
        said = {"error": name, "frames": frames(error), "trace": trace}
        self._log.error("bug", method=facts.name, **said)
        return Refusal("INTERNAL_FAULT")


def invalid_message(message: Message, *, may_hold_nul: bool = True) -> Refusal | None:
    """Why a message is not as the contract's own rules want it; None if it is."""
    found = tuple(map(_violation, violations(message)))
    if not found and may_hold_nul:
        text = "must not hold U+0000"
        found = tuple(Violation(field=path, text=text) for path in nul_paths(message))
    return Refusal("REQUEST_INVALID", violations=found) if found else None


async def _only(refusal: Refusal) -> AsyncIterator[Refusal]:
    """What a stream answers that does not begin."""
    yield refusal


def _traceparent(metadata: Metadata) -> str:
    for key, value in metadata:
        if key == "traceparent" and is_traceparent(str(value)):
            return str(value)
    return ""


def _violation(violation: Any) -> Violation:
    path = ".".join(element.field_name for element in violation.proto.field.elements)
    return Violation(field=path, text=violation.proto.message[:200])
