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


def kept(stage: Stage, name: str, kind: type[T], what: str) -> T:
    """A thing of a kind by its name. Raises UsageError if there is none."""
    thing = stage.things[name]
    if not isinstance(thing, kind):
        raise UsageError(f"what is kept as {name!r} is no {what}")
    return thing


def end_as(name: str) -> str:
    """Under which name the end of a code's time is kept beside it; no file can write it."""
    return f"end of {name}"


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
    if name not in stage.things:
        person = stage.citizen(name).persona
        if len(steps) != 1 or steps[0] not in _OF_PERSONS:
            raise UsageError(f"${path}: of a citizen there are {', '.join(_OF_PERSONS)}")
        return getattr(person, steps[0])
    return reached(stage.things[name], ".".join(steps), called=f"${path}")


def reached(thing: Any, path: str, called: str = "") -> Any:
    """What stands in a thing at a path, as JSON has it. Raises UsageError if there is nothing."""
    for step in filter(None, path.split(".")):
        thing = _within(thing, step, called or path)
    if isinstance(thing, Message):
        raise UsageError(f"{called or path}: a whole message; name a field of it")
    return base64.b64encode(thing).decode() if isinstance(thing, bytes) else thing


def _within(thing: Any, step: str, called: str) -> Any:
    if isinstance(thing, Message):
        field = thing.DESCRIPTOR.fields_by_name.get(step)
        if field is not None:
            value = getattr(thing, step)
            if field.enum_type is not None and not _is_list(value):
                return field.enum_type.values_by_number[value].name
            return value
    elif _is_list(thing) and step == "count":
        return len(thing)
    elif _is_list(thing) and step.isdigit() and int(step) < len(thing):
        return thing[int(step)]
    raise UsageError(f"{called}: there is no {step} in it")


def _is_list(value: Any) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, str | bytes)


def remember_password(stage: Stage, citizen: str, password: str) -> None:
    """Notes the card password that a citizen has set."""
    stage.things.keep(_password_of(citizen), password)


def password_of(stage: Stage, citizen: str) -> str:
    """The card password that a citizen set last in this scenario, or had before; empty if none."""
    name = _password_of(citizen)
    return str(stage.things[name]) if name in stage.things else stage.cast.password(citizen)


def _password_of(citizen: str) -> str:
    """A name that no file can write."""
    return f"password of {citizen}"
