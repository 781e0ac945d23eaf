"""Frozen dataclasses that are made and copied faster, and are otherwise what they were.

The library's own `__init__` of a frozen class finds the setter of each field anew, by name; its
`replace` looks at the description of every field besides. A write makes two dozen records and
copies half a dozen. Here the setters are found once, when the class is made: as the library does,
by writing the two functions out. What is made is as frozen, and equal, hashed and shown alike.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from dataclasses import replace
else:

    def replace(record: Any, /, **changes: Any) -> Any:
        """The record with these fields changed. TypeError for a field that it has not."""
        copy = _COPIES.get(type(record))
        return copy(record, **changes) if copy else dataclasses.replace(record, **changes)


__all__ = ["quick", "replace"]

T = TypeVar("T", bound=type)

_COPIES: Final[dict[type, Callable[..., Any]]] = {}


def quick(kind: T) -> T:
    """A dataclass with slots, made and copied faster. Its fields have no default factories."""
    fields = dataclasses.fields(kind)
    known = {"made": object.__new__, "kind": kind, "same": object()}
    for each in fields:
        assert each.init, each.name
        assert each.default_factory is MISSING, each.name
        known[f"set_{each.name}"] = getattr(kind, each.name).__set__
        known[f"default_{each.name}"] = each.default
    after = ["self.__post_init__()"] if hasattr(kind, "__post_init__") else []
    in_order = [_parameter(each) for each in fields if not each.kw_only]
    by_name = [_parameter(each) for each in fields if each.kw_only]
    made = _written(
        ["self", *in_order, *(["*", *by_name] if by_name else [])],
        [*(f"set_{each.name}(self, {each.name})" for each in fields), *after],
        known,
    )
    made.__qualname__ = f"{kind.__qualname__}.__init__"
    kind.__init__ = made  # type: ignore[misc]
    _COPIES[kind] = _written(
        ["record", "/", "*", *(f"{each.name}=same" for each in fields)],
        [
            "self = made(kind)",
            *(
                f"set_{each.name}(self, record.{each.name} if {each.name} is same else {each.name})"
                for each in fields
            ),
            *after,
            "return self",
        ],
        known,
    )
    return kind


def _parameter(field: "dataclasses.Field[Any]") -> str:
    return field.name if field.default is MISSING else f"{field.name}=default_{field.name}"


def _written(parameters: list[str], lines: list[str], known: dict[str, Any]) -> Callable[..., Any]:
    """A function of these lines. They hold nothing but the names of a class's fields."""
    text = f"def __init__({', '.join(parameters)}):\n " + "\n ".join(lines)
    names: dict[str, Any] = dict(known)
    exec(text, names)  # noqa: S102 - our own text, as in dataclasses
    written: Callable[..., Any] = names["__init__"]
    return written
