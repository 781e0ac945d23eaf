"""The flows as tables: where each leads, what each step asks, and what a refusal does."""

import pytest

from essc_channels.core import flows, texts
from essc_channels.core.channel_profiles import (
    ChannelClass,
    ChannelProfile,
    IdentityCheck,
    VouchKind,
)
from essc_channels.core.flow_records import (
    Answer,
    AnswerKind,
    Check,
    Flow,
    FlowKind,
    FlowState,
    Memory,
    Option,
    Stage,
    Step,
    ended,
    is_abandoned,
)
from essc_channels.core.flows import Command, Turn
from essc_channels.core.panels import PanelState
from essc_channels.core.records import Words

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
}


@pytest.mark.rule("R5", "R12", "R20", "R24")
@pytest.mark.parametrize("kind", list(FlowKind))
def test_every_flow_goes_its_way_to_the_end(kind: FlowKind) -> None:
    walked = []
    stage = flows.NEXT[kind, Stage.START]
    while stage is not Stage.DONE:
        walked.append(stage.value)
        stage = flows.NEXT[kind, stage]

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
    }

    for (kind, stage), command in flows.COMMANDS.items():
        if stage is Stage.CHOOSE_REGION:
            stage = Stage.CONSENT_TO_ISSUE  # noqa: PLW2901 - asked after that consent
        path = flows.PATHS[kind]
        assert set(needed[command]) <= set(path[: path.index(stage) + 1]), (kind, command)


@pytest.mark.rule("R12")
@pytest.mark.parametrize(
    ("kind", "password_is_set", "offered"),
    [
        (FlowKind.APPLY, False, (Check.TEXT_MESSAGE, Check.WALLET_PASSWORD)),
        (FlowKind.DECLINE_DELIVERY, True, (Check.TEXT_MESSAGE, Check.WALLET_PASSWORD)),
        (FlowKind.UNLINK, False, (Check.FACE, Check.TEXT_MESSAGE)),
        (FlowKind.UNLINK, True, (Check.FACE, Check.CARD_PASSWORD, Check.TEXT_MESSAGE)),
    ],
)
def test_identity_is_checked_the_channels_way_and_unlinking_any_way(
    kind: FlowKind, password_is_set: bool, offered: tuple[Check, ...]
) -> None:
    own = (Check.TEXT_MESSAGE, Check.WALLET_PASSWORD)

    assert flows.offered_checks(own, kind, Memory(password_is_set=password_is_set)) == offered


def test_a_stage_has_its_check_or_the_chosen_one() -> None:
    memory = Memory(check=Check.RESERVED_PHONE)

    assert flows.check_of(Stage.CHECK, memory) is Check.RESERVED_PHONE
    assert flows.check_of(Stage.FACE, memory) is Check.FACE
    assert flows.check_of(Stage.NEW_PASSWORD, memory) is None


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
    (Stage.CHOOSE_REGION, "CONSENT_OUTDATED", 0, Turn.ANEW),
    (Stage.CONSENT_TO_ISSUE, "REGION_NEEDED", 0, Turn.CHOOSE_REGION),
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
    assert flows.turn(stage, reason, tries_left) is turn


def test_consent_is_asked_anew_before_the_region() -> None:
    assert flows.renewed(Stage.CHOOSE_REGION) is Stage.CONSENT_TO_ISSUE
    assert flows.renewed(Stage.CHECK) is Stage.CHECK
    assert flows.is_consent(Stage.CONSENT_TO_ISSUE)
    assert flows.is_versioned(Stage.CONSENT_TO_ISSUE)
    assert not flows.is_versioned(Stage.CONSENT_TO_DISPLAY)


FLOW = Flow(flow_id="f", session="s", account="a", kind=FlowKind.APPLY, expire_time=100)


@pytest.mark.rule("R92")
def test_an_ended_flow_keeps_nothing_that_it_gathered() -> None:
    memory = Memory(link_id="l").with_proof(Stage.CHECK, "p").with_proof(Stage.FACE, "q")

    assert memory.with_proof(Stage.CHECK, "r").proof(Stage.CHECK) == "r"
    assert memory.proof(Stage.FACE) == "q"
    assert "p" not in repr(memory).split("'")
    walked = Flow(
        flow_id="f",
        session="s",
        account="a",
        kind=FlowKind.APPLY,
        expire_time=100,
        step=Step(number=1, stage=Stage.FACE),
        memory=memory,
    )
    after = ended(walked, FlowState.FAILED, "FACE_MISMATCH")
    assert after.step is None
    assert after.memory == Memory()
    assert after.reason == "FACE_MISMATCH"


def test_a_flow_is_abandoned_at_its_expiry_and_not_before() -> None:
    assert not is_abandoned(FLOW, 99)
    assert is_abandoned(FLOW, 100)
    assert not is_abandoned(ended(FLOW, FlowState.COMPLETED), 100)


def test_an_answer_never_shows_what_was_answered() -> None:
    answer = Answer(kind=AnswerKind.CARD_PASSWORD, text="205817", capture=b"face")

    assert "205817" not in repr(answer)
    assert "face" not in repr(answer).replace("face_capture", "")


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


def test_every_panel_stage_and_check_has_its_words() -> None:
    assert set(texts.PANEL_TITLES) == set(PanelState)
    assert set(texts.CHECK_LABELS) == set(Check)
    assert texts.PANEL_TITLES[PanelState.NOT_OPENED].zh == "电子社保卡 待开通"
    for kind, path in flows.PATHS.items():
        for stage in path:
            for check in (None, *Check):
                title = texts.step_title(kind, stage, check)
                assert title.zh
                assert title.en


def test_consents_read_as_in_the_source() -> None:
    assert texts.BUTTONS[Stage.CONSENT_TO_CLAIM].zh == "授权领取"
    assert texts.BUTTONS[Stage.CONSENT_TO_ISSUE].zh == "授权领取"
    assert texts.BUTTONS[Stage.CONSENT_TO_DISPLAY].zh == "立即授权"
    assert texts.step_title(FlowKind.CONSENT_TO_DISPLAY, Stage.CONSENT_TO_DISPLAY, None).zh == (
        "授权展示"
    )
