"""What every step is: a frozen, strict model with a verb, and how it is played.

    class Kill(Step):
        '''Ends a party's process at once (SIGKILL).'''

        verb: ClassVar[str] = "kill"
        shorthand: ClassVar[str] = "party"
        party: PartyName = Field(description="Whose process.")

        async def play(self, stage: Stage) -> None:
            await stage.powers.kill(self.party)

In a file a step is one key with its fields: `- kill: {party: wechat}`; a step with a shorthand may
be written with that one field alone: `- kill: wechat`. In Python it is the model itself:
`await f.play(Kill(party="wechat"))`. A step's docstring and its fields' descriptions are the
reference that is generated from them.

The kinds of fields that the whole file is checked for (is there such a channel, such a citizen, a
code of that name?) are the types of `fields.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, ClassVar

from pydantic import (
    ConfigDict,
    PlainValidator,
    PrivateAttr,
    ValidationInfo,
    WithJsonSchema,
)

from essc_workbench.scenarios.arguments import Filled
from essc_workbench.scenarios.as_written import flow
from essc_workbench.scenarios.fields import Refers, fields_of, secret_fields, tellable
from essc_workbench.scenarios.stage import Stage
from essc_workbench.scenarios.unmet import Unmet

__all__ = ["A_STEP", "NESTED", "STEPS", "STEPS_MAX", "Step", "Steps", "Unmet"]

STEPS: dict[str, type[Step]] = {}
"""All steps by verb."""
STEPS_MAX = 200
"""How many steps stand beside each other at most."""
NESTED = "steps"
"""Where, in the context of a validation, the nested steps stand that were read before."""
A_STEP = {"$comment": "a step"}
"""What stands in a schema for any step, until all of them are known."""
_TOLD_MAX = 300
_NEW = "as"
"""The field that names what a step gives."""


class Step(Filled):  # noqa: PLW1641 - pydantic gives frozen models their hash
    """One thing that somebody does, or that is expected."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, validate_by_name=True, validate_by_alias=True
    )

    verb: ClassVar[str] = ""
    shorthand: ClassVar[str] = ""
    """The field that may stand alone; empty if none may."""

    _line: int = PrivateAttr(0)
    _keys: tuple[str, ...] = PrivateAttr(())

    def __eq__(self, other: object) -> bool:
        """Steps that do the same are equal, wherever they stand."""
        return type(self) is type(other) and self.__dict__ == other.__dict__

    @property
    def line(self) -> int:
        """The line of the file in which the step stands; 0 if it is from no file."""
        return self._line

    def stands_in(self, line: int, keys: Iterable[str] = ()) -> None:
        """Notes the line of the file, and in which order it has the fields."""
        self._line, self._keys = line, tuple(keys)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        if cls.verb:
            other = STEPS.setdefault(cls.verb, cls)
            assert other.__qualname__ == cls.__qualname__, f"two steps with the verb {cls.verb}"

    async def play(self, stage: Stage) -> None:
        """Does it. Raises Unmet where what is seen is not what was expected."""
        raise NotImplementedError

    def inside(self) -> Iterator[Step]:
        """The steps inside this one."""
        for _, steps in fields_of(self, Refers.STEPS):
            yield from steps

    def slips(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """What cannot be meant though each field has its form, with its place in the step."""
        yield from ()

    def secrets(self) -> Iterator[str]:
        """The passwords that the step holds."""
        for _, value in fields_of(self, Refers.SECRET):
            yield value

    def told(self) -> str:
        """The step as a line of a file, without the steps inside it and without secrets.

        Its fields stand in the file's order; of one made in Python the name that it gives is last.
        """
        values = self.model_dump(
            mode="json", by_alias=True, exclude_unset=True, exclude=_untold(type(self))
        )
        values |= {name: tellable(each) for name, each in fields_of(self, Refers.REQUEST)}
        hidden = dict.fromkeys(secret_fields(self), "…")
        values = self._ordered({**values, **hidden})
        if not values:
            return f"{self.verb}:" if _untold(type(self)) else self.verb
        is_short = [*values] == [self.shorthand]
        return f"{self.verb}: {flow(values[self.shorthand] if is_short else values)}"[:_TOLD_MAX]

    def _ordered(self, values: dict[str, Any]) -> dict[str, Any]:
        """Fields in the order of the file."""
        order = [*self._keys, *(name for name in values if name not in (*self._keys, _NEW))]
        return {name: values[name] for name in dict.fromkeys((*order, _NEW)) if name in values}


def _untold(kind: type[Step]) -> set[str]:
    """The fields that hold steps: these are told one by one when they are played."""
    return {name for name, each in kind.model_fields.items() if Refers.STEPS in each.metadata}


def _given(value: Any, info: ValidationInfo) -> tuple[Step, ...]:
    """Steps as Python gives them, or, while a file is read, by their places in what was read."""
    if isinstance(value, list) and info.context and NESTED in info.context:
        value = [info.context[NESTED][place] for place in value]
    if not isinstance(value, list | tuple) or not all(isinstance(each, Step) for each in value):
        raise ValueError("must be a list of steps")
    if not 0 < len(value) <= STEPS_MAX:
        raise ValueError(f"must be 1 to {STEPS_MAX} steps")
    return tuple(value)


Steps = Annotated[
    tuple[Step, ...],
    PlainValidator(_given),
    Refers.STEPS,
    WithJsonSchema(
        {
            "type": "array",
            "items": dict(A_STEP),
            "minItems": 1,
            "maxItems": STEPS_MAX,
        }
    ),
]
"""Steps inside a step."""
