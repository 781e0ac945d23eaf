from dataclasses import replace
from typing import Any

import pytest
from tests.core.people import (
    NOW,
    ZHANG,
    Store,
    Table,
    accepted,
    card,
    citizen,
    delivered_link,
    entry,
    judge,
    judge_situation,
    link,
    password,
    physical_card,
    proof,
    unlinked_link,
    view,
)
from tests.core.proof_steps import proof_steps

from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.passwords import (
    ChangePassword,
    PasswordAnswer,
    ResetPassword,
    SetPassword,
    is_too_simple,
)
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    EntryKind,
    Event,
    EventKind,
    Method,
    Password,
    PhysicalCardStatus,
    Proof,
    Purpose,
)

SIMPLE, GOOD = "123456", "135246"
NEW = Password(key=ZHANG, hash="new hash", version=1, change_time=NOW)
IN_ALIPAY = delivered_link(channel="alipay", number=310)
IN_NANTONG = unlinked_link(channel="nantong", number=320)
OTHERS = [IN_ALIPAY, IN_NANTONG]
WITHOUT_ACTIVE_LINK: list[tuple[dict[str, Any], Decision]] = [
    ({}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": delivered_link(number=299)}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": delivered_link()}, Rejected(Reason.LINK_NOT_ACTIVE)),
    ({"link": unlinked_link()}, Rejected(Reason.LINK_NOT_ACTIVE)),
    ({"link": link()}, Rejected(Reason.PROOF_UNKNOWN)),
]


def renewed(kind: EntryKind, new: Password, *proofs: Proof) -> Accepted:
    """What every way to a new password answers, saves and tells the channels that hold the card."""
    return Accepted(
        answer=PasswordAnswer(change_time=NOW),
        changes=(new, *(replace(each, is_used=True) for each in proofs)),
        events=tuple(
            Event(
                channel=of.channel,
                kind=EventKind.PASSWORD_CHANGED,
                at=NOW,
                citizen=ZHANG,
                link=of,
                card=view(password_is_set=True),
            )
            for of in (IN_ALIPAY, link())
        ),
        entries=(entry(kind),),
    )


def start(command: Any, **more: Any) -> dict[str, Any]:
    people = {"citizen": citizen(), "physical_card": physical_card(), "card": card()}
    return {"command": command, "others": OTHERS, **people, **more}


# --- setting the first -----------------------------------------------------------------------

TO_SET = proof(number=905, purpose=Purpose.SET_PASSWORD, method=Method.FACE)
SET = SetPassword(
    at=NOW,
    channel="wechat",
    citizen=ZHANG,
    link_number=300,
    proof=TO_SET.key,
    digits=GOOD,
    hash="new hash",
)
WORST_SET = replace(SET, digits=SIMPLE)
BY_TEXT = replace(TO_SET, method=Method.TEXT_MESSAGE)

SETTING = Table(
    start(WORST_SET, password=password(unlock_time=NOW + 1)),
    *WITHOUT_ACTIVE_LINK,
    *proof_steps(WORST_SET, TO_SET, method=Method.CARD_PASSWORD),
    ({"command": WORST_SET, "proof": TO_SET}, Rejected(Reason.PASSWORD_SET_ALREADY)),
    ({"password": None}, Rejected(Reason.PASSWORD_TOO_SIMPLE)),
    ({"command": SET}, renewed(EntryKind.PASSWORD_SET, NEW, TO_SET)),
    ({"proof": BY_TEXT}, renewed(EntryKind.PASSWORD_SET, NEW, BY_TEXT)),
)

# --- changing --------------------------------------------------------------------------------

TO_CHANGE = proof(
    number=906,
    purpose=Purpose.CHANGE_PASSWORD,
    method=Method.CARD_PASSWORD,
    password_version=3,
)
BY_THE_OLD_ONE = replace(TO_CHANGE, password_version=2)
CHANGE = ChangePassword(
    at=NOW,
    channel="wechat",
    citizen=ZHANG,
    link_number=300,
    proof=TO_CHANGE.key,
    digits=GOOD,
    hash="new hash",
)
WORST_CHANGE = replace(CHANGE, digits=SIMPLE)
LOCKED = password(unlock_time=NOW + 1)

CHANGING = Table(
    start(WORST_CHANGE),
    *WITHOUT_ACTIVE_LINK,
    *proof_steps(WORST_CHANGE, TO_CHANGE, method=Method.FACE),
    ({"command": WORST_CHANGE, "proof": BY_THE_OLD_ONE}, Rejected(Reason.PASSWORD_NOT_SET)),
    (
        {"password": LOCKED},
        Rejected(Reason.PASSWORD_LOCKED, (("unlock_time_us", str(NOW + 1)),)),
    ),
    ({"password": password(unlock_time=NOW)}, Rejected(Reason.PROOF_EXPIRED)),
    ({"proof": TO_CHANGE}, Rejected(Reason.PASSWORD_TOO_SIMPLE)),
    (
        {"command": CHANGE},
        renewed(EntryKind.PASSWORD_CHANGED, replace(NEW, version=4), TO_CHANGE),
    ),
)

# --- resetting -------------------------------------------------------------------------------

TEXT = proof(number=907, purpose=Purpose.RESET_PASSWORD, method=Method.TEXT_MESSAGE)
FACE = proof(number=908, purpose=Purpose.RESET_PASSWORD, method=Method.FACE)
RESET = ResetPassword(
    at=NOW,
    channel="wechat",
    citizen=ZHANG,
    link_number=300,
    text_proof=TEXT.key,
    face_proof=FACE.key,
    digits=GOOD,
    hash="new hash",
)
WORST_RESET = replace(RESET, digits=SIMPLE)

RESETTING = Table(
    start(WORST_RESET),
    *WITHOUT_ACTIVE_LINK,
    *proof_steps(WORST_RESET, TEXT, field="text_proof", method=Method.FACE),
    *(
        ({"text_proof": TEXT, **changes}, decision)
        for changes, decision in proof_steps(
            WORST_RESET, FACE, field="face_proof", method=Method.TEXT_MESSAGE
        )
    ),
    ({"command": WORST_RESET, "face_proof": FACE}, Rejected(Reason.PASSWORD_NOT_SET)),
    ({"password": LOCKED}, Rejected(Reason.PASSWORD_TOO_SIMPLE)),
    (
        {"command": RESET},
        renewed(EntryKind.PASSWORD_RESET, replace(NEW, version=4), TEXT, FACE),
    ),
)


@pytest.mark.rule("R23", "R24")
@pytest.mark.parametrize(("situation", "decision"), SETTING.rows, ids=SETTING.ids)
def test_setting_the_first_password(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R23", "R24", "R25")
@pytest.mark.parametrize(("situation", "decision"), CHANGING.rows, ids=CHANGING.ids)
def test_changing_the_password(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R23", "R24", "R25")
@pytest.mark.parametrize(("situation", "decision"), RESETTING.rows, ids=RESETTING.ids)
def test_resetting_the_password(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R14")
def test_someone_without_a_card_answers_like_an_unknown_link() -> None:
    assert judge(SET) == Rejected(Reason.LINK_NOT_FOUND)
    assert judge(SET, citizen(), physical_card()) == Rejected(Reason.LINK_NOT_FOUND)


@pytest.mark.rule("R25")
def test_a_reset_frees_the_lock_and_the_count() -> None:
    locked = password(wrong_tries=5, unlock_time=NOW + 1)
    store = Store(citizen(), physical_card(), card(), link(), locked, TEXT, FACE)

    store.do(RESET)

    assert store.records[Password, ZHANG] == replace(NEW, version=4)


@pytest.mark.rule("R3")
@pytest.mark.parametrize("status", PhysicalCardStatus)
@pytest.mark.parametrize("command", [SET, CHANGE, RESET], ids=["set", "change", "reset"])
def test_a_password_can_be_renewed_whatever_the_card_is(
    command: SetPassword | ChangePassword | ResetPassword, status: PhysicalCardStatus
) -> None:
    old = None if isinstance(command, SetPassword) else password()
    proofs = (TO_SET, TO_CHANGE, TEXT, FACE)
    blocked = physical_card(status=status)

    decision = judge(command, citizen(), blocked, card(), link(), old, *proofs)

    assert accepted(decision).answer == PasswordAnswer(change_time=NOW)


@pytest.mark.rule("R24")
@pytest.mark.parametrize(
    "digits", ["123456", "012345", "456789", "654321", "543210", "000000", "777777"]
)
def test_sequential_and_equal_digits_are_too_simple(digits: str) -> None:
    assert is_too_simple(digits, "990101199001011234")


@pytest.mark.rule("R24")
@pytest.mark.parametrize("digits", ["990101", "199001", "011234"])
def test_part_of_the_id_number_is_too_simple(digits: str) -> None:
    assert is_too_simple(digits, "990101199001011234")


@pytest.mark.rule("R24")
@pytest.mark.parametrize(
    "digits", ["135246", "123457", "112233", "246802", "121212", "890123", "000001", "901234"]
)
def test_other_digits_are_good_enough(digits: str) -> None:
    """890123 wraps round, which is no sequence; 901234 only looks like the ID number's end."""
    assert not is_too_simple(digits, "990101199001011234")


@pytest.mark.parametrize(
    ("command", "used", "has_password"),
    [(SET, [TO_SET], False), (CHANGE, [TO_CHANGE], True)],
    ids=["set", "change"],
)
def test_what_lacks_only_its_hash_changes_nothing_yet(
    command: Any, used: list[Proof], has_password: bool
) -> None:
    before = password() if has_password else None
    situation = start(replace(command, hash=None), link=link(), proof=used[0], password=before)

    assert judge_situation(situation) == Rejected(Reason.CHANGES_CONFLICT)


@pytest.mark.rule("R92")
def test_digits_and_hash_are_not_in_what_is_printed() -> None:
    for printed in (repr(SET), repr(CHANGE), repr(RESET), repr(NEW)):
        assert GOOD not in printed
        assert "new hash" not in printed
