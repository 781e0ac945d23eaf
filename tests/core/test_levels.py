"""R26: levels are raised by the bank account's reserved phone, and fall with the account."""

from dataclasses import replace
from typing import Any

import pytest
from tests.core.people import (
    EARLIER,
    HOUR,
    MINUTE,
    NANJING,
    NANTONG,
    NOW,
    ZHANG,
    Store,
    Table,
    accepted,
    bank_account,
    card,
    channel,
    citizen,
    delivered_link,
    entry,
    judge,
    judge_situation,
    link,
    physical_card,
    proof,
    unlinked_link,
    view,
)
from tests.core.proof_steps import proof_steps

from essc_platform.core.bank_accounts import ActivateBankAccount, CloseBankAccount
from essc_platform.core.challenges import AnswerChallenge, Finding, StartChallenge
from essc_platform.core.decisions import Accepted, Decision, Rejected
from essc_platform.core.holdings import LinkAnswer
from essc_platform.core.levels import LowerLevel, RaiseLevel
from essc_platform.core.links import Apply
from essc_platform.core.policy import HOLDER_CONSENT, Policy
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    EntryKind,
    Event,
    EventKind,
    Level,
    Link,
    Method,
    PasswordFree,
    PhysicalCardStatus,
    Proof,
    Purpose,
)

S = PhysicalCardStatus
PHONE = proof(method=Method.RESERVED_PHONE, purpose=Purpose.RAISE_LEVEL, account_open_time=EARLIER)
VOUCHED = replace(PHONE, method=Method.VOUCHED)
RAISED = link(level=Level.PAYMENT)
RAISE = RaiseLevel(
    at=NOW, channel="wechat", citizen=ZHANG, link_number=300, serial=1, proof=PHONE.key
)
LOWER = LowerLevel(at=NOW, channel="wechat", citizen=ZHANG, link_number=300, serial=1)
WORTH = view(bank_account_is_open=True)


def told(of: Link, **worth: Any) -> Event:
    return Event(
        channel=of.channel,
        kind=EventKind.LEVEL_CHANGED,
        at=NOW,
        citizen=ZHANG,
        link=of,
        card=replace(WORTH, **worth),
    )


def raised(by: Proof, **worth: Any) -> Accepted:
    return Accepted(
        answer=LinkAnswer(link=RAISED),
        changes=(RAISED, replace(by, is_used=True)),
        events=(told(RAISED, **worth),),
        entries=(entry(EntryKind.LEVEL_RAISED),),
    )


RAISING = Table(
    {
        "command": RAISE,
        "citizen": citizen(cancel_time=NOW),
        "physical_card": physical_card(status=S.SEALED),
        "card": card(expire_time=NOW),
        "channel": channel(channel_class=4, bank_id="otherbank"),
        "link": None,
        "proof": None,
    },
    ({}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": unlinked_link(number=299, serial=2)}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": unlinked_link(serial=2)}, Rejected(Reason.LINK_SERIAL_OLD)),
    ({"link": delivered_link()}, Rejected(Reason.LINK_NOT_ACTIVE)),
    # Without the account the level counts for nothing, so it is not raised already.
    ({"link": RAISED}, Rejected(Reason.PROOF_UNKNOWN)),
    *proof_steps(RAISE, PHONE, method=Method.TEXT_MESSAGE),
    ({"command": RAISE, "proof": PHONE}, Rejected(Reason.CITIZEN_CANCELLED)),
    ({"citizen": citizen()}, Rejected(Reason.PHYSICAL_CARD_SEALED)),
    (
        {"physical_card": physical_card(status=S.TEMPORARILY_LOST, lift_time=NOW + 1)},
        Rejected(Reason.PHYSICAL_CARD_TEMPORARILY_LOST),
    ),
    ({"physical_card": physical_card(status=S.LOST)}, Rejected(Reason.PHYSICAL_CARD_LOST)),
    ({"physical_card": physical_card(status=S.LOCKED)}, Rejected(Reason.PHYSICAL_CARD_LOCKED)),
    (
        {"physical_card": physical_card(status=S.CANCELLED)},
        Rejected(Reason.PHYSICAL_CARD_CANCELLED),
    ),
    ({"physical_card": physical_card()}, Rejected(Reason.CARD_EXPIRED)),
    ({"card": card()}, Rejected(Reason.BANK_ACCOUNT_NOT_OPEN)),
    ({"account": bank_account(close_time=NOW)}, Rejected(Reason.BANK_ACCOUNT_NOT_OPEN)),
    ({"account": bank_account(), "link": link()}, Rejected(Reason.BANK_DIFFERS)),
    (
        {
            "channel": channel(channel_class=4, bank_id="citybank"),
            "proof": replace(PHONE, account_open_time=EARLIER - 1),
        },
        Rejected(Reason.PROOF_EXPIRED),
    ),
    # What the bank vouched for before there was an account is nothing either.
    ({"proof": replace(VOUCHED, account_open_time=None)}, Rejected(Reason.PROOF_EXPIRED)),
    ({"proof": PHONE}, raised(PHONE)),
    ({"proof": VOUCHED}, raised(VOUCHED)),
    ({"proof": None, "link": RAISED}, Accepted(answer=LinkAnswer(link=RAISED))),
    (
        {"channel": channel(), "proof": VOUCHED, "link": link()},
        Rejected(Reason.PROOF_OF_OTHER_METHOD),
    ),
    ({"proof": PHONE}, raised(PHONE)),
)


@pytest.mark.rule("R13", "R23", "R26")
@pytest.mark.parametrize(("situation", "decision"), RAISING.rows, ids=RAISING.ids)
def test_raising_a_level(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R23", "R26")
@pytest.mark.parametrize("method", [Method.RESERVED_PHONE, Method.VOUCHED])
def test_a_check_of_one_account_raises_no_level_by_the_account_opened_after_it(
    method: Method,
) -> None:
    """Whoever has the phone of the closed account need not have that of the new one."""
    bank = channel(channel_class=4, bank_id="citybank")
    store = Store(citizen(), physical_card(), card(), bank_account(), link(), bank)
    of_the_old = earned(store, method, 700)

    at, regions = NOW + MINUTE, frozenset({NANTONG})
    accepted(store.do(CloseBankAccount(at=at, citizen=ZHANG, number=50, regions=regions)))
    reopen = ActivateBankAccount(
        at=at + MINUTE,
        citizen=ZHANG,
        number=50,
        regions=regions,
        bank_id="citybank",
        reserved_phone="11100008888",
    )
    accepted(store.do(reopen))
    refused = store.do(replace(RAISE, at=at + MINUTE, proof=of_the_old))
    of_the_new = earned(store, method, 710, at + MINUTE)
    taken = store.do(replace(RAISE, at=at + MINUTE, proof=of_the_new))

    assert refused == Rejected(Reason.PROOF_EXPIRED)
    assert isinstance(taken, Accepted)


def earned(store: Store, method: Method, number: int, at: int = NOW) -> tuple[int, int, int]:
    """The key of a proof for raising the level, by a check from beginning to end."""
    start = StartChallenge(
        at=at,
        channel="wechat",
        citizen=ZHANG,
        link_number=300,
        name=None,
        id_number=None,
        phone=None,
        method=method,
        purpose=Purpose.RAISE_LEVEL,
        new_number=number,
    )
    answer = AnswerChallenge(
        at=at,
        channel="wechat",
        citizen=ZHANG,
        number=number,
        finding=Finding.RIGHT,
        password_version=None,
        new_proof_number=number + 1,
    )
    accepted(store.do(start))
    accepted(store.do(answer))
    return (*ZHANG, number + 1)


LOWERED = Accepted(
    answer=LinkAnswer(link=link()),
    changes=(link(),),
    events=(told(link()),),
    entries=(entry(EntryKind.LEVEL_LOWERED),),
)
LOWERING = Table(
    {
        "command": LOWER,
        "citizen": citizen(),
        "physical_card": physical_card(),
        "card": card(),
        "account": bank_account(),
        "link": None,
    },
    ({}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": unlinked_link(number=299, serial=2)}, Rejected(Reason.LINK_NOT_FOUND)),
    ({"link": unlinked_link(serial=2)}, Rejected(Reason.LINK_SERIAL_OLD)),
    ({"link": unlinked_link()}, Rejected(Reason.LINK_NOT_ACTIVE)),
    ({"link": link()}, Accepted(answer=LinkAnswer(link=link()))),
    ({"link": RAISED}, LOWERED),
)


@pytest.mark.rule("R13", "R26")
@pytest.mark.parametrize(("situation", "decision"), LOWERING.rows, ids=LOWERING.ids)
def test_lowering_a_level(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R3", "R26")
def test_a_level_is_lowered_whatever_the_cards_status() -> None:
    decision = judge(LOWER, citizen(), physical_card(status=S.LOCKED), card(), RAISED)

    assert accepted(decision).changes == (link(),)


@pytest.mark.rule("R3")
def test_through_the_link_that_is_open_for_a_loss_the_level_is_raised_all_the_same() -> None:
    opened = link(allow_time=NOW - HOUR)
    lost = physical_card(status=S.LOST, status_time=NOW - HOUR)
    records = (citizen(), lost, card(), bank_account(), opened, channel(), PHONE)

    decision = judge(RAISE, *records, policy=Policy(loss=HOLDER_CONSENT))

    answer = accepted(decision).answer
    assert answer == LinkAnswer(
        link=replace(opened, level=Level.PAYMENT), allow_until=NOW + 23 * HOUR
    )
    assert judge(RAISE, *records) == Rejected(Reason.PHYSICAL_CARD_LOST)


@pytest.mark.rule("R4", "R26")
@pytest.mark.parametrize("is_on", [True, False])
def test_a_raised_level_begins_without_password_free_payment(is_on: bool) -> None:
    free = PasswordFree(
        citizen=ZHANG, channel="wechat", serial=1, is_on=is_on, day=20_000, spent_fen=500
    )

    raised = accepted(
        judge(
            RAISE,
            citizen(),
            physical_card(),
            card(),
            bank_account(),
            link(),
            PHONE,
            channel(),
            free,
        )
    )

    switched_off = replace(free, is_on=False)
    assert (switched_off in raised.changes) is is_on


def test_where_an_application_maps_to_another_card_every_level_falls() -> None:
    """The account stays with the cancelled card, whatever account the other one has."""
    identity = proof(number=901, method=Method.TEXT_MESSAGE)
    face = proof(number=902, method=Method.FACE)
    in_alipay = link(channel="alipay", number=310, level=Level.PAYMENT)
    in_nantong = delivered_link(channel="nantong", number=320)
    gone = unlinked_link(channel="citybank", number=330, level=Level.PAYMENT)
    store = Store(
        citizen(),
        physical_card(status=S.CANCELLED),
        physical_card(number=51, region=NANJING),
        card(),
        bank_account(),
        bank_account(physical_card=51),
        RAISED,
        in_alipay,
        in_nantong,
        gone,
        identity,
        face,
    )
    command = Apply(
        at=NOW,
        channel="wechat",
        citizen=ZHANG,
        identity_proof=identity.key,
        face_proof=face.key,
        consent_version="2026-01",
        region=None,
        new_link_number=400,
        new_licence_number=401,
    )

    decision = accepted(store.do(command))

    active, fallen = link(activate_time=NOW), replace(in_alipay, level=Level.QUERY)
    mapped = card(physical_card=51)
    used = tuple(replace(each, is_used=True) for each in (identity, face))
    assert decision.changes == (mapped, active, *used, fallen)
    assert [(each.channel, each.kind, each.link) for each in decision.events] == [
        ("wechat", EventKind.LINK_ACTIVATED, active),
        ("alipay", EventKind.CARD_STATUS_CHANGED, fallen),
        ("nantong", EventKind.CARD_STATUS_CHANGED, in_nantong),
        ("wechat", EventKind.LEVEL_CHANGED, active),
        ("alipay", EventKind.LEVEL_CHANGED, fallen),
    ]
    assert decision.entries == (
        entry(EntryKind.LINK_ACTIVATED),
        entry(EntryKind.LEVEL_LOWERED),
        entry(EntryKind.LEVEL_LOWERED, channel="alipay"),
    )
