"""Scenarios and drill plans are both YAML with a title: which of the two a file is.

A file that was given to the wrong command would be told a dozen mistakes, none of which is one.
"""

from collections.abc import Collection


def is_scenario(fields: Collection[str]) -> bool:
    """Whether a file of these fields is a scenario, and surely no drill plan."""
    return "steps" in fields and "load" not in fields and "journeys" not in fields


def is_drill_plan(fields: Collection[str]) -> bool:
    """Whether a file of these fields is a drill plan, and surely no scenario."""
    return "steps" not in fields and ("load" in fields or "journeys" in fields)
