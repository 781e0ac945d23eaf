"""Scenario files: read whole, all mistakes told at once, each with its line and column."""

import json
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from pydantic import BaseModel, ValidationError

from essc_workbench.scenarios.documents import Path, read
from essc_workbench.scenarios.fields import Refers
from essc_workbench.scenarios.file_kinds import is_drill_plan
from essc_workbench.scenarios.keys import keys, keys_at
from essc_workbench.scenarios.mistakes import FileMistakes, meant, shown
from essc_workbench.scenarios.names import Known, check_names
from essc_workbench.scenarios.outlines import Outline, outline_of
from essc_workbench.scenarios.scenario import Scenario
from essc_workbench.scenarios.steps.base import NESTED, Step
from essc_workbench.scenarios.steps.registry import all_steps
from essc_workbench.scenarios.texts import text_of
from essc_workbench.scenarios.wording import is_told_inside, wording


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """A scenario that was read from a file."""

    path: FilePath
    scenario: Scenario


def load(path: FilePath, known: Known | None = None) -> ScenarioFile:
    """A scenario from its file. Raises FileMistakes with all of them, or UsageError.

    Without `known` channels and personas are not looked up.
    """
    text = text_of(path)
    return ScenarioFile(path, parse(text, str(path), known, path.parent))


def parse(
    text: str, name: str, known: Known | None = None, folder: FilePath = FilePath()
) -> Scenario:
    """A scenario from a text. Raises FileMistakes."""
    document = read(text)
    outline = outline_of(document)
    scenario = None if document.value is None else _Reading(outline, name).scenario()
    check_names(outline, known, folder)
    if document.mistakes or scenario is None:
        raise FileMistakes(name, document.mistakes)
    return scenario


class _Reading:
    """A document on its way to a scenario."""

    def __init__(self, outline: Outline, name: str) -> None:
        self._outline, self._document, self._name = outline, outline.document, name
        self._steps = all_steps()

    def scenario(self) -> Scenario | None:
        """The scenario; None, and mistakes noted, if it is none."""
        value = self._document.value
        if not isinstance(value, dict):
            self._document.is_wrong((), "no scenario; it begins with `title:`")
            return None
        if is_drill_plan(value):
            text = f"this is a drill plan, no scenario; run it by: essc drill run {self._name}"
            self._document.is_wrong((), text)
            return None
        citizens = value.get("citizens")
        if isinstance(citizens, dict):  # `zhang-san:` alone is the persona of that name
            empty = {alias: {} if spec is None else spec for alias, spec in citizens.items()}
            value = {**value, "citizens": empty}
        scenario: Scenario | None = self._model(Scenario, value, ())
        return scenario

    def _model(self, kind: type[BaseModel], values: dict[str, Any], path: Path) -> Any:
        """Values as a model, those steps first that are inside it."""
        given = {name: value for name, value in values.items() if value is not None}
        nested: list[Step] = []
        is_whole = True
        for name, field in kind.model_fields.items():
            key = field.alias or name
            if Refers.STEPS in field.metadata and isinstance(given.get(key), list):
                read_steps = self._list(given[key], (*path, key))
                is_whole = is_whole and None not in read_steps
                kept = [step for step in read_steps if step is not None]
                given[key] = list(range(len(nested), len(nested) + len(kept)))
                nested += kept
        try:
            model = kind.model_validate_json(json.dumps(given), context={NESTED: nested})
        except ValidationError as error:
            self._note(error, kind, path, is_whole=is_whole)
            return None
        return model if is_whole else None

    def _list(self, values: list[Any], path: Path) -> list[Step | None]:
        return [self._step(value, (*path, place)) for place, value in enumerate(values)]

    def _step(self, value: Any, path: Path) -> Step | None:
        """One step: a verb alone, or one key with what it needs."""
        if isinstance(value, str):
            value = {value: None}
        if not isinstance(value, dict) or len(value) != 1:
            found = ", ".join(value) if isinstance(value, dict) else shown(value)
            text = f"a step is one verb with its fields, as `- kill: wechat`; found {found}"
            self._document.is_wrong(path, text)
            self._outline.is_whole = False
            return None
        [(verb, fields)] = value.items()
        kind = self._steps.get(verb)
        if kind is None:
            text = f"no verb {verb!r}; {meant(verb, self._steps)}"
            self._document.is_wrong((*path, verb), text, of_key=True)
            self._outline.is_whole = False
            return None
        here = (*path, verb)
        step = self._filled(kind, fields, here)
        if step is None:
            self._outline.is_whole = False
        else:
            line = self._document.place(here, of_key=True)[0]
            step.stands_in(line, fields if isinstance(fields, dict) else ())
            self._outline.steps.append((here, step))
        return step

    def _filled(self, kind: type[Step], fields: Any, path: Path) -> Step | None:
        if isinstance(fields, dict):
            step: Step | None = self._model(kind, fields, path)
            return step
        if fields is None:
            return self._filled(kind, {}, path)
        if not kind.shorthand:
            known = ", ".join(keys(kind))
            text = f"{shown(fields)}: {kind.verb} needs its fields by name: {known}"
            self._document.is_wrong(path, text)
            return None
        self._document.alone(path, kind.shorthand)
        return self._filled(kind, {kind.shorthand: fields}, path)

    def _note(
        self, error: ValidationError, kind: type[BaseModel], path: Path, *, is_whole: bool
    ) -> None:
        """Pydantic's errors as mistakes, one a place; not those of steps that were told before."""
        told: set[Path] = set()
        for each in error.errors(include_url=False):
            place = self._document.nearest((*path, *each["loc"]))
            is_told = place in told or (path and self._document.has_unread(path))
            if (
                is_told
                or is_told_inside(each)
                or (not is_whole and _is_of_steps(kind, each["loc"]))
            ):
                continue
            told.add(place)
            known = keys_at(kind, each["loc"])
            is_extra = each["type"] == "extra_forbidden"
            of_key = is_extra or place == path or each["loc"][-1:] == ("[key]",)
            self._document.is_wrong(place, wording(each, known), of_key=of_key)


def _is_of_steps(kind: type[BaseModel], loc: tuple[str | int, ...]) -> bool:
    field = next(
        (each for name, each in kind.model_fields.items() if loc and loc[0] in (name, each.alias)),
        None,
    )
    return field is not None and Refers.STEPS in field.metadata
