"""A step's fields as a person writes them: YAML on one line, with quotes only where they matter.

flow({"citizen": "oma", "channel": ["a", "b"]}) == "{citizen: oma, channel: [a, b]}"
"""

import json
import re
from collections.abc import Mapping
from typing import Any

_PLAIN = re.compile(r"[\w$…./+][^,\[\]{}\"'#:&*!|>%@`\\\x00-\x1f\x7f-\x9f]*(?<! )")
_A_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LIKE_A_NUMBER = re.compile(r"[-+.]*[0-9][0-9a-fox_.+-]*", re.IGNORECASE)
_A_SPAN = re.compile(r"(?:[0-9]{1,9}[smhdw])+")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", ".nan", ".inf"})
"""What some reader of YAML takes for something else than a text."""


def flow(value: Any) -> str:
    """A JSON value as YAML on one line."""
    match value:
        case str():
            return value if _is_plain(value) else json.dumps(value, ensure_ascii=False)
        case Mapping():
            pairs = [f"{flow(str(key))}: {flow(each)}" for key, each in value.items()]
            return f"{{{', '.join(pairs)}}}"
        case list() | tuple():
            return f"[{', '.join(map(flow, value))}]"
        case _:
            return json.dumps(value)


def _is_plain(text: str) -> bool:
    if _A_DATE.fullmatch(text) or _A_SPAN.fullmatch(text):
        return True
    is_text = not _LIKE_A_NUMBER.fullmatch(text) and text.lower() not in _WORDS
    return is_text and _PLAIN.fullmatch(text) is not None
