"""The schema that editors read: it says of files what the models say of values."""

from typing import Any

from essc_workbench.scenarios.schema import schema
from essc_workbench.scenarios.steps.registry import all_steps


def verbs(whole: dict[str, Any]) -> dict[str, Any]:
    """What may stand after each verb."""
    of_step: dict[str, Any] = whole["$defs"]["step"]["anyOf"][1]["properties"]
    return of_step


def test_every_verb_is_there_with_what_it_does() -> None:
    known = verbs(schema())

    assert known.keys() == all_steps().keys()
    assert all(each["description"] for each in known.values())


def test_every_field_of_every_step_says_what_it_is() -> None:
    definitions = schema()["$defs"]

    silent = [
        f"{verb}: {name}"
        for verb, kind in all_steps().items()
        for name, field in definitions[kind.__name__].get("properties", {}).items()
        if not field.get("description")
    ]

    assert silent == []


def test_a_shorthand_may_stand_alone_and_a_verb_that_needs_nothing_may_too() -> None:
    whole = schema()

    shapes = {each.get("type") for each in verbs(whole)["kill"]["anyOf"]}
    assert shapes == {None, "string"}
    assert {"type": "null"} in verbs(whole)["settle"]["anyOf"]
    assert "settle" in whole["$defs"]["step"]["anyOf"][0]["enum"]
    assert "kill" not in whole["$defs"]["step"]["anyOf"][0]["enum"]


def test_steps_inside_steps_are_steps() -> None:
    inside = schema()["$defs"]["Together"]["properties"]["steps"]

    assert inside["items"] == {"$ref": "#/$defs/step"}


def test_everything_that_is_referred_to_is_there() -> None:
    whole = schema()

    assert set(references(whole)) <= {f"#/$defs/{name}" for name in whole["$defs"]}


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [each for inner in value.values() for each in references(inner)]
    if isinstance(value, list):
        return [each for inner in value for each in references(inner)]
    return []
