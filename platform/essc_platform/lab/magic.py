"""Magic values (R94): what provokes which answer of the simulated outside world.

The personas' own table drives both the behaviour, through `provokes`, and the list; beside it stand
values that do the same to anybody.
"""

from dataclasses import dataclass
from datetime import date

from essc_platform.lab.personas import PERSONAS
from essc_wire.id_numbers import synthetic


@dataclass(frozen=True, slots=True)
class MagicValue:
    """Something that provokes an answer."""

    kind: str
    value: str
    effect: str
    text_en: str
    text_zh: str


_BY_ID_NUMBER = {each.id_number: frozenset(each.effects) for each in PERSONAS}
_LOSING = frozenset(each.phone for each in PERSONAS if "MESSAGE_LOST" in each.effects)

_ID_NUMBERS = {each.persona_id: each.id_number for each in PERSONAS}
_LOOKING_LIKE = {
    each.id_number: _ID_NUMBERS[each.looks_like] for each in PERSONAS if each.looks_like
}
_NOBODY = synthetic(date(1900, 1, 1), 0)
_OF_PASSWORDS = (
    ("123456", "PASSWORD_TOO_SIMPLE", "Sequential, as a new password.", "连续数字，不能设为密码"),
    ("246810", "PASSWORD_WRONG", "Any that is not the card's.", "与社保卡密码不符"),
    ("246810 six times", "PASSWORD_LOCKED", "Six wrong ones in a row.", "连续输错6次"),
)
_FOR_ANYBODY = (
    *(MagicValue("card password", *each) for each in _OF_PASSWORDS),
    MagicValue("clock", "3653 days on", "CARD_EXPIRED", "Ten years after its issue.", "签发满十年"),
    MagicValue("ID number", _NOBODY, "CITIZEN_NOT_FOUND", "Nobody's.", "未登记的证件号码"),
    MagicValue(
        "name and ID number",
        f"李四 {_ID_NUMBERS['zhang-san']}",
        "IDENTITY_MISMATCH",
        "They do not belong together.",
        "姓名与证件号码不匹配",
    ),
    MagicValue("phone", "11199999999", "PHONE_MISMATCH", "Nobody's phone.", "未登记的手机号"),
    MagicValue(
        "text code", "any other", "TEXT_CODE_WRONG", "Not the one that was sent.", "与短信不符"
    ),
    MagicValue(
        "text message",
        "the eleventh of a day",
        "TRIES_EXHAUSTED",
        "To one person, over all channels.",
        "同一人一天内各渠道合计",
    ),
    MagicValue("vouched", "false", "VOUCHING_FAILED", "What a channel answers.", "渠道核验未通过"),
)


def provokes(id_number: str, effect: str) -> bool:
    """Whether a person meets this effect. Nobody does who is no persona."""
    return effect in _BY_ID_NUMBER.get(id_number, ())


def loses_messages(phone: str) -> bool:
    """Whether text messages to a phone never arrive."""
    return phone in _LOSING


def looks_like(shown: str, person: str) -> bool:
    """Whether a photo of the one passes for a photo of the other; both by ID number."""
    return shown == person or shown == _LOOKING_LIKE.get(person)


def magic_values() -> list[MagicValue]:
    """All of them, by kind and value."""
    of_personas = [
        MagicValue("persona", each.persona_id, effect, each.text_en, each.text_zh)
        for each in PERSONAS
        for effect in each.effects
    ]
    return sorted((*_FOR_ANYBODY, *of_personas), key=lambda each: (each.kind, each.value))
