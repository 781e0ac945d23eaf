"""A channel's profile in a YAML file: how a new channel joins without a line of code.

    id: riverside
    name: {zh: 河畔, en: Riverside}
    channel_class: SOCIAL
    identity_checks: [TEXT_MESSAGE]

The rest may be left out:

    tier: 2                         1 unless said otherwise; 2 needs a parent_id
    parent_id: jiangsu              the tier-1 channel above one of tier 2 (R15)
    bank_id: bank-east              the bank behind a channel of class BANK (R26)
    receives_new_cards: true        new third-generation cards are delivered here (R5); false
    shows_all_channels: true        the record may name all channels (R93); false
    offers: [CODE, FAMILY]          of CODE, PAYMENT, FAMILY, CERTIFICATION, SERVICES; all of them
    default_edition: ELDER          how the home page is drawn (R50); STANDARD
    shadow_age_s_max: 600           how old a copy it shows while the platform is away, seconds
    platform_timeout_s: 4           how long it waits for the platform, seconds
    home_timeout_s: 2               the same for the home page
    session_lifetime_s: 2592000     how long a phone stays signed in, seconds
    flow_lifetime_s: 900            how long a flow waits for an answer, seconds

What an operator registers follows from it (`essc-channel profiles FILE.yaml --json`). An unknown or
doubled key is an error, and every error names its line.
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
    Edition,
    IdentityCheck,
    Offer,
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
    profile = ChannelProfile(**values)
    faults = [f"{path}:1: {fault}" for fault in _contradictions(profile)]
    if faults:
        raise ProfileFaults(faults)
    return profile


def _contradictions(profile: ChannelProfile) -> list[str]:
    """What no single key is to blame for."""
    faults = []
    if (profile.tier == 2) != bool(profile.parent_id):
        faults.append("parent_id: a channel of tier 2 has a parent, and no other has one")
    if profile.parent_id == profile.id:
        faults.append("parent_id: a channel is not its own parent")
    if profile.bank_id and profile.channel_class is not ChannelClass.BANK:
        faults.append("bank_id: only a channel of class BANK has a bank")
    return faults


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


def _some_of(enum: type[_EnumT], least: int) -> Callable[[Any], tuple[_EnumT, ...]]:
    def read(value: Any) -> tuple[_EnumT, ...]:
        if not isinstance(value, list) or len(value) < least:
            many = "at least one" if least else "any"
            raise ValueError(f"a list of {many} of " + ", ".join(enum.__members__))
        found = tuple(_one_of(enum)(each) for each in value)
        if len(set(found)) < len(found):
            raise ValueError("each one once")
        return found

    return read


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
    "parent_id": _id,
    "bank_id": _id,
    "identity_checks": _some_of(IdentityCheck, 1),
    "offers": _some_of(Offer, 0),
    "default_edition": _one_of(Edition),
    "shows_all_channels": _boolean,
    "receives_new_cards": _boolean,
    "shadow_age_s_max": _number(int, 0, 10 * 60),  # R17: the policy's ten minutes at most
    "platform_timeout_s": _number(float, 0.1, 60.0),
    "home_timeout_s": _number(float, 0.1, 60.0),
    "session_lifetime_s": _number(int, 60, 365 * DAY_S),
    "flow_lifetime_s": _number(int, 60, DAY_S),
}
assert set(_READERS) == {each.name for each in fields(ChannelProfile)}, "each field can be read"
