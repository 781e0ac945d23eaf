"""Tries are counted nationally: over all channels, each once (R25).

Wrong passwords count in a row until a right one, a reset or a lock. Failed faces and text messages
count by calendar day in China. What the platform says it counted lies between what was surely
refused and what may have been.
"""

from collections import defaultdict
from typing import Final

from essc_workbench.history.items import Outcome
from essc_workbench.judges.findings import Evidence, Text
from essc_workbench.judges.national import NationalJudge
from essc_workbench.judges.requests import Request, named, requests, word
from essc_workbench.judges.snapshots import DAY_US, National, moves
from essc_workbench.judges.tallies import Tally

PASSWORD_TRIES: Final = 6
"""The sixth wrong one in a row locks."""
PER_DAY: Final = 10
"""Failed faces, and text messages, of one person on one day."""
MINUTE_US: Final = 60_000_000
_CHINA_US: Final = 8 * 3_600_000_000
_FACES = frozenset({"FACE_MISMATCH", "LIVENESS_FAILED"})
_TEXTED = frozenset({"TEXT_MESSAGE", "RESERVED_PHONE"})
_RENEWING = ("SetPassword", "ChangePassword", "ResetPassword")


class Tries(NationalJudge):
    """No channel gives a person tries that another one has used up."""

    name = "tries"
    rules = ("R25",)
    text = Text(
        zh="密码、人脸和短信的次数全国合并计算",
        en="Wrong passwords, failed faces and text messages are counted nationally",
    )

    def look(self, tally: Tally, platform: National, evidence: Evidence) -> None:
        asked = requests(evidence)
        checks = _checks(platform, asked)
        is_two_days = _is_over_midnight(evidence, platform)
        _judge_passwords(tally, platform, checks, asked, is_two_days)
        _judge_days(tally, platform, checks, is_two_days)


def _is_over_midnight(evidence: Evidence, platform: National) -> bool:
    """Whether the run may have seen two days in China: counts begin anew with each."""
    took_us = max((item.at_us for item in evidence.history.items), default=0)
    began_us = platform.now_us - took_us - MINUTE_US
    day, first_day = ((at + _CHINA_US) // DAY_US for at in (platform.now_us, began_us))
    return day != first_day or bool(moves(evidence))


class _Check:
    """A challenge, whose it is, and the answers to it."""

    def __init__(self, started: Request, citizen: str) -> None:
        self.method = word(started.asked.get("method"))
        self.citizen = citizen
        self.started = started
        self.answers: list[Request] = []


def _checks(platform: National, asked: tuple[Request, ...]) -> list[_Check]:
    """All challenges of people who can be told; who was asked as a member cannot."""
    by_id: dict[object, _Check] = {}
    for each in named(asked, "StartChallenge"):
        check = _Check(each, _subject(platform, each))
        by_id[each.answer.get("challenge.challenge_id", each.calls)] = check
    for each in named(asked, "AnswerChallenge"):
        if each.asked.get("challenge_id") in by_id:
            by_id[each.asked["challenge_id"]].answers.append(each)
    return [each for each in by_id.values() if each.citizen]


def _subject(platform: National, started: Request) -> str:
    """Whose check it is: an alias, by the subject itself and not by whose phone it was."""
    for path in ("subject.person.id_number", "subject.person.name"):
        alias = started.asked.get(path)
        if isinstance(alias, str):
            return alias
    link_id = started.asked.get("subject.link_id")
    return platform.alias(platform.owner(str(link_id))) if link_id else ""


def _judge_passwords(
    tally: Tally,
    platform: National,
    checks: list[_Check],
    asked: tuple[Request, ...],
    is_two_days: bool,
) -> None:
    tries: dict[str, list[Request]] = defaultdict(list)
    for check in checks:
        if check.method == "CARD_PASSWORD":
            tries[check.citizen] += check.answers
    kept = {platform.alias(each.citizen): each for each in platform.snapshot.passwords}
    for citizen, made in tries.items():
        renewals = [
            each
            for each in named(asked, *_RENEWING)
            if each.may_be_done
            and platform.alias(platform.owner(str(each.asked.get("link_id")))) == citizen
        ]
        rows = _rows([*made, *renewals])
        for row in rows:
            # A lock falls with the sixth: that one is refused as locked, and begins the count anew.
            if not tally.holds(len(row) < PASSWORD_TRIES):
                _say_tries(tally, citizen, row)
        if citizen in kept and not is_two_days:
            least, most = len(rows[-1]), _most([*made, *renewals])
            counted = kept[citizen].wrong_tries
            if not tally.holds(least <= counted <= most):
                tally.broken(
                    zh=f"平台记了 {counted} 次密码错误，应在 {least} 至 {most} 次之间",
                    en=f"the platform counted {counted} wrong passwords, not {least} to {most}",
                    calls=tuple(number for each in rows[-1] for number in each.calls),
                    citizen=citizen,
                )


def _rows(made: list[Request]) -> list[list[Request]]:
    """Wrong passwords that surely stand in a row, between what may have begun the count anew.

    Those that ran at the same time as something of that kind may stand on either side: left out.
    """
    anew = [each for each in made if each.may_be_done or each.reason == "PASSWORD_LOCKED"]
    rows: list[list[Request]] = [[] for _ in range(len(anew) + 1)]
    for each in made:
        before = sum(other.is_before(each) for other in anew)
        after = sum(each.is_before(other) for other in anew)
        if each.reason == "PASSWORD_WRONG" and before + after == len(anew):
            rows[before].append(each)
    return rows


def _most(made: list[Request]) -> int:
    """How many wrong passwords may stand in the last row: all since what surely began anew."""
    anew = [each for each in made if each.is_done]
    return sum(
        1
        for each in made
        if (each.reason == "PASSWORD_WRONG" or each.outcome is Outcome.UNKNOWN)
        and not any(each.is_before(other) for other in anew)
    )


def _say_tries(tally: Tally, citizen: str, row: list[Request]) -> None:
    channels = ", ".join(sorted({each.source for each in row}))
    tally.broken(
        zh=f"连续 {len(row)} 次密码错误（{channels}）仍未锁定",
        en=f"{len(row)} wrong passwords in a row ({channels}), and no lock",
        calls=tuple(number for each in row for number in each.calls),
        citizen=citizen,
        channel=row[-1].source,
        at_us=row[-1].end_us,
    )


def _judge_days(tally: Tally, platform: National, checks: list[_Check], is_two_days: bool) -> None:
    if is_two_days:
        return
    faces: dict[str, list[Request]] = defaultdict(list)
    texts: dict[str, list[Request]] = defaultdict(list)
    for check in checks:
        faces[check.citizen] += [each for each in check.answers if each.reason in _FACES]
        if check.method in _TEXTED and check.started.is_done:
            texts[check.citizen].append(check.started)
    for row in platform.snapshot.counters:
        citizen = platform.alias(row.citizen)
        _judge_day(tally, citizen, "人脸失败", "failed faces", faces[citizen], row.failed_faces)
        _judge_day(tally, citizen, "短信", "text messages", texts[citizen], row.text_messages)
        faces.pop(citizen)
        texts.pop(citizen)
    for citizen, made in faces.items():
        _judge_day(tally, citizen, "人脸失败", "failed faces", made, 0)
    for citizen, made in texts.items():
        _judge_day(tally, citizen, "短信", "text messages", made, 0)


def _judge_day(
    tally: Tally, citizen: str, zh: str, en: str, made: list[Request], counted: int
) -> None:
    """What was counted on the day is what was surely done, or more, and never too many."""
    least = len(made)
    if citizen and (made or counted) and not tally.holds(least <= counted <= PER_DAY):
        tally.broken(
            zh=f"{zh}至少 {least} 次，平台记了 {counted} 次，每天最多 {PER_DAY} 次",
            en=f"{least} {en} at least; the platform counted {counted}, {PER_DAY} a day",
            calls=tuple(number for each in made for number in each.calls),
            citizen=citizen,
        )
