"""Raw calls: what no honest party would send, sent again, or sent far too often."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from google.protobuf.message import Message
from pydantic import Field

from essc_wire.client import TIMEOUT_S
from essc_wire.clock import new_request_id
from essc_workbench.scenarios.fields import CallerName, NewName, ThingName, names_of
from essc_workbench.scenarios.stage import Stage
from essc_workbench.scenarios.steps.asking import Asking, Reasons, end_of
from essc_workbench.scenarios.steps.raw import Count, Sending, Sent
from essc_workbench.scenarios.steps.references import kept, reached

FLOOD_MAX = 2000
_CROWD_S = 60.0
"""How long a call waits that is one of many at once: it waits for those before it as well."""
_End = tuple[str, Message | None]


class Call(Sending):
    """Call any method as anybody, once or several times, also all at once."""

    verb = "call"

    times: Count = Field(1, description="How many times, one after the other.")
    at_once: Count = Field(1, description="How many of them are on their way at the same time.")
    same_request: bool = Field(
        default=False, description="Whether all have one request id, as repeats have."
    )
    answer: dict[str, Any] = Field(
        default_factory=dict,
        description="What the last answer holds, by path: `link.state: STATE_ACTIVE`.",
    )
    ends: dict[str, int] = Field(
        default_factory=dict,
        description=(
            "Of several calls, how many end how: `completed: 1`, `refused LINK_EXISTS: 7`; "
            "instead of one end for all."
        ),
    )
    answers: dict[str, dict[str, int]] = Field(
        default_factory=dict,
        description=(
            "Of several calls, how many answers hold what, by path: "
            "`verdict: {VERDICT_VALID: 1, VERDICT_USED: 5}`."
        ),
    )
    as_: NewName = Field(
        "", alias="as", description="The name under which the last answer is kept, and the call."
    )

    async def play(self, stage: Stage) -> None:
        one_id = new_request_id()
        calls = [
            await self.prepared(stage, one_id if self.same_request else "")
            for _ in range(max(self.times, self.at_once))
        ]
        ends = await all_of(calls, self.at_once)
        if self.ends:
            seen = Counter(end.replace(": ", " ") for end, _ in ends)
            wanted = {end: count for end, count in self.ends.items() if count}
            stage.expect(f"{self.about()}: how they end", wanted, dict(seen))
        else:
            for end, _ in ends:
                self.expect_end(stage, self.about(), end)
        self._look(stage, [answer for _, answer in ends if answer is not None])
        stage.things.keep(self.as_ and sent_as(self.as_), calls[-1])

    def _look(self, stage: Stage, answers: list[Message]) -> None:
        for path, wanted_counts in self.answers.items():
            wanted_each = {value: count for value, count in wanted_counts.items() if count}
            seen_each = how_often(answers, path)
            stage.expect(f"{self.about()}: how often {path}", wanted_each, seen_each)
        if not answers:
            return
        if self.same_request:
            is_same = all(answer == answers[0] for answer in answers)
            stage.expect(f"{self.about()}: the same answer each time", True, is_same)
        for path, wanted in self.answer.items():
            seen = reached(answers[-1], path)
            stage.expect(f"{self.about()}: {path}", wanted, seen)
        stage.things.keep(self.as_, answers[-1])


def how_often(answers: list[Message], path: str) -> dict[str, int]:
    """What stands in answers at a path, and in how many of them; numbers as words."""
    return dict(Counter(str(reached(answer, path)) for answer in answers))


class Replay(Asking):
    """Send a call again that was sent before: the same bytes, with the same token."""

    verb = "replay"
    shorthand = "call"

    call: ThingName = Field(description="The call that was kept under this name.")
    by: CallerName = Field(
        "", description="Another party that has got hold of it, with its own token."
    )
    times: Count = Field(1, description="How many times.")
    same_answer: bool | None = Field(
        None, description="Whether the answer should be the same as the first one."
    )

    async def play(self, stage: Stage) -> None:
        sent = kept(stage, sent_as(self.call), Sent, "call")
        about = f"replay {self.call}"

        async def send() -> Message:
            return await sent.replayed()

        if self.by:
            thief = stage.peer(self.by)
            stolen, about = Sent(thief, sent.method, sent.content, ()), f"{about} by {self.by}"

            async def send() -> Message:
                return await stolen.again(thief.options())

        for _ in range(self.times):
            answer = await self.ask(stage, about, send)
            if self.same_answer is not None and answer is not None:
                first = kept(stage, self.call, Message, "answer")
                stage.expect(f"{about}: the same answer", self.same_answer, answer == first)


class Flood(Sending):
    """Call one method very often, each time with a new request id."""

    verb = "flood"

    count: int = Field(ge=1, le=FLOOD_MAX, description="How many calls.")
    at_once: Count = Field(100, description="How many are on their way at the same time.")
    allowed: Reasons = Field(
        (), description="Reasons with which some may be refused, beside those that are done."
    )

    async def play(self, stage: Stage) -> None:
        calls = [await self.prepared(stage) for _ in range(self.count)]
        ends = Counter(end for end, _ in await all_of(calls, self.at_once))
        reasons = names_of(self.allowed)
        odd = {end: n for end, n in ends.items() if not _is_fine(end, reasons)}
        about = f"{self.about()} {self.count} times"
        stage.expect(f"{about}: ends that are not allowed", {}, odd)


def _is_fine(end: str, reasons: tuple[str, ...]) -> bool:
    return end == "completed" or end.partition(": ")[2] in reasons


async def all_of(calls: list[Sent], at_once: int) -> list[_End]:
    """Sends all, so many at a time. Answers how each ended, in their order."""
    turn = asyncio.Semaphore(at_once)
    timeout_s = TIMEOUT_S if at_once == 1 else _CROWD_S

    async def one(call: Sent) -> _End:
        async with turn:
            return await end_of(lambda: call.replayed(timeout_s))

    return list(await asyncio.gather(*map(one, calls)))


def sent_as(name: str) -> str:
    """Under which name a call is kept beside its answer; no file can write it."""
    return f"call of {name}"
