"""The words of flows: what they are for, where they can stand, what they ask and get."""

from enum import IntEnum, StrEnum

from essc_channels.core.channel_profiles import VouchKind


class FlowKind(IntEnum):
    """What a flow is for; numbers as in the contract."""

    APPLY = 1
    ACCEPT_DELIVERY = 2
    DECLINE_DELIVERY = 3
    CONSENT_TO_DISPLAY = 4
    SHOW_CARD = 5
    UNLINK = 6
    SET_PASSWORD = 7
    CHANGE_PASSWORD = 8
    RESET_PASSWORD = 9
    SHOW_CODE = 10
    RAISE_LEVEL = 11
    LOWER_LEVEL = 12
    ALLOW_WHILE_LOST = 13
    ADD_MEMBER = 14
    REMOVE_MEMBER = 15
    LEAVE_BINDER = 16
    CERTIFY = 17
    USE_SERVICE = 18
    PAY = 19
    PASSWORD_FREE_ON = 20
    PASSWORD_FREE_OFF = 21
    VIEW_CERTIFICATIONS = 22
    VIEW_FAMILY = 23
    VIEW_ORDERS = 24
    VIEW_USES = 25
    VIEW_RECORDS = 26


class FlowState(IntEnum):
    """Of a flow; numbers as in the contract."""

    OPEN = 1
    COMPLETED = 2
    FAILED = 3
    CANCELLED = 4


class Purpose(IntEnum):
    """What a proof is for; numbers as in the contract."""

    APPLY = 1
    ACCEPT_DELIVERY = 2
    FIND_LINK = 3
    UNLINK = 4
    SET_PASSWORD = 5
    CHANGE_PASSWORD = 6
    RESET_PASSWORD = 7
    RAISE_LEVEL = 8
    ALLOW_WHILE_LOST = 9
    NEW_DEVICE = 10
    ADD_FAMILY = 11
    JOIN_FAMILY = 12
    END_BINDING = 13
    CERTIFY = 14
    PAY = 15
    SET_PASSWORD_FREE = 16
    VIEW_RECORDS = 17


class Check(IntEnum):
    """A way to authenticate the person: the channel's own first, with the numbers of VouchKind."""

    WALLET_PASSWORD = 1
    ACCOUNT_IDENTITY = 2
    RESERVED_PHONE = 3
    REAL_NAME_ACCOUNT = 4
    TEXT_MESSAGE = 5
    FACE = 6
    CARD_PASSWORD = 7
    BANK_PHONE = 8
    """The platform's code to the phone that is reserved at the card's bank account (R26)."""

    @property
    def vouch_kind(self) -> VouchKind | None:
        """What the channel vouches for in this check; None if the platform judges it."""
        return VouchKind(self) if self <= Check.REAL_NAME_ACCOUNT else None


class Stage(StrEnum):
    """A place in a flow. START and DONE are its ends and show no step."""

    START = "start"
    CHOOSE_CHECK = "choose_check"
    CHECK = "check"
    CONSENT_TO_CLAIM = "consent_to_claim"
    FACE = "face"
    CONSENT_TO_ISSUE = "consent_to_issue"
    CHOOSE_REGION = "choose_region"
    CONSENT_TO_ACCEPT = "consent_to_accept"
    CONSENT_TO_DECLINE = "consent_to_decline"
    CONSENT_TO_DISPLAY = "consent_to_display"
    SHOW_CARD = "show_card"
    TEXT_CODE = "text_code"
    OLD_PASSWORD = "old_password"  # noqa: S105 - a place, not a password
    NEW_PASSWORD = "new_password"  # noqa: S105 - the same
    PASSWORD = "password"  # noqa: S105 - the same
    CHOOSE_PERSON = "choose_person"
    NEW_DEVICE = "new_device"
    CODE = "code"
    BANK_PHONE = "bank_phone"
    CONSENT_TO_LOWER = "consent_to_lower"
    NOTICE = "notice"
    CHOOSE_RELATION = "choose_relation"
    MEMBER_FORM = "member_form"
    CARD_PHOTO = "card_photo"
    FACE_PHOTO = "face_photo"
    CONSENT_TO_BIND = "consent_to_bind"
    MEMBER_FACE = "member_face"
    BIND = "bind"
    CHOOSE_MEMBER = "choose_member"
    CONSENT_TO_REMOVE = "consent_to_remove"
    CHOOSE_BINDER = "choose_binder"
    CONSENT_TO_LEAVE = "consent_to_leave"
    CONSENT_TO_CERTIFY = "consent_to_certify"
    PERSON_FACE = "person_face"
    CERTIFIED = "certified"
    CHOOSE_SERVICE = "choose_service"
    TICKET = "ticket"
    CHOOSE_ORDER = "choose_order"
    CONSENT_TO_PAY = "consent_to_pay"
    PAID = "paid"
    CONSENT_TO_FREE = "consent_to_free"
    CONSENT_TO_UNFREE = "consent_to_unfree"
    CERTIFICATIONS = "certifications"
    FAMILY = "family"
    ORDERS = "orders"
    USES = "uses"
    RECORDS = "records"
    DONE = "done"


class AnswerKind(StrEnum):
    """What a step wants, as the contract's oneof names it."""

    CONSENTED = "consented"
    CHOICE_ID = "choice_id"
    TEXT_CODE = "text_code"
    FACE_CAPTURE = "face_capture"
    CARD_PASSWORD = "card_password"  # noqa: S105 - a kind, not a password
    VOUCH_ANSWER = "vouch_answer"
    FORM = "form"
    PHOTO = "photo"
