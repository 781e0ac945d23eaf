"""What every step is: a frozen, strict model with a verb, and how it is played.

    class Kill(Step):
        '''Ends a party's process at once (SIGKILL).'''

        verb: ClassVar[str] = "kill"
        shorthand: ClassVar[str] = "party"
        party: str

        async def play(self, stage: Stage) -> None:
            await stage.kill(self.party)

In a file a step is one key with its fields: `- kill: {party: wechat}`; a step with a shorthand may
be written with that one field alone: `- kill: wechat`. In Python it is the model itself:
`await f.play(Kill(party="wechat"))`. A step's docstring and its fields' descriptions are the
reference that is generated from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from essc_workbench.scenarios.stage import Stage

STEPS: dict[str, type[Step]] = {}
"""All steps by verb."""


class Step(BaseModel):
    """One thing that somebody does, or that is expected."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    verb: ClassVar[str] = ""
    shorthand: ClassVar[str] = ""
    """The field that may stand alone; empty if none may."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        if cls.verb:
            other = STEPS.setdefault(cls.verb, cls)
            assert other.__qualname__ == cls.__qualname__, f"two steps with the verb {cls.verb}"

    async def play(self, stage: Stage) -> None:
        """Does it. Raises Unmet where what is seen is not what was expected."""
        raise NotImplementedError


class Unmet(Exception):  # noqa: N818 - an outcome, no fault of anybody here
    """What was seen is not what a step expected."""

    def __init__(self, expected: object, seen: object, *, about: str) -> None:
        super().__init__(f"{about}: expected {expected}, seen {seen}")
        self.expected, self.seen, self.about = str(expected), str(seen), about
