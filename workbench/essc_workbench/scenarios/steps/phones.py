"""A person at their phone: what all steps have in common that happen there.

A flow is answered as the person would: honestly, unless the step says which mistakes they make. It
may be left open before one of its steps, and taken up later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import Field

from essc.channel.v1.channel_pb2 import Flow
from essc.channel.v1.channel_pb2 import Step as FlowStep
from essc_workbench import citizens
from essc_workbench.answers import Conduct, Mistake
from essc_workbench.citizens import Phone
from essc_workbench.scenarios.fields import ChannelNames, CitizenName, NewName, names_of
from essc_workbench.scenarios.stage import Stage
from essc_workbench.scenarios.steps.asking import Asking, Words
from essc_workbench.scenarios.steps.references import end_as

MistakeName = Literal[
    "wrong-code",
    "other-face",
    "missing-action",
    "wrong-digits",
    "wrong-password",
    "wrong-vouching",
    "wrong-form",
    "blurred-photo",
    "other-photo",
    "used-photo",
    "declines",
]
assert set(get_args(MistakeName)) == set(Mistake)
StepKind = Literal[
    "consent",
    "choice",
    "text_code",
    "face",
    "card_password",
    "vouch",
    "show_card",
    "form",
    "photo",
    "code",
    "lines",
]


PATIENCE = 10.0
Patience = Annotated[
    float,
    Field(
        ge=0,
        le=60,
        description="For how many seconds a call without a certain answer is sent again; 0: never.",
    ),
]
Count = Annotated[int, Field(ge=1, le=20)]
Mistakes = (
    MistakeName
    | Annotated[tuple[MistakeName, ...], Field(max_length=10)]
    | dict[MistakeName, Count]
)
"""One mistake, several, or how many answers have each."""


@dataclass(frozen=True, slots=True)
class OpenFlow:
    """A flow that was left in the middle, with the phone on which it is open."""

    phone: Phone
    flow: Flow
    conduct: Conduct


class OnPhone(Asking):
    """A person does something on their phone in one channel, or in several one by one."""

    citizen: CitizenName = Field(description="Who.")
    channel: ChannelNames = Field(description="In which channel; of a list, one after the other.")
    device: str = Field("phone", description="On which of their phones; another by another name.")
    patience: Patience = PATIENCE

    async def phone(self, stage: Stage, channel_id: str) -> Phone:
        """The phone, signed in."""
        phone = await stage.phone(self.citizen, channel_id, self.device)
        phone.patience_s = self.patience
        return phone

    def about(self, channel_id: str) -> str:
        """The step in a few words."""
        return f"{self.citizen} in {channel_id}: {self.verb}"


class Flowing(Asking):
    """A flow is walked, from where it stands to its end or to where it is left."""

    stop_at: StepKind | None = Field(
        None,
        description="Leave the flow open before a step of this kind; the phone's next one ends it.",
    )
    nth: int = Field(
        1,
        ge=1,
        le=10,
        description="Before which step of that kind, from 1; one that is asked again counts anew.",
    )
    reasons: Words | None = Field(
        None, description="The reasons of all answers that were not good, in order."
    )
    lines: Words | None = Field(
        None, description="The kinds of the lines that were read, as the contract names them."
    )
    says: Words = Field((), description="Words that stand in some line that was read.")
    as_: NewName = Field(
        "",
        alias="as",
        description="The name under which the code, the ticket or the open flow is kept.",
    )

    def until(self) -> Callable[[FlowStep], bool]:
        """Where the flow is left open."""
        left = self.nth

        def stops(step: FlowStep) -> bool:
            nonlocal left
            if step.WhichOneof("kind") != self.stop_at:
                return False
            left -= 1
            return not left

        return stops

    def judge(
        self, stage: Stage, about: str, end: str, walked: tuple[OpenFlow, citizens.Walk] | None
    ) -> None:
        """Keeps what came of a flow, and expects what the step says of how it went."""
        walk = walked[1] if walked else None
        if walked and walk:
            end = end_of_flow(walk.flow)
            thing = walked[0] if end == "open" else walk.code
            if thing:
                stage.things.keep(self.as_, thing)
                stage.things.keep(self.as_ and end_as(self.as_), walk.code_end)
        self.expect_end(stage, about, end, good="open" if self.stop_at else "completed")
        if walk:
            self.judge_lines(stage, about, walk)

    def judge_lines(self, stage: Stage, about: str, walk: citizens.Walk) -> None:
        """Expects what is said of reasons and lines."""
        if self.reasons is not None:
            seen = tuple(step.last_reason for step in walk.steps if step.last_reason)
            stage.expect(f"{about}: answers not good", names_of(self.reasons), seen)
        if self.lines is not None:
            kinds = tuple(line.kind for line in walk.lines)
            stage.expect(f"{about}: lines", names_of(self.lines), kinds)
        texts = [text for line in walk.lines for text in (line.text, line.note)]
        read = " / ".join(f"{text.en} {text.zh}" for text in texts)
        for words in names_of(self.says):
            stage.expect(f"{about}: a line says {words}", True, words in read)


def counted(mistakes: Mistakes) -> dict[MistakeName, int]:
    """How many answers have each mistake."""
    if isinstance(mistakes, dict):
        return dict(mistakes)
    return dict.fromkeys((mistakes,) if isinstance(mistakes, str) else mistakes, 1)


def end_of_flow(flow: Flow) -> str:
    """How a flow stands, in one word and the reason."""
    if flow.state == Flow.STATE_FAILED:
        return f"refused: {flow.reason}"
    return Flow.State.Name(flow.state).removeprefix("STATE_").lower()
