"""Calls that are written down as examples: time and chance are fixed, so they are always the same.

Time goes on by a second with each call, and what is drawn during a call follows from its name and
from how often it came before. So an example changes when its own method does, and hardly otherwise.
"""

import random
import secrets
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.message import Message
from tests.wire import people

from essc_wire import clock
from essc_wire.contract import contract

BEGIN_US = 1_772_424_000_000_000  # noon in China on 2 March 2026
SECOND_US = 1_000_000
ITEMS_MAX, TEXT_MAX = 2, 160

METHOD_OF = {
    method.descriptor.input_type.removeprefix("."): method.name
    for service in contract().services
    if not service.is_of_workbench
    for method in service.methods
}


class Recorder:
    """Keeps the first good call of each method."""

    def __init__(self) -> None:
        self.examples: dict[str, dict[str, Any]] = {}
        self._counts: Counter[str] = Counter()
        self._now = BEGIN_US
        self._chance = random.Random(0)
        self._is_silent = False

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Takes over time, chance, and the way in which parties call."""
        plain = people.Caller.do

        async def do(caller: people.Caller, method: Any, request: Any) -> Any:
            self.before(request)
            answer = await plain(caller, method, request)
            self.note(request, answer)
            return answer

        patch.setattr(clock, "wall_us", lambda: self._now)
        patch.setattr(secrets, "token_bytes", self._chance.randbytes)
        patch.setattr(secrets, "randbelow", self._chance.randrange)
        patch.setattr(uuid, "uuid4", lambda: uuid.UUID(bytes=self._chance.randbytes(16), version=4))
        patch.setattr(people.Caller, "do", do)

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Calls that are asked until something is so: nobody knows how many there are."""
        before, self._is_silent = self._is_silent, True
        try:
            yield
        finally:
            self._is_silent = before

    def before(self, request: Message) -> None:
        """Time and chance for the next call."""
        if self._is_silent:
            return
        name = METHOD_OF[request.DESCRIPTOR.full_name]
        self._counts[name] += 1
        self._now += SECOND_US
        self._chance.seed(f"{name} {self._counts[name]}")

    def note(self, request: Message, answer: Message) -> None:
        """One request, one answer."""
        self.note_several([request], [answer])

    def note_several(self, requests: list[Message], answers: list[Message]) -> None:
        """A call, one that streams too."""
        if self._is_silent:
            return
        name = METHOD_OF[requests[0].DESCRIPTOR.full_name]
        shortened: list[str] = []
        example = {
            "requests": [_shown(each, shortened) for each in requests],
            "answers": [_shown(each, shortened) for each in answers],
            "shortened": shortened,
        }
        self.examples.setdefault(name, example)


def _shown(message: Message, shortened: list[str]) -> Any:
    """A message as JSON, as `buf curl` takes and shows it; long lists and texts are cut."""
    return _cut(json_format.MessageToDict(message), "", shortened)


def _cut(value: Any, path: str, shortened: list[str]) -> Any:
    match value:
        case dict():
            return {
                name: _cut(each, f"{path}.{name}" if path else name, shortened)
                for name, each in value.items()
            }
        case list():
            if len(value) > ITEMS_MAX:
                shortened.append(f"{path}: {ITEMS_MAX} of {len(value)}")
            return [_cut(each, path, shortened) for each in value[:ITEMS_MAX]]
        case str() if len(value) > TEXT_MAX and " " not in value:
            note = f"{path}: cut"
            if note not in shortened:
                shortened.append(note)
            return value[: TEXT_MAX // 2] + "…"
        case _:
            return value
