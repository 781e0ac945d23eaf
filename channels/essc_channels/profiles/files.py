"""A channel's profile in a YAML file: how a new channel joins without a line of code.

    id: riverside
    name: {zh: 河畔, en: Riverside}
    channel_class: SOCIAL
    identity_checks: [TEXT_MESSAGE]

The rest may be left out. An unknown or doubled key is an error, and every error names its line.
"""

import re
from collections.abc import Callable
from dataclasses import fields
from enum import IntEnum
from pathlib import Path
from typing import Any, Final, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from essc_channels.core.channel_profiles import (
    DAY_S,
    ChannelClass,
    ChannelProfile,
    IdentityCheck,
)
from essc_channels.core.records import Words

_ID: Final = re.compile(r"[a-z][a-z0-9-]{1,39}")
_BYTES_MAX: Final = 64 * 1024
_REQUIRED: Final = ("id", "name", "channel_class", "identity_checks")
_EnumT = TypeVar("_EnumT", bound=IntEnum)


class ProfileFaults(ValueError):  # noqa: N818 - it holds several
    """Everything that is wrong with a profile, one line each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def read_profile(path: Path) -> ChannelProfile:
    """The profile in a file. Raises ProfileFaults with every fault at once."""
    try:
        if path.stat().st_size > _BYTES_MAX:
            raise ProfileFaults([f"{path}: larger than {_BYTES_MAX} bytes"])
        document = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProfileFaults([f"{path}: cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ProfileFaults([f"{path}: not UTF-8"]) from error
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = (error.problem or "no YAML").splitlines()[0]
        raise ProfileFaults([f"{path}:{line}: {problem}"]) from error
    except YAMLError as error:
        raise ProfileFaults([f"{path}: no YAML"]) from error
    if not isinstance(document, CommentedMap):
        raise ProfileFaults([f"{path}:1: a profile is a mapping of keys to values"])
    return _profile(path, document)


def _profile(path: Path, document: CommentedMap) -> ChannelProfile:
    faults = [f"{path}:1: {key} is missing" for key in _REQUIRED if key not in document]
    values: dict[str, Any] = {}
    for key, value in document.items():
        place = f"{path}:{document.lc.key(key)[0] + 1}: {key}"
        read = _READERS.get(key)
        if read is None:
            known = ", ".join(_READERS)
            faults.append(f"{place}: no such key; a profile knows {known}")
            continue
        try:
            values[key] = read(value)
        except ValueError as error:
            faults.append(f"{place}: {error}")
    if faults:
        raise ProfileFaults(faults)
    return ChannelProfile(**values)


def _id(value: Any) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ValueError("2 to 40 small letters, digits and hyphens, a letter first")
    return str(value)


def _words(value: Any) -> Words:
    texts = dict(value) if isinstance(value, CommentedMap) else {}
    is_right = set(texts) == {"zh", "en"} and all(
        isinstance(text, str) and 0 < len(text) <= 60 for text in texts.values()
    )
    if not is_right:
        raise ValueError("zh and en, each a text of 1 to 60 characters")
    return Words(str(texts["zh"]), str(texts["en"]))


def _one_of(enum: type[_EnumT]) -> Callable[[Any], _EnumT]:
    def read(value: Any) -> _EnumT:
        if not isinstance(value, str) or value not in enum.__members__:
            raise ValueError("one of " + ", ".join(enum.__members__))
        return enum[value]

    return read


def _checks(value: Any) -> tuple[IdentityCheck, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= len(IdentityCheck):
        raise ValueError("a list of at least one of " + ", ".join(IdentityCheck.__members__))
    checks = tuple(_one_of(IdentityCheck)(each) for each in value)
    if len(set(checks)) < len(checks):
        raise ValueError("each check once")
    return checks


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")  # noqa: TRY004 - the file's content, not a type
    return value


def _number(kind: type[int | float], lowest: float, highest: float) -> Callable[[Any], int | float]:
    def read(value: Any) -> int | float:
        is_number = isinstance(value, int | kind) and not isinstance(value, bool)
        if not is_number or not lowest <= value <= highest:
            raise ValueError(f"a number from {lowest} to {highest}")
        return kind(value)

    return read


_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "id": _id,
    "name": _words,
    "channel_class": _one_of(ChannelClass),
    "tier": _number(int, 1, 2),
    "identity_checks": _checks,
    "receives_new_cards": _boolean,
    "shadow_age_s_max": _number(int, 0, 10 * 60),  # R17: the policy's ten minutes at most
    "platform_timeout_s": _number(float, 0.1, 60.0),
    "home_timeout_s": _number(float, 0.1, 60.0),
    "session_lifetime_s": _number(int, 60, 365 * DAY_S),
    "flow_lifetime_s": _number(int, 60, DAY_S),
}
assert set(_READERS) == {each.name for each in fields(ChannelProfile)}, "each field can be read"
