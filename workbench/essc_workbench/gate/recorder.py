"""What passes a door, as items of the history: who, about whom, what, and what became of it."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from google.protobuf.message import DecodeError, Message

from essc.event.v1 import event_service_pb2 as events
from essc.event.v1.event_pb2 import Event
from essc_wire.times import to_instant
from essc_wire.tokens import claim_of
from essc_workbench.gate.replies import Metadata, Reply
from essc_workbench.history.facts import FactReader, Told, is_id
from essc_workbench.history.items import Fact, Outcome, Seen
from essc_workbench.history.journal import Journal
from essc_workbench.history.methods import Method
from essc_workbench.routes import PHONE
from essc_workbench.trace import Traces

KNOWN_MAX: Final = 100_000
"""Ids by which citizens are met again; the oldest are forgotten first."""
_BEARER: Final = "Bearer "


@dataclass(slots=True)
class Passing:
    """A call on its way through a door."""

    source: str
    target: str
    path: str
    method: Method | None
    """What the contract says of it; None for what is not in the contract, as health."""
    request: bytes
    """Empty for a stream of requests."""
    metadata: Metadata
    number: int = 0
    """In the history; 0 if it is not recorded."""
    citizens: tuple[str, ...] = ()
    request_id: str = ""


class Acquaintances:
    """Whose an id is that was met before."""

    def __init__(self) -> None:
        self._aliases: OrderedDict[str, str] = OrderedDict()

    def meet(self, ids: Iterable[str], citizens: tuple[str, ...]) -> None:
        """Notes ids of a call; one about several citizens says nothing of whose they are."""
        if len(citizens) != 1:
            return
        for each in ids:
            self._aliases.setdefault(each, citizens[0])
            if len(self._aliases) > KNOWN_MAX:
                self._aliases.popitem(last=False)

    def whose(self, ids: Iterable[str]) -> list[str]:
        """The citizens of these ids, as far as known."""
        return [self._aliases[each] for each in ids if each in self._aliases]


class Recorder:
    """Writes what passes into the journal; without one it only finds out about whom a call is."""

    def __init__(self, journal: Journal | None, facts: FactReader, traces: Traces) -> None:
        self._journal, self._facts, self._traces = journal, facts, traces
        self._known = Acquaintances()

    def invoked(self, passing: Passing) -> None:
        """Notes a call before it is sent on, and completes it: citizens, request id, number."""
        if passing.method is None:
            return
        traceparent = _first(passing.metadata, "traceparent")
        session = _session(passing)
        origin = self._traces.origin(traceparent)
        told = self._read(passing.method.request, passing.request)
        ids = [*told.ids, session] if session else told.ids
        known = self._known.whose(ids)
        passing.citizens = tuple(dict.fromkeys((*origin.citizens, *known, *told.citizens)))
        passing.request_id = str(told.facts.pop("request_id", ""))
        # Who is named by an ID number beside a link may be a member of the link's holder.
        self._known.meet(ids, tuple(dict.fromkeys((*origin.citizens, *known))))
        if self._journal is None:
            return
        passing.number = self._journal.invoked(
            passing.source,
            passing.target,
            passing.path,
            request_id=passing.request_id,
            cause=origin.call,
            step=origin.step,
            citizens=passing.citizens,
            facts=told.facts,
        )
        self._traces.began(traceparent, passing.number)

    def answered(self, passing: Passing, reply: Reply) -> None:
        """Notes a call's end, as its caller gets it."""
        if passing.method is None:
            return
        told = self._read(passing.method.response, reply.raw or b"")
        self._known.meet(told.ids, passing.citizens)
        self._meet_session(passing, reply)
        facts: dict[str, Fact] = dict(told.facts)
        if reply.fault_id:
            facts["fault"] = reply.fault_id
        outcome, reason = reply.outcome()
        self._answer(passing, outcome, reason, facts)

    def lost(self, passing: Passing, reason: str) -> None:
        """Notes that a call's caller is gone before there was an answer."""
        self._answer(passing, Outcome.UNKNOWN, reason, {})

    def seen(self, passing: Passing, event: Event) -> None:
        """Notes an event that reaches the channel."""
        if self._journal is None:
            return
        facts = dict(self._facts.read(event).facts)
        for field in ("cursor", "kind", "link.link_id", "link.serial", "event_time"):
            facts.pop(field, None)
        self._journal.write(
            Seen(
                at_us=self._journal.now_us(),
                channel=passing.source,
                cursor=event.cursor,
                event_kind=Event.Kind.Name(event.kind).removeprefix("KIND_"),
                link_id=event.link.link_id,
                serial=event.link.serial,
                event_us=to_instant(event.event_time),
                facts=facts,
            )
        )

    def citizens_of(self, event: Event) -> tuple[str, ...]:
        """Whom an event is about, as far as its link is known."""
        return tuple(self._known.whose([event.link.link_id]))

    def hit(self, passing: Passing, fault_id: str, effect: str) -> None:
        """Notes that a fault has met a call, or an event of a stream."""
        if self._journal is not None:
            party = passing.target
            self._journal.happened(
                "fault-hit", party=party, fault=fault_id, effect=effect, call=passing.number
            )

    def _answer(
        self, passing: Passing, outcome: Outcome, reason: str, facts: dict[str, Fact]
    ) -> None:
        if self._journal is not None and passing.number:
            self._journal.answered(passing.number, outcome, reason, facts)

    def _meet_session(self, passing: Passing, reply: Reply) -> None:
        if reply.raw and passing.path.endswith("/SignIn"):
            session = getattr(_parsed(passing.method, reply.raw), "session", "")
            self._known.meet([_mark(session)] if session else [], passing.citizens)

    def _read(self, kind: type[Message], raw: bytes) -> Told:
        try:
            return self._facts.read(kind.FromString(raw)) if raw else Told()
        except DecodeError:
            return Told()


def event_in(raw: bytes) -> Event | None:
    """The event in an item of a feed; None for a sign of life, and for what is none of either."""
    try:
        item = events.WatchEventsResponse.FromString(raw)
    except DecodeError:
        return None
    return item.event if item.HasField("event") else None


def _parsed(method: Method | None, raw: bytes) -> Message | None:
    try:
        return method.response.FromString(raw) if method else None
    except DecodeError:
        return None


def _first(metadata: Metadata, wanted: str) -> str:
    return next((str(value) for key, value in metadata if key == wanted), "")


def _session(passing: Passing) -> str:
    """The mark of the session that a phone calls with; empty if there is none."""
    if passing.source != PHONE:
        return ""  # a party's token is about nobody
    bearer = _first(passing.metadata, "authorization")
    return _mark(bearer.removeprefix(_BEARER)) if bearer.startswith(_BEARER) else ""


def claimed(metadata: Metadata) -> str:
    """Who the caller says it is, by its token; nobody's word but its own."""
    bearer = _first(metadata, "authorization")
    claim = claim_of(bearer.removeprefix(_BEARER)) if bearer.startswith(_BEARER) else None
    return claim.party_id if claim and is_id(claim.party_id) else ""


def _mark(session: str) -> str:
    """A session as it is kept here."""
    return f"session {hashlib.sha256(session.encode()).hexdigest()}"
