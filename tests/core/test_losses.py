"""R3, the policy `holder_consent`: one link stays open although the card is lost."""

from dataclasses import replace
from typing import Any

import pytest
from tests.core.people import (
    DAY,
    HOUR,
    NOW,
    ZHANG,
    Store,
    Table,
    accepted,
    card,
    citizen,
    delivered_link,
    entry,
    judge_situation,
    link,
    person,
    physical_card,
    proof,
    unlinked_link,
)
from tests.core.proof_steps import proof_steps

from essc_platform.core import acting
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.holdings import LinkAnswer
from essc_platform.core.links import Unlink
from essc_platform.core.losses import AllowWhileLost
from essc_platform.core.policy import HOLDER_CONSENT, Policy
from essc_platform.core.reasons import Reason
from essc_platform.core.records import EntryKind, Link, Method, PhysicalCardStatus, Purpose

S = PhysicalCardStatus
CONSENT = Policy(loss=HOLDER_CONSENT)
FACE = proof(method=Method.FACE, purpose=Purpose.ALLOW_WHILE_LOST)
ALLOW = AllowWhileLost(
    at=NOW, channel="wechat", citizen=ZHANG, link_number=300, serial=1, proof=FACE.key
)
LOST = physical_card(status=S.LOST, status_time=NOW - HOUR)
OPENED = link(allow_time=NOW)
IN_ALIPAY = link(channel="alipay", number=310)

ALLOWED = Accepted(
    answer=LinkAnswer(link=OPENED, allow_until=NOW + DAY),
    changes=(OPENED, replace(FACE, is_used=True)),
    entries=(entry(EntryKind.ALLOWED_WHILE_LOST),),
)
ALLOWING = Table(
    {
        "command": ALLOW,
        "citizen": citizen(cancel_time=NOW),
        "physical_card": physical_card(),
        "card": card(expire_time=NOW),
        "links": [replace(IN_ALIPAY, allow_time=NOW - 1)],
        "proof": None,
    },
    ({}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"own": unlinked_link(number=299, serial=2)}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"own": unlinked_link(serial=2)}, Rejected(Reason.LINK_SERIAL_OLD)),
    ({"own": delivered_link()}, Rejected(Reason.LINK_NOT_ACTIVE)),
    ({"own": link()}, Rejected(Reason.PROOF_UNKNOWN)),
    *proof_steps(ALLOW, FACE),
    ({"command": ALLOW, "proof": FACE}, Rejected(Reason.CITIZEN_CANCELLED)),
    ({"citizen": citizen()}, Rejected(Reason.CARD_EXPIRED)),
    ({"card": card()}, Rejected(Reason.CARD_NOT_LOST)),
    ({"physical_card": physical_card(status=S.LOCKED)}, Rejected(Reason.CARD_NOT_LOST)),
    (
        {"physical_card": physical_card(status=S.TEMPORARILY_LOST, lift_time=NOW)},
        Rejected(Reason.CARD_NOT_LOST),
    ),
    ({"physical_card": LOST}, Rejected(Reason.LOSS_POLICY_BLOCKS)),
    ({"policy": CONSENT}, Rejected(Reason.LOSS_ALLOWED_ALREADY)),
    ({"links": [], "own": link(allow_time=NOW - 1)}, Rejected(Reason.LOSS_ALLOWED_ALREADY)),
    ({"own": link(), "links": [IN_ALIPAY]}, ALLOWED),
    ({"own": link(allow_time=NOW - DAY)}, ALLOWED),
    ({"links": [replace(IN_ALIPAY, allow_time=NOW - HOUR - 1)]}, ALLOWED),
    (
        {
            "physical_card": physical_card(
                status=S.TEMPORARILY_LOST, status_time=NOW - HOUR, lift_time=NOW + 1
            )
        },
        ALLOWED,
    ),
)


@pytest.mark.rule("R3", "R23")
@pytest.mark.parametrize(("situation", "decision"), ALLOWING.rows, ids=ALLOWING.ids)
def test_opening_a_link_for_a_loss(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R3", "R11")
def test_unlinking_ends_what_was_opened_and_changes_no_answer_elsewhere() -> None:
    """The one opening of these hours is used up, whether or not its channel still has the card."""
    farewell = proof(number=901, method=Method.FACE, purpose=Purpose.UNLINK)
    elsewhere = proof(
        number=902, channel="alipay", method=Method.FACE, purpose=Purpose.ALLOW_WHILE_LOST
    )
    late = replace(elsewhere, expire_time=NOW + 2 * DAY)
    store = Store(citizen(), LOST, card(), link(), IN_ALIPAY, FACE, farewell, late)
    unlink = Unlink(
        at=NOW, channel="wechat", citizen=ZHANG, link_number=300, serial=1, proof=farewell.key
    )
    there = replace(ALLOW, channel="alipay", link_number=310, proof=late.key)
    store.save(accepted(store.judge(ALLOW, CONSENT)).changes)
    before = store.judge(there, CONSENT)

    store.do(unlink)

    ended = store.records[Link, (*ZHANG, "wechat")]
    assert isinstance(ended, Link)
    assert acting.allow_until(ended, person(physical_cards=(LOST,)), NOW, CONSENT) is None
    assert store.judge(there, CONSENT) == before == Rejected(Reason.LOSS_ALLOWED_ALREADY)
    assert isinstance(store.judge(replace(there, at=NOW + DAY), CONSENT), Accepted)
