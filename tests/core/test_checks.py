from dataclasses import replace
from typing import Any

import pytest
from tests.core.people import (
    LI,
    NANTONG,
    NOW,
    SECOND,
    SUZHOU,
    ZHANG,
    Store,
    Table,
    accepted,
    binding,
    card,
    citizen,
    entry,
    judge,
    judge_situation,
    link,
    physical_card,
    unlinked_link,
)
from tests.core.people_codes import (
    bank_account,
    code,
    li,
    link_codes,
    lis_card,
    lis_physical_card,
    medical_settlement,
    members_code,
)

from essc_platform.core import checks
from essc_platform.core.acting import BindingName
from essc_platform.core.checks import CheckAnswer, CheckCode, HolderSeen, holder_seen
from essc_platform.core.codes import CodeName
from essc_platform.core.decisions import Accepted, Decision
from essc_platform.core.policy import Policy
from essc_platform.core.records import (
    Code,
    Entry,
    EntryKind,
    EntryPlace,
    Level,
    PhysicalCardStatus,
    Usage,
    Verdict,
    VerifierClass,
)

S, V = PhysicalCardStatus, Verdict
SHOWN = CodeName(citizen=ZHANG, number=700, channel="wechat", binding=None)
LIS_SHOWN = SHOWN._replace(binding=BindingName(600, LI))
CHECK = CheckCode(
    at=NOW,
    verifier="hospital",
    region=NANTONG,
    code=SHOWN,
    usage=Usage.QUERY,
)


def found(verdict: Verdict) -> Accepted:
    """A verdict that changes nothing."""
    return Accepted(answer=CheckAnswer(verdict=verdict, check_time=NOW))


def valid(of: Code, usage: Usage) -> Accepted:
    persons = [of.citizen] if of.member is None else [of.citizen, of.member]
    used = replace(of, use_time=NOW, verifier="hospital", usage=usage)
    return Accepted(
        answer=CheckAnswer(verdict=V.VALID, check_time=NOW, used=used),
        changes=(used,),
        entries=tuple(at_verifier(person) for person in persons),
    )


def at_verifier(person: Any) -> Entry:
    return entry(EntryKind.CODE_USED, citizen=person, place=EntryPlace.VERIFIER)


# --- the verdicts in their order -------------------------------------------------------------

MEDICAL = replace(CHECK, usage=Usage.CROSS_REGION_MEDICAL, region=SUZHOU)
PAYMENT = replace(CHECK, usage=Usage.PAYMENT)
LATE = code(expire_time=NOW, use_time=NOW - 1)
WORST = {
    "command": replace(PAYMENT, code=None),
    "citizen": citizen(cancel_time=NOW),
    "physical_cards": physical_card(),
    "card": card(),
    "link": unlinked_link(),
    "link_codes": link_codes(newest=701),
}
CHECKING = Table(
    WORST,
    ({}, found(V.FORGED)),
    ({"command": PAYMENT, "code": None}, found(V.FORGED)),
    ({"code": LATE}, found(V.REVOKED)),
    ({"link": link(serial=2)}, found(V.REVOKED)),
    ({"link": link()}, found(V.REVOKED)),
    ({"citizen": citizen()}, found(V.REPLACED)),
    ({"link_codes": link_codes()}, found(V.EXPIRED)),
    ({"code": replace(LATE, expire_time=NOW + 1)}, found(V.USED)),
    ({"code": code()}, found(V.LEVEL_TOO_LOW)),
    ({"link": link(level=Level.PAYMENT)}, found(V.LEVEL_TOO_LOW)),
    ({"bank_account": bank_account()}, valid(code(), Usage.PAYMENT)),
)
CHECKING_ELSEWHERE = Table(
    {
        "command": MEDICAL,
        "citizen": citizen(),
        "physical_cards": physical_card(),
        "card": card(),
        "link": link(),
        "link_codes": link_codes(),
        "code": code(),
    },
    ({"service": None}, found(V.REGION_NOT_OPEN)),
    ({"service": medical_settlement(regions=(SUZHOU,))}, found(V.REGION_NOT_OPEN)),
    ({"service": medical_settlement()}, found(V.REGION_NOT_OPEN)),
    (
        {"service": medical_settlement(regions=(NANTONG, SUZHOU))},
        valid(code(), Usage.CROSS_REGION_MEDICAL),
    ),
)
CHECKING_A_MEMBERS = Table(
    {
        "command": replace(PAYMENT, code=LIS_SHOWN),
        "citizen": citizen(),
        "physical_cards": physical_card(),
        "card": card(),
        "link": link(level=Level.PAYMENT),
        "bank_account": bank_account(),
        "link_codes": link_codes(),
        "code": members_code(),
        "li": li(),
        "lis": [lis_physical_card(status=S.LOST), lis_card()],
        "binding": binding(end_time=NOW),
    },
    ({}, found(V.REVOKED)),
    ({"binding": binding()}, found(V.REVOKED)),
    ({"lis": [lis_physical_card(), lis_card()]}, found(V.LEVEL_TOO_LOW)),
    (
        {"command": replace(CHECK, code=LIS_SHOWN)},
        valid(members_code(), Usage.QUERY),
    ),
)
ALL = [*CHECKING.rows, *CHECKING_ELSEWHERE.rows, *CHECKING_A_MEMBERS.rows]


def verdict_of(decision: Decision) -> Verdict:
    answer = accepted(decision).answer
    assert isinstance(answer, CheckAnswer)
    return answer.verdict


@pytest.mark.rule("R3", "R26", "R31", "R34", "R44", "R63")
@pytest.mark.parametrize(
    ("situation", "decision"), ALL, ids=[verdict_of(decision).name for _, decision in ALL]
)
def test_checking_a_code(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R31")
def test_the_verdicts_are_tried_in_the_order_of_the_contract() -> None:
    tried = [verdict_of(decision) for _, decision in CHECKING.rows]

    order = list(dict.fromkeys(tried))

    assert order == [each for each in Verdict if each is not V.REGION_NOT_OPEN]


@pytest.mark.rule("R3", "R31")
@pytest.mark.parametrize("status", [each for each in S if each is not S.NORMAL])
def test_a_code_of_a_card_that_is_not_normal_is_revoked(status: PhysicalCardStatus) -> None:
    situation = {
        **CHECKING_ELSEWHERE.rows[-1][0],
        "physical_cards": physical_card(status=status),
    }

    assert judge_situation(situation) == found(V.REVOKED)


@pytest.mark.rule("R30", "R31")
def test_of_two_verifiers_exactly_one_has_a_code() -> None:
    store = Store(citizen(), physical_card(), card(), link(), link_codes(), code())

    first = store.do(CHECK)
    second = store.do(replace(CHECK, verifier="pharmacy"))

    assert verdict_of(first) is V.VALID
    assert second == found(V.USED)


@pytest.mark.rule("R11", "R34")
def test_a_code_of_another_channel_stays_good_when_one_channel_unlinks() -> None:
    alipay = link(channel="alipay", number=310, state=unlinked_link().state)
    records = (citizen(), physical_card(), card(), link(), alipay, link_codes(), code())

    assert verdict_of(judge(CHECK, *records)) is V.VALID


# --- the second hop --------------------------------------------------------------------------


@pytest.mark.rule("R32")
def test_a_check_number_is_good_for_ten_minutes() -> None:
    assert checks.is_good(NOW, NOW + 600 * SECOND - 1, Policy())
    assert not checks.is_good(NOW, NOW + 600 * SECOND, Policy())
    assert not checks.is_good(None, NOW, Policy())


NAME, MASKED_NAME = ("张小三", False), ("张**", True)
NUMBER, MASKED_NUMBER = ("990101199001011234", False), ("*" * 16 + "34", True)
SIGHTS = [
    (VerifierClass.HOSPITAL, NAME, NUMBER),
    (VerifierClass.PHARMACY, NAME, NUMBER),
    (VerifierClass.LIBRARY, NAME, MASKED_NUMBER),
    (VerifierClass.BUS, MASKED_NAME, MASKED_NUMBER),
    (VerifierClass.HOTEL, NAME, NUMBER),
    (VerifierClass.SHOP, MASKED_NAME, MASKED_NUMBER),
    (VerifierClass.SCENIC_SPOT, NAME, MASKED_NUMBER),
]


@pytest.mark.rule("R32", "R92")
@pytest.mark.parametrize(("of", "name", "number"), SIGHTS, ids=[of.name for of, _, _ in SIGHTS])
def test_a_verifier_sees_what_its_class_is_entitled_to(
    of: VerifierClass, name: tuple[str, bool], number: tuple[str, bool]
) -> None:
    seen = holder_seen("张小三", "990101199001011234", of)

    assert seen == HolderSeen(
        name=name[0],
        is_name_masked=name[1],
        id_number=number[0],
        is_id_number_masked=number[1],
    )
    assert [each for each, _, _ in SIGHTS] == list(VerifierClass)
