"""The calls of a journey: raw bytes out, repeated as the contract allows, one note of each.

A `Line` is all connections of one party to another. An `Ask` is one method on it. Whatever ends a
journey early is an `Ended` with what became of it.

How a call is repeated, always with the same request id and within the deadline of the whole
journey: if the party is busy, after the pause that it asks for; if its outcome is not known, after
a short one that grows. A pause that would outlast the deadline is not begun: the journey is over.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Final, TypeAlias

import grpc

from essc_wire.client import Peer
from essc_wire.refusals import Refusal, is_certain, refusal_of
from essc_workbench.drills import notes as noted
from essc_workbench.drills.notes import Notes
from essc_workbench.drills.outcomes import Outcome, Played

PAUSE_S: Final = 0.05
"""After the first attempt, where nobody says how long; twice as long after each later one."""
PAUSE_S_MAX: Final = 1.0
_SLOTS: Final = 20
"""Of so many calls in a row the plan's share goes through the gate."""
_BUSY: Final = frozenset({"PLATFORM_BUSY", "CHANGES_CONFLICT", "PLATFORM_DRAINING"})
_BUGS: Final = frozenset(
    {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.UNIMPLEMENTED}
)
_MIXED_UP: Final = "MIXED_UP"

Metadata: TypeAlias = tuple[tuple[str, str], ...]


class Ended(Exception):  # noqa: N818 - most of these are no errors
    """A journey is over early, and this became of it."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.played = Played(outcome, reason)

    @property
    def reason(self) -> str:
        """Why."""
        return self.played.reason

    @property
    def is_refusal(self) -> bool:
        """Whether the contract refused it for certain."""
        return self.played.outcome is Outcome.REFUSED


def mixed_up() -> Ended:
    """An answer was somebody else's."""
    return Ended(Outcome.FAILED, _MIXED_UP)


@dataclass(frozen=True, slots=True)
class Manners:
    """How those behave who call."""

    attempts: int
    honours_retry_info: bool


class Line:
    """A party's connections to another one, used in turn.

    `opens` opens one more; those that are open may be dropped and opened anew at any time.
    """

    def __init__(
        self,
        source: str,
        target: str,
        opens: Callable[[], Peer],
        manners: Manners,
        *,
        notes: Notes | None = None,
        connections: int = 1,
        gated: Callable[[], Peer] | None = None,
        share: float = 0.0,
    ) -> None:
        """A share of the calls goes through the gate, by a connection that `gated` opens."""
        self.source, self.target = source, target
        self.manners, self.notes = manners, notes
        self._opens, self._connections = opens, connections
        self._gated, self._share = gated, share
        self._asks: list[Ask] = []
        self.peers: list[Peer] = []
        self.slots: list[Peer] = []
        """Whom to use in turn."""
        self._open()
        self.metadata: Metadata = ()
        self.renew()

    def bind(self, ask: "Ask") -> None:
        """Takes on a method, which follows when connections are opened anew."""
        self._asks.append(ask)

    def renew(self) -> None:
        """Takes the token that is good now; to be done once a minute."""
        self.metadata = self.peers[0].options()["metadata"]

    async def reopen(self) -> None:
        """Drops every connection, with the calls on it, and opens as many."""
        old = self.peers
        self._open()
        for ask in self._asks:
            ask.rebind()
        self.renew()
        for peer in old:
            await peer.close()

    async def close(self) -> None:
        """Closes every connection."""
        for peer in self.peers:
            await peer.close()

    def _open(self) -> None:
        direct = [self._opens() for _ in range(self._connections)]
        self.peers = self.slots = direct
        if self._gated is None:
            return
        gated, through = self._gated(), max(round(self._share * _SLOTS), 1)
        self.peers = [*direct, gated]
        self.slots = [
            gated if (place + 1) * through // _SLOTS > place * through // _SLOTS else straight
            for place, straight in zip(range(_SLOTS), cycle(direct), strict=False)
        ]


class Ask:
    """One method on a line.

    `tell` says of an answer what is noted of it, in the order of `told`; `asked` names the fields
    whose values come with every call.
    """

    def __init__(
        self,
        line: Line,
        method: str,
        answer: type[Any],
        *,
        asked: Sequence[str] = (),
        told: Sequence[str] = (),
        tell: Callable[[Any], tuple[Any, ...]] = lambda _answer: (),
    ) -> None:
        self._line, self._parse, self._tell = line, answer.FromString, tell
        self._path, self._turn = f"/{method}", 0
        self._methods: list[Any] = []
        self.rebind()
        line.bind(self)
        self.notes = line.notes
        self._kind = 0
        if line.notes is not None:
            self._kind = line.notes.kind(line.source, line.target, method, asked=asked, told=told)

    def rebind(self) -> None:
        """Goes by the line's connections of now."""
        self._methods = [peer.channel.unary_unary(self._path) for peer in self._line.slots]

    async def __call__(
        self,
        request: bytes,
        request_id: str,
        deadline_s: float,
        places: tuple[int, ...] = (),
        asked: tuple[Any, ...] = (),
        metadata: Metadata | None = None,
    ) -> Any:
        """Sends it until there is a certain answer. Raises Ended."""
        attempt, notes, clock = 0, self.notes, time.monotonic
        while True:
            began_us = notes.now_us() if notes is not None else 0
            left_s = deadline_s - clock()
            if left_s <= 0:
                raise Ended(Outcome.SHED, "DEADLINE_PASSED")
            try:
                own = self._line.metadata if metadata is None else metadata
                raw = await self._next()(request, timeout=left_s, metadata=own)
            except grpc.aio.AioRpcError as error:
                attempt += 1
                refusal = refusal_of(error)
                self._note_error(began_us, error, refusal, request_id, places, asked)
                pause_s = self._pause(error, refusal, attempt, deadline_s)
            except asyncio.CancelledError:
                attempt += 1
                self._note(began_us, noted.UNKNOWN, "CANCELLED", request_id, places, asked)
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
                # Nobody cancelled the journey: its connection was closed under it.
                pause_s = self._pause_unknown("CONNECTION_CLOSED", attempt, deadline_s)
            else:
                answer = self._parse(raw)
                if notes is not None:
                    now_us, told = notes.now_us(), self._tell(answer)
                    kind, ok = self._kind, noted.OK
                    notes.add(kind, began_us, now_us, ok, "", request_id, places, asked, told)
                return answer
            await asyncio.sleep(pause_s)

    def _next(self) -> Any:
        """The method on the connection whose turn it is."""
        methods = self._methods
        turn = self._turn = (self._turn + 1) % len(methods)
        return methods[turn]

    def _note_error(
        self,
        began_us: int,
        error: grpc.aio.AioRpcError,
        refusal: Refusal | None,
        request_id: str,
        places: tuple[int, ...],
        asked: tuple[Any, ...],
    ) -> None:
        is_sure = refusal is not None and is_certain(refusal)
        outcome = noted.REFUSED if is_sure else noted.UNKNOWN
        self._note(began_us, outcome, _reason(error, refusal), request_id, places, asked)

    def _note(
        self,
        began_us: int,
        outcome: int,
        reason: str,
        request_id: str,
        places: tuple[int, ...],
        asked: tuple[Any, ...],
    ) -> None:
        """Notes a call that has no answer; when it is over is known only if it was refused."""
        notes = self.notes
        if notes is not None:
            ended_us = notes.now_us() if outcome == noted.REFUSED else None
            notes.add(self._kind, began_us, ended_us, outcome, reason, request_id, places, asked)

    def _pause(
        self,
        error: grpc.aio.AioRpcError,
        refusal: Refusal | None,
        attempt: int,
        deadline_s: float,
    ) -> float:
        """How long to wait before it is sent again, in seconds. Raises Ended if it is not."""
        reason, manners = _reason(error, refusal), self._line.manners
        if refusal is None or refusal.reason not in _BUSY:
            if refusal is not None and is_certain(refusal):
                raise Ended(Outcome.REFUSED, reason)
            if error.code() in _BUGS:
                raise Ended(Outcome.FAILED, reason)
            return self._pause_unknown(reason, attempt, deadline_s)
        pause_s = _growing(attempt)
        if manners.honours_retry_info and refusal.retry_after_ms is not None:
            pause_s = refusal.retry_after_ms / 1000
        if attempt >= manners.attempts or time.monotonic() + pause_s >= deadline_s:
            raise Ended(Outcome.SHED, reason)
        return pause_s

    def _pause_unknown(self, reason: str, attempt: int, deadline_s: float) -> float:
        pause_s = _growing(attempt)
        if attempt >= self._line.manners.attempts or time.monotonic() + pause_s >= deadline_s:
            raise Ended(Outcome.UNKNOWN, reason)
        return pause_s


def _growing(attempt: int) -> float:
    """Whoever does not answer is asked ever more rarely."""
    return float(min(PAUSE_S * 2 ** (attempt - 1), PAUSE_S_MAX))


def _reason(error: grpc.aio.AioRpcError, refusal: Refusal | None) -> str:
    return refusal.reason if refusal is not None else error.code().name
