"""The JSON Schema of scenario files, for editors: what completes and underlines while one writes.

It says no more than the models do. What depends on the rest of the file (is there such a channel?)
`essc run` says.
"""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from essc_workbench.scenarios.scenario import Scenario
from essc_workbench.scenarios.steps.base import A_STEP, Step
from essc_workbench.scenarios.steps.registry import all_steps

_MODE: JsonSchemaMode = "validation"


def schema() -> dict[str, Any]:
    """The schema of a whole file."""
    steps = all_steps()
    kinds: list[type[BaseModel]] = [Scenario, *steps.values()]
    models = [(kind, _MODE) for kind in kinds]
    definitions = models_json_schema(models, by_alias=True)[1]
    known: dict[str, Any] = _with_steps(definitions["$defs"])
    known.pop(Step.__name__, None)
    known["CitizenSpec"] = {"anyOf": [known["CitizenSpec"], {"type": "null"}]}
    known["step"] = {
        "description": "One verb with what it needs; a verb alone needs nothing.",
        "anyOf": [
            {"enum": [verb for verb, kind in steps.items() if not _needed(kind)]},
            {
                "type": "object",
                "minProperties": 1,
                "maxProperties": 1,
                "additionalProperties": False,
                "properties": {verb: _fields(kind, known) for verb, kind in steps.items()},
            },
        ],
    }
    whole: dict[str, Any] = known.pop(Scenario.__name__)
    return {"$schema": GenerateJsonSchema.schema_dialect, **whole, "$defs": known}


def _with_steps(value: Any) -> Any:
    """The same, with a reference wherever any step may stand."""
    if value == A_STEP:
        return {"$ref": "#/$defs/step"}
    if isinstance(value, dict):
        return {key: _with_steps(inner) for key, inner in value.items()}
    return [_with_steps(inner) for inner in value] if isinstance(value, list) else value


def _fields(kind: type[Step], known: dict[str, Any]) -> dict[str, Any]:
    """What may stand after a verb: its fields, or its shorthand, or nothing."""
    ways: list[dict[str, Any]] = [{"$ref": f"#/$defs/{kind.__name__}"}]
    if kind.shorthand:
        ways.append(known[kind.__name__]["properties"][kind.shorthand])
    if not _needed(kind):
        ways.append({"type": "null"})
    text = " ".join((kind.__doc__ or "").split())
    return {"description": text, "anyOf": ways}


def _needed(kind: type[Step]) -> list[str]:
    return [name for name, field in kind.model_fields.items() if field.is_required()]
