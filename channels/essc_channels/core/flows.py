"""What a step asks, and which answers fit it.

Everything that decides the course of a flow is in tables: the ways in `paths`, what a refusal means
in `turns`, and here what each step wants. The walker (`essc_channels.flows.walks`) only follows
them: it asks the platform and the channel's authority where a step needs it, and shows the person
what comes next.
"""

from typing import Final

from essc_channels.core.flow_kinds import AnswerKind, Check, FlowKind, Stage
from essc_channels.core.flow_records import Answer, Memory, Step
from essc_channels.core.paths import FIXED_CHECKS, SHOWN
from essc_channels.core.texts import MEMBER_FIELDS

_CONSENTS: Final = frozenset(stage for stage in Stage if stage.startswith("consent_")) | {
    Stage.NOTICE
}
# Consents to a text that has a version at the platform.
_VERSIONED: Final = frozenset({Stage.CONSENT_TO_ISSUE, Stage.CONSENT_TO_ACCEPT, Stage.NOTICE})
_CHOICES: Final = frozenset(stage for stage in Stage if stage.startswith("choose_"))

_STAGE_ANSWERS: Final[dict[Stage, AnswerKind]] = (
    dict.fromkeys(_CONSENTS | SHOWN, AnswerKind.CONSENTED)
    | dict.fromkeys(_CHOICES, AnswerKind.CHOICE_ID)
    | {
        Stage.NEW_PASSWORD: AnswerKind.CARD_PASSWORD,
        Stage.MEMBER_FORM: AnswerKind.FORM,
        Stage.CARD_PHOTO: AnswerKind.PHOTO,
        Stage.FACE_PHOTO: AnswerKind.PHOTO,
    }
)
_CHECK_ANSWERS: Final[dict[Check, AnswerKind]] = {
    Check.TEXT_MESSAGE: AnswerKind.TEXT_CODE,
    Check.BANK_PHONE: AnswerKind.TEXT_CODE,
    Check.FACE: AnswerKind.FACE_CAPTURE,
    Check.CARD_PASSWORD: AnswerKind.CARD_PASSWORD,
}

# Ending something of the own takes any authentication of the holder (R12).
_ANY_CHECK: Final = frozenset({FlowKind.UNLINK, FlowKind.REMOVE_MEMBER})


def offered_checks(
    identity_checks: tuple[Check, ...], kind: FlowKind, memory: Memory
) -> tuple[Check, ...]:
    """Which checks a flow offers: the channel's own, or any of the holder's (R12)."""
    if kind not in _ANY_CHECK:
        return identity_checks
    if memory.password_is_set:
        return (Check.FACE, Check.CARD_PASSWORD, Check.TEXT_MESSAGE)
    return (Check.FACE, Check.TEXT_MESSAGE)


def check_of(stage: Stage, memory: Memory, *, is_own_bank: bool) -> Check | None:
    """The check that a stage asks for; None if it asks for something else.

    A bank vouches itself for the phone reserved at its accounts; elsewhere the platform asks (R26).
    """
    if stage is Stage.CHECK:
        return memory.check
    if stage is Stage.BANK_PHONE:
        return Check.RESERVED_PHONE if is_own_bank else Check.BANK_PHONE
    return FIXED_CHECKS.get(stage)


def is_consent(stage: Stage) -> bool:
    """Whether a stage asks for consent."""
    return stage in _CONSENTS


def is_versioned(stage: Stage) -> bool:
    """Whether the consent is to the platform's current text."""
    return stage in _VERSIONED


def is_choice(stage: Stage) -> bool:
    """Whether a stage asks to choose."""
    return stage in _CHOICES


def is_passed_over(stage: Stage, memory: Memory) -> bool:
    """Whether a stage has nothing to ask: a child's photo, or a grown member's live face (R41)."""
    if stage is Stage.FACE_PHOTO:
        return not memory.is_child
    if stage is Stage.MEMBER_FACE:
        return memory.is_child
    return stage is Stage.BIND


def is_of_member(stage: Stage, memory: Memory) -> bool:
    """Whether a face is that of a family member, who is present."""
    return stage is Stage.MEMBER_FACE or (stage is Stage.PERSON_FACE and bool(memory.binding_id))


def wanted(step: Step) -> AnswerKind:
    """What kind of answer a step takes."""
    of_stage = _STAGE_ANSWERS.get(step.stage)
    if of_stage is not None:
        return of_stage
    assert step.check is not None, step.stage
    return _CHECK_ANSWERS.get(step.check, AnswerKind.VOUCH_ANSWER)


def fits(step: Step, answer: Answer) -> bool:
    """Whether an answer is of the kind that the step asks for, and among its options."""
    if answer.kind is not wanted(step):
        return False
    if answer.kind is AnswerKind.CHOICE_ID:
        return any(option.choice_id == answer.text for option in step.options)
    if answer.kind is AnswerKind.FORM:
        return {field for field, _ in answer.values} <= set(MEMBER_FIELDS)
    return True
