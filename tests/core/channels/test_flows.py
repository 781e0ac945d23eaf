"""The flows as tables: where each leads, what each step asks, and what a refusal does."""

from dataclasses import replace

import pytest

from essc_channels.core import flows, paths, texts, turns
from essc_channels.core.card_errands import Code
from essc_channels.core.channel_profiles import (
    ChannelClass,
    ChannelProfile,
    IdentityCheck,
    VouchKind,
)
from essc_channels.core.flow_kinds import AnswerKind, Check, FlowKind, FlowState, Purpose, Stage
from essc_channels.core.flow_records import (
    SELF,
    Answer,
    Draft,
    Flow,
    Memory,
    Option,
    Step,
    ended,
    is_abandoned,
)
from essc_channels.core.panels import PanelState
from essc_channels.core.paths import Command
from essc_channels.core.records import Words
from essc_channels.core.turns import Turn

STAGES = {
    FlowKind.APPLY: "choose_check check consent_to_claim face consent_to_issue consent_to_display",
    FlowKind.ACCEPT_DELIVERY: "choose_check check consent_to_accept consent_to_display",
    FlowKind.DECLINE_DELIVERY: "choose_check check consent_to_decline",
    FlowKind.CONSENT_TO_DISPLAY: "consent_to_display",
    FlowKind.SHOW_CARD: "show_card",
    FlowKind.UNLINK: "choose_check check",
    FlowKind.SET_PASSWORD: "face new_password",
    FlowKind.CHANGE_PASSWORD: "old_password new_password",
    FlowKind.RESET_PASSWORD: "text_code face new_password",
    FlowKind.SHOW_CODE: "choose_person code",
    FlowKind.RAISE_LEVEL: "bank_phone",
    FlowKind.LOWER_LEVEL: "consent_to_lower",
    FlowKind.ALLOW_WHILE_LOST: "face",
    FlowKind.ADD_MEMBER: (
        "password notice choose_relation member_form card_photo face_photo consent_to_bind "
        "member_face bind"
    ),
    FlowKind.REMOVE_MEMBER: "choose_member consent_to_remove choose_check check",
    FlowKind.LEAVE_BINDER: "choose_binder consent_to_leave face",
    FlowKind.CERTIFY: "choose_person consent_to_certify person_face certified",
    FlowKind.USE_SERVICE: "choose_person choose_service ticket",
    FlowKind.PAY: "choose_order consent_to_pay paid",
    FlowKind.PASSWORD_FREE_ON: "consent_to_free password",
    FlowKind.PASSWORD_FREE_OFF: "consent_to_unfree",
    FlowKind.VIEW_CERTIFICATIONS: "choose_person certifications",
    FlowKind.VIEW_FAMILY: "family",
    FlowKind.VIEW_ORDERS: "orders",
    FlowKind.VIEW_USES: "uses",
    FlowKind.VIEW_RECORDS: "face records",
}


@pytest.mark.rule("R5", "R12", "R20", "R24", "R26", "R30", "R41", "R50", "R51", "R61", "R62")
@pytest.mark.parametrize("kind", list(FlowKind))
def test_every_flow_goes_its_way_to_the_end(kind: FlowKind) -> None:
    walked = []
    stage = paths.NEXT[kind, Stage.START]
    while stage is not Stage.DONE:
        walked.append(stage.value)
        stage = paths.NEXT[kind, stage]

    assert " ".join(walked) == STAGES[kind]


@pytest.mark.rule("R20")
def test_a_command_runs_only_after_what_it_needs_was_shown() -> None:
    needed = {
        Command.APPLY: (Stage.CHECK, Stage.CONSENT_TO_CLAIM, Stage.FACE, Stage.CONSENT_TO_ISSUE),
        Command.ACCEPT_DELIVERY: (Stage.CHECK, Stage.CONSENT_TO_ACCEPT),
        Command.DECLINE_DELIVERY: (Stage.CHECK, Stage.CONSENT_TO_DECLINE),
        Command.UNLINK: (Stage.CHECK,),
        Command.SET_PASSWORD: (Stage.FACE, Stage.NEW_PASSWORD),
        Command.CHANGE_PASSWORD: (Stage.OLD_PASSWORD, Stage.NEW_PASSWORD),
        Command.RESET_PASSWORD: (Stage.TEXT_CODE, Stage.FACE, Stage.NEW_PASSWORD),
        Command.NOTE_DISPLAY_CONSENT: (Stage.CONSENT_TO_DISPLAY,),
        Command.RAISE_LEVEL: (Stage.BANK_PHONE,),
        Command.LOWER_LEVEL: (Stage.CONSENT_TO_LOWER,),
        Command.ALLOW_WHILE_LOST: (Stage.FACE,),
        Command.ADD_MEMBER: (
            Stage.PASSWORD,
            Stage.NOTICE,
            Stage.CHOOSE_RELATION,
            Stage.MEMBER_FORM,
            Stage.CARD_PHOTO,
            Stage.CONSENT_TO_BIND,
        ),
        Command.REMOVE_MEMBER: (Stage.CHOOSE_MEMBER, Stage.CONSENT_TO_REMOVE, Stage.CHECK),
        Command.LEAVE_BINDER: (Stage.CHOOSE_BINDER, Stage.CONSENT_TO_LEAVE, Stage.FACE),
        Command.PASSWORD_FREE_ON: (Stage.CONSENT_TO_FREE, Stage.PASSWORD),
        Command.PASSWORD_FREE_OFF: (Stage.CONSENT_TO_UNFREE,),
    }
    assert set(needed) == set(Command)

    for (kind, stage), command in paths.COMMANDS.items():
        if stage is Stage.CHOOSE_REGION:
            stage = Stage.CONSENT_TO_ISSUE  # noqa: PLW2901 - asked after that consent
        path = paths.PATHS[kind]
        assert set(needed[command]) <= set(path[: path.index(stage) + 1]), (kind, command)


@pytest.mark.rule("R12")
@pytest.mark.parametrize(
    ("kind", "password_is_set", "offered"),
    [
        (FlowKind.APPLY, False, (Check.TEXT_MESSAGE, Check.WALLET_PASSWORD)),
        (FlowKind.DECLINE_DELIVERY, True, (Check.TEXT_MESSAGE, Check.WALLET_PASSWORD)),
        (FlowKind.UNLINK, False, (Check.FACE, Check.TEXT_MESSAGE)),
        (FlowKind.UNLINK, True, (Check.FACE, Check.CARD_PASSWORD, Check.TEXT_MESSAGE)),
        (FlowKind.REMOVE_MEMBER, True, (Check.FACE, Check.CARD_PASSWORD, Check.TEXT_MESSAGE)),
    ],
)
def test_identity_is_checked_the_channels_way_and_unlinking_any_way(
    kind: FlowKind, password_is_set: bool, offered: tuple[Check, ...]
) -> None:
    own = (Check.TEXT_MESSAGE, Check.WALLET_PASSWORD)

    assert flows.offered_checks(own, kind, Memory(password_is_set=password_is_set)) == offered


def test_a_stage_has_its_check_or_the_chosen_one() -> None:
    memory = Memory(check=Check.RESERVED_PHONE)

    def check_of(stage: Stage, *, is_own_bank: bool = False) -> Check | None:
        return flows.check_of(stage, memory, is_own_bank=is_own_bank)

    assert check_of(Stage.CHECK) is Check.RESERVED_PHONE
    assert check_of(Stage.FACE) is Check.FACE
    assert check_of(Stage.NEW_PASSWORD) is None
    assert check_of(Stage.BANK_PHONE) is Check.BANK_PHONE
    assert check_of(Stage.BANK_PHONE, is_own_bank=True) is Check.RESERVED_PHONE


@pytest.mark.rule("R41")
def test_a_child_shows_a_photo_and_a_grown_member_the_living_face() -> None:
    child, grown = Memory(is_child=True), Memory()

    assert [
        (stage, flows.is_passed_over(stage, child), flows.is_passed_over(stage, grown))
        for stage in (Stage.FACE_PHOTO, Stage.MEMBER_FACE, Stage.BIND, Stage.CARD_PHOTO)
    ] == [
        (Stage.FACE_PHOTO, False, True),
        (Stage.MEMBER_FACE, True, False),
        (Stage.BIND, True, True),
        (Stage.CARD_PHOTO, False, False),
    ]


@pytest.mark.rule("R51")
def test_a_face_is_the_members_where_something_is_done_for_one() -> None:
    myself = Memory().with_choice(Stage.CHOOSE_PERSON, option(SELF))
    member = myself.with_choice(Stage.CHOOSE_PERSON, option("b" * 32))

    assert (Memory().binding_id, myself.binding_id, member.binding_id) == ("", "", "b" * 32)
    assert member.choice(Stage.CHOOSE_PERSON).choice_id == "b" * 32
    assert flows.is_of_member(Stage.MEMBER_FACE, Memory())
    assert flows.is_of_member(Stage.PERSON_FACE, member)
    assert not flows.is_of_member(Stage.PERSON_FACE, myself)
    assert not flows.is_of_member(Stage.FACE, member)


def option(choice_id: str) -> Option:
    return Option(choice_id=choice_id, label=Words("人", "person"))


@pytest.mark.rule("R23", "R41")
def test_a_proof_is_for_the_flow_and_a_members_face_for_joining() -> None:
    without_proof = {
        FlowKind.CONSENT_TO_DISPLAY,
        FlowKind.SHOW_CARD,
        FlowKind.LOWER_LEVEL,
        FlowKind.USE_SERVICE,
        FlowKind.PASSWORD_FREE_OFF,
        FlowKind.VIEW_CERTIFICATIONS,
        FlowKind.VIEW_FAMILY,
        FlowKind.VIEW_ORDERS,
        FlowKind.VIEW_USES,
    }

    assert set(paths.PURPOSES) == set(FlowKind) - without_proof
    assert paths.purpose_of(FlowKind.ADD_MEMBER, Stage.PASSWORD) is Purpose.ADD_FAMILY
    assert paths.purpose_of(FlowKind.ADD_MEMBER, Stage.MEMBER_FACE) is Purpose.JOIN_FAMILY


@pytest.mark.rule("R92")
def test_whatever_is_shown_or_names_people_and_orders_is_kept_nowhere() -> None:
    shown = paths.SHOWN

    assert shown < paths.PRIVATE
    assert {Stage.CODE, Stage.TICKET, Stage.SHOW_CARD, Stage.RECORDS} <= shown
    assert {Stage.CHOOSE_MEMBER, Stage.CHOOSE_ORDER} <= paths.PRIVATE


@pytest.mark.parametrize(
    ("stage", "check", "wanted"),
    [
        (Stage.CHOOSE_CHECK, None, AnswerKind.CHOICE_ID),
        (Stage.CHOOSE_REGION, None, AnswerKind.CHOICE_ID),
        (Stage.CHECK, Check.TEXT_MESSAGE, AnswerKind.TEXT_CODE),
        (Stage.CHECK, Check.WALLET_PASSWORD, AnswerKind.VOUCH_ANSWER),
        (Stage.CHECK, Check.ACCOUNT_IDENTITY, AnswerKind.VOUCH_ANSWER),
        (Stage.CHECK, Check.RESERVED_PHONE, AnswerKind.VOUCH_ANSWER),
        (Stage.CHECK, Check.CARD_PASSWORD, AnswerKind.CARD_PASSWORD),
        (Stage.CHECK, Check.FACE, AnswerKind.FACE_CAPTURE),
        (Stage.FACE, Check.FACE, AnswerKind.FACE_CAPTURE),
        (Stage.TEXT_CODE, Check.TEXT_MESSAGE, AnswerKind.TEXT_CODE),
        (Stage.OLD_PASSWORD, Check.CARD_PASSWORD, AnswerKind.CARD_PASSWORD),
        (Stage.NEW_PASSWORD, None, AnswerKind.CARD_PASSWORD),
        (Stage.CONSENT_TO_CLAIM, None, AnswerKind.CONSENTED),
        (Stage.CONSENT_TO_ISSUE, None, AnswerKind.CONSENTED),
        (Stage.CONSENT_TO_ACCEPT, None, AnswerKind.CONSENTED),
        (Stage.CONSENT_TO_DECLINE, None, AnswerKind.CONSENTED),
        (Stage.CONSENT_TO_DISPLAY, None, AnswerKind.CONSENTED),
        (Stage.SHOW_CARD, None, AnswerKind.CONSENTED),
        (Stage.CODE, None, AnswerKind.CONSENTED),
        (Stage.FAMILY, None, AnswerKind.CONSENTED),
        (Stage.NOTICE, None, AnswerKind.CONSENTED),
        (Stage.CHOOSE_PERSON, None, AnswerKind.CHOICE_ID),
        (Stage.MEMBER_FORM, None, AnswerKind.FORM),
        (Stage.CARD_PHOTO, None, AnswerKind.PHOTO),
        (Stage.FACE_PHOTO, None, AnswerKind.PHOTO),
        (Stage.BANK_PHONE, Check.BANK_PHONE, AnswerKind.TEXT_CODE),
        (Stage.NEW_DEVICE, Check.TEXT_MESSAGE, AnswerKind.TEXT_CODE),
    ],
)
def test_a_step_takes_its_kind_of_answer_and_no_other(
    stage: Stage, check: Check | None, wanted: AnswerKind
) -> None:
    option = Option(choice_id="FACE", label=Words("人脸", "face"))
    step = Step(number=1, stage=stage, check=check, options=(option,))

    assert flows.wanted(step) is wanted
    assert [kind for kind in AnswerKind if flows.fits(step, Answer(kind=kind, text="FACE"))] == [
        wanted
    ]


def test_a_choice_is_among_the_options() -> None:
    option = Option(choice_id="FACE", label=Words("人脸", "face"))
    step = Step(number=1, stage=Stage.CHOOSE_CHECK, options=(option,))

    assert not flows.fits(step, Answer(kind=AnswerKind.CHOICE_ID, text="PALM"))
    assert flows.is_choice(Stage.CHOOSE_ORDER)
    assert not flows.is_choice(Stage.CODE)


def test_a_form_has_no_fields_that_nobody_asked_for() -> None:
    step = Step(number=1, stage=Stage.MEMBER_FORM)

    assert flows.fits(step, Answer(kind=AnswerKind.FORM, values=(("name", "王"),)))
    assert not flows.fits(step, Answer(kind=AnswerKind.FORM, values=(("phone", "1"),)))


# stage, reason, tries left; turn
TURNS = [
    (Stage.CHECK, "PLATFORM_UNREACHABLE", 3, Turn.WAIT),
    (Stage.CHECK, "AUTHORITY_UNREACHABLE", 3, Turn.WAIT),
    (Stage.FACE, "PLATFORM_BUSY", 0, Turn.WAIT),
    (Stage.NEW_PASSWORD, "CHANGES_CONFLICT", 0, Turn.WAIT),
    (Stage.CHECK, "TEXT_CODE_WRONG", 4, Turn.AGAIN),
    (Stage.CHECK, "TEXT_CODE_WRONG", 0, Turn.FAIL),
    (Stage.CHECK, "VOUCHING_FAILED", 1, Turn.AGAIN),
    (Stage.CHECK, "VOUCHING_FAILED", 0, Turn.FAIL),
    (Stage.FACE, "FACE_MISMATCH", 1, Turn.AGAIN),
    (Stage.FACE, "LIVENESS_FAILED", 1, Turn.AGAIN),
    (Stage.OLD_PASSWORD, "PASSWORD_WRONG", 1, Turn.AGAIN),
    (Stage.OLD_PASSWORD, "PASSWORD_WRONG", 0, Turn.FAIL),
    (Stage.OLD_PASSWORD, "PASSWORD_LOCKED", 0, Turn.FAIL),
    (Stage.CHECK, "CHALLENGE_EXPIRED", 0, Turn.ANEW),
    (Stage.CHECK, "CHALLENGE_NOT_FOUND", 0, Turn.ANEW),
    (Stage.CHECK, "CHALLENGE_ANSWERED", 0, Turn.ANEW),
    (Stage.CHECK, "TRIES_EXHAUSTED", 0, Turn.FAIL),
    (Stage.NEW_PASSWORD, "PASSWORD_TOO_SIMPLE", 0, Turn.AGAIN),
    (Stage.NEW_PASSWORD, "PROOF_EXPIRED", 0, Turn.FAIL),
    (Stage.CONSENT_TO_ISSUE, "CONSENT_OUTDATED", 0, Turn.ANEW),
    (Stage.CONSENT_TO_ACCEPT, "CONSENT_OUTDATED", 0, Turn.ANEW),
    (Stage.CHOOSE_REGION, "CONSENT_OUTDATED", 0, Turn.BACK),
    (Stage.CONSENT_TO_ISSUE, "REGION_NEEDED", 0, Turn.DETOUR),
    (Stage.CODE, "DEVICE_NEW", 0, Turn.DETOUR),
    (Stage.PAID, "PASSWORD_NEEDED", 0, Turn.DETOUR),
    (Stage.PAID, "LEVEL_TOO_LOW", 0, Turn.FAIL),
    (Stage.PAID, "ORDER_SETTLING", 0, Turn.FAIL),
    (Stage.MEMBER_FORM, "REQUEST_INVALID", 0, Turn.AGAIN),
    (Stage.MEMBER_FACE, "IDENTITY_MISMATCH", 0, Turn.BACK),
    (Stage.CHECK, "IDENTITY_MISMATCH", 0, Turn.FAIL),
    (Stage.BIND, "NOTICE_OUTDATED", 0, Turn.BACK),
    (Stage.BIND, "IDENTITY_MISMATCH", 0, Turn.BACK),
    (Stage.BIND, "MEMBER_IS_HOLDER", 0, Turn.BACK),
    (Stage.BIND, "MEMBER_BOUND_ALREADY", 0, Turn.BACK),
    (Stage.BIND, "PHOTO_UNREADABLE", 0, Turn.BACK),
    (Stage.BIND, "PHOTO_MISMATCH", 0, Turn.BACK),
    (Stage.BIND, "PHOTO_USED", 0, Turn.BACK),
    (Stage.BIND, "FACE_PHOTO_NEEDED", 0, Turn.BACK),
    (Stage.BIND, "MEMBER_FACE_NEEDED", 0, Turn.BACK),
    (Stage.BIND, "PLACES_USED_UP", 0, Turn.BACK),
    (Stage.BIND, "BINDERS_TOO_MANY", 0, Turn.FAIL),
    (Stage.BIND, "MEMBER_CARD_NOT_NORMAL", 0, Turn.FAIL),
    (Stage.BIND, "AUTHORITY_UNREACHABLE", 0, Turn.WAIT),
    (Stage.PERSON_FACE, "FACE_MISMATCH", 2, Turn.AGAIN),
    (Stage.CERTIFIED, "NOT_A_RECIPIENT", 0, Turn.FAIL),
    (Stage.TICKET, "SERVICE_NOT_OPEN", 0, Turn.FAIL),
    (Stage.CHECK, "BINDING_NOT_FOUND", 0, Turn.FAIL),
    (Stage.FACE, "LOSS_POLICY_BLOCKS", 0, Turn.FAIL),
    (Stage.BANK_PHONE, "BANK_DIFFERS", 0, Turn.FAIL),
    (Stage.CHOOSE_REGION, "REGION_NEEDED", 0, Turn.FAIL),
    (Stage.CONSENT_TO_ISSUE, "LINK_EXISTS", 0, Turn.ADOPT),
    (Stage.CONSENT_TO_ISSUE, "PHYSICAL_CARD_LOST", 0, Turn.FAIL),
    (Stage.CHECK, "CHANNEL_NOT_LIVE", 0, Turn.FAIL),
    (Stage.CHECK, "A_REASON_OF_TOMORROW", 5, Turn.FAIL),
]


@pytest.mark.rule("R17", "R20", "R25")
@pytest.mark.parametrize(("stage", "reason", "tries_left", "turn"), TURNS)
def test_a_refusal_has_its_meaning_at_its_stage(
    stage: Stage, reason: str, tries_left: int, turn: Turn
) -> None:
    assert turns.turn(stage, reason, tries_left) is turn


def test_whatever_leads_beside_or_back_leads_on_from_there() -> None:
    ways = {(kind, stage) for kind, stage in paths.NEXT if stage is not Stage.START}
    led_to = {*turns.DETOURS.values(), *turns.BACK_TO.values()}

    for stage in led_to:
        assert any(stage is from_stage for _, from_stage in ways), stage
    assert turns.BACK_TO[Stage.CHOOSE_REGION, "CONSENT_OUTDATED"] is Stage.CONSENT_TO_ISSUE
    assert turns.IS_CHILD == {"FACE_PHOTO_NEEDED": True, "MEMBER_FACE_NEEDED": False}


def test_consents_are_told_from_the_rest_and_some_have_a_version() -> None:
    assert flows.is_consent(Stage.CONSENT_TO_ISSUE)
    assert flows.is_versioned(Stage.CONSENT_TO_ISSUE)
    assert not flows.is_versioned(Stage.CONSENT_TO_DISPLAY)


FLOW = Flow(flow_id="f", session="s", account="a", kind=FlowKind.APPLY, expire_time=100)


@pytest.mark.rule("R92")
def test_an_ended_flow_keeps_nothing_that_it_gathered() -> None:
    memory = Memory(link_id="l").with_proof(Stage.CHECK, "p").with_proof(Stage.FACE, "q")

    assert memory.with_proof(Stage.CHECK, "r").proof(Stage.CHECK) == "r"
    assert memory.proof(Stage.FACE) == "q"
    assert (memory.proof_if_any(Stage.FACE), memory.proof_if_any(Stage.PASSWORD)) == ("q", "")
    assert "p" not in repr(memory).split("'")
    walked = Flow(
        flow_id="f",
        session="s",
        account="a",
        kind=FlowKind.APPLY,
        expire_time=100,
        step=Step(number=1, stage=Stage.FACE),
        memory=memory,
        sealed_draft=b"sealed",
    )
    after = ended(walked, FlowState.FAILED, "FACE_MISMATCH")
    assert after.step is None
    assert after.memory == Memory()
    assert after.sealed_draft == b""
    assert after.reason == "FACE_MISMATCH"


def test_a_flow_is_abandoned_at_its_expiry_and_not_before() -> None:
    assert not is_abandoned(FLOW, 99)
    assert is_abandoned(FLOW, 100)
    assert not is_abandoned(ended(FLOW, FlowState.COMPLETED), 100)


def test_an_answer_never_shows_what_was_answered() -> None:
    answer = Answer(kind=AnswerKind.CARD_PASSWORD, text="205817", capture=b"face")

    assert "205817" not in repr(answer)
    assert "face" not in repr(answer).replace("face_capture", "")


@pytest.mark.rule("R92")
def test_a_draft_and_a_code_never_show_what_they_hold() -> None:
    draft = Draft(name="王奶奶", id_number="99", card_photo=b"photo", face_photo=b"face")
    code = Code(text="abc", expire_time=1, for_whom=Words("本人", "myself"))

    assert repr(draft) == "Draft()"
    assert "abc" not in repr(code)


@pytest.mark.rule("R21")
@pytest.mark.parametrize(
    ("checks", "kinds", "silent"),
    [
        ((IdentityCheck.TEXT_MESSAGE,), (), None),
        (
            (IdentityCheck.TEXT_MESSAGE, IdentityCheck.WALLET_PASSWORD),
            (VouchKind.WALLET_PASSWORD,),
            None,
        ),
        (
            (IdentityCheck.RESERVED_PHONE, IdentityCheck.REAL_NAME_ACCOUNT),
            (VouchKind.RESERVED_PHONE, VouchKind.REAL_NAME_ACCOUNT),
            VouchKind.REAL_NAME_ACCOUNT,
        ),
        (
            (IdentityCheck.ACCOUNT_IDENTITY,),
            (VouchKind.ACCOUNT_IDENTITY,),
            VouchKind.ACCOUNT_IDENTITY,
        ),
    ],
)
def test_a_profile_says_what_an_operator_must_allow(
    checks: tuple[IdentityCheck, ...], kinds: tuple[VouchKind, ...], silent: VouchKind | None
) -> None:
    profile = ChannelProfile(
        id="x1", name=Words("某", "X"), channel_class=ChannelClass.SOCIAL, identity_checks=checks
    )

    assert profile.vouch_kinds == kinds
    assert profile.silent_vouch_kind is silent
    assert not profile.vouches_for_bank_phone
    of_a_bank = replace(profile, bank_id="bank-east")
    assert of_a_bank.vouches_for_bank_phone is (VouchKind.RESERVED_PHONE in kinds)


def test_every_panel_stage_and_check_has_its_words() -> None:
    assert set(texts.PANEL_TITLES) == set(PanelState)
    assert set(texts.CHECK_LABELS) == set(Check)
    assert texts.PANEL_TITLES[PanelState.NOT_OPENED].zh == "电子社保卡 待开通"
    for kind, path in paths.PATHS.items():
        for stage in path:
            for check in (None, *Check):
                title = texts.step_title(kind, stage, check)
                assert title.zh
                assert title.en
    consents = {stage for stage in Stage if flows.is_consent(stage)}
    assert set(texts.BUTTONS) == consents
    assert set(texts.CONSENTS) == {each for each in consents if not flows.is_versioned(each)}
    assert set(texts.MEMBER_FIELDS) == set(texts.FIELD_FAULTS)


def test_a_region_is_called_by_its_name_and_by_its_number_where_it_has_none() -> None:
    assert texts.region_words("320600").zh == texts.REGIONS["320600"].zh
    assert texts.region_words("990000").en == "990000"


def test_consents_read_as_in_the_source() -> None:
    assert texts.BUTTONS[Stage.CONSENT_TO_CLAIM].zh == "授权领取"
    assert texts.BUTTONS[Stage.CONSENT_TO_ISSUE].zh == "授权领取"
    assert texts.BUTTONS[Stage.CONSENT_TO_DISPLAY].zh == "立即授权"
    assert texts.step_title(FlowKind.CONSENT_TO_DISPLAY, Stage.CONSENT_TO_DISPLAY, None).zh == (
        "授权展示"
    )
