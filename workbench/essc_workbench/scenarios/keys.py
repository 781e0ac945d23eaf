"""The keys that a file may have where a model is expected."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel


def keys(kind: type[BaseModel]) -> list[str]:
    """The fields of a model, as files have them."""
    return [field.alias or name for name, field in kind.model_fields.items()]


def keys_at(kind: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """The fields of the model that a place is inside of."""
    fields: Mapping[str, Any] = kind.model_fields
    known: list[str] = keys(kind)
    for part in loc[:-1]:
        field = fields.get(str(part))
        inner = _model_in(field.annotation) if field is not None else None
        if inner is not None:
            fields, known = inner.model_fields, keys(inner)
    return known


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that a field holds, alone or by name."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    parts = getattr(annotation, "__args__", ())
    return next((found for found in map(_model_in, parts) if found is not None), None)
