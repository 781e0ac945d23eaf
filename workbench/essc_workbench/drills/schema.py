"""The JSON Schema of drill plans, for editors: what completes and underlines while one writes."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from essc_workbench.drills.plan import Plan


def schema() -> dict[str, Any]:
    """The schema of a whole file. Whether its parts fit each other `essc drill check` says."""
    return {"$schema": GenerateJsonSchema.schema_dialect, **Plan.model_json_schema(by_alias=True)}
