"""Judge purely, act once: commands in, answers out, one commit for all of them.

A batch names what it touches, loads that once, decides each command in the order of arrival as a
value, saves in bulk, commits once, and only then answers everyone. Hence:

- The law: a batch answers exactly as its commands one by one, and as any split of it.
- The number of statements depends on the number of tables, not of commands.
- A bug in one rule spoils one answer: a rule cannot have half-written anything.
- Nothing is told to anyone before the commit. If the commit fails, everything was rolled back.

The ledger makes repeating safe: what changed something is answered again, byte for byte.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, NamedTuple, TypeAlias

import structlog

from essc_platform.core.commands import Command
from essc_platform.core.decide import decide
from essc_platform.core.decisions import Accepted, Decision, Licence, LicenceFacts, Rejected
from essc_platform.core.holdings import with_licence
from essc_platform.core.policy import Policy
from essc_platform.core.quick import quick
from essc_platform.core.reads import reads_of
from essc_platform.core.reasons import Reason
from essc_platform.core.records import Change, Entry, Event, Instant
from essc_platform.core.snapshot import Read, Snapshot
from essc_platform.meters import COMMIT, DECIDE, LOAD, LOCK, SAVE, BatchMeters
from essc_platform.store.connections import Connection
from essc_platform.store.facts import note_federation
from essc_platform.store.feed import Positions, feed_bucket
from essc_platform.store.gateway import (
    EventLine,
    LedgerLine,
    RequestKey,
    load,
    load_requests,
    names_citizens,
    save,
)
from essc_wire.logs import frames

Answer: TypeAlias = bytes | Rejected


class Origin(NamedTuple):
    """Where a change comes from, as its events name it to the party that made it."""

    party_id: str = ""
    request_id: str = ""
    traceparent: str = ""
    trace: str = ""
    """By which lines of logs belong together; made where no traceparent was given."""


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A command on its way into a batch."""

    command: Command
    at: Instant
    encode: Callable[[Any], bytes]
    """Turns the accepted answer into the bytes that the caller gets, and gets again."""
    request: RequestKey | None = None
    """Its place in the ledger; None for what time submits, which repeats harmlessly."""
    content: bytes = b""
    origin: Origin = Origin()  # noqa: RUF009 - a named tuple cannot be changed
    end: float = inf
    """Until when its caller waits, in seconds of the process's monotonic clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a batch, once it is committed."""

    answers: tuple[Answer, ...]
    changes: tuple[Change, ...]
    channels: frozenset[str]
    """The channels that have new events."""
    is_federal: bool = False
    """Whether a change of what belongs to all is answered: other processes hear of it first."""
    head: int
    """The place of the last of these events; 0 if there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What a batch borrows from outside the core, fixed when the platform starts."""

    sign: Callable[[LicenceFacts], Licence]
    encode_event: Callable[[Event, Origin], bytes]
    policy: Policy


@dataclass(slots=True)
class _Tally:
    """What a batch will save."""

    changes: list[Change]
    entries: list[tuple[int, Entry]]
    events: list[EventLine]
    lines: list[LedgerLine]


def run(
    connection: Connection,
    submissions: Sequence[Submission],
    edge: Edge,
    positions: Positions,
    meters: BatchMeters | None = None,
) -> Outcome:
    """Runs one batch. Raises what `errors.FAILURES` lists; then nothing has happened, or a
    StoreDoubt says that it may have.
    """
    meters = meters or BatchMeters()
    meters.began()
    with connection.transaction():
        reads = [reads_of(submission.command) for submission in submissions]
        everything = frozenset[Read]().union(*reads)
        # What names no citizen is about what belongs to all: one such batch after the other.
        is_federal = not all(map(names_citizens, reads))
        positions.begin(connection.lock(everything, federation=is_federal))
        meters.passed(LOCK)
        keys = [each.request for each in submissions if each.request is not None]
        ledger = load_requests(connection, keys)
        snapshot = load(connection, everything)
        meters.passed(LOAD)
        tally = _Tally([], [], [], [])
        answers = tuple(
            _answer(submission, declared, snapshot, ledger, edge, positions, tally)
            for submission, declared in zip(submissions, reads, strict=True)
        )
        meters.passed(DECIDE)
        save(
            connection,
            tally.changes,
            tally.entries,
            tally.events,
            tally.lines,
            absent=snapshot.absent,
        )
        if is_federal and tally.changes:
            note_federation(connection)
        # What the ledger answers may have been committed just now, by a process that has not told.
        is_federal = is_federal and bool(tally.changes or ledger)
        meters.passed(SAVE)
    meters.passed(COMMIT)
    return Outcome(
        answers=answers,
        changes=tuple(tally.changes),
        channels=frozenset(line.channel for line in tally.events),
        head=max((line.position for line in tally.events), default=0),
        is_federal=is_federal,
    )


def _answer(
    submission: Submission,
    declared: frozenset[Read],
    snapshot: Snapshot,
    ledger: dict[str, LedgerLine],
    edge: Edge,
    positions: Positions,
    tally: _Tally,
) -> Answer:
    """One command: the recorded answer, or a new one with all that follows from it."""
    if submission.request is not None:
        line = ledger.get(submission.request.digest)
        if line is not None:
            return _recorded(line, submission)
    try:
        decision = decide(submission.command, snapshot.view(declared), edge.policy)
        if isinstance(decision, Accepted) and decision.to_sign is not None:
            decision = with_licence(decision, edge.sign(decision.to_sign))
        answer = decision if isinstance(decision, Rejected) else submission.encode(decision.answer)
        events = _placed(decision, submission, edge, positions)
    except Exception as error:  # noqa: BLE001 - a bug: it spoils this answer and no other
        _report(submission, error)
        return Rejected(Reason.INTERNAL_FAULT)
    snapshot.absorb(decision.changes)
    tally.changes += decision.changes
    tally.events += events
    tally.entries += [(positions.take(entry.at), entry) for entry in decision.entries]
    if submission.request is not None and (isinstance(decision, Accepted) or decision.changes):
        line = _line(submission.request, submission, answer)
        ledger[submission.request.digest] = line
        tally.lines.append(line)
    return answer


def _placed(
    decision: Decision, submission: Submission, edge: Edge, positions: Positions
) -> list[EventLine]:
    """The decision's events, written out, each at its place in its channel's feed."""
    if isinstance(decision, Rejected):
        return []
    return [
        EventLine(
            bucket=feed_bucket(event.channel),
            channel=event.channel,
            position=positions.take(event.at),
            body=edge.encode_event(event, submission.origin),
        )
        for event in decision.events
    ]


def _recorded(line: LedgerLine, submission: Submission) -> Answer:
    """R91: the same id with the same content gives the recorded answer, with other content none."""
    if line.content != submission.content:
        return Rejected(Reason.REQUEST_ID_REUSED)
    if line.answer is not None:
        return line.answer
    assert line.rejection is not None
    reason, details = json.loads(line.rejection)
    return Rejected(Reason(reason), tuple((name, value) for name, value in details))


def _line(key: RequestKey, submission: Submission, answer: Answer) -> LedgerLine:
    rejection = None
    if isinstance(answer, Rejected):
        rejection = json.dumps([answer.reason, answer.details])
    return LedgerLine(
        key=key,
        content=submission.content,
        at=submission.at,
        answer=answer if isinstance(answer, bytes) else None,
        rejection=rejection,
        caller=submission.origin.party_id,
        request_id=submission.origin.request_id,
    )


def _report(submission: Submission, error: Exception) -> None:
    """Loud, but without the exception's text, which might hold personal data."""
    structlog.get_logger("batch").error(
        "bug",
        command=type(submission.command).__name__,
        error=type(error).__name__,
        frames=frames(error),
        trace=submission.origin.trace,
    )
