from dataclasses import replace
from typing import Any

import pytest
from tests.core.people import (
    EARLIER,
    MINUTE,
    NANTONG,
    NOW,
    TEN_YEARS_LATER,
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
    licence,
    link,
    physical_card,
    signing_key,
    unlinked_link,
)

from essc_platform.core.decisions import Accepted, Decision, LicenceFacts, Rejected
from essc_platform.core.holdings import LinkAnswer, with_licence
from essc_platform.core.reasons import Reason
from essc_platform.core.records import (
    EntryKind,
    Event,
    EventKind,
    Link,
    SigningKey,
    SigningKeyState,
)
from essc_platform.core.signing_keys import (
    CompromiseKey,
    KeysAnswer,
    KeyView,
    RotateKey,
    SignAnew,
    view,
)
from essc_platform.core.signing_keys import signing_key as signing_key_of

S = SigningKeyState
OVERLAP = 5 * MINUTE

P1 = signing_key()
P2 = signing_key(key_id="p2", public_key=b"2" * 32, create_time=NOW, sign_time=NOW + OVERLAP)
P3 = signing_key(key_id="p3", public_key=b"3" * 32, create_time=NOW, sign_time=NOW)


def told(*channels: str) -> tuple[Event, ...]:
    return tuple(Event(channel=name, kind=EventKind.KEYS_CHANGED, at=NOW) for name in channels)


def seen(key: SigningKey, state: SigningKeyState, retire_time: int | None = None) -> KeyView:
    return KeyView(key=key, state=state, retire_time=retire_time)


# --- rotating --------------------------------------------------------------------------------

ROTATE = RotateKey(at=NOW, new_key_id="p2", new_public_key=b"2" * 32, told=("bank", "wechat"))
WAITING = signing_key(key_id="p0", sign_time=NOW + 1)
ROTATING = Table(
    {"command": ROTATE, "keys": [P1, WAITING]},
    ({}, Rejected(Reason.SIGNING_KEY_STATE_FORBIDS)),
    (
        # One that was compromised before its time came does not wait any more.
        {"keys": [P1, replace(WAITING, compromise_time=NOW)]},
        Accepted(
            answer=KeysAnswer(key=seen(P2, S.ANNOUNCED), signing_key=seen(P1, S.ACTIVE)),
            changes=(P2,),
            events=told("bank", "wechat"),
        ),
    ),
    (
        {"keys": [P1, replace(WAITING, sign_time=NOW)]},
        Accepted(
            answer=KeysAnswer(
                key=seen(P2, S.ANNOUNCED),
                signing_key=seen(replace(WAITING, sign_time=NOW), S.ACTIVE),
            ),
            changes=(P2,),
            events=told("bank", "wechat"),
        ),
    ),
)


@pytest.mark.rule("R8", "R16")
@pytest.mark.parametrize(("situation", "decision"), ROTATING.rows, ids=ROTATING.ids)
def test_rotating_the_signing_key(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


# --- compromising ----------------------------------------------------------------------------

COMPROMISE = CompromiseKey(
    at=NOW, key_id="p1", new_key_id="p3", new_public_key=b"3" * 32, told=("bank",)
)
GONE = replace(P1, compromise_time=NOW)
AT_ONCE = replace(P2, sign_time=NOW)
OLD = signing_key(key_id="p0", sign_time=EARLIER - MINUTE)
COMPROMISING = Table(
    {"command": COMPROMISE, "keys": [OLD]},
    ({}, Rejected(Reason.SIGNING_KEY_NOT_FOUND)),
    (
        {"keys": [OLD, replace(P1, compromise_time=NOW - 1), P3]},
        Rejected(Reason.SIGNING_KEY_STATE_FORBIDS),
    ),
    (
        # It signs and none is announced: the new one signs at once, not the retired one again.
        {"keys": [OLD, P1]},
        Accepted(
            answer=KeysAnswer(key=seen(GONE, S.COMPROMISED, NOW), signing_key=seen(P3, S.ACTIVE)),
            changes=(GONE, P3),
            events=told("bank"),
        ),
    ),
    (
        {"keys": [P1, P2]},
        Accepted(
            answer=KeysAnswer(
                key=seen(GONE, S.COMPROMISED, NOW), signing_key=seen(AT_ONCE, S.ACTIVE)
            ),
            changes=(GONE, AT_ONCE),
            events=told("bank"),
        ),
    ),
    (
        # It is retired already: another one signs.
        {"keys": [P1, replace(P2, sign_time=NOW - 1)]},
        Accepted(
            answer=KeysAnswer(
                key=seen(GONE, S.COMPROMISED, NOW - 1),
                signing_key=seen(replace(P2, sign_time=NOW - 1), S.ACTIVE),
            ),
            changes=(GONE,),
            events=told("bank"),
        ),
    ),
    (
        # It only waited: it will never sign.
        {"command": replace(COMPROMISE, key_id="p2"), "keys": [P1, P2]},
        Accepted(
            answer=KeysAnswer(
                key=seen(replace(P2, compromise_time=NOW), S.COMPROMISED),
                signing_key=seen(P1, S.ACTIVE),
            ),
            changes=(replace(P2, compromise_time=NOW),),
            events=told("bank"),
        ),
    ),
)


@pytest.mark.rule("R8", "R16")
@pytest.mark.parametrize(("situation", "decision"), COMPROMISING.rows, ids=COMPROMISING.ids)
def test_declaring_a_key_compromised(situation: dict[str, Any], decision: Decision) -> None:
    assert judge_situation(situation) == decision


@pytest.mark.rule("R8")
def test_two_compromises_whose_times_cross_leave_one_key_that_signs() -> None:
    """The second command took its time a moment before the first, and was decided after it."""
    store = Store(P1)

    store.do(COMPROMISE)
    store.do(
        replace(COMPROMISE, at=NOW - 1, key_id="p3", new_key_id="p4", new_public_key=b"4" * 32)
    )

    keys = [record for record in store.records.values() if isinstance(record, SigningKey)]
    assert {key.key_id: key.compromise_time for key in keys} == {
        "p1": NOW,
        "p3": NOW - 1,
        "p4": None,
    }
    assert signing_key_of(keys, NOW - MINUTE).key_id == "p4"


# --- states ----------------------------------------------------------------------------------


@pytest.mark.rule("R8")
def test_the_state_of_a_key_follows_from_the_times_of_all() -> None:
    turn = NOW + OVERLAP
    keys = (P1, P2)

    assert view(P1, keys, turn - 1) == seen(P1, S.ACTIVE)
    assert view(P2, keys, turn - 1) == seen(P2, S.ANNOUNCED)
    assert signing_key_of(keys, turn - 1) == P1
    assert view(P1, keys, turn) == seen(P1, S.RETIRED, turn)
    assert view(P2, keys, turn) == seen(P2, S.ACTIVE)
    assert signing_key_of(keys, turn) == P2


@pytest.mark.rule("R8")
def test_a_key_that_never_signed_retires_no_other() -> None:
    never = replace(P2, compromise_time=NOW + 1)

    assert view(P1, (P1, never), NOW + OVERLAP) == seen(P1, S.ACTIVE)
    assert view(never, (P1, never), NOW + OVERLAP) == seen(never, S.COMPROMISED)
    assert signing_key_of((P1, never), NOW + OVERLAP) == P1


@pytest.mark.rule("R8")
def test_a_command_from_just_before_a_compromise_is_signed_by_the_key_after_it() -> None:
    keys = (signing_key(key_id="p0", sign_time=EARLIER - MINUTE), GONE, P3)

    assert signing_key_of(keys, NOW - 1) == P3


# --- signing anew ----------------------------------------------------------------------------

ANEW = SignAnew(at=NOW, channel="wechat", citizen=ZHANG, licence_number=400)
SIGNED = link(licence=licence())
SITUATION = (citizen(), physical_card(), card(), GONE, P3)


@pytest.mark.rule("R8", "R93")
def test_a_card_whose_key_is_compromised_is_signed_by_the_key_that_signs_now() -> None:
    decision = accepted(judge(ANEW, SIGNED, *SITUATION))

    facts = LicenceFacts(
        citizen=ZHANG,
        number=400,
        masked_name="张**",
        region=NANTONG,
        issue_time=EARLIER,
        expire_time=TEN_YEARS_LATER,
        key_id="p3",
    )
    assert decision == Accepted(
        answer=LinkAnswer(link=SIGNED),
        changes=(SIGNED,),
        entries=(entry(EntryKind.CARD_SIGNED_ANEW),),
        to_sign=facts,
    )
    fresh = replace(licence(), key_id="p3")
    sealed = replace(SIGNED, licence=fresh)
    assert with_licence(decision, fresh) == replace(
        decision, answer=LinkAnswer(link=sealed), changes=(sealed,), to_sign=None
    )


@pytest.mark.rule("R8", "R93")
def test_a_link_whose_signed_card_ended_is_signed_for_without_a_line_in_the_record() -> None:
    decision = accepted(judge(ANEW, link(), *SITUATION))

    assert (decision.answer, decision.changes) == (LinkAnswer(link=link()), (link(),))
    assert decision.entries == ()
    assert decision.to_sign == LicenceFacts(
        citizen=ZHANG,
        number=400,
        masked_name="张**",
        region=NANTONG,
        issue_time=EARLIER,
        expire_time=TEN_YEARS_LATER,
        key_id="p3",
    )


@pytest.mark.rule("R8")
@pytest.mark.parametrize(
    "found",
    [
        None,
        unlinked_link(),
        delivered_link(),
        link(licence=replace(licence(), key_id="p3")),
    ],
    ids=["no link", "unlinked", "delivered", "signed anew already"],
)
def test_what_needs_no_new_signature_any_more_gets_none(found: Link | None) -> None:
    assert judge(ANEW, found, *SITUATION) == Accepted(answer=None)


@pytest.mark.rule("R8")
@pytest.mark.parametrize("keys", [(P1,), (P3,)], ids=["good", "unknown"])
def test_a_card_whose_key_is_not_compromised_keeps_its_signature(
    keys: tuple[SigningKey, ...],
) -> None:
    people = (citizen(), physical_card(), card())

    assert judge(ANEW, SIGNED, *people, *keys) == Accepted(answer=None)
