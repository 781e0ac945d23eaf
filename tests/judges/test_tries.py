"""The judge of tries sees one that was not counted, in whichever channel it was made."""

from typing import Any

import pytest
from tests.judges.telling import DAY, ZHANG, Telling, link, platform

from essc.lab.v1 import audit_platform_pb2 as rows
from essc_workbench.judges.findings import Finding, Ruling
from essc_workbench.judges.tries import Tries

RIGHT, WRONG, LOCKED = "", "PASSWORD_WRONG", "PASSWORD_LOCKED"


def entered(told: Telling, channel: str, reason: str = WRONG, *, unknown: bool = False) -> None:
    subject = {"subject.link_id": f"link-{channel}-zhang", "method": "METHOD_CARD_PASSWORD"}
    challenge = {"challenge.challenge_id": f"challenge-{len(told.items)}"}
    told.call(channel, "StartChallenge", subject, challenge)
    asked = {"challenge_id": challenge["challenge.challenge_id"]}
    told.call(channel, "AnswerChallenge", asked, refused=reason, unknown=unknown)


def found(told: Telling, wrong_tries: int = 0, **counters: int) -> Finding:
    lists: dict[str, Any] = {
        "links": [link("wechat"), link("alipay")],
        "passwords": [rows.AuditPassword(citizen="zhang", wrong_tries=wrong_tries)],
        "counters": [rows.AuditCounters(citizen="zhang", **counters)],
    }
    return Tries().judge(told.evidence({"platform": platform(**lists)}))


@pytest.mark.rule("R25")
@pytest.mark.parametrize(("counted", "ruling"), [(3, Ruling.GOOD), (2, Ruling.BROKEN)])
def test_wrong_passwords_are_counted_over_all_channels(counted: int, ruling: Ruling) -> None:
    told = Telling()
    for channel in ("wechat", "alipay", "wechat"):
        entered(told, channel)

    finding = found(told, counted)

    assert finding.ruling is ruling
    if ruling is Ruling.BROKEN:
        assert finding.violations[0].calls == (2, 4, 6)
        assert finding.violations[0].citizen == "zhang"


def test_the_sixth_in_a_row_must_lock() -> None:
    told = Telling()
    for _ in range(5):
        entered(told, "wechat")
    entered(told, "alipay", LOCKED)
    good = found(told)
    several = Telling()
    for _ in range(6):
        entered(several, "wechat")

    assert good.ruling is Ruling.GOOD
    assert "6 wrong passwords in a row (wechat), and no lock" in [
        each.text.en for each in found(several, 6).violations
    ]


def test_a_right_one_begins_the_count_anew() -> None:
    told = Telling()
    for reason in (WRONG, WRONG, RIGHT, WRONG):
        entered(told, "wechat", reason)

    rulings = [found(told, counted).ruling for counted in (0, 1, 2)]

    assert rulings == [Ruling.BROKEN, Ruling.GOOD, Ruling.BROKEN]


def test_an_answer_that_was_lost_may_have_counted_or_begun_anew() -> None:
    told = Telling()
    entered(told, "wechat")
    entered(told, "wechat", RIGHT, unknown=True)
    entered(told, "wechat")

    rulings = [found(told, counted).ruling for counted in (0, 1, 2, 3, 4)]

    assert rulings == [Ruling.GOOD] * 4 + [Ruling.BROKEN]


def test_one_that_was_repeated_counts_once() -> None:
    told = Telling()
    entered(told, "wechat")
    asked = {"challenge_id": "challenge-0"}
    told.call("wechat", "AnswerChallenge", asked, refused=WRONG, request_id="request-2")

    assert found(told, 1).ruling is Ruling.GOOD


@pytest.mark.parametrize(("counted", "ruling"), [(2, Ruling.GOOD), (1, Ruling.BROKEN)])
def test_failed_faces_and_text_messages_are_counted_by_whose_they_are(
    counted: int, ruling: Ruling
) -> None:
    told = Telling()
    for channel, path in (("wechat", "subject.link_id"), ("alipay", "subject.person.id_number")):
        subject = "zhang" if "number" in path else "link-wechat-zhang"
        face = {path: subject, "method": "METHOD_FACE"}
        told.call(channel, "StartChallenge", face, {"challenge.challenge_id": channel})
        told.call(channel, "AnswerChallenge", {"challenge_id": channel}, refused="FACE_MISMATCH")
        text = {path: subject, "method": "METHOD_TEXT_MESSAGE"}
        told.call(channel, "StartChallenge", text, {"challenge.challenge_id": f"text-{channel}"})

    assert found(told, failed_faces=counted, text_messages=2).ruling is ruling
    assert found(told, failed_faces=2, text_messages=counted).ruling is ruling


def test_over_midnight_the_day_is_another_one() -> None:
    told = Telling()
    face = {"subject.person.id_number": "zhang", "method": "METHOD_FACE"}
    told.call("wechat", "StartChallenge", face, {"challenge.challenge_id": "c"})
    told.call("wechat", "AnswerChallenge", {"challenge_id": "c"}, refused="LIVENESS_FAILED")
    told.happened("clock-moved", by_us=DAY)

    assert found(told, failed_faces=0).checks == 0


def test_people_whom_nobody_can_tell_are_not_judged() -> None:
    told = Telling()
    member = {"subject.member.link_id": "link-wechat-zhang", "method": "METHOD_FACE"}
    told.call("wechat", "StartChallenge", member, {"challenge.challenge_id": "c"})
    told.call("wechat", "AnswerChallenge", {"challenge_id": "c"}, refused="FACE_MISMATCH")

    finding = found(told)

    assert finding.ruling is Ruling.NOT_JUDGED
    assert ZHANG not in str(finding)
