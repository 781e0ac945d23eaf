"""The ways of the flows: which stage follows which, what each asks, and what it is good for.

    APPLY  (choose a check) > check > consent > face > consent > *apply* > consent to display

A stage that asks nothing is passed over: a choice of one, a real-name account that proved itself
when it signed in, a face photo from 16 on. A command (in COMMANDS) runs when its stage is passed.
A stage of SHOWN shows what the platform says as it is entered; some of them run a command for it.
"""

from enum import StrEnum
from typing import Final

from essc_channels.core.flow_kinds import Check, FlowKind, Purpose, Stage


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
    RAISE_LEVEL = "raise_level"
    LOWER_LEVEL = "lower_level"
    ALLOW_WHILE_LOST = "allow_while_lost"
    ADD_MEMBER = "add_member"
    REMOVE_MEMBER = "remove_member"
    LEAVE_BINDER = "leave_binder"
    PASSWORD_FREE_ON = "password_free_on"  # noqa: S105 - the same
    PASSWORD_FREE_OFF = "password_free_off"  # noqa: S105 - the same


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
    FlowKind.SHOW_CODE: (Stage.CHOOSE_PERSON, Stage.CODE),
    FlowKind.RAISE_LEVEL: (Stage.BANK_PHONE,),
    FlowKind.LOWER_LEVEL: (Stage.CONSENT_TO_LOWER,),
    FlowKind.ALLOW_WHILE_LOST: (Stage.FACE,),
    FlowKind.ADD_MEMBER: (  # R41, in its order
        Stage.PASSWORD,
        Stage.NOTICE,
        Stage.CHOOSE_RELATION,
        Stage.MEMBER_FORM,
        Stage.CARD_PHOTO,
        Stage.FACE_PHOTO,
        Stage.CONSENT_TO_BIND,
        Stage.MEMBER_FACE,
        Stage.BIND,
    ),
    FlowKind.REMOVE_MEMBER: (
        Stage.CHOOSE_MEMBER,
        Stage.CONSENT_TO_REMOVE,
        Stage.CHOOSE_CHECK,
        Stage.CHECK,
    ),
    FlowKind.LEAVE_BINDER: (Stage.CHOOSE_BINDER, Stage.CONSENT_TO_LEAVE, Stage.FACE),
    FlowKind.CERTIFY: (
        Stage.CHOOSE_PERSON,
        Stage.CONSENT_TO_CERTIFY,
        Stage.PERSON_FACE,
        Stage.CERTIFIED,
    ),
    FlowKind.USE_SERVICE: (Stage.CHOOSE_PERSON, Stage.CHOOSE_SERVICE, Stage.TICKET),
    FlowKind.PAY: (Stage.CHOOSE_ORDER, Stage.CONSENT_TO_PAY, Stage.PAID),
    FlowKind.PASSWORD_FREE_ON: (Stage.CONSENT_TO_FREE, Stage.PASSWORD),
    FlowKind.PASSWORD_FREE_OFF: (Stage.CONSENT_TO_UNFREE,),
    FlowKind.VIEW_CERTIFICATIONS: (Stage.CHOOSE_PERSON, Stage.CERTIFICATIONS),
    FlowKind.VIEW_FAMILY: (Stage.FAMILY,),
    FlowKind.VIEW_ORDERS: (Stage.ORDERS,),
    FlowKind.VIEW_USES: (Stage.USES,),
    FlowKind.VIEW_RECORDS: (Stage.FACE, Stage.RECORDS),
}

# Stages beside the way, and where they lead back to it. What leads there is in `turns.DETOURS`.
_DETOURS_END: Final[dict[tuple[FlowKind, Stage], Stage]] = {
    (FlowKind.APPLY, Stage.CHOOSE_REGION): Stage.CONSENT_TO_DISPLAY,
    (FlowKind.SHOW_CODE, Stage.NEW_DEVICE): Stage.CODE,
    (FlowKind.PAY, Stage.PASSWORD): Stage.PAID,
}

NEXT: Final[dict[tuple[FlowKind, Stage], Stage]] = {
    (kind, stage): following
    for kind, path in PATHS.items()
    for stage, following in zip((Stage.START, *path), (*path, Stage.DONE), strict=True)
} | _DETOURS_END

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
    (FlowKind.RAISE_LEVEL, Stage.BANK_PHONE): Command.RAISE_LEVEL,
    (FlowKind.LOWER_LEVEL, Stage.CONSENT_TO_LOWER): Command.LOWER_LEVEL,
    (FlowKind.ALLOW_WHILE_LOST, Stage.FACE): Command.ALLOW_WHILE_LOST,
    (FlowKind.ADD_MEMBER, Stage.BIND): Command.ADD_MEMBER,
    (FlowKind.REMOVE_MEMBER, Stage.CHECK): Command.REMOVE_MEMBER,
    (FlowKind.LEAVE_BINDER, Stage.FACE): Command.LEAVE_BINDER,
    (FlowKind.PASSWORD_FREE_ON, Stage.PASSWORD): Command.PASSWORD_FREE_ON,
    (FlowKind.PASSWORD_FREE_OFF, Stage.CONSENT_TO_UNFREE): Command.PASSWORD_FREE_OFF,
}

# What is looked at or made when the stage is entered, and kept nowhere (R92).
SHOWN: Final = frozenset(
    {
        Stage.SHOW_CARD,
        Stage.CODE,
        Stage.TICKET,
        Stage.CERTIFIED,
        Stage.PAID,
        Stage.CERTIFICATIONS,
        Stage.FAMILY,
        Stage.ORDERS,
        Stage.USES,
        Stage.RECORDS,
    }
)
# What names people or orders stands in no kept answer either.
PRIVATE: Final = SHOWN | {
    Stage.CHOOSE_PERSON,
    Stage.CHOOSE_MEMBER,
    Stage.CHOOSE_BINDER,
    Stage.CHOOSE_ORDER,
    Stage.CONSENT_TO_REMOVE,
    Stage.CONSENT_TO_LEAVE,
    Stage.CONSENT_TO_CERTIFY,
    Stage.CONSENT_TO_PAY,
}

# The checks of a stage that leaves no choice.
FIXED_CHECKS: Final[dict[Stage, Check]] = {
    Stage.FACE: Check.FACE,
    Stage.MEMBER_FACE: Check.FACE,
    Stage.PERSON_FACE: Check.FACE,
    Stage.TEXT_CODE: Check.TEXT_MESSAGE,
    Stage.NEW_DEVICE: Check.TEXT_MESSAGE,
    Stage.OLD_PASSWORD: Check.CARD_PASSWORD,
    Stage.PASSWORD: Check.CARD_PASSWORD,
}

PURPOSES: Final[dict[FlowKind, Purpose]] = {
    FlowKind.APPLY: Purpose.APPLY,
    FlowKind.ACCEPT_DELIVERY: Purpose.ACCEPT_DELIVERY,
    FlowKind.DECLINE_DELIVERY: Purpose.ACCEPT_DELIVERY,
    FlowKind.UNLINK: Purpose.UNLINK,
    FlowKind.SET_PASSWORD: Purpose.SET_PASSWORD,
    FlowKind.CHANGE_PASSWORD: Purpose.CHANGE_PASSWORD,
    FlowKind.RESET_PASSWORD: Purpose.RESET_PASSWORD,
    FlowKind.SHOW_CODE: Purpose.NEW_DEVICE,
    FlowKind.RAISE_LEVEL: Purpose.RAISE_LEVEL,
    FlowKind.ALLOW_WHILE_LOST: Purpose.ALLOW_WHILE_LOST,
    FlowKind.ADD_MEMBER: Purpose.ADD_FAMILY,
    FlowKind.REMOVE_MEMBER: Purpose.END_BINDING,
    FlowKind.LEAVE_BINDER: Purpose.END_BINDING,
    FlowKind.CERTIFY: Purpose.CERTIFY,
    FlowKind.PAY: Purpose.PAY,
    FlowKind.PASSWORD_FREE_ON: Purpose.SET_PASSWORD_FREE,
    FlowKind.VIEW_RECORDS: Purpose.VIEW_RECORDS,
}


def purpose_of(kind: FlowKind, stage: Stage) -> Purpose:
    """What a proof earned at a stage is for: the flow's purpose, or the member's own."""
    return Purpose.JOIN_FAMILY if stage is Stage.MEMBER_FACE else PURPOSES[kind]
