"""What a refusal of the platform or the authority means to the person at a step.

The one place that says so, for every flow: the walker follows it.
"""

from enum import StrEnum
from typing import Final

from essc_channels.core.flow_kinds import Stage


class Turn(StrEnum):
    """What a refusal does to the step that met it."""

    WAIT = "wait"
    """Nothing: the outcome is open; the call is refused and the same answer may come again."""
    AGAIN = "again"
    """The same question, with the reason and what is left of the tries."""
    ANEW = "anew"
    """The same stage with a new question: a new challenge, a new text."""
    DETOUR = "detour"
    """Something more is needed: ask for it, then go on. See DETOURS."""
    BACK = "back"
    """An earlier answer was not good: ask for it again, with the reason. See BACK_TO."""
    ADOPT = "adopt"
    """The person holds the card here already: find the link and go on."""
    FAIL = "fail"
    """The flow ends with the reason."""


SETBACKS_MAX: Final = 5
"""How often a flow leads back to an earlier step before it ends with the reason."""

# The outcome of the call is open, or nobody was there to decide: the step stays as it is.
_OPEN_OUTCOMES: Final = frozenset(
    {"PLATFORM_UNREACHABLE", "AUTHORITY_UNREACHABLE", "PLATFORM_BUSY", "CHANGES_CONFLICT"}
)
_WRONG_ANSWERS: Final = frozenset(
    {
        "TEXT_CODE_WRONG",
        "FACE_MISMATCH",
        "LIVENESS_FAILED",
        "PASSWORD_WRONG",
        "VOUCHING_FAILED",
    }
)
_SPENT_QUESTIONS: Final = frozenset(
    {"CHALLENGE_EXPIRED", "CHALLENGE_NOT_FOUND", "CHALLENGE_ANSWERED"}
)

DETOURS: Final[dict[tuple[Stage, str], Stage]] = {
    (Stage.CONSENT_TO_ISSUE, "REGION_NEEDED"): Stage.CHOOSE_REGION,
    (Stage.CODE, "DEVICE_NEW"): Stage.NEW_DEVICE,
    (Stage.PAID, "PASSWORD_NEEDED"): Stage.PASSWORD,
}

BACK_TO: Final[dict[tuple[Stage, str], Stage]] = {
    (Stage.CHOOSE_REGION, "CONSENT_OUTDATED"): Stage.CONSENT_TO_ISSUE,
    (Stage.MEMBER_FACE, "IDENTITY_MISMATCH"): Stage.MEMBER_FORM,
    (Stage.BIND, "NOTICE_OUTDATED"): Stage.NOTICE,
    (Stage.BIND, "IDENTITY_MISMATCH"): Stage.MEMBER_FORM,
    (Stage.BIND, "MEMBER_IS_HOLDER"): Stage.MEMBER_FORM,
    (Stage.BIND, "MEMBER_BOUND_ALREADY"): Stage.MEMBER_FORM,
    (Stage.BIND, "PHOTO_UNREADABLE"): Stage.CARD_PHOTO,
    (Stage.BIND, "PHOTO_MISMATCH"): Stage.CARD_PHOTO,
    (Stage.BIND, "PHOTO_USED"): Stage.CARD_PHOTO,
    (Stage.BIND, "FACE_PHOTO_NEEDED"): Stage.FACE_PHOTO,
    (Stage.BIND, "MEMBER_FACE_NEEDED"): Stage.MEMBER_FACE,
    (Stage.BIND, "PLACES_USED_UP"): Stage.CHOOSE_RELATION,
}

# The platform knows better than this channel's clock whether the member is under 16.
IS_CHILD: Final = {"FACE_PHOTO_NEEDED": True, "MEMBER_FACE_NEEDED": False}


def turn(stage: Stage, reason: str, tries_left: int) -> Turn:
    """What a refusal at a stage does. `tries_left` counts after the refused answer."""
    if reason in _OPEN_OUTCOMES:
        return Turn.WAIT
    if reason in _WRONG_ANSWERS:
        return Turn.AGAIN if tries_left > 0 else Turn.FAIL
    if reason in _SPENT_QUESTIONS:
        return Turn.ANEW
    if reason == "PASSWORD_TOO_SIMPLE" and stage is Stage.NEW_PASSWORD:
        return Turn.AGAIN
    if reason == "REQUEST_INVALID" and stage is Stage.MEMBER_FORM:
        return Turn.AGAIN
    if reason == "CONSENT_OUTDATED" and stage in (Stage.CONSENT_TO_ISSUE, Stage.CONSENT_TO_ACCEPT):
        return Turn.ANEW
    if (stage, reason) in DETOURS:
        return Turn.DETOUR
    if (stage, reason) in BACK_TO:
        return Turn.BACK
    if reason == "LINK_EXISTS":
        return Turn.ADOPT
    return Turn.FAIL
