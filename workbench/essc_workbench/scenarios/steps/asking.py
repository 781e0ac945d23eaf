"""What steps that ask somebody for something have in common: how the asking should end.

An end is one word: `completed`, `open` (left in the middle on purpose), `stuck` (a text message
that the person waits for does not come), or `refused: REASON` and `unknown: REASON`. A refusal is
one whose reason says that it surely was not done; everything else that went wrong is unknown.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal, TypeVar

import grpc
from pydantic import AfterValidator, Field, model_validator

from essc_wire.refusals import is_definite, reason_of, semantics
from essc_workbench.inboxes import NoMessageError
from essc_workbench.scenarios.fields import Names, Refers, names_of
from essc_workbench.scenarios.mistakes import meant
from essc_workbench.scenarios.stage import Stage
from essc_workbench.scenarios.steps.base import Step

T = TypeVar("T")


def _known(value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    for reason in names_of(value):
        if reason not in semantics():
            raise ValueError(f"no reason {reason!r}; {meant(reason.upper(), semantics())}")
    return value


Reasons = Annotated[Names, AfterValidator(_known)]
"""One reason of the contract, or several."""
Words = str | Annotated[tuple[str, ...], Field(max_length=32)]
"""One word or text, or several."""
Password = Annotated[str, Field(pattern="^[0-9]{6}$"), Refers.SECRET]
"""A card password."""


class Asking(Step):
    """A step that asks somebody for something, and says how that should end."""

    outcome: Literal["completed", "refused", "unknown", "stuck", "any"] = Field(
        "completed",
        description=(
            "How it should end: completed, refused (for whatever reason), unknown (no certain "
            "answer), stuck (a text message does not come), or any of these."
        ),
    )
    refused: Reasons = Field(
        (), description="The reason with which it should be refused; of several, one of them."
    )

    @model_validator(mode="after")
    def _is_one_outcome(self) -> Asking:
        if self.refused and self.outcome not in ("completed", "refused"):
            raise ValueError(f"it cannot both be refused with a reason and end {self.outcome}")
        return self

    async def ask(
        self, stage: Stage, about: str, send: Callable[[], Awaitable[T]], *, end: str = "completed"
    ) -> T | None:
        """Sends, and expects the end that the step says. None unless it was completed."""
        seen, answer = await end_of(send)
        self.expect_end(stage, about, end if seen == "completed" else seen)
        return answer

    def expect_end(self, stage: Stage, about: str, seen: str, *, good: str = "completed") -> None:
        """Expects an end; `good` is what `completed` means for this step."""
        if self.outcome == "any":
            return
        reasons = names_of(self.refused)
        if reasons:
            wanted = " or ".join(f"refused: {reason}" for reason in reasons)
            is_met = not seen.startswith(good) and seen.partition(": ")[2] in reasons
        elif self.outcome == "completed":
            wanted, is_met = good, seen == good
        else:
            wanted, is_met = self.outcome, seen.partition(":")[0] == self.outcome
        stage.expect(about, wanted, seen, is_met=is_met)


async def end_of(send: Callable[[], Awaitable[T]]) -> tuple[str, T | None]:
    """How a piece of asking ended, in one word, and what came of it."""
    try:
        return "completed", await send()
    except grpc.RpcError as error:
        return end_of_error(error), None
    except NoMessageError:
        return "stuck", None


def end_of_error(error: grpc.RpcError) -> str:
    """How a call that failed ended."""
    reason = reason_of(error)
    if reason and is_definite(error):
        return f"refused: {reason}"
    return f"unknown: {reason or error.code().name}"
