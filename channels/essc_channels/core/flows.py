"""The flows: which step follows which, what each asks, and what a refusal means to the person.

Everything that decides the course of a flow is in the tables of this module. The walker
(`essc_channels.flows.walks`) only follows them: it asks the platform and the channel's authority
where a step needs it, and shows the person what comes next.

    APPLY  (choose a check) > check > consent > face > consent > *apply* > consent to display

A stage that asks nothing is passed over: a choice of one, and a real-name account, which proved
itself when it signed in. A command (in COMMANDS) runs when its stage is passed.
"""

from enum import StrEnum
from typing import Final

from essc_channels.core.flow_records import (
    Answer,
    AnswerKind,
    Check,
    FlowKind,
    Memory,
    Stage,
    Step,
)


class Command(StrEnum):
    """What a flow changes."""

    APPLY = "apply"
    ACCEPT_DELIVERY = "accept_delivery"
    DECLINE_DELIVERY = "decline_delivery"
    UNLINK = "unlink"
    SET_PASSWORD = "set_password"  # noqa: S105 - a command, not a password
    CHANGE_PASSWORD = "change_password"  # noqa: S105 - the same
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the same
    NOTE_DISPLAY_CONSENT = "note_display_consent"


class Turn(StrEnum):
    """What a refusal does to the step that met it."""

    WAIT = "wait"
    """Nothing: the outcome is open; the call is refused and the same answer may come again."""
    AGAIN = "again"
    """The same question, with the reason and what is left of the tries."""
    ANEW = "anew"
    """The same stage with a new question: a new challenge, a new text."""
    CHOOSE_REGION = "choose_region"
    """Ask for the region, then run the command once more."""
    ADOPT = "adopt"
    """The person holds the card here already: find the link and go on."""
    FAIL = "fail"
    """The flow ends with the reason."""


PATHS: Final[dict[FlowKind, tuple[Stage, ...]]] = {
    FlowKind.APPLY: (
        Stage.CHOOSE_CHECK,
        Stage.CHECK,
        Stage.CONSENT_TO_CLAIM,
        Stage.FACE,
        Stage.CONSENT_TO_ISSUE,
        Stage.CONSENT_TO_DISPLAY,
    ),
    FlowKind.ACCEPT_DELIVERY: (
        Stage.CHOOSE_CHECK,
        Stage.CHECK,
        Stage.CONSENT_TO_ACCEPT,
        Stage.CONSENT_TO_DISPLAY,
    ),
    FlowKind.DECLINE_DELIVERY: (Stage.CHOOSE_CHECK, Stage.CHECK, Stage.CONSENT_TO_DECLINE),
    FlowKind.CONSENT_TO_DISPLAY: (Stage.CONSENT_TO_DISPLAY,),
    FlowKind.SHOW_CARD: (Stage.SHOW_CARD,),
    FlowKind.UNLINK: (Stage.CHOOSE_CHECK, Stage.CHECK),
    FlowKind.SET_PASSWORD: (Stage.FACE, Stage.NEW_PASSWORD),
    FlowKind.CHANGE_PASSWORD: (Stage.OLD_PASSWORD, Stage.NEW_PASSWORD),
    FlowKind.RESET_PASSWORD: (Stage.TEXT_CODE, Stage.FACE, Stage.NEW_PASSWORD),
}

NEXT: Final[dict[tuple[FlowKind, Stage], Stage]] = {
    (kind, stage): following
    for kind, path in PATHS.items()
    for stage, following in zip((Stage.START, *path), (*path, Stage.DONE), strict=True)
} | {(FlowKind.APPLY, Stage.CHOOSE_REGION): Stage.CONSENT_TO_DISPLAY}

COMMANDS: Final[dict[tuple[FlowKind, Stage], Command]] = {
    (FlowKind.APPLY, Stage.CONSENT_TO_ISSUE): Command.APPLY,
    (FlowKind.APPLY, Stage.CHOOSE_REGION): Command.APPLY,
    (FlowKind.APPLY, Stage.CONSENT_TO_DISPLAY): Command.NOTE_DISPLAY_CONSENT,
    (FlowKind.ACCEPT_DELIVERY, Stage.CONSENT_TO_ACCEPT): Command.ACCEPT_DELIVERY,
    (FlowKind.ACCEPT_DELIVERY, Stage.CONSENT_TO_DISPLAY): Command.NOTE_DISPLAY_CONSENT,
    (FlowKind.DECLINE_DELIVERY, Stage.CONSENT_TO_DECLINE): Command.DECLINE_DELIVERY,
    (FlowKind.CONSENT_TO_DISPLAY, Stage.CONSENT_TO_DISPLAY): Command.NOTE_DISPLAY_CONSENT,
    (FlowKind.UNLINK, Stage.CHECK): Command.UNLINK,
    (FlowKind.SET_PASSWORD, Stage.NEW_PASSWORD): Command.SET_PASSWORD,
    (FlowKind.CHANGE_PASSWORD, Stage.NEW_PASSWORD): Command.CHANGE_PASSWORD,
    (FlowKind.RESET_PASSWORD, Stage.NEW_PASSWORD): Command.RESET_PASSWORD,
}

# The checks of a stage that leaves no choice.
FIXED_CHECKS: Final[dict[Stage, Check]] = {
    Stage.FACE: Check.FACE,
    Stage.TEXT_CODE: Check.TEXT_MESSAGE,
    Stage.OLD_PASSWORD: Check.CARD_PASSWORD,
}

_CONSENTS: Final = frozenset(
    {
        Stage.CONSENT_TO_CLAIM,
        Stage.CONSENT_TO_ISSUE,
        Stage.CONSENT_TO_ACCEPT,
        Stage.CONSENT_TO_DECLINE,
        Stage.CONSENT_TO_DISPLAY,
    }
)
# Consents to a text that has a version at the platform.
_VERSIONED: Final = frozenset({Stage.CONSENT_TO_ISSUE, Stage.CONSENT_TO_ACCEPT})
_CHOICES: Final = frozenset({Stage.CHOOSE_CHECK, Stage.CHOOSE_REGION})

_CHECK_ANSWERS: Final[dict[Check, AnswerKind]] = {
    Check.TEXT_MESSAGE: AnswerKind.TEXT_CODE,
    Check.FACE: AnswerKind.FACE_CAPTURE,
    Check.CARD_PASSWORD: AnswerKind.CARD_PASSWORD,
}

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


def offered_checks(
    identity_checks: tuple[Check, ...], kind: FlowKind, memory: Memory
) -> tuple[Check, ...]:
    """Which checks a flow offers: the channel's own, or for unlinking any of the holder's (R12)."""
    if kind is not FlowKind.UNLINK:
        return identity_checks
    if memory.password_is_set:
        return (Check.FACE, Check.CARD_PASSWORD, Check.TEXT_MESSAGE)
    return (Check.FACE, Check.TEXT_MESSAGE)


def check_of(stage: Stage, memory: Memory) -> Check | None:
    """The check that a stage asks for; None if it asks for something else."""
    return memory.check if stage is Stage.CHECK else FIXED_CHECKS.get(stage)


def is_consent(stage: Stage) -> bool:
    """Whether a stage asks for consent."""
    return stage in _CONSENTS


def is_versioned(stage: Stage) -> bool:
    """Whether the consent is to the platform's current text."""
    return stage in _VERSIONED


def wanted(step: Step) -> AnswerKind:
    """What kind of answer a step takes."""
    if step.stage in _CONSENTS or step.stage is Stage.SHOW_CARD:
        return AnswerKind.CONSENTED
    if step.stage in _CHOICES:
        return AnswerKind.CHOICE_ID
    if step.stage is Stage.NEW_PASSWORD:
        return AnswerKind.CARD_PASSWORD
    assert step.check is not None, step.stage
    return _CHECK_ANSWERS.get(step.check, AnswerKind.VOUCH_ANSWER)


def fits(step: Step, answer: Answer) -> bool:
    """Whether an answer is of the kind that the step asks for, and among its options."""
    if answer.kind is not wanted(step):
        return False
    if answer.kind is AnswerKind.CHOICE_ID:
        return any(option.choice_id == answer.text for option in step.options)
    return True


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
    if reason == "CONSENT_OUTDATED" and stage in (*_VERSIONED, Stage.CHOOSE_REGION):
        return Turn.ANEW
    if reason == "REGION_NEEDED" and stage is Stage.CONSENT_TO_ISSUE:
        return Turn.CHOOSE_REGION
    if reason == "LINK_EXISTS":
        return Turn.ADOPT
    return Turn.FAIL


def renewed(stage: Stage) -> Stage:
    """Where a flow goes to ask anew: the consent before a region, else the stage itself."""
    return Stage.CONSENT_TO_ISSUE if stage is Stage.CHOOSE_REGION else stage
