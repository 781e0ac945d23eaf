"""What the readers of YAML and of models say, in words for whoever writes a file."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from essc_workbench.scenarios.fields import NAME
from essc_workbench.scenarios.mistakes import meant, shown

_PROBLEMS = (
    (r"'\t'", "a tab; use spaces"),
    ("cannot start any token", "no text begins so; put it in quotes"),
    ("mapping values are not allowed", "a second colon in one line; put the text in quotes"),
    ("<block end>", "it stands neither under the line above nor beside it: look at the spaces"),
    ("',' or ']'", "a list does not end: `]` or `,` is missing before this"),
    ("',' or '}'", "fields do not end: `}` or `,` is missing before this"),
    ("unexpected end of stream", "a text in quotes does not end"),
    ("another document", "a second document; a file holds one"),
    ("could not find expected ':'", "a key without a colon after it"),
    ("undefined alias", "an alias (*name); write the value out"),
    ("special characters", "a character that no text has"),
)
"""What of the reader's words gives a problem away, and how it is told; the first that fits."""

_FORMS = {
    NAME: "is no name: letters, digits, - and _, at most 64",
    "^[0-9]{6}$": "should be six digits",
    "^([0-9]{6})?$": "should be six digits",
}
_KINDS = {
    "string_type": "should be text",
    "int_type": "should be a whole number",
    "int_from_float": "should be a whole number",
    "float_type": "should be a number",
    "bool_type": "should be true or false",
    "tuple_type": "should be a list, as [a, b]",
    "list_type": "should be a list, as [a, b]",
    "dict_type": "should be fields, as {name: value}",
    "mapping_type": "should be fields, as {name: value}",
    "model_type": "should be fields, as {name: value}",
    "model_attributes_type": "should be fields, as {name: value}",
    "date_type": "should be a day, as 1950-03-04",
    "date_parsing": "should be a day, as 1950-03-04",
    "date_from_datetime_parsing": "should be a day, as 1950-03-04",
    "date_from_datetime_inexact": "should be a day, as 1950-03-04",
    "time_delta_type": "should be a span of time: 90s, 10m, 36h, 2d, 1w or 1d12h",
    "time_delta_parsing": "should be a span of time: 90s, 10m, 36h, 2d, 1w or 1d12h",
}
_BOUNDS: Mapping[str, tuple[str, str]] = {
    "too_short": ("min_length", "too few, there should be at least {}"),
    "too_long": ("max_length", "too many, there should be at most {}"),
    "string_too_short": ("min_length", "too short, its length should be at least {}"),
    "string_too_long": ("max_length", "too long, its length should be at most {}"),
    "greater_than_equal": ("ge", "should be at least {}"),
    "greater_than": ("gt", "should be more than {}"),
    "less_than_equal": ("le", "should be at most {}"),
    "less_than": ("lt", "should be less than {}"),
}


def problem(said: str) -> str:
    """What is wrong with a text that is no YAML."""
    found = next((words for part, words in _PROBLEMS if part in said), "")
    return found or "it cannot be read from here on"


def wording(error: Mapping[str, Any], known: Iterable[str]) -> str:
    """An error of a model in words. `known` are the fields where the error is."""
    kind, value = error["type"], error.get("input")
    told = _WHOLE.get(kind)
    if told is not None:
        return told(error, known)
    if kind == "string_pattern_mismatch":
        return f"{shown(value)} {_form(error)}"
    return f"{shown(value)}: {_bounds(error)}"


def is_told_inside(error: Mapping[str, Any]) -> bool:
    """Whether a list has too few parts only because some are wrong, which is told of those."""
    if error["type"] != "too_short":
        return False
    return len(error["input"]) >= int(error["ctx"]["min_length"])


def _form(error: Mapping[str, Any]) -> str:
    pattern = error["ctx"]["pattern"]
    return _FORMS.get(pattern, f"does not have the form {pattern}")


def _bounds(error: Mapping[str, Any]) -> str:
    kind = error["type"]
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        return words.format(error["ctx"][bound])
    return _KINDS.get(kind, "is not possible here")


def _extra(error: Mapping[str, Any], known: Iterable[str]) -> str:
    field = str(error["loc"][-1])
    return f"no field {field!r} here; {meant(field, known)}"


def _literal(error: Mapping[str, Any], _known: Iterable[str]) -> str:
    expected = str(error["ctx"]["expected"]).replace(" or ", ", ").split(", ")
    options = [each.strip().strip("'") for each in expected]
    value = error.get("input")
    return f"{shown(value)} is not possible here; {meant(str(value), options)}"


_WHOLE: Mapping[str, Callable[[Mapping[str, Any], Iterable[str]], str]] = {
    "extra_forbidden": _extra,
    "missing": lambda error, _known: f"{str(error['loc'][-1])!r} is missing",
    "literal_error": _literal,
    "value_error": lambda error, _known: str(error["ctx"]["error"]),
}
"""What is told without the value before it."""
