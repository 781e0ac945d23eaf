from dataclasses import replace
from typing import Any

import pytest
from tests.core.people import (
    DAY,
    EARLIER,
    LI,
    NOW,
    ZHANG,
    Store,
    Table,
    accepted,
    binding,
    card,
    china,
    citizen,
    delivered_link,
    entry,
    judge_situation,
    link,
    password,
    physical_card,
    proof,
    unlinked_link,
    view,
)
from tests.core.proof_steps import proof_steps

from essc_platform.core.acting import BindingName
from essc_platform.core.certifications import CertificationAnswer, Certify
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    CardView,
    Certification,
    EntryKind,
    Event,
    EventKind,
    Link,
    Method,
    PhysicalCardStatus,
    Proof,
    Purpose,
    Recipient,
)

S = PhysicalCardStatus
NEXT_YEAR = china("2027-03-02 12:00")
FACE = proof(method=Method.FACE, purpose=Purpose.CERTIFY)
CERTIFY = Certify(
    at=NOW, channel="wechat", citizen=ZHANG, link_number=300, binding=None, proof=FACE.key
)
OF_LI = replace(FACE, citizen=LI)
FOR_LI = replace(CERTIFY, binding=BindingName(600, LI), proof=OF_LI.key)
LI_CARD = physical_card(citizen=LI, number=60)
LINK_OF_LI = link(citizen=LI, channel="alipay", number=310)


def certification(**changes: Any) -> Certification:
    now = Certification(
        citizen=ZHANG, number=1, certify_time=NOW, expire_time=NEXT_YEAR, is_by_binder=False
    )
    return replace(now, **changes)


def told(to: Link, worth: CardView) -> Event:
    return Event(
        channel=to.channel,
        kind=EventKind.CERTIFIED,
        at=NOW,
        citizen=to.citizen,
        link=to,
        card=worth,
    )


def certified(record: Certification, used: Proof, *events: Event) -> Accepted:
    return Accepted(
        answer=CertificationAnswer(certification=record, is_new=True),
        changes=(record, replace(used, is_used=True)),
        events=events,
        entries=(entry(EntryKind.CERTIFIED, citizen=record.citizen),),
    )


def stands(record: Certification) -> Accepted:
    return Accepted(answer=CertificationAnswer(certification=record, is_new=False))


STANDING = certification(certify_time=EARLIER, expire_time=NOW + 90 * DAY + 1)

CERTIFYING = Table(
    {
        "command": FOR_LI,
        "citizens": [citizen(cancel_time=NOW), citizen(key=LI)],
        "physical_cards": [physical_card(status=S.SEALED), replace(LI_CARD, status=S.LOST)],
        "cards": [card(expire_time=NOW), card(key=LI, physical_card=60)],
        "binding": None,
    },
    ({}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": link(number=299)}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": delivered_link()}, Rejected(Reason.LINK_NOT_ACTIVE)),
    ({"link": link()}, Rejected(Reason.BINDING_NOT_FOUND)),
    ({"binding": binding(member=ZHANG)}, Rejected(Reason.BINDING_NOT_FOUND)),
    ({"binding": binding(end_time=NOW)}, Rejected(Reason.BINDING_NOT_FOUND)),
    (
        {"command": replace(FOR_LI, proof=FACE.key), "binding": binding(), "face": None},
        Rejected(Reason.PROOF_UNKNOWN),
    ),
    ({"face": replace(FACE, is_used=True)}, Rejected(Reason.PROOF_USED)),
    ({"face": replace(FACE, expire_time=NOW)}, Rejected(Reason.PROOF_EXPIRED)),
    (
        {"face": replace(FACE, purpose=Purpose.JOIN_FAMILY, method=Method.TEXT_MESSAGE)},
        Rejected(Reason.PROOF_FOR_OTHER_PURPOSE),
    ),
    ({"face": replace(FACE, method=Method.TEXT_MESSAGE)}, Rejected(Reason.PROOF_OF_OTHER_METHOD)),
    # The holder's own face is another person's, for a member.
    ({"face": FACE}, Rejected(Reason.PROOF_FOR_OTHER_PERSON)),
    ({"command": FOR_LI, "face": OF_LI}, Rejected(Reason.CITIZEN_CANCELLED)),
    ({"citizens": [citizen(), citizen(key=LI)]}, Rejected(Reason.PHYSICAL_CARD_SEALED)),
    *(
        ({"physical_cards": [physical_card(**changes), replace(LI_CARD, status=S.LOST)]}, rejected)
        for changes, rejected in (
            (
                {"status": S.TEMPORARILY_LOST, "lift_time": NOW + 1},
                Rejected(Reason.PHYSICAL_CARD_TEMPORARILY_LOST),
            ),
            ({"status": S.LOST}, Rejected(Reason.PHYSICAL_CARD_LOST)),
            ({"status": S.LOCKED}, Rejected(Reason.PHYSICAL_CARD_LOCKED)),
            ({"status": S.CANCELLED}, Rejected(Reason.PHYSICAL_CARD_CANCELLED)),
            ({}, Rejected(Reason.CARD_EXPIRED)),
        )
    ),
    (
        {"cards": [card(), card(key=LI, physical_card=60)]},
        Rejected(Reason.MEMBER_CARD_NOT_NORMAL, (("status", "PHYSICAL_CARD_LOST"),)),
    ),
    ({"physical_cards": [physical_card(), LI_CARD]}, Rejected(Reason.NOT_A_RECIPIENT)),
    ({"recipients": Recipient(key=ZHANG, register_time=EARLIER)}, Rejected(Reason.NOT_A_RECIPIENT)),
    (
        {
            "recipients": [Recipient(key=each, register_time=EARLIER) for each in (LI, ZHANG)],
            "certifications": [replace(STANDING, citizen=LI)],
        },
        stands(replace(STANDING, citizen=LI)),
    ),
    (
        {"certifications": None, "others": [LINK_OF_LI, unlinked_link(citizen=LI)]},
        certified(certification(citizen=LI, is_by_binder=True), OF_LI, told(LINK_OF_LI, view())),
    ),
    (
        {
            "command": CERTIFY,
            "face": FACE,
            "password": password(),
            "certifications": [
                replace(STANDING, number=2),
                replace(STANDING, expire_time=NOW + 999 * DAY),
            ],
        },
        stands(replace(STANDING, number=2)),
    ),
    (
        # To the microsecond, from 90 days before the end on.
        {"certifications": replace(STANDING, number=2, expire_time=NOW + 90 * DAY)},
        certified(certification(number=3), FACE, told(link(), view(password_is_set=True))),
    ),
)


@pytest.mark.rule("R50", "R51", "R52")
@pytest.mark.parametrize(("situation", "decision"), CERTIFYING.rows, ids=CERTIFYING.ids)
def test_certifying(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R23")
def test_the_proof_of_a_certification_is_looked_at_like_any_other() -> None:
    table = Table({"link": link()}, *proof_steps(CERTIFY, FACE))

    for situation, decision in table.rows:
        assert judge_situation(situation) == decision


@pytest.mark.rule("R52")
def test_certifying_twice_adds_one_record() -> None:
    second = replace(FACE, number=901)
    store = Store(citizen(), physical_card(), card(), link(), FACE, second)
    store.save((Recipient(key=ZHANG, register_time=EARLIER),))
    store.do(CERTIFY)

    again = accepted(store.do(replace(CERTIFY, proof=second.key)))

    assert again == stands(certification())
    assert second in store.records.values()
