"""The fields of drill plans that scenarios do not have."""

import re
from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_UNITS: Final = {"ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000}
_SPAN: Final = re.compile(r"(\d{1,9})(ms|s|m|h)")
SPAN_MAX: Final = timedelta(hours=24)


def _span(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    found = _SPAN.fullmatch(value) if isinstance(value, str) else None
    span = timedelta(microseconds=int(found[1]) * _UNITS[found[2]]) if found else None
    if span is None or not timedelta(0) < span <= SPAN_MAX:
        raise ValueError(f"{value!r}: no span of time; as 200ms, 30s, 5m or 1h, to 24h at most")
    return span


def span_words(span: timedelta) -> str:
    """A span as plans have it, in the largest unit that fits."""
    whole = span // timedelta(microseconds=1)
    unit = next(u for u in ("h", "m", "s", "ms") if whole % _UNITS[u] == 0 or u == "ms")
    return f"{whole // _UNITS[unit]}{unit}"


ShortSpan = Annotated[
    timedelta,
    BeforeValidator(_span),
    PlainSerializer(span_words),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^[0-9]{1,9}(ms|s|m|h)$",
            "description": "A span of time: 200ms, 30s, 5m or 1h.",
        }
    ),
]
