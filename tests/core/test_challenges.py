from dataclasses import replace
from typing import Any

import pytest
from tests.core.people import (
    DAY,
    EARLIER,
    HOUR,
    LI,
    MINUTE,
    NOW,
    SECOND,
    ZHANG,
    Store,
    Table,
    accepted,
    bank_account,
    binding,
    card,
    china,
    citizen,
    delivered_link,
    entry,
    judge,
    judge_situation,
    link,
    password,
    physical_card,
    rejected,
    unlinked_link,
)

from essc_platform.core.acting import BindingName
from essc_platform.core.challenges import (
    AnswerChallenge,
    EarnedProof,
    Finding,
    StartChallenge,
    StartedChallenge,
)
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.policy import Policy
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    Challenge,
    Counters,
    EntryKind,
    Method,
    Password,
    Proof,
    Purpose,
)

TODAY = 20_514  # 2 March 2026, in days since 1970
MIDNIGHT = china("2026-03-03 00:00")
AT_MIDNIGHT = (("retry_time_us", str(MIDNIGHT)),)

# --- starting --------------------------------------------------------------------------------

BY_NAME = StartChallenge(
    at=NOW,
    channel="wechat",
    citizen=ZHANG,
    link_number=None,
    name="张小三",
    id_number="990101199001011234",
    phone=None,
    method=Method.TEXT_MESSAGE,
    purpose=Purpose.APPLY,
    new_number=700,
)
BY_LINK = replace(BY_NAME, link_number=300, name=None, id_number=None)
AS_MEMBER = replace(BY_LINK, holder=LI, binding=BindingName(600, ZHANG))


def counters(**changes: Any) -> Counters:
    return replace(Counters(key=ZHANG, day=TODAY), **changes)


def started(
    method: Method,
    counted: Counters | None = None,
    tries_left: int = 5,
    phone: str = "11100001234",
    **more: Any,
) -> Accepted:
    challenge = Challenge(
        citizen=ZHANG,
        number=700,
        channel="wechat",
        method=method,
        purpose=Purpose.APPLY,
        expire_time=NOW + 5 * MINUTE,
        tries_left=tries_left,
    )
    challenge = replace(challenge, **more)
    return Accepted(
        answer=StartedChallenge(challenge=challenge, phone=phone),
        changes=(challenge,) if counted is None else (challenge, counted),
    )


# The worst that can be asked: by a link that is none, with a phone, by a password.
WORST_START = replace(BY_LINK, phone="11100009999", method=Method.CARD_PASSWORD)
BY_RESERVED_PHONE = replace(BY_LINK, method=Method.RESERVED_PHONE)
BY_NAME_AND_PASSWORD = replace(WORST_START, link_number=None, name="张小四", id_number="99")

WORST_MEMBER = replace(AS_MEMBER, phone="11100009999", method=Method.CARD_PASSWORD)

STARTING = Table(
    {
        "command": WORST_START,
        "citizen": None,
        "link": None,
        "password": None,
        "counters": counters(text_messages=10, failed_faces=10),
    },
    ({}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": link(number=299)}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": unlinked_link()}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": link(channel="alipay")}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"command": WORST_MEMBER, "link": link()}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": link(citizen=LI)}, Rejected(Reason.BINDING_NOT_FOUND)),
    ({"binding": binding(holder=LI, member=LI)}, Rejected(Reason.BINDING_NOT_FOUND)),
    (
        {"binding": binding(holder=LI, member=ZHANG, end_time=NOW)},
        Rejected(Reason.BINDING_NOT_FOUND),
    ),
    ({"binding": binding(holder=LI, member=ZHANG)}, Rejected(Reason.IDENTITY_MISMATCH)),
    ({"command": BY_NAME_AND_PASSWORD}, Rejected(Reason.IDENTITY_MISMATCH)),
    ({"citizen": citizen(cancel_time=NOW)}, Rejected(Reason.IDENTITY_MISMATCH)),
    (
        {"command": replace(BY_NAME_AND_PASSWORD, name="张小三")},
        Rejected(Reason.IDENTITY_MISMATCH),
    ),
    (
        {"command": replace(BY_NAME_AND_PASSWORD, id_number="990101199001011234")},
        Rejected(Reason.IDENTITY_MISMATCH),
    ),
    ({"command": WORST_START, "link": delivered_link()}, Rejected(Reason.PHONE_MISMATCH)),
    ({"command": replace(WORST_START, phone="11100001234")}, Rejected(Reason.PASSWORD_NOT_SET)),
    (
        {"password": password(unlock_time=NOW + 1)},
        Rejected(Reason.PASSWORD_LOCKED, (("unlock_time_us", str(NOW + 1)),)),
    ),
    ({"command": BY_RESERVED_PHONE}, Rejected(Reason.BANK_ACCOUNT_NOT_OPEN)),
    (
        {"physical_card": physical_card(), "card": card(), "account": bank_account(close_time=NOW)},
        Rejected(Reason.BANK_ACCOUNT_NOT_OPEN),
    ),
    (
        {"account": bank_account(physical_card=51)},
        Rejected(Reason.BANK_ACCOUNT_NOT_OPEN),
    ),
    ({"account": bank_account()}, Rejected(Reason.TRIES_EXHAUSTED, AT_MIDNIGHT)),
    ({"command": BY_LINK}, Rejected(Reason.TRIES_EXHAUSTED, AT_MIDNIGHT)),
    (
        {"command": replace(BY_LINK, method=Method.FACE)},
        Rejected(Reason.TRIES_EXHAUSTED, AT_MIDNIGHT),
    ),
    ({"counters": counters(text_messages=10, failed_faces=9)}, started(Method.FACE)),
    (
        {"command": BY_LINK, "counters": counters(text_messages=9, failed_faces=10)},
        started(Method.TEXT_MESSAGE, counters(text_messages=10, failed_faces=10)),
    ),
    (
        {"command": BY_NAME, "link": None, "counters": None},
        started(Method.TEXT_MESSAGE, counters(text_messages=1)),
    ),
    ({"command": replace(BY_NAME, method=Method.VOUCHED)}, started(Method.VOUCHED)),
    (
        {"command": BY_RESERVED_PHONE, "link": link(), "counters": counters(text_messages=9)},
        started(
            Method.RESERVED_PHONE,
            counters(text_messages=10),
            phone="11100009999",
            account_open_time=EARLIER,
        ),
    ),
    # A text message for the level is none to the reserved phone, and goes to the person's own.
    (
        {"command": replace(BY_LINK, purpose=Purpose.RAISE_LEVEL)},
        started(
            Method.TEXT_MESSAGE,
            counters(text_messages=10),
            purpose=Purpose.RAISE_LEVEL,
            account_open_time=EARLIER,
        ),
    ),
    (
        {"command": replace(BY_LINK, purpose=Purpose.RAISE_LEVEL, method=Method.VOUCHED)},
        started(Method.VOUCHED, purpose=Purpose.RAISE_LEVEL, account_open_time=EARLIER),
    ),
    (
        {"account": bank_account(close_time=NOW)},
        started(Method.VOUCHED, purpose=Purpose.RAISE_LEVEL),
    ),
    (
        {
            "command": replace(AS_MEMBER, method=Method.FACE),
            "link": link(citizen=LI),
            "binding": binding(holder=LI, member=ZHANG),
        },
        started(Method.FACE),
    ),
    (
        {
            "command": replace(BY_NAME, method=Method.CARD_PASSWORD),
            "password": password(wrong_tries=2, unlock_time=NOW),
        },
        started(Method.CARD_PASSWORD, tries_left=4),
    ),
)


@pytest.mark.rule("R14", "R21", "R23", "R25", "R51")
@pytest.mark.parametrize(("situation", "decision"), STARTING.rows, ids=STARTING.ids)
def test_starting_a_challenge(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R25")
def test_ten_text_messages_are_sent_on_a_day_and_the_next_at_midnight_in_china() -> None:
    """Midnight in China is 16:00 UTC."""
    store = Store(citizen())

    for _ in range(10):
        accepted(store.do(BY_NAME))
    eleventh = store.do(replace(BY_NAME, at=china("2026-03-02 23:59") + 60 * SECOND - 1))
    tomorrow = store.do(replace(BY_NAME, at=china("2026-03-03 00:00")))

    assert eleventh == Rejected(Reason.TRIES_EXHAUSTED, AT_MIDNIGHT)
    assert accepted(tomorrow).changes[1] == counters(day=TODAY + 1, text_messages=1)


@pytest.mark.rule("R25")
def test_text_messages_count_over_all_channels() -> None:
    store = Store(citizen(), counters(text_messages=9))

    accepted(store.do(BY_NAME))
    elsewhere = store.do(replace(BY_NAME, channel="alipay"))

    assert elsewhere == Rejected(Reason.TRIES_EXHAUSTED, AT_MIDNIGHT)


def test_the_phone_a_message_goes_to_and_who_is_asked_are_not_in_what_is_printed() -> None:
    answer = accepted(judge(BY_NAME, citizen())).answer

    for printed in (repr(BY_NAME), repr(answer), repr(citizen())):
        assert "1110000" not in printed
        assert "张小三" not in printed
        assert "990101" not in printed


# --- answering -------------------------------------------------------------------------------


def challenge(**changes: Any) -> Challenge:
    waiting = Challenge(
        citizen=ZHANG,
        number=700,
        channel="wechat",
        method=Method.TEXT_MESSAGE,
        purpose=Purpose.UNLINK,
        expire_time=NOW + 1,
        tries_left=5,
    )
    return replace(waiting, **changes)


ANSWER = AnswerChallenge(
    at=NOW,
    channel="wechat",
    citizen=ZHANG,
    number=700,
    finding=Finding.RIGHT,
    password_version=3,
    new_proof_number=900,
)


def finding(found: Finding, **changes: Any) -> AnswerChallenge:
    return replace(ANSWER, finding=found, **changes)


def earned(answered: Challenge, *more: Password) -> Accepted:
    proof = Proof(
        citizen=ZHANG,
        number=900,
        channel="wechat",
        method=answered.method,
        purpose=Purpose.UNLINK,
        expire_time=NOW + 10 * MINUTE,
        password_version=more[0].version if more else None,
    )
    return Accepted(
        answer=EarnedProof(proof=proof),
        changes=(replace(answered, is_answered=True), proof, *more),
    )


TEXT, FACE = challenge(), challenge(method=Method.FACE)
BY_PASSWORD, VOUCHED = challenge(method=Method.CARD_PASSWORD), challenge(method=Method.VOUCHED)
USED_UP = challenge(
    channel="alipay", is_answered=True, expire_time=NOW, tries_left=0, method=Method.FACE
)
FOUR_LEFT = (("tries_left", "4"),)
LOCKED_UNTIL = NOW + 24 * HOUR

ANSWERING = Table(
    {
        "command": finding(Finding.OTHER_METHOD),
        "challenge": None,
        "password": None,
        "counters": counters(failed_faces=10),
    },
    ({}, Rejected(Reason.CHALLENGE_NOT_FOUND)),
    ({"challenge": USED_UP}, Rejected(Reason.CHALLENGE_NOT_FOUND)),
    ({"challenge": replace(USED_UP, channel="wechat")}, Rejected(Reason.CHALLENGE_ANSWERED)),
    (
        {"challenge": replace(USED_UP, channel="wechat", is_answered=False)},
        Rejected(Reason.CHALLENGE_EXPIRED),
    ),
    ({"challenge": challenge(method=Method.FACE, tries_left=0)}, Rejected(Reason.TRIES_EXHAUSTED)),
    ({"challenge": FACE}, Rejected(Reason.TRIES_EXHAUSTED, AT_MIDNIGHT)),
    ({"counters": counters(failed_faces=9)}, Rejected(Reason.PROOF_OF_OTHER_METHOD)),
    ({"challenge": BY_PASSWORD}, Rejected(Reason.PROOF_OF_OTHER_METHOD)),
    ({"command": finding(Finding.NOT_JUDGED)}, Rejected(Reason.PASSWORD_NOT_SET)),
    (
        {"password": password(wrong_tries=4, unlock_time=NOW + 1)},
        Rejected(Reason.PASSWORD_LOCKED, (("unlock_time_us", str(NOW + 1)),)),
    ),
    ({"password": password(wrong_tries=4)}, Rejected(Reason.CHANGES_CONFLICT)),
    ({"challenge": TEXT}, Rejected(Reason.CHANGES_CONFLICT)),
    (
        {"command": finding(Finding.WRONG_CODE)},
        Rejected(Reason.TEXT_CODE_WRONG, FOUR_LEFT, changes=(challenge(tries_left=4),)),
    ),
    (
        {"command": finding(Finding.OTHER_FACE), "challenge": FACE},
        Rejected(
            Reason.FACE_MISMATCH,
            FOUR_LEFT,
            changes=(replace(FACE, tries_left=4), counters(failed_faces=10)),
        ),
    ),
    (
        {"command": finding(Finding.NOT_LIVE), "counters": None},
        Rejected(
            Reason.LIVENESS_FAILED,
            FOUR_LEFT,
            changes=(replace(FACE, tries_left=4), counters(failed_faces=1)),
        ),
    ),
    (
        {
            "command": finding(Finding.WRONG_PASSWORD, password_version=2),
            "challenge": BY_PASSWORD,
        },
        Rejected(Reason.CHANGES_CONFLICT),
    ),
    (
        {"command": finding(Finding.WRONG_PASSWORD)},
        Rejected(
            Reason.PASSWORD_WRONG,
            (("tries_left", "1"),),
            changes=(password(wrong_tries=5),),
        ),
    ),
    (
        {"password": password(wrong_tries=5)},
        Rejected(
            Reason.PASSWORD_LOCKED,
            (("unlock_time_us", str(LOCKED_UNTIL)),),
            changes=(password(unlock_time=LOCKED_UNTIL),),
            entries=(entry(EntryKind.PASSWORD_LOCKED),),
        ),
    ),
    (
        {"command": finding(Finding.NOT_VOUCHED), "challenge": VOUCHED},
        Rejected(Reason.VOUCHING_FAILED, FOUR_LEFT, changes=(replace(VOUCHED, tries_left=4),)),
    ),
    ({"command": ANSWER}, earned(VOUCHED)),
    ({"challenge": TEXT}, earned(TEXT)),
    ({"challenge": FACE}, earned(FACE)),
    ({"challenge": BY_PASSWORD}, earned(BY_PASSWORD, password())),
    (
        {"challenge": replace(BY_PASSWORD, tries_left=1), "password": password(unlock_time=NOW)},
        earned(replace(BY_PASSWORD, tries_left=1), password()),
    ),
)


@pytest.mark.rule("R22", "R23", "R25")
@pytest.mark.parametrize(("situation", "decision"), ANSWERING.rows, ids=ANSWERING.ids)
def test_answering_a_challenge(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R23")
@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("found", [found for found in Finding if found is not Finding.RIGHT])
def test_only_a_right_answer_earns_a_proof(method: Method, found: Finding) -> None:
    """Whatever the edge found: a finding that does not fit the method is a bug, never a proof."""
    waiting = challenge(method=method)

    try:
        decision = judge(finding(found), waiting, password())
    except KeyError:
        return

    assert not any(isinstance(change, Proof) for change in rejected(decision).changes)


@pytest.mark.rule("R25")
def test_the_sixth_wrong_password_in_a_row_locks_over_all_channels_for_a_day() -> None:
    here, there = challenge(method=Method.CARD_PASSWORD), replace(BY_PASSWORD, channel="alipay")
    there = replace(there, number=701)
    store = Store(password(), here, there)
    wrong = finding(Finding.WRONG_PASSWORD)
    wrong_there = replace(wrong, channel="alipay", number=701)

    answers = [store.do(each) for each in (wrong, wrong_there, wrong, wrong_there, wrong)]
    sixth = store.do(wrong_there)

    assert [rejected(each).details for each in answers] == [
        (("tries_left", str(left)),) for left in (5, 4, 3, 2, 1)
    ]
    assert rejected(sixth).reason is Reason.PASSWORD_LOCKED
    assert rejected(sixth).details == (("unlock_time_us", str(NOW + DAY)),)
    assert store.entries == [entry(EntryKind.PASSWORD_LOCKED, channel="alipay")]


@pytest.mark.rule("R25")
@pytest.mark.parametrize(
    ("after", "reason"),
    [(DAY - 1, Reason.PASSWORD_LOCKED), (DAY, None)],
    ids=["a microsecond before the lock is over", "as the lock is over"],
)
def test_a_right_password_that_arrives_after_the_lock_is_refused_as_locked(
    after: int, reason: Reason | None
) -> None:
    at = NOW + after
    store = Store(password(wrong_tries=5), challenge(method=Method.CARD_PASSWORD))
    store.do(finding(Finding.WRONG_PASSWORD))
    store.save((challenge(method=Method.CARD_PASSWORD, number=702, expire_time=at + 1),))

    right = store.do(replace(ANSWER, at=at, number=702))

    assert getattr(right, "reason", None) is reason


@pytest.mark.rule("R25")
def test_a_right_password_starts_the_count_again() -> None:
    store = Store(password(wrong_tries=5), challenge(method=Method.CARD_PASSWORD))
    store.save((challenge(method=Method.CARD_PASSWORD, number=702),))
    accepted(store.do(ANSWER))

    wrong = store.do(finding(Finding.WRONG_PASSWORD, number=702))

    assert rejected(wrong).details == (("tries_left", "5"),)


@pytest.mark.rule("R25")
def test_after_the_lock_there_are_six_tries_again() -> None:
    store = Store(
        password(unlock_time=NOW), challenge(method=Method.CARD_PASSWORD, expire_time=NOW + 1)
    )

    wrong = store.do(finding(Finding.WRONG_PASSWORD))

    assert rejected(wrong).details == (("tries_left", "5"),)
    assert password(wrong_tries=1) in rejected(wrong).changes


@pytest.mark.rule("R22")
def test_a_challenge_takes_five_answers() -> None:
    store = Store(challenge())

    answers = [store.do(finding(Finding.WRONG_CODE)) for _ in range(6)]

    assert [rejected(each).reason for each in answers] == [
        *[Reason.TEXT_CODE_WRONG] * 5,
        Reason.TRIES_EXHAUSTED,
    ]


@pytest.mark.rule("R25")
def test_ten_failed_faces_are_counted_on_a_day_over_all_challenges_and_channels() -> None:
    store = Store(FACE, replace(FACE, number=701, channel="alipay"))
    store.save((replace(FACE, number=702, expire_time=MIDNIGHT + 1),))
    elsewhere = finding(Finding.NOT_LIVE, number=701, channel="alipay")

    for command in (finding(Finding.OTHER_FACE), elsewhere) * 5:
        assert rejected(store.do(command)).changes
    right_today = store.do(replace(ANSWER, number=702))
    right_tomorrow = store.do(replace(ANSWER, number=702, at=MIDNIGHT))

    assert right_today == Rejected(Reason.TRIES_EXHAUSTED, AT_MIDNIGHT)
    assert isinstance(right_tomorrow, Accepted)


@pytest.mark.rule("R90")
def test_another_policy_gives_other_limits() -> None:
    policy = Policy(challenge_seconds=60, challenge_tries=1, text_messages_per_day=2)

    first = judge(BY_NAME, citizen(), counters(text_messages=1), policy=policy)
    second = judge(BY_NAME, citizen(), counters(text_messages=2), policy=policy)

    answer = accepted(first).answer
    assert isinstance(answer, StartedChallenge)
    assert answer.challenge.expire_time == NOW + MINUTE
    assert answer.challenge.tries_left == 1
    assert second == Rejected(Reason.TRIES_EXHAUSTED, AT_MIDNIGHT)
