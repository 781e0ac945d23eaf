"""What a scenario keeps under names: codes, tickets, checks, orders, answers; and how to reach in.

A name in a request is written with a dollar: `$code` is a whole thing that is a word, a number or
bytes, `$check.check_number` a part of one, `$links.items.0.link.link_id` a part of a list. Of a
citizen there are `$zhang-san.name`, `.id_number` and `.phone`. Two dollars mean one.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from google.protobuf.message import Message

from essc_workbench.failures import UsageError
from essc_workbench.scenarios.stage import Stage

T = TypeVar("T")

_OF_PERSONS = ("id", "name", "id_number", "phone")


def keep(stage: Stage, name: str, thing: object) -> None:
    """Keeps a thing, if the step gives it a name and there is one."""
    if name and thing is not None:
        stage.things[name] = thing


def kept(stage: Stage, name: str, kind: type[T], what: str) -> T:
    """A thing of a kind by its name. Raises UsageError if there is none."""
    thing = stage.things.get(name)
    if not isinstance(thing, kind):
        raise UsageError(f"{name}: no {what} is kept under this name when the step is played")
    return thing


def filled(stage: Stage, value: Any) -> Any:
    """A request as it was written, with what its names stand for."""
    if isinstance(value, Mapping):
        return {str(key): filled(stage, each) for key, each in value.items()}
    if isinstance(value, str):
        return _filled_word(stage, value)
    if isinstance(value, Sequence):
        return [filled(stage, each) for each in value]
    return value


def _filled_word(stage: Stage, word: str) -> Any:
    if word.startswith("$$"):
        return word[1:]
    return part(stage, word[1:]) if word.startswith("$") else word


def part(stage: Stage, path: str) -> Any:
    """What a name with dots stands for, as JSON has it. Raises UsageError if there is nothing."""
    name, *steps = path.split(".")
    thing: Any = stage.things.get(name)
    if thing is None:
        person = stage.citizen(name).persona
        if len(steps) != 1 or steps[0] not in _OF_PERSONS:
            raise UsageError(f"${path}: of a citizen there are {', '.join(_OF_PERSONS)}")
        return getattr(person, steps[0])
    for step in steps:
        thing = _within(thing, step, path)
    if isinstance(thing, Message):
        raise UsageError(f"${path}: a whole message; name a field of it")
    return base64.b64encode(thing).decode() if isinstance(thing, bytes) else thing


def _within(thing: Any, step: str, path: str) -> Any:
    try:
        return thing[int(step)] if step.isdigit() else getattr(thing, step)
    except (AttributeError, IndexError, TypeError):
        raise UsageError(f"${path}: there is no {step} in it") from None


def password_kept(citizen: str) -> str:
    """Under which name a citizen's card password is remembered; no file can write it."""
    return f"password of {citizen}"


def password_of(stage: Stage, citizen: str) -> str:
    """The card password that a citizen set last in this scenario; empty if none."""
    return str(stage.things.get(password_kept(citizen), ""))
