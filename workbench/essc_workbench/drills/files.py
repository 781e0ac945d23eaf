"""Drill plans from files: read whole, all mistakes told at once, each with its line and column."""

import json
from dataclasses import dataclass
from pathlib import Path as FilePath

from pydantic import ValidationError

from essc_workbench.drills.fitting import misfits
from essc_workbench.drills.plan import Plan
from essc_workbench.scenarios.documents import Document, Path, read
from essc_workbench.scenarios.file_kinds import is_scenario
from essc_workbench.scenarios.keys import keys_at
from essc_workbench.scenarios.mistakes import FileMistakes
from essc_workbench.scenarios.names import Known, check_channels
from essc_workbench.scenarios.outlines import outline_of
from essc_workbench.scenarios.texts import text_of
from essc_workbench.scenarios.wording import is_told_inside, wording


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan that was read from a file."""

    path: FilePath
    plan: Plan


def load(path: FilePath, known: Known | None = None) -> PlanFile:
    """A plan from its file. Raises FileMistakes with all of them, or UsageError.

    Without `known` the channels of the federation are not looked up.
    """
    return PlanFile(path, parse(text_of(path), str(path), known))


def parse(text: str, name: str, known: Known | None = None) -> Plan:
    """A plan from a text. Raises FileMistakes."""
    document = read(text)
    plan = None if document.value is None else _plan(document, name)
    if known is not None:
        check_channels(outline_of(document), known)
    if plan is not None:
        for place, told, of_key in misfits(plan):
            document.is_wrong(place, told, of_key=of_key)
    if document.mistakes or plan is None:
        raise FileMistakes(name, document.mistakes)
    return plan


def _plan(document: Document, name: str) -> Plan | None:
    """The plan; None, and mistakes noted, if it is none."""
    if not isinstance(document.value, dict):
        document.is_wrong((), "no drill plan; it begins with `title:`")
        return None
    if is_scenario(document.value):
        document.is_wrong((), f"this is a scenario, no drill plan; run it by: essc run {name}")
        return None
    given = {name: value for name, value in document.value.items() if value is not None}
    try:
        return Plan.model_validate_json(json.dumps(given))
    except ValidationError as error:
        _note(error, document)
        return None


def _note(error: ValidationError, document: Document) -> None:
    """Pydantic's errors as mistakes, one a place."""
    told: set[Path] = set()
    for each in error.errors(include_url=False):
        place = document.nearest((*each["loc"],))
        if place in told or document.has_unread(place) or is_told_inside(each):
            continue
        told.add(place)
        is_extra = each["type"] == "extra_forbidden"
        of_key = is_extra or place == () or each["loc"][-1:] == ("[key]",)
        document.is_wrong(place, wording(each, keys_at(Plan, each["loc"])), of_key=of_key)


def name_of(path: FilePath) -> str:
    """What a file's drills are called: its name without `.yaml`."""
    return path.name.removesuffix(".yml").removesuffix(".yaml")
